/** A drawn desktop as a stream, and a drawn cursor. */
import type { CursorShape } from "../../src/session/session";

export function drawing({ width, height }: { width: number; height: number }): MediaStream {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d");
  const paint = () => {
    if (pen !== null) {
      desktop(pen, width, height);
    }
  };
  paint();
  window.setInterval(paint, 200);
  return canvas.captureStream(10);
}

function desktop(pen: CanvasRenderingContext2D, width: number, height: number) {
  const sky = pen.createLinearGradient(0, 0, width, height);
  sky.addColorStop(0, "#2a6f97");
  sky.addColorStop(1, "#a9d6e5");
  pen.fillStyle = sky;
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = "#1b263b";
  pen.fillRect(0, height - 48, width, 48);
  panel(pen, 260, 150, 1040, 700, "Quarterly report – Writer");
  panel(pen, 1060, 420, 620, 420, "Printers");
  pen.fillStyle = "#222";
  pen.font = "22px sans-serif";
  for (let line = 0; line < 18; line++) {
    pen.fillText("The quick brown fox jumps over the lazy dog, and the printer still does not print.".slice(0, 40 + ((line * 17) % 40)), 310, 260 + line * 32);
  }
}

function panel(pen: CanvasRenderingContext2D, x: number, y: number, width: number, height: number, title: string) {
  pen.fillStyle = "#ffffff";
  pen.fillRect(x, y, width, height);
  pen.fillStyle = "#e2e8f0";
  pen.fillRect(x, y, width, 44);
  pen.fillStyle = "#111827";
  pen.font = "600 20px sans-serif";
  pen.fillText(title, x + 18, y + 29);
}

const SIZE = 24;

/** A plain arrow. */
export function pointer(): CursorShape {
  const rgba = new Uint8Array(SIZE * SIZE * 4);
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x <= Math.min(y, SIZE - y - 4); x++) {
      const edge = x === 0 || x === y || x === SIZE - y - 4;
      rgba.set(edge ? [255, 255, 255, 255] : [0, 0, 0, 255], (y * SIZE + x) * 4);
    }
  }
  return { serial: 1, width: SIZE, height: SIZE, hotX: 0, hotY: 0, rgba };
}
