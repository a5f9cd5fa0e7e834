/** Reads what the page shows of the user's screen, as a person sees it: the video, and the canvases over it. */

/** The picture as pixels: RGBA, row by row. Without the video, what the canvases leave open is 0. */
export function composed(width: number, height: number, withVideo: boolean): Uint8ClampedArray {
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext("2d", { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
  const video = document.querySelector("video");
  if (withVideo && video !== null) {
    const box = (document.querySelector("[role=application]") as HTMLElement).getBoundingClientRect();
    const place = video.getBoundingClientRect();
    const scale = width / box.width;
    pen.drawImage(video, Math.round((place.left - box.left) * scale), Math.round((place.top - box.top) * scale), Math.round(place.width * scale), Math.round(place.height * scale));
  }
  for (const strip of document.querySelectorAll<HTMLCanvasElement>("canvas[data-layer=screen]")) {
    pen.drawImage(strip, 0, Number(strip.dataset["top"]));
  }
  return pen.getImageData(0, 0, width, height).data;
}

/** How red the canvases are at this many places, from the top left to the bottom right. */
export function reds(places: number): number[] {
  const canvas = new OffscreenCanvas(1, 1);
  const pen = canvas.getContext("2d", { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
  const strips = [...document.querySelectorAll<HTMLCanvasElement>("canvas[data-layer=screen]")];
  return strips.flatMap((strip) =>
    Array.from({ length: places }, (_, index) => {
      const part = (index + 0.5) / places;
      pen.drawImage(strip, Math.floor(part * strip.width), Math.floor(part * strip.height), 1, 1, 0, 0, 1, 1);
      return pen.getImageData(0, 0, 1, 1).data[0] ?? 0;
    }),
  );
}

/** SHA-256 of it, in hex. */
export async function composedHash(width: number, height: number, withVideo: boolean): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", composed(width, height, withVideo).slice());
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Tells the RTP timestamp of every video frame that is shown. */
export function followsAll(video: HTMLVideoElement, shown: (rtp: number) => void): void {
  video.requestVideoFrameCallback((_now, { rtpTimestamp }) => {
    if (rtpTimestamp !== undefined) {
      shown(rtpTimestamp);
    }
    followsAll(video, shown);
  });
}
