/**
 * The canvases that screen updates are drawn on, over the video. A worker draws; here they
 * are made, put in place, and taken away. Apart from React: a canvas that was handed to a
 * worker cannot be handed over again.
 */
import { type RefObject, useEffect, useLayoutEffect, useRef, useSyncExternalStore } from "react";
import { followVideo } from "../../screen/follow-video";
import type { ScreenLink } from "../../screen/link";
import type { VideoPlace } from "../../screen/operations";
import type { Size } from "../../screen/picture";
import { laidStrip, stripsOf } from "../../screen/strips";
import css from "./live.module.css";

interface LayersProps {
  readonly screen: ScreenLink;
  readonly video: RefObject<HTMLVideoElement | null>;
  /** The size of the picture on the page, in CSS pixels. */
  readonly shown: Size;
  /** Device pixels of a CSS pixel. */
  readonly ratio: number;
}

export function Layers({ screen, video, shown, ratio }: LayersProps) {
  const { size, painted } = useSyncExternalStore(screen.subscribe, screen.getSnapshot);
  const layers = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (layers.current !== null && size !== null) {
      layers.current.append(lendSet(screen, size));
    } else {
      layers.current?.replaceChildren();
    }
  }, [screen, size]);
  useLayoutEffect(() => {
    // The set before is seen until the next one shows the picture.
    for (const set of [...(layers.current?.children ?? [])]) {
      if (Number((set as HTMLElement).dataset["set"]) < painted) {
        set.remove();
      }
    }
  }, [painted]);
  useLayoutEffect(() => {
    for (const set of layers.current?.children ?? []) {
      layOut(set as HTMLElement, shown, ratio);
    }
  }, [size, shown.width, shown.height, ratio]);
  useVideoPlace(screen, video, size);
  return <div ref={layers} className={css.layers} aria-hidden="true" />;
}

/** Makes the canvases of one picture size and hands them to the worker. */
function lendSet(screen: ScreenLink, size: Size): HTMLElement {
  const set = document.createElement("div");
  const canvases = stripsOf(size).map(({ top, height }) => {
    const canvas = document.createElement("canvas");
    canvas.dataset["layer"] = "screen";
    canvas.dataset["top"] = String(top);
    canvas.width = size.width;
    canvas.height = height;
    set.append(canvas);
    return canvas;
  });
  set.dataset["width"] = String(size.width);
  set.dataset["height"] = String(size.height);
  set.dataset["set"] = String(screen.lend(size, canvases.map((canvas) => canvas.transferControlToOffscreen())));
  return set;
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
