/**
 * The house that browser tests walk through: the built pages, a relay in process and one
 * Chromium, with a fresh page for every test. Importing it opens it.
 */
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContext, type Page, chromium } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, inject } from "vitest";
import { checkDigit } from "../src/session/code";
import { type FakeRelay, type World, createWorld, startFakeRelay } from "./fake-relay";
import type { Scope } from "../src/session/session";
import type { Stage } from "./stage/main";

const CHROMIUM = process.env.BESIDE_CHROMIUM ?? "/usr/bin/chromium";
export const CODE = `12345678901${checkDigit("12345678901")}`;
export const RECORDING = "0123456789abcdef0123456789abcdef";

export let relay: FakeRelay;
export let page: Page;
export let world: World;
/** What the browser complained of on this page: its policy violated, an error, a dialog. */
export let complaints: string[];
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--headless=new", "--disable-gpu", "--allow-loopback-in-peer-connection"] });
  context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
  world = createWorld();
  relay = await startFakeRelay(inject("stage"), world);
});

afterAll(async () => {
  await browser?.close();
  await relay?.close();
});

beforeEach(async () => {
  Object.assign(world, createWorld());
  complaints = [];
  await page?.close();
  page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (/content security policy|trusted ?type/i.test(message.text())) {
      complaints.push(message.text());
    }
  });
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
});

export async function open(path: string, heading: string | RegExp) {
  await page.goto(relay.address + path);
  await page.getByRole("heading", { level: 1, name: heading }).waitFor();
}

/** Nothing serious for axe, and no complaint of the browser so far. (Legacy: no second page for the verdict.) */
export async function expectClean() {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`)).toEqual([]);
  expect(complaints).toEqual([]);
}

export async function setStage(change: Parameters<Stage["set"]>[0]) {
  await page.evaluate((next) => (window as unknown as { stage: Stage }).stage.set(next), change);
}

export async function startSession(reason = "The printer does not print.") {
  await open("/", "Who are you helping?");
  await page.fill("#code", CODE);
  await page.fill("#reason", reason);
  await page.getByRole("button", { name: "Ask to see their screen" }).click();
  await page.getByRole("heading", { name: "Connecting" }).waitFor();
}

export async function goLive(granted: readonly Scope[] = ["view"]) {
  await setStage({
    phase: { kind: "live" },
    granted,
    question: null,
    startedAt: Date.now(),
    organisation: { id: "o1", name: "Acme", verified: false, canRecord: true, recordingDays: 30 },
    displays: [
      { index: 0, x: 0, y: 0, width: 1920, height: 1080 },
      { index: 1, x: 1920, y: 0, width: 1280, height: 1024 },
    ],
    selectedDisplay: 0,
  });
  await page.getByRole("toolbar", { name: "Session" }).waitFor();
}
