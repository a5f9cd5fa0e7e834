/** Hands what was made or fetched in this page to the browser as a download. */

// The browser reads it after the press, at its own pace; an address that lasts keeps it in memory.
const READ_MS = 60_000;

export function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), READ_MS);
}
