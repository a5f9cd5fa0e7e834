import { expect, it } from "vitest";
import { claimed, fits } from "./clip-picture";

function head(width: number, height: number): Uint8Array {
  const bytes = new Uint8Array(24);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
  new DataView(bytes.buffer).setUint32(16, width);
  new DataView(bytes.buffer).setUint32(20, height);
  return bytes;
}

// THREAT 19: what a picture claims is read before it is unpacked.
it("reads what a PNG claims, and takes nothing else for one", () => {
  expect(claimed(head(3, 2))).toEqual({ width: 3, height: 2 });
  expect(claimed(head(3, 2).slice(0, 23))).toBeNull();
  expect(claimed(new TextEncoder().encode("<svg onload=alert(1)>..................."))).toBeNull();
  const other = head(3, 2);
  other[12] = 0x50;
  expect(claimed(other)).toBeNull();
});

it("unpacks no more than 32 megapixels, nor anything longer than 16,384", () => {
  expect(fits(1920, 1080)).toBe(true);
  expect(fits(16384, 2048)).toBe(true);
  expect(fits(16384, 2049)).toBe(false);
  expect(fits(16385, 1)).toBe(false);
  expect(fits(0, 1)).toBe(false);
});
