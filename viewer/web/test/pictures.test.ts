/**
 * Pictures of every page, for eyes: PICTURES names the folder.
 *
 *   PICTURES=/tmp/pages npx vitest run test/pictures.test.ts
 */
import { describe, test } from "vitest";
import { createReviewKeyWith } from "../src/recording/reviewkey";
import { CODE, RECORDING, goLive, open, page, setStage, startSession, world } from "./house";
import type { Stage } from "./stage/main";

const FOLDER = process.env.PICTURES;

interface Look {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly scheme?: "light" | "dark";
  readonly contrast?: "more";
  readonly dense?: true;
}

/** "zoom" is a window of 1280 by 720 at 200 %. */
const LOOKS: readonly Look[] = [
  { name: "light", width: 1280, height: 720 },
  { name: "dark", width: 1280, height: 720, scheme: "dark" },
  { name: "wide", width: 1920, height: 1080 },
  { name: "wide-dark", width: 1920, height: 1080, scheme: "dark" },
  { name: "narrow", width: 480, height: 800 },
  { name: "zoom", width: 640, height: 360, dense: true },
  { name: "contrast", width: 1280, height: 720, contrast: "more" },
];

type Staged = { stage: Stage };

describe.runIf(FOLDER !== undefined).each(LOOKS)("$name", (look) => {
  const keep = async (name: string, whole = false) => {
    // What was set a moment ago is on the page a frame later.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    await page.screenshot({ path: `${FOLDER}/${look.name}-${name}.png`, fullPage: whole });
  };
  const dress = async () => {
    await page.setViewportSize({ width: look.width, height: look.height });
    await page.emulateMedia({ colorScheme: look.scheme ?? "light", contrast: look.contrast ?? "no-preference", reducedMotion: "reduce" });
    if (look.dense) {
      const devtools = await page.context().newCDPSession(page);
      await devtools.send("Emulation.setDeviceMetricsOverride", { width: look.width, height: look.height, deviceScaleFactor: 2, mobile: false });
    }
  };

  test("the door and the house", async () => {
    await dress();
    world.signedIn = false;
    await open("/", "Welcome back");
    await keep("sign-in");
    world.links.set("t1", { name: "Kim", email: "kim@acme.example", direct: false });
    await open("/link#t1", "Make your account");
    await keep("link", true);
    world.signedIn = true;
    await open("/nowhere", "There is no such page");
    await keep("not-found");
    await open("/", "Who are you helping?");
    await keep("home");
    await page.fill("#code", CODE);
    await page.fill("#reason", "The printer does not print.");
    await keep("home-filled", true);
    await open("/people", "People");
    await keep("people", true);
    await page.getByRole("button", { name: "Invite someone" }).click();
    await page.getByLabel("Name").fill("Kim Novak");
    await keep("people-invite");
    await page.getByLabel("Email").fill("kim.novak@acme.example");
    await page.getByRole("button", { name: "Make a link" }).click();
    await page.getByRole("dialog", { name: "Pass this link on" }).waitFor();
    await keep("people-link");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Change Jonas Weber" }).click();
    await page.getByRole("menuitem", { name: "Remove" }).waitFor();
    await keep("people-menu");
    await page.getByRole("menuitem", { name: "Remove" }).click();
    await page.getByRole("dialog").waitFor();
    await keep("people-remove");
    await open("/organisation", "Organisation");
    await keep("organisation", true);
    world.broken.add("WhoAmI");
    await open("/", "Beside is not there right now");
    await keep("no-relay");
  });

  test("before and after a session", async () => {
    await dress();
    await startSession();
    await keep("connecting");
    await setStage({ phase: { kind: "asking", scope: "view", secondsLeft: 60 }, question: { scope: "view", until: Date.now() + 60_000 } });
    await page.getByRole("heading", { name: "They are reading your question" }).waitFor();
    await keep("asking", true);
    await setStage({ phase: { kind: "failed", problem: { kind: "wrong-secret" } } });
    await page.getByRole("heading", { name: "That number was not quite right" }).waitFor();
    await keep("failed");
    await startSession();
    await goLive();
    await setStage({ phase: { kind: "over", by: "user", seconds: 754 }, recording: { kind: "stopped", id: RECORDING }, events: [{ at: 1, kind: "granted", scope: "view" }, { at: 2, kind: "granted", scope: "control" }] });
    await page.getByRole("heading", { name: "The user ended the session" }).waitFor();
    await keep("over", true);
    await startSession();
    await goLive();
    await setStage({ phase: { kind: "over", by: "bar-lost", seconds: 754 } });
    await page.getByRole("heading", { name: "The session ended by itself" }).waitFor();
    await keep("over-bar-lost", true);
  });

  test("the live session", async () => {
    await dress();
    await startSession();
    await goLive();
    await keep("live");
    await page.getByRole("button", { name: "Ask for the clipboard" }).hover();
    await keep("live-tip");
    await page.getByRole("button", { name: "Ask for control" }).click();
    await page.fill("#ask-reason", "To open the printer's settings.");
    await keep("live-ask");
    await page.keyboard.press("Escape");
    await setStage({ question: { scope: "control", until: Date.now() + 60_000 } });
    await keep("live-asking");
    await page.evaluate(() => {
      (window as unknown as Staged).stage.voice = { microphone: { kind: "on", muted: false }, sound: null };
    });
    await goLive(["view", "control", "record", "clipboard", "voice"]);
    await setStage({ recording: { kind: "running", id: RECORDING, keptUntil: Date.UTC(2027, 10, 22) }, startedAt: Date.now() - 754_000 });
    await page.mouse.move(look.width / 2, 3);
    await keep("live-all");
    await page.getByRole("button", { name: "Keys" }).click();
    await keep("live-keys");
    await page.getByRole("menuitem", { name: "Type a text…" }).click();
    await page.getByRole("dialog").waitFor();
    await keep("live-type");
    await page.keyboard.press("Escape");
    await page.mouse.move(look.width / 2, 3);
    await page.getByRole("button", { name: "Clipboard", exact: true }).click();
    await page.getByRole("button", { name: "Fetch their clipboard" }).click();
    await page.getByLabel("What they copied").waitFor();
    await keep("live-clipboard");
    await page.keyboard.press("Escape");
    await page.mouse.move(look.width / 2, look.height / 2);
    await setStage({ events: [{ at: 1, kind: "granted", scope: "control" }, { at: 2, kind: "recording-started" }] });
    await keep("live-said-yes");
    await page.locator("[role=toolbar][data-hidden=true]").waitFor({ state: "attached" });
    await keep("live-still");
    await page.mouse.move(look.width / 2, 3);
    await setStage({ userActive: true, events: [{ at: 1, kind: "refused", scope: "files" }] });
    await keep("live-banners");
    await setStage({ userActive: false, paused: true, events: [] });
    await keep("live-paused");
    await setStage({ paused: false, secret: true });
    await keep("live-secret");
    await setStage({ secret: false, phase: { kind: "reconnecting", deadline: Date.now() + 30_000 } });
    await keep("live-reconnecting");
    await setStage({ phase: { kind: "live" } });
    await page.mouse.move(look.width / 2, 3);
    await page.getByRole("button", { name: "Statistics" }).click();
    await page.getByText("VP9 4:4:4").waitFor();
    await keep("live-statistics");
    await page.getByRole("button", { name: "Statistics" }).click();
    await goLive(["view", "control", "record", "clipboard", "voice", "files"]);
    await page.getByLabel("A file to send").setInputFiles({ name: "driver.zip", mimeType: "application/zip", buffer: Buffer.alloc(3_000_000) });
    await page.evaluate(() => (window as unknown as Staged).stage.transfer({ id: 2, way: "from-them", name: "log.txt", size: 6, done: 6, state: { kind: "complete", sha256: "ab".repeat(32) } }));
    await keep("live-files");
    await page.evaluate(() => (window as unknown as Staged).stage.write("It says “Paper jam”.\nBut there is none."));
    await keep("live-unread");
    await page.keyboard.press("Control+Alt+Enter");
    await page.keyboard.type("Please open the lid.");
    await page.keyboard.press("Enter");
    await page.keyboard.type("What is your password?");
    await keep("live-chat");
    await page.getByLabel("Message", { exact: true }).fill("4111 1111 1111 1111");
    await page.keyboard.press("Enter");
    await page.getByRole("alertdialog").waitFor();
    await keep("live-doubt");
    await page.keyboard.press("Escape");
    await page.mouse.move(look.width / 2, 3);
    await page.getByRole("button", { name: "Move this bar to the bottom" }).click();
    await keep("live-bottom");
    await page.getByRole("button", { name: "Move this bar to the top" }).click();
    await page.keyboard.press("Control+Alt+Enter");
    await page.mouse.move(look.width / 2, 3);
    await page.getByRole("button", { name: "End session" }).click();
    await page.getByRole("dialog").waitFor();
    await keep("live-end");
  });

  test("recordings", async () => {
    await dress();
    await open("/recordings", "Recordings");
    await keep("recordings-none", true);
    await open("/recordings/set-up", "Set up recording");
    await keep("set-up", true);
    await page.fill("#passphrase", "correct horse battery staple");
    await page.fill("#passphrase-again", "correct horse battery staple");
    await page.getByRole("button", { name: "Make the key" }).click();
    await page.getByRole("heading", { name: "Beside recovery key" }).waitFor();
    await keep("set-up-recovery", true);
    world.identity = await createReviewKeyWith("correct horse battery staple", 10);
    await open("/recordings", "Recordings");
    await keep("recordings", true);
    await page.getByRole("link", { name: /Ana Pérez/ }).click();
    await page.fill("#reason", "Complaint of 3 May");
    await page.fill("#passphrase", "correct horse battery staple");
    await keep("recording-open", true);
    await page.evaluate(() => {
      const event = (seconds: number, kind: string, scope: string) => ({ seconds, at: new Date(), kind, scope, by: "", text: "" });
      (window as unknown as Staged).stage.events = [event(0, "granted", "record"), event(21, "granted", "control"), event(300, "withdrawn", "control")];
    });
    await page.getByRole("button", { name: "Open recording" }).click();
    await page.getByRole("button", { name: /User took back mouse and keyboard/ }).waitFor();
    await keep("recording-player", true);
  });
});
