/**
 * The canvases that screen updates are drawn on, over the video. The worker publishes the
 * picture, here it is drawn, at the beginning of a frame. Apart from React: it happens sixty
 * times a second.
 */
import { type RefObject, useEffect, useLayoutEffect, useRef, useSyncExternalStore } from "react";
import { Answer } from "../../screen/answer";
import { Canvases } from "../../screen/canvases";
import { followVideo } from "../../screen/follow-video";
import { FrameStart } from "../../screen/frame-start";
import type { ScreenLink } from "../../screen/link";
import type { VideoPlace } from "../../screen/operations";
import type { Size } from "../../screen/picture";
import type { SheetMemory } from "../../screen/sheet";
import { laidStrip, stripsOf } from "../../screen/strips";
import css from "./picture.module.css";

interface LayersProps {
  readonly screen: ScreenLink;
  readonly video: RefObject<HTMLVideoElement | null>;
  /** The size of the picture on the page, in CSS pixels. */
  readonly shown: Size;
  /** Device pixels of a CSS pixel. */
  readonly ratio: number;
}

/** What the technician does that the screen answers at once. (A key that comes up is answered seldom.) */
const ACTS = ["pointerdown", "pointerup", "keydown"] as const;

export function Layers({ screen, video, shown, ratio }: LayersProps) {
  const { sheet } = useSyncExternalStore(screen.subscribe, screen.getSnapshot);
  const layers = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (layers.current === null || sheet === null) {
      layers.current?.replaceChildren();
      return;
    }
    return drawSheet(screen, sheet, layers.current);
  }, [screen, sheet]);
  useLayoutEffect(() => {
    for (const set of layers.current?.children ?? []) {
      layOut(set as HTMLElement, shown, ratio);
    }
  }, [sheet, shown.width, shown.height, ratio]);
  useVideoPlace(screen, video, sheet?.size ?? null);
  return <div ref={layers} className={css.layers} aria-hidden="true" />;
}

/** Draws a sheet onto canvases of its own, over what is there until then, until the returned function is called. */
function drawSheet(screen: ScreenLink, sheet: SheetMemory, layers: HTMLElement): () => void {
  const { set, pens } = makeSet(sheet.size);
  const canvases = new Canvases(sheet, pens, (width, height) => new ImageData(width, height));
  const answer = new Answer();
  const frame = new FrameStart((delay) => {
    answer.frame(delay);
    while (!canvases.news && answer.awaited(performance.now())) {
      // The page can only look again and again: nothing lets it sleep within a frame.
    }
    const drawn = canvases.draw();
    if (drawn === "busy") {
      frame.ask();
      return;
    }
    canvases.listen(() => {
      answer.arrived(performance.now());
      frame.ask();
    });
    if (drawn !== null) {
      answer.arrived(performance.now());
      // The set before is seen until this one shows the picture.
      while (layers.firstChild !== set && layers.firstChild !== null) {
        layers.firstChild.remove();
      }
      screen.drawn(drawn);
    }
  });
  layers.append(set);
  // A message that was put off may tell of what was drawn meanwhile.
  const leave = screen.onPublished(() => {
    if (canvases.news) {
      frame.ask();
    }
  });
  const acted = () => {
    answer.acted(performance.now());
    // A browser puts messages off after an act until it has shown a frame: who is called by them looks.
    if (answer.framesFollow || !canvases.listening) {
      frame.ask();
    }
  };
  const stop = new AbortController();
  for (const act of ACTS) {
    window.addEventListener(act, acted, { capture: true, passive: true, signal: stop.signal });
  }
  frame.ask();
  return () => {
    stop.abort();
    leave();
    frame.cancel();
    canvases.leave();
  };
}

/** The canvases of one picture size, one for each strip. */
function makeSet(size: Size): { set: HTMLElement; pens: CanvasRenderingContext2D[] } {
  const set = document.createElement("div");
  const pens = stripsOf(size).map(({ top, height }) => {
    const canvas = document.createElement("canvas");
    canvas.dataset["layer"] = "screen";
    canvas.dataset["top"] = String(top);
    canvas.width = size.width;
    canvas.height = height;
    set.append(canvas);
    // Past the page's own layout and paint: a quarter less for each picture.
    const pen = canvas.getContext("2d", { desynchronized: true });
    if (pen === null) {
      throw new Error("screen: no canvas can be drawn on");
    }
    return pen;
  });
  set.dataset["width"] = String(size.width);
  set.dataset["height"] = String(size.height);
  return { set, pens };
}

function layOut(set: HTMLElement, shown: Size, ratio: number) {
  const size = { width: Number(set.dataset["width"]), height: Number(set.dataset["height"]) };
  const strips = stripsOf(size);
  const enlarged = (shown.width * ratio) / size.width;
  // Twice or three times as large, every pixel stays one; anything between is smoothed.
  set.style.imageRendering = enlarged > 1.5 && Math.abs(enlarged - Math.round(enlarged)) < 1e-6 ? "pixelated" : "auto";
  [...set.children].forEach((canvas, index) => {
    const strip = strips[index];
    if (strip !== undefined) {
      const { top, height } = laidStrip(strip, size, shown.height, ratio);
      Object.assign((canvas as HTMLElement).style, { top: `${top}px`, height: `${height}px` });
    }
  });
}

/** Follows the video, and puts it where its frames belong: they can be a part of the picture. */
function useVideoPlace(screen: ScreenLink, video: RefObject<HTMLVideoElement | null>, size: Size | null) {
  const place = useRef<VideoPlace | null>(null);
  const picture = useRef(size);
  picture.current = size;
  useEffect(() => {
    const element = video.current;
    if (element === null) {
      return;
    }
    const put = () => putVideo(element, place.current, picture.current);
    const leave = followVideo(screen, element, (next) => {
      place.current = next;
      put();
    });
    element.addEventListener("resize", put);
    return () => {
      leave();
      element.removeEventListener("resize", put);
      putVideo(element, null, null);
    };
  }, [screen, video]);
  useLayoutEffect(() => {
    if (video.current !== null) {
      putVideo(video.current, place.current, size);
    }
  }, [video, size]);
}

function putVideo(element: HTMLVideoElement, place: VideoPlace | null, size: Size | null) {
  const { style, videoWidth, videoHeight } = element;
  if (place === null || size === null || videoWidth === 0) {
    Object.assign(style, { left: "", top: "", width: "", height: "" });
    return;
  }
  const percent = (part: number, whole: number) => `${(100 * part) / whole}%`;
  Object.assign(style, {
    left: percent(place.x, size.width),
    top: percent(place.y, size.height),
    width: percent(videoWidth, size.width),
    height: percent(videoHeight, size.height),
  });
}
