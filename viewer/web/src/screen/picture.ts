/**
 * Where the picture lies on the page, and which of its pixels a point hits. Pure.
 *
 * `actual` shows one pixel of the picture on one pixel of the technician's screen, at
 * any device pixel ratio: sizes are therefore not whole CSS pixels, and the corner is
 * put onto a whole device pixel, or everything would be blurred.
 */

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** `fit`: as large as the room allows. `actual`: pixel by pixel, scrolled when larger. */
export type Zoom = "fit" | "actual";

/**
 * How much larger than its own pixels a fitted picture would have to become before it
 * is stretched: for less, a narrow border and a sharp picture are better than a blurred one.
 */
export const WORTH_STRETCHING = 1.1;

/** Size of the picture in CSS pixels: a whole number of device pixels, the sides in proportion. */
export function laidOut(picture: Size, room: Size, zoom: Zoom, pixelRatio: number): Size {
  const ratio = usable(pixelRatio) ? pixelRatio : 1;
  const scale = Math.min(room.width / picture.width, room.height / picture.height);
  const enlarged = scale * ratio;
  if (zoom === "actual" || (enlarged >= 1 && enlarged < WORTH_STRETCHING)) {
    return { width: picture.width / ratio, height: picture.height / ratio };
  }
  const fine = usable(scale) ? scale : 1;
  const side = (pixels: number): number => Math.max(1, Math.round(pixels * fine * ratio)) / ratio;
  return { width: side(picture.width), height: side(picture.height) };
}

/** The picture in the middle of the room, its corner on a device pixel; at 0 where it is larger. */
export function centred(size: Size, room: Size, pixelRatio: number): Box {
  const ratio = usable(pixelRatio) ? pixelRatio : 1;
  const start = (length: number, space: number): number => Math.max(0, Math.floor(((space - length) / 2) * ratio) / ratio);
  return { ...size, left: start(size.width, room.width), top: start(size.height, room.height) };
}

/** The picture pixel under a point of the page, held inside the picture. */
export function pixelAt(point: Point, box: Box, picture: Size): Point {
  const along = (at: number, length: number, pixels: number): number => {
    const pixel = length > 0 ? Math.floor((at / length) * pixels) : 0;
    return Math.min(pixels - 1, Math.max(0, Number.isFinite(pixel) ? pixel : 0));
  };
  return { x: along(point.x - box.left, box.width, picture.width), y: along(point.y - box.top, box.height, picture.height) };
}

/** The middle of a picture pixel on the page: the opposite of pixelAt. */
export function pointOf(pixel: Point, box: Box, picture: Size): Point {
  return {
    x: box.left + ((pixel.x + 0.5) / picture.width) * box.width,
    y: box.top + ((pixel.y + 0.5) / picture.height) * box.height,
  };
}

function usable(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}
