/** What lies over the picture: the toolbar at either edge and at every width, and the panels. */
import { describe, expect, onTestFinished, test } from "vitest";
import type { Scope } from "../src/session/session";
import { RECORDING, expectClean, goLive, page, setStage, startSession } from "./house";
import type { Stage } from "./stage/main";

const ALL: readonly Scope[] = ["view", "control", "record", "clipboard", "files", "voice"];

/** A session of an hour with everything allowed, somebody talking, and news in the chat: the toolbar at its widest. */
async function goWide() {
  await startSession();
  await page.evaluate(() => {
    const { stage } = window as unknown as { stage: Stage };
    stage.voice = { microphone: { kind: "on", muted: false }, sound: null };
    for (let i = 0; i < 12; i++) {
      stage.write(`Message ${i}`);
    }
  });
  await goLive(ALL);
  await setStage({ startedAt: Date.now() - 3_754_000, recording: { kind: "running", id: RECORDING, keptUntil: null } });
}

const bar = () => page.locator("[role=toolbar]");

/** A tool, also while the toolbar hides. */
const tool = (name: string | RegExp) => {
  const words = page.locator("span:not([aria-hidden])").filter({ hasText: typeof name === "string" ? new RegExp(`^${name}$`) : name });
  return page.locator("[role=toolbar] button").filter({ has: words });
};

/** Presses a tool, at the window's edge, as often as it takes: the toolbar hides after three seconds, which may be short on a busy machine. */
async function use(name: string | RegExp, y = 3) {
  for (let tries = 0; ; tries++) {
    await page.mouse.move(640 + tries, 300);
    await page.mouse.move(640 + tries, y);
    try {
      await tool(name).click({ timeout: 2_500 });
      return;
    } catch (problem) {
      if (tries > 6) {
        throw problem;
      }
    }
  }
}

async function boxOf(name: string) {
  const box = await tool(name).boundingBox();
  return box ?? { x: Number.NaN, y: Number.NaN, width: 0, height: 0 };
}

/** The least light part of an element's ground, 0 to 255. */
const light = (selector: string) =>
  page.evaluate((at) => {
    const element = document.querySelector(at);
    const parts = element === null ? [] : (getComputedStyle(element).backgroundColor.match(/[\d.]+/g) ?? []).map(Number);
    return parts[3] === 0 || parts.length < 3 ? Number.NaN : Math.max(...parts.slice(0, 3));
  }, selector);

/** Stops the page's clock; tests share it, so it goes on after each. */
async function standStill() {
  await page.clock.pauseAt(Date.now() + 60_000);
  onTestFinished(() => page.clock.resume());
}

describe("over the picture", () => {
  test("the toolbar fits at every width, all words or icons, with its end, and on one row but in a very small window", async () => {
    await goWide();
    for (const [granted, widths] of [
      [ALL, [1920, 1840, 1839, 1440, 1240, 1239, 1100, 1099, 880, 640]],
      [["view"], [1840, 1240, 1100, 880]],
    ] as const) {
      await goLive(granted);
      for (const width of widths) {
        await page.setViewportSize({ width, height: 800 });
        await page.mouse.move(width / 2, 4);
        await expect.poll(() => bar().getAttribute("data-hidden")).toBe("false");
        const whole = await bar().evaluate((element) => ({ asks: element.scrollWidth, has: element.clientWidth, high: element.clientHeight }));
        if (width >= 880) {
          expect(whole.asks, `${width} wide`).toBeLessThanOrEqual(whole.has);
        }
        expect(whole.high, `${width} wide`).toBeLessThan(width < 880 ? 120 : 60);
        const end = await boxOf("End session");
        expect(end.x + end.width, `${width} wide`).toBeLessThanOrEqual(width);
        expect((await page.locator("[role=timer]").boundingBox())?.x, `${width} wide`).toBeGreaterThanOrEqual(0);
      }
    }
  });

  test("what one works with has its word on it where there is room, and keeps its whole name", async () => {
    await startSession();
    await goLive();
    const wide = async (name: string) => (await boxOf(name)).width;
    await page.setViewportSize({ width: 1280, height: 800 });
    for (const name of ["Ask for control", "Ask to record", "Ask for the clipboard", "Ask for files", "Chat", "Talk"]) {
      expect(await wide(name), name).toBeGreaterThan(60);
    }
    expect(await wide("Statistics")).toBeLessThan(44);
    await page.setViewportSize({ width: 1100, height: 800 });
    expect(await wide("Ask for the clipboard")).toBeLessThan(44);
    await page.setViewportSize({ width: 1900, height: 800 });
    expect(await wide("Statistics")).toBeGreaterThan(60);
  });

  test("every panel and menu is dark in a light system, and can be read", async () => {
    await page.emulateMedia({ colorScheme: "light" });
    await goWide();
    await page.setViewportSize({ width: 1600, height: 900 });
    await page.getByLabel("A file to send").setInputFiles({ name: "driver.zip", mimeType: "application/zip", buffer: Buffer.alloc(3_000_000) });
    await page.evaluate(() => (window as unknown as { stage: Stage }).stage.transfer({ id: 2, way: "from-them", name: "log.txt", size: 6, done: 6, state: { kind: "complete", sha256: "ab".repeat(32) } }));
    await use(/^Chat/);
    await use("Statistics");
    await page.getByText("VP9 4:4:4").waitFor();
    for (const part of ["[aria-label=Files]", "[aria-label=Files] input:not([type=file])", "[aria-label=Files] button[type=submit]", "[aria-label=Chat]", "[aria-label=Statistics]"]) {
      expect(await light(part), part).toBeLessThan(100);
    }
    await expectClean();
    await use("Keys");
    await page.getByRole("menuitem", { name: "Type a text…" }).waitFor();
    expect(await light("[role=menu]")).toBeLessThan(100);
    await page.getByRole("menuitem").first().hover();
    await expectClean();
  });

  test("at a zoom of 200 % one panel takes the place of the other, and none opens over a message", async () => {
    await page.setViewportSize({ width: 640, height: 360 });
    await startSession();
    await goLive(["view", "files"]);
    const panel = (name: string) => page.getByRole("region", { name, exact: true });
    await panel("Files").waitFor();
    await page.keyboard.press("Control+Alt+Enter");
    await panel("Chat").waitFor();
    await panel("Files").waitFor({ state: "detached" });
    const box = await panel("Chat").boundingBox();
    expect((box?.x ?? -1) >= 0 && (box?.x ?? 0) + (box?.width ?? 999) <= 640 && (box?.y ?? -1) >= 0).toBe(true);
    await page.keyboard.type("Please");
    await goLive(["view"]);
    await goLive(["view", "files"]); // allowed again: the message that is being written stays
    expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("Please");
    await page.setViewportSize({ width: 1280, height: 800 });
    await use("Files");
    await panel("Files").waitFor();
    await page.setViewportSize({ width: 640, height: 360 });
    await panel("Files").waitFor({ state: "detached" });
    expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("Please");
  });

  test("good news passes once it was there to be read, and a refusal stays; both rise into the hidden toolbar's place", async () => {
    await page.clock.install();
    await startSession();
    await goLive(["view", "control"]);
    await standStill();
    await page.mouse.move(640, 2);
    await setStage({ events: [{ at: 1, kind: "granted", scope: "control" }, { at: 2, kind: "refused", scope: "files" }] });
    await page.mouse.move(5, 400);
    const yes = page.getByText("They said yes: you can use their mouse and keyboard");
    const no = page.locator("[data-banner]").filter({ hasText: "They said no: you may not exchange files" });
    await yes.waitFor();
    const below = (await no.boundingBox())?.y ?? 0;
    await page.clock.fastForward(9_000);
    expect(await bar().getAttribute("data-hidden")).toBe("true");
    await yes.waitFor();
    await yes.hover();
    await page.clock.fastForward(30_000); // as long as it is read
    await yes.waitFor();
    await page.mouse.move(5, 400);
    await page.clock.fastForward(10_500);
    await page.locator("[data-fading=true]").waitFor();
    await page.clock.fastForward(300);
    await yes.waitFor({ state: "detached" });
    await expect.poll(async () => (await no.boundingBox())?.y ?? Number.NaN).toBeLessThan(below - 50);
    await page.clock.fastForward(600_000);
    expect(await no.count()).toBe(1);
    await page.clock.resume(); // axe waits for it
    await expectClean();
  });

  test("one place says what goes on, whatever else there is to know a line below it, all of it for whoever points at it", async () => {
    await startSession();
    await goLive(["view", "control"]);
    await page.mouse.move(5, 400);
    await setStage({ events: [{ at: 1, kind: "refused", scope: "files" }], question: { scope: "record", until: Date.now() + 60_000 }, inputLocked: true, userActive: true, muted: true });
    const place = page.getByRole("log", { name: "What the user decided" });
    const banners = place.locator("[data-banner]");
    for (const [width, height] of [[1280, 720], [1920, 1080]] as const) {
      await page.setViewportSize({ width, height });
      await page.mouse.move(5, 400);
      await expect.poll(async () => (await place.boundingBox())?.height ?? 999, { message: `${width} wide` }).toBeLessThan(110);
      expect(await banners.count()).toBe(2);
      await page.getByText("They said no: you may not exchange files").hover();
      await expect.poll(async () => (await banners.nth(1).boundingBox())?.height ?? 0).toBeGreaterThan(45);
    }
    await expectClean();
  });

  test("nothing over the picture covers the user's bar, whatever the shape of the window", async () => {
    await startSession();
    await goLive(["view", "control"]);
    await setStage({ events: [{ at: 1, kind: "refused", scope: "files" }], userActive: true });
    for (const [width, height] of [[1280, 720], [1280, 860], [1280, 890], [1280, 1040], [800, 640], [640, 360]] as const) {
      await page.setViewportSize({ width, height });
      const bare = () =>
        page.evaluate(() => {
          const picture = document.querySelector("video")?.getBoundingClientRect();
          const [top = 0, bottom = 0] = picture === undefined ? [] : [picture.top, picture.top + (44 * picture.width) / 1920];
          const ours = [...document.querySelectorAll("[role=toolbar][data-hidden=false], [data-banner]")].map((one) => one.getBoundingClientRect());
          return picture !== undefined && ours.length > 1 && ours.every((one) => one.bottom <= top || one.top >= bottom);
        });
      await expect.poll(bare, { message: `${width} by ${height}` }).toBe(true);
    }
  });

  test("the tip of a tool goes when it was pressed, and covers no other tool in a small window", async () => {
    await page.clock.install();
    await goWide();
    await standStill();
    const tip = tool("Statistics").locator("span[aria-hidden]").last();
    await page.setViewportSize({ width: 640, height: 480 });
    await page.mouse.move(320, 2);
    for (const name of ["Keys", "Statistics", "Stop control"]) {
      await tool(name).hover();
      const box = await tool(name).locator("span[aria-hidden]").last().boundingBox();
      const all = await bar().boundingBox();
      expect(box?.y ?? 0, name).toBeGreaterThan((all?.y ?? 999) + (all?.height ?? 999));
      expect(box?.x ?? -1, name).toBeGreaterThanOrEqual(0);
      expect((box?.x ?? 999) + (box?.width ?? 999), name).toBeLessThanOrEqual(640);
    }
    await tool("Statistics").hover();
    expect(await tip.isVisible()).toBe(true);
    await tool("Statistics").click();
    expect(await tip.isVisible()).toBe(false);
    await page.mouse.move(320, 300);
    await page.mouse.move(320, 2);
    await tool("Statistics").hover();
    await expect.poll(() => tip.isVisible()).toBe(true);
  });

  test("at a zoom of 200 % every key can be pressed and a message sent, with the toolbar at either edge", async () => {
    await page.setViewportSize({ width: 640, height: 360 });
    await goWide();
    await use("Keys");
    await page.getByRole("menu").waitFor();
    const menu = await page.getByRole("menu").boundingBox();
    expect(menu?.y ?? -1).toBeGreaterThanOrEqual(0);
    expect((menu?.y ?? 999) + (menu?.height ?? 999)).toBeLessThanOrEqual(360);
    await page.getByRole("menuitem", { name: "Type a text…" }).click();
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    for (const edge of ["top", "bottom"]) {
      if (edge === "bottom") {
        await use("Move this bar to the bottom");
      }
      await use(/^Chat/, edge === "top" ? 3 : 357);
      await page.getByLabel("Message", { exact: true }).fill("Please open the lid. What is your password?");
      const covered = await page.getByRole("button", { name: "Send", exact: true }).evaluate((button) => {
        const { x, y, width, height } = button.getBoundingClientRect();
        return !button.contains(document.elementFromPoint(x + width / 2, y + height / 2));
      });
      expect(covered, `the toolbar at the ${edge}`).toBe(false);
      await page.keyboard.press("Escape");
    }
    await use("Move this bar to the top", 357); // the page remembers it
    await expect.poll(async () => (await bar().boundingBox())?.y ?? 999).toBeLessThan(180);
  });

  test("the toolbar moves to the lower edge, and stands there the next time too", async () => {
    await page.clock.install();
    await goWide();
    await page.setViewportSize({ width: 1280, height: 800 });
    await use("Move this bar to the bottom");
    const low = async () => ((await bar().boundingBox())?.y ?? 0) > 700;
    await expect.poll(low).toBe(true);
    const hidden = (want: string) => expect.poll(() => bar().getAttribute("data-hidden")).toBe(want);
    await page.mouse.move(640, 300);
    await page.clock.runFor(3_200);
    await hidden("true");
    await page.mouse.move(640, 1);
    await hidden("true");
    await page.mouse.move(640, 799);
    await hidden("false");
    const files = await page.getByRole("region", { name: "Files", exact: true }).boundingBox();
    expect((files?.y ?? 0) + (files?.height ?? 999)).toBeLessThan((await bar().boundingBox())?.y ?? 0);
    await expectClean();
    await setStage({ phase: { kind: "over", by: "user", seconds: 4 } });
    await page.getByRole("heading", { name: "The user ended the session" }).waitFor();
    await startSession();
    await goLive();
    await expect.poll(low).toBe(true);
    await use("Move this bar to the top", 799);
    await expect.poll(low).toBe(false);
  });
});
