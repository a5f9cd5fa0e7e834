/** Where the picture lies in the window, and which of its pixels a point hits. Pure. */

export interface Size {
  readonly width: number;
  readonly height: number;
}

export type Zoom = "fit" | "actual";

/** Size of the picture on the page, in CSS pixels. `actual` is one picture pixel to one of the screen's. */
export function laidOut(picture: Size, room: Size, zoom: Zoom, pixelRatio: number): Size {
  const scale = zoom === "actual" ? 1 / pixelRatio : Math.min(room.width / picture.width, room.height / picture.height);
  const fine = Number.isFinite(scale) && scale > 0 ? scale : 1;
  return { width: Math.max(1, Math.round(picture.width * fine)), height: Math.max(1, Math.round(picture.height * fine)) };
}

/** The picture pixel under a point of the page, held inside the picture. */
export function pixelAt(point: { x: number; y: number }, box: { left: number; top: number } & Size, picture: Size): { x: number; y: number } {
  const along = (at: number, length: number, pixels: number) => Math.min(pixels - 1, Math.max(0, Math.floor((at / length) * pixels)));
  return { x: along(point.x - box.left, box.width, picture.width), y: along(point.y - box.top, box.height, picture.height) };
}
