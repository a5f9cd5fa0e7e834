/**
 * Screen updates in a real Chromium: real worker, real data channel, the page's own policy.
 * What is compared are the pixels that the canvases show.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { OPS, rect, UpdateWriter } from "../src/screen/screen.testkit";
import { complaints, goLive, page, startSession } from "./house";
import type { Stage } from "./stage/main";
import type { Connection } from "./stage/screen";

interface Step {
  readonly messages?: readonly string[];
  readonly shown?: number;
  readonly serial: number;
  readonly width: number;
  readonly height: number;
  readonly sha256: string;
}

const { scenes } = JSON.parse(readFileSync(new URL("../../../agent/internal/screen/testdata/updates.json", import.meta.url), "utf8")) as {
  readonly scenes: readonly { readonly name: string; readonly steps: readonly Step[] }[];
};

type Window_ = typeof globalThis & { stage: Stage };

async function connect(connection: Connection) {
  await startSession();
  await page.evaluate((wanted) => (window as unknown as Window_).stage.screen.open(wanted), connection);
  await goLive();
}

const send = (messages: readonly string[]) => page.evaluate((all) => (window as unknown as Window_).stage.screen.send(all), messages);
const answers = () => page.evaluate(() => (window as unknown as Window_).stage.screen.answers);
const hash = (width: number, height: number, withVideo = false) =>
  page.evaluate((wanted) => (window as unknown as Window_).stage.screen.composedHash(wanted[0], wanted[1], wanted[2]), [width, height, withVideo] as const);
const pixel = (width: number, height: number, x: number, y: number) =>
  page.evaluate((at) => (window as unknown as Window_).stage.screen.pixel(...at), [width, height, x, y] as const);
// Whether the update in a message is to be drawn with the next one: until then nothing answers it.
const keepsWaiting = (message: string | undefined) => message !== undefined && ((Buffer.from(message, "base64")[2] ?? 0) & 4) !== 0;
const base64 = (message: Uint8Array) => Buffer.from(message).toString("base64");

describe("screen updates", () => {
  for (const transfer of [true, false]) {
    test(`show the agent's vectors, the channel ${transfer ? "in the worker" : "on the page"}`, async () => {
      await connect({ transfer, video: null });
      for (const { name, steps } of scenes) {
        for (const [index, step] of steps.entries()) {
          await send(step.messages ?? []);
          if (!keepsWaiting(step.messages?.at(-1))) {
            await expect.poll(async () => (await answers()).at(-1)).toBe(step.serial);
          }
          if (step.shown !== undefined) {
            await page.evaluate((rtp) => (window as unknown as Window_).stage.screen.link?.shown(rtp), step.shown);
          }
          await expect.poll(() => hash(step.width, step.height), { message: `${name}, step ${index}` }).toBe(step.sha256);
        }
      }
      expect(await answers()).not.toContain("refresh");
      const carried = await page.evaluate(() => (window as unknown as Window_).stage.screen.carried);
      expect(carried > 0).toBe(!transfer);
      expect(complaints).toEqual([]);
    });
  }

  test("a picture of another size takes the place of the one before, and input is in its pixels", async () => {
    await connect({ transfer: true, video: null });
    const small = new UpdateWriter(300, 200);
    await send([base64(small.message(small.update({ refresh: true }, OPS.fill(rect(0, 0, 300, 200), 10, 20, 30))))]);
    await expect.poll(() => pixel(300, 200, 299, 199)).toEqual([10, 20, 30, 255]);
    // Three strips: what crosses their borders is whole.
    const large = new UpdateWriter(2000, 1500);
    await send([base64(large.message(large.update({ refresh: true }, OPS.fill(rect(0, 0, 2000, 1500), 1, 2, 3), OPS.fill(rect(500, 400, 700, 200), 250, 0, 0), OPS.copy(rect(600, 450, 700, 700), 500, 400))))]);
    await expect.poll(() => pixel(2000, 1500, 1299, 649)).toEqual([250, 0, 0, 255]);
    expect(await pixel(2000, 1500, 1299, 650)).toEqual([1, 2, 3, 255]);
    expect(await pixel(2000, 1500, 599, 600)).toEqual([1, 2, 3, 255]);
    expect(await page.locator("canvas[data-layer=screen]").count()).toBe(3);
    await goLive(["view", "control"]);
    await page.getByRole("application", { name: "Their screen" }).click({ position: { x: 0, y: 0 } });
    const box = await page.getByRole("application", { name: "Their screen" }).boundingBox();
    await page.mouse.click((box?.x ?? 0) + (box?.width ?? 0) - 1, (box?.y ?? 0) + (box?.height ?? 0) - 1);
    const sent = await page.evaluate(() => (window as unknown as Window_).stage.sent);
    const last = sent.findLast((event) => event.kind === "button");
    expect(last?.kind === "button" && last.x > 1990 && last.y > 1490).toBe(true);
    expect(complaints).toEqual([]);
  });

  test("a broken update draws nothing and asks for a refresh, once a second at most", async () => {
    await connect({ transfer: true, video: null });
    const writer = new UpdateWriter(64, 64);
    const whole = rect(0, 0, 64, 64);
    await send([base64(writer.message(writer.update({ refresh: true }, OPS.fill(whole, 9, 9, 9))))]);
    await expect.poll(() => pixel(64, 64, 5, 5)).toEqual([9, 9, 9, 255]);
    const broken = Array.from({ length: 20 }, () => writer.update({ refresh: true }, OPS.fill(whole, 200, 0, 0), OPS.fill(rect(60, 0, 9, 9), 1, 1, 1)));
    const began = Date.now();
    await send(broken.map((update) => base64(writer.message(update))));
    await expect.poll(answers).toContain("refresh");
    expect(await pixel(64, 64, 5, 5)).toEqual([9, 9, 9, 255]);
    const asked = (await answers()).filter((answer) => answer === "refresh").length;
    expect(asked).toBeLessThanOrEqual(1 + (Date.now() - began) / 1000);
    await send([base64(writer.message(writer.update({}, OPS.fill(whole, 0, 200, 0))))]);
    const refresh = writer.update({ refresh: true }, OPS.fill(whole, 0, 0, 200));
    await send([base64(writer.message(refresh))]);
    await expect.poll(() => pixel(64, 64, 5, 5)).toEqual([0, 0, 200, 255]);
    expect(complaints).toEqual([]);
  });

  test("film is seen from its own frame on, at its place, and not before", async () => {
    await connect({ transfer: true, video: { width: 160, height: 120 } });
    const screen = () => page.evaluate(() => {
      const { screen } = (window as unknown as Window_).stage;
      return { frames: screen.frames, need: screen.link?.getSnapshot().video.need, paused: (document.querySelector("video") as HTMLVideoElement).paused };
    });
    const film = (colour: string) => page.evaluate((wanted) => (window as unknown as Window_).stage.screen.film(wanted), colour);
    await page.evaluate(() => (window as unknown as Window_).stage.screen.watchFrames());
    await expect.poll(async () => {
      await film("rgb(0, 0, 250)");
      return (await screen()).frames.length;
    }).toBeGreaterThan(0);

    const writer = new UpdateWriter(640, 480);
    await send([base64(writer.message(writer.update({ refresh: true }, OPS.fill(rect(0, 0, 640, 480), 40, 50, 60))))]);
    await expect.poll(async () => (await screen()).paused).toBe(true);
    expect((await screen()).need).toBe("hidden");

    // Some seconds of the video's clock ahead: nothing is seen of it yet.
    const later = ((await screen()).frames.at(-1) ?? 0) + 3 * 90_000;
    await send([base64(writer.message(writer.update({ rtp: later >>> 0 }, OPS.video(rect(320, 240, 100, 50), 300, 200))))]);
    await expect.poll(async () => (await screen()).paused).toBe(false);
    await film("rgb(0, 0, 250)");
    expect(await pixel(640, 480, 330, 250)).toEqual([40, 50, 60, 255]);
    await expect.poll(async () => {
      await film("rgb(250, 0, 0)");
      return ((await pixel(640, 480, 330, 250))[0] ?? 0) > 200;
    }, { timeout: 8000 }).toBe(true);
    const shown = (await screen()).frames.at(-1) ?? 0;
    expect((shown - later) | 0).toBeGreaterThanOrEqual(0);
    expect((await screen()).need).toBe("seen");
    // Beside the hole the canvas is as it was, though the video lies there too.
    expect(await pixel(640, 480, 310, 210)).toEqual([40, 50, 60, 255]);
    const place = await page.locator("video").evaluate((video) => {
      const [own, box] = [video, video.parentElement as HTMLElement].map((element) => element.getBoundingClientRect()) as [DOMRect, DOMRect];
      return [own.left - box.left, own.top - box.top, own.width, own.height].map((length) => Math.round((length / box.width) * 640));
    });
    expect(place).toEqual([300, 200, 160, 120]);

    // Painted again: the video is seen nowhere, and rests.
    await send([base64(writer.message(writer.update({}, OPS.fill(rect(300, 200, 200, 200), 70, 80, 90))))]);
    await expect.poll(async () => (await screen()).paused).toBe(true);
    expect(await pixel(640, 480, 330, 250)).toEqual([70, 80, 90, 255]);
  });

  test("the cursor lies above, as the screen shows it", async () => {
    await connect({ transfer: true, video: null });
    const writer = new UpdateWriter(1920, 1080);
    await send([base64(writer.message(writer.update({ refresh: true }, OPS.fill(rect(0, 0, 1920, 1080), 250, 0, 0))))]);
    await expect.poll(() => pixel(1920, 1080, 5, 1075)).toEqual([250, 0, 0, 255]);
    const box = (await page.getByRole("application", { name: "Their screen" }).boundingBox()) ?? { x: 0, y: 0, width: 0 };
    // The stage's cursor is at 1180, 470: black, with a white edge.
    const at = (x: number, y: number) => [box.x + (x * box.width) / 1920, box.y + (y * box.width) / 1920] as const;
    const screenshot = (await page.screenshot()).toString("base64");
    const [cursor, beside] = await page.evaluate(
      async ([image, points]) => {
        const pen = new OffscreenCanvas(1280, 800).getContext("2d") as OffscreenCanvasRenderingContext2D;
        pen.drawImage(await createImageBitmap(new Blob([Uint8Array.from(atob(image), (letter) => letter.charCodeAt(0))])), 0, 0);
        return points.map(([x, y]) => [...pen.getImageData(x, y, 1, 1).data]);
      },
      [screenshot, [at(1183, 480), at(1100, 480)]] as const,
    );
    expect(beside).toEqual([250, 0, 0, 255]);
    expect(Math.abs((cursor?.[0] ?? 0) - (cursor?.[1] ?? 255))).toBeLessThan(60);
  });

  test("what a frame shows is drawn before anybody's callback for that frame", async () => {
    await connect({ transfer: true, video: null });
    expect(await page.evaluate(() => (window as unknown as Window_).stage.screen.frameOrder())).toEqual(["start", "callback"]);
  });

  test("a picture is drawn though no message reaches the page", async () => {
    await connect({ transfer: true, video: null });
    await page.evaluate(() => ((window as unknown as Window_).stage.screen.silent = true));
    const writer = new UpdateWriter(64, 64);
    const whole = rect(0, 0, 64, 64);
    for (let red = 50; red < 60; red++) {
      await send([base64(writer.message(writer.update({ refresh: red === 50 }, OPS.fill(whole, red, 0, 0))))]);
      await expect.poll(async () => (await pixel(64, 64, 5, 5))[0]).toBe(red);
    }
  });

  test("after a press a page that cannot wait looks by itself, though no message reaches it", async () => {
    await page.evaluate(() => Reflect.deleteProperty(Atomics, "waitAsync"));
    await connect({ transfer: true, video: null });
    const writer = new UpdateWriter(64, 64);
    const whole = rect(0, 0, 64, 64);
    await send([base64(writer.message(writer.update({ refresh: true }, OPS.fill(whole, 9, 9, 9))))]);
    await expect.poll(() => pixel(64, 64, 5, 5)).toEqual([9, 9, 9, 255]);
    await page.evaluate(() => ((window as unknown as Window_).stage.screen.silent = true));
    for (const [index, act] of [() => page.mouse.down(), () => page.mouse.up(), () => page.keyboard.down("a")].entries()) {
      const red = 50 + index;
      await send([base64(writer.message(writer.update({}, OPS.fill(whole, red, 0, 0))))]);
      await expect.poll(async () => {
        await act();
        return (await pixel(64, 64, 5, 5))[0];
      }).toBe(red);
    }
  });

  test("no frame shows half of one picture and half of another", async () => {
    await connect({ transfer: true, video: null });
    const { seen, torn } = await page.evaluate(() => (window as unknown as Window_).stage.screen.flicker(1920, 1080, 150));
    expect(torn).toBe(0);
    expect(seen).toBeGreaterThan(20);
  });

  test("a worker that fails leaves the video alone", async () => {
    await connect({ transfer: false, video: null });
    const writer = new UpdateWriter(64, 64);
    await send([base64(writer.message(writer.update({ refresh: true }, OPS.fill(rect(0, 0, 64, 64), 9, 9, 9))))]);
    await expect.poll(() => page.locator("canvas[data-layer=screen]").count()).toBe(1);
    await page.evaluate(() => (window as unknown as Window_).stage.screen.breakWorker());
    await expect.poll(() => page.locator("canvas[data-layer=screen]").count()).toBe(0);
    await expect.poll(() => page.evaluate(() => (window as unknown as Window_).stage.screen.channelState())).toBe("closed");
  });
});
