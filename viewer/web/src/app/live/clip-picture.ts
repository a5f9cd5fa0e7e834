/**
 * Pictures of a clipboard, made harmless: what a PNG claims to be is checked before it is
 * unpacked, and only its pixels go on, drawn and encoded again (THREATS 19, 20).
 */
import { MAX_CLIPBOARD_PIXELS, MAX_CLIPBOARD_SIDE } from "../../session/limits";

/** The pixels of a PNG on a canvas, or null when it is none or too large. */
export async function drawn(png: Blob): Promise<HTMLCanvasElement | null> {
  try {
    const claims = claimed(new Uint8Array(await png.slice(0, 24).arrayBuffer()));
    if (claims === null || !fits(claims.width, claims.height)) {
      return null;
    }
    const bitmap = await createImageBitmap(new Blob([png], { type: "image/png" }));
    try {
      const canvas = document.createElement("canvas");
      canvas.width = bitmap.width;
      canvas.height = bitmap.height;
      canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
      return canvas;
    } finally {
      bitmap.close();
    }
  } catch {
    return null;
  }
}

/** The canvas as a PNG that holds nothing but its pixels. */
export function encoded(canvas: HTMLCanvasElement): Promise<Blob | null> {
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** Whether a picture of that size is unpacked at all. */
export function fits(width: number, height: number): boolean {
  return width > 0 && height > 0 && width <= MAX_CLIPBOARD_SIDE && height <= MAX_CLIPBOARD_SIDE && width * height <= MAX_CLIPBOARD_PIXELS;
}

/** The size that a PNG's first chunk claims (PNG specification, 11.2.1). */
export function claimed(head: Uint8Array): { width: number; height: number } | null {
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  const type = [0x49, 0x48, 0x44, 0x52];
  if (head.length < 24 || !signature.every((byte, i) => head[i] === byte) || !type.every((byte, i) => head[12 + i] === byte)) {
    return null;
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}
