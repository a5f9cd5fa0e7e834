/**
 * The picture: the user's screen (video, and screen updates on canvases over it), as large as the window allows or pixel by pixel, and
 * the cursor of their machine on it. While the technician controls, the browser's own
 * pointer takes the shape of the user's cursor, so that it moves without any delay.
 */
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import { type Size, type Zoom, centred, laidOut } from "../../screen/picture";
import type { CursorShape, Session, Snapshot } from "../../session/session";
import type { Placed } from "./clear";
import { useInput } from "./input-binding";
import { Layers } from "./layers";
import css from "./picture.module.css";
import { useEdgeScroll } from "./use-edge-scroll";

interface PictureProps {
  /** The unseen field that has the keys while the picture is in use. */
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly video: RefObject<HTMLVideoElement | null>;
  readonly session: Session;
  readonly snapshot: Snapshot;
  readonly zoom: Zoom;
  readonly onBarKey: () => void;
  /** Told where the picture lies, each time that changes. */
  readonly onPlaced: (placed: Placed | null) => void;
}

export function Picture({ field, video, session, snapshot, zoom, onBarKey, onPlaced }: PictureProps) {
  const { stream, picture, paused, secret, phase } = snapshot;
  const room = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const available = useSize(room);
  const ratio = usePixelRatio();
  const place = picture === null ? null : centred(laidOut(picture, available, zoom, ratio), available, ratio);
  const steering = snapshot.granted.includes("control") && !paused && !snapshot.userActive && !snapshot.inputLocked && !snapshot.away && phase.kind === "live";

  const top = place?.top ?? null;
  const scale = place === null || picture === null ? null : place.width / picture.width;
  const height = picture?.height ?? null;
  useLayoutEffect(() => {
    onPlaced(top === null || scale === null || height === null ? null : { top, scale, height });
  }, [top, scale, height, onPlaced]);
  useLayoutEffect(() => {
    if (video.current !== null && video.current.srcObject !== stream) {
      video.current.srcObject = stream;
    }
  }, [stream, video]);
  useEdgeScroll(room, zoom === "actual");
  useInput({ session, box, field, picture, granted: snapshot.granted.includes("control"), onBarKey });
  useEffect(() => {
    field.current?.focus({ preventScroll: true });
  }, [field]);

  return (
    <div ref={room} className={css.room} data-zoom={zoom} data-veiled={secret} data-dimmed={paused || phase.kind === "reconnecting"}>
      <div ref={box} className={css.picture} role="application" aria-label="Their screen" style={place ?? { visibility: "hidden" }}>
        <video ref={video} autoPlay muted playsInline disablePictureInPicture aria-hidden="true" />
        {session.screen !== null && place !== null && <Layers screen={session.screen} video={video} shown={place} ratio={ratio} />}
        <textarea ref={field} className={css.keys} aria-label="Keys for their screen" autoComplete="off" autoCorrect="off" autoCapitalize="off" spellCheck={false} readOnly={!snapshot.granted.includes("control")} />
        {picture !== null && place !== null && <Cursor session={session} scale={place.width / picture.width} steering={steering} box={box} />}
      </div>
    </div>
  );
}

/** The size of an element, kept up to date. */
function useSize(element: RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState<Size>(() => ({ width: window.innerWidth, height: window.innerHeight }));
  useLayoutEffect(() => {
    const target = element.current;
    if (target === null) {
      return;
    }
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) {
        setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
      }
    });
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

/** How many of the screen's pixels a CSS pixel is: changes with the browser's zoom and from screen to screen. */
function usePixelRatio(): number {
  const [ratio, setRatio] = useState(() => window.devicePixelRatio);
  useEffect(() => {
    const still = window.matchMedia(`(resolution: ${ratio}dppx)`);
    const changed = () => setRatio(window.devicePixelRatio);
    still.addEventListener("change", changed);
    return () => still.removeEventListener("change", changed);
  }, [ratio]);
  return ratio;
}

/** Drawn apart from React: it moves sixty times a second. */
function Cursor({ session, scale, steering, box }: { session: Session; scale: number; steering: boolean; box: RefObject<HTMLDivElement | null> }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let drawn: CursorShape | null = null;
    let address = "";
    return session.onCursor((cursor) => {
      const target = canvas.current;
      const parent = box.current;
      if (target === null || parent === null) {
        return;
      }
      if (cursor.shape !== null && cursor.shape !== drawn) {
        drawn = cursor.shape;
        address = draw(target, cursor.shape);
      }
      const shape = drawn;
      const seen = cursor.visible && shape !== null;
      target.style.visibility = seen && !steering ? "visible" : "hidden";
      parent.style.cursor = steering && shape !== null ? (cursor.visible ? `url("${address}") ${shape.hotX} ${shape.hotY}, default` : "none") : "default";
      if (shape !== null) {
        target.style.transform = `translate(${(cursor.x - shape.hotX) * scale}px, ${(cursor.y - shape.hotY) * scale}px) scale(${scale})`;
      }
    });
  }, [session, scale, steering, box]);
  return <canvas ref={canvas} className={css.cursor} aria-hidden="true" />;
}

/** Paints a shape; returns it as an address for the browser's own pointer. */
function draw(canvas: HTMLCanvasElement, shape: CursorShape): string {
  canvas.width = shape.width;
  canvas.height = shape.height;
  const pixels = new ImageData(shape.width, shape.height);
  pixels.data.set(shape.rgba);
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
  return canvas.toDataURL();
}
