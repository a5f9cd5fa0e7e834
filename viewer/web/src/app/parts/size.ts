/** Sizes of files and recordings in figures. Pure. */

const UNITS = ["B", "kB", "MB", "GB"] as const;

/** "812 B", "2.0 MB", "12 MB". */
export function size(bytes: bigint | number): string {
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit] ?? ""}`;
}
