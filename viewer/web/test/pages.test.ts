/**
 * Every page in a real Chromium against the built application and a relay in process:
 * the policy is never violated, and nothing serious is found by axe.
 */
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { createReviewKeyWith } from "../src/recording/reviewkey";
import { CODE, RECORDING, expectClean, goLive, open, page, relay, setStage, startSession, world } from "./house";
import type { Stage } from "./stage/main";

describe("the door", () => {
  test("a wrong password is said in words, the right one opens the page that was asked for", async () => {
    world.signedIn = false;
    await open("/people", "Welcome back");
    await expectClean();
    await page.getByLabel("Email").fill("ana@acme.example");
    await page.getByLabel("Password", { exact: true }).fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByText("Email or password is wrong").waitFor();
    await expectClean();
    await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "People" }).waitFor();
  });

  test("a link makes an account, leaves the address, and works once", async () => {
    world.signedIn = false;
    world.links.set("t1", { name: "Kim", email: "kim@acme.example", direct: false });
    await open("/link#t1", "Make your account");
    expect(page.url()).toBe(`${relay.address}/link`);
    await expectClean();
    await page.getByLabel("Password", { exact: true }).fill("a few words in a row");
    await page.getByRole("button", { name: "Make account" }).click();
    await page.getByRole("heading", { name: "Who are you helping?" }).waitFor();
    await open("/link?again#t1", "This link does not work any more");
    await expectClean();
    await open("/link?cut#%e2%8", "This link does not work any more");
  });

  test("a direct link signs in with one button", async () => {
    world.signedIn = false;
    world.links.set("t2", { name: "Ana", email: "", direct: true });
    await open("/link#t2", "Welcome, Ana");
    await expectClean();
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Who are you helping?" }).waitFor();
  });

  test("a relay that is away is said in words, with a way to try again", async () => {
    world.broken.add("WhoAmI");
    await open("/", "Beside is not there right now");
    await page.getByText("The relay cannot be reached").waitFor();
    world.broken.clear();
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { name: "Who are you helping?" }).waitFor();
  });

  test("an address without a page says so", async () => {
    await open("/nowhere", "There is no such page");
    await expectClean();
  });
});

describe("before a session", () => {
  test("the code is grouped while it is typed and its check digit is told at once", async () => {
    await open("/", "Who are you helping?");
    await page.locator("#code").pressSequentially("1234567");
    expect(await page.inputValue("#code")).toBe("123 456 7");
    await page.getByText("5 more digits.").waitFor();
    await page.fill("#code", CODE.slice(0, 11) + String((Number(CODE[11]) + 1) % 10));
    await page.getByText("One of the digits is wrong").waitFor();
    await expectClean();
    await page.fill("#code", CODE);
    await page.getByText("That number fits").waitFor();
    expect(await page.getByRole("button", { name: "Ask to see their screen" }).isDisabled()).toBe(true);
    await page.fill("#reason", "The printer does not print.");
    await page.getByLabel("What the user reads").getByText("“The printer does not print.”").waitFor();
    await expectClean();
  });

  test("a browser without WebRTC is told what to do", async () => {
    await open("/?no-webrtc", "Who are you helping?");
    await page.getByText("This browser cannot hold a session").waitFor();
    expect(await page.locator("#code").isDisabled()).toBe(true);
    await expectClean();
  });

  test("of a recording that was deleted its day is left", async () => {
    world.sessions = [{ ...world.sessions[0], recordingId: "", recordingDeleted: timestampFromDate(new Date("2026-03-05T12:00:00")) } as (typeof world.sessions)[0]];
    await open("/", "Who are you helping?");
    await page.getByText("Recording deleted 5 March 2026").waitFor();
    expect(await page.getByText("Not recorded").count()).toBe(0);
  });

  test("an empty list says what will stand there", async () => {
    world.sessions = [];
    await open("/", "Who are you helping?");
    await page.getByText("No sessions yet").waitFor();
  });

  test("while the user reads, the technician sees what they see and can take it back", async () => {
    await startSession();
    await expectClean();
    await setStage({ phase: { kind: "asking", scope: "view", secondsLeft: 60 }, question: { scope: "view", until: Date.now() + 60_000 } });
    await page.getByRole("heading", { name: "They are reading your question" }).waitFor();
    await page.getByLabel("What they see now").getByText("The printer does not print.").waitFor();
    await expectClean();
    await page.getByRole("button", { name: "Take the question back" }).click();
    await page.getByRole("heading", { name: "Who are you helping?" }).waitFor();
    expect(await page.inputValue("#reason")).toBe("The printer does not print.");
  });

  test("a wrong secret is said in words", async () => {
    await startSession();
    await setStage({ phase: { kind: "failed", problem: { kind: "wrong-secret" } } });
    await page.getByRole("heading", { name: "That number was not quite right" }).waitFor();
    await expectClean();
  });
});

describe("the live session", () => {
  test("control is asked with a reason, and the answer stays in words over the picture", async () => {
    await startSession();
    await goLive();
    await expectClean();
    await page.getByRole("button", { name: "Ask for control" }).click();
    await expectClean();
    await page.fill("#ask-reason", "To open the printer's settings.");
    await page.getByRole("dialog").getByRole("button", { name: "Ask for control" }).click();
    await page.getByText("They are reading your question: may you use their mouse and keyboard?").waitFor();
    expect(await page.evaluate(() => (window as unknown as { stage: Stage }).stage.asked)).toEqual([{ scope: "control", reason: "To open the printer's settings." }]);
    await setStage({ question: null, events: [{ at: 1, kind: "refused", scope: "control" }] });
    await page.getByText("They said no").waitFor();
    await expectClean();
    await page.getByRole("button", { name: /^Put away: They said no/ }).click();
    await page.getByText("They said no").waitFor({ state: "detached" });
  });

  test("the clipboard is asked for, fetched and put, each by a press of its own", async () => {
    await startSession();
    await goLive();
    await page.getByRole("button", { name: "Ask for the clipboard" }).click();
    await page.fill("#ask-reason", "To copy the error.");
    await expectClean();
    await page.getByRole("dialog").getByRole("button", { name: "Ask for the clipboard" }).click();
    await page.getByText("They are reading your question: may you share the clipboard?").waitFor();
    await goLive(["view", "clipboard"]);
    await page.getByRole("button", { name: "Clipboard" }).click();
    expect(await page.getByLabel("What they copied").count()).toBe(0);
    await page.getByRole("button", { name: "Fetch their clipboard" }).click();
    expect(await page.getByLabel("What they copied").inputValue()).toBe("ä € 你\nsecond line");
    await page.getByLabel("What they can paste").evaluate((field) => {
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File(["no picture"], "a.png", { type: "image/png" }));
      field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    });
    await page.getByText("It was not taken").waitFor();
    await page.getByLabel("What they can paste").fill("for them\n你");
    await page.getByRole("button", { name: "Put it on their clipboard" }).click();
    await page.getByText("It is on their clipboard").waitFor();
    expect(await page.evaluate(() => (window as unknown as { stage: Stage }).stage.clipboard)).toBe("for them\n你");
    await expectClean();
    await page.getByRole("button", { name: "Give the clipboard back" }).click();
    await page.getByRole("button", { name: "Ask for the clipboard" }).waitFor();
  });

  test("files are sent, asked for, cancelled and saved, each with how far it is", async () => {
    await startSession();
    await goLive(["view", "files"]);
    await page.getByRole("heading", { name: "Files" }).waitFor();
    await page.getByLabel("A file to send").setInputFiles({ name: "driver.zip", mimeType: "application/zip", buffer: Buffer.alloc(3_000_000) });
    await page.getByText("1.0 MB of 3.0 MB").waitFor();
    await page.getByLabel("Which file, and why").fill("The log of the printer.");
    await page.getByRole("button", { name: "Ask for a file" }).click();
    await page.getByText("They are choosing a file.").waitFor();
    await expectClean();
    await page.getByRole("button", { name: "Cancel driver.zip" }).click();
    await page.getByText("You cancelled it.").waitFor();
    const done = { id: 2, way: "from-them", name: "log.txt", size: 6, done: 6, state: { kind: "complete", sha256: "ab".repeat(32) } } as const;
    await page.evaluate((one) => (window as unknown as { stage: Stage }).stage.transfer(one), done);
    await page.getByText("Verified").waitFor();
    await expectClean();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save" }).click();
    expect((await download).suggestedFilename()).toBe("log.txt");
  });

  // PROMISE A6, PROMISE A8
  test("chat: opened by a key, read as a log, with its date, and a question before a secret goes", async () => {
    const written = () => page.evaluate(() => (window as unknown as { stage: Stage }).stage.written);
    const write = (text: string) => page.evaluate((one) => (window as unknown as { stage: Stage }).stage.write(one), text);
    await startSession();
    await goLive(["view", "control"]);
    await write("It says “Paper jam”.\nBut there is none.");
    await page.getByRole("button", { name: "1 new message" }).waitFor();
    await expectClean();
    await page.keyboard.press("Control+Alt+Enter");
    const field = page.getByRole("textbox", { name: "Message" });
    await expect.poll(() => field.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await page.getByRole("button", { name: "new message" }).count()).toBe(0);
    await page.getByRole("log", { name: "Messages" }).getByText("But there is none.").waitFor();
    await page.getByText("Not kept after this session, except in the user’s receipt.").waitFor();
    await page.keyboard.type("Please open the lid.");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("Then close it.");
    await page.keyboard.press("Enter");
    expect(await written()).toEqual(["Please open the lid.\nThen close it."]);
    await page.getByRole("log", { name: "Messages" }).getByText("Then close it.").waitFor();
    await expectClean();
    await page.keyboard.type("Welcome2024!");
    await page.keyboard.press("Enter");
    await page.getByRole("alertdialog").waitFor();
    await expectClean();
    await page.keyboard.press("Enter"); // the default: it stays here
    await page.getByRole("alertdialog").waitFor({ state: "detached" });
    expect(await written()).toHaveLength(1);
    expect(await field.inputValue()).toBe("Welcome2024!");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Send anyway" }).click();
    expect(await written()).toHaveLength(2);
    await field.fill("What is your password?");
    await page.getByText("Never ask for a password").waitFor();
    await setStage({ recording: { kind: "running", id: "r1", keptUntil: Date.UTC(2027, 10, 22, 12) } });
    await page.getByText("Kept with the recording until 22 November 2027").waitFor();
    await page.keyboard.press("Control+Alt+Enter"); // and back
    await page.getByRole("heading", { name: "Chat" }).waitFor({ state: "detached" });
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Keys for their screen");
    const held = await page.evaluate(() => {
      const down = new Set<string>();
      for (const event of (window as unknown as { stage: Stage }).stage.sent) {
        if (event.kind === "key") {
          down[event.down ? "add" : "delete"](event.code);
        } else if (event.kind === "release-all") {
          down.clear();
        }
      }
      return [...down];
    });
    expect(held).toEqual([]); // nothing of the combination stays pressed on their side
  });

  test("with control, presses and keys become events in pixels of the picture; without it nothing is sent", async () => {
    await startSession();
    await goLive();
    const picture = page.getByRole("application", { name: "Their screen" });
    const sent = () => page.evaluate(() => (window as unknown as { stage: Stage }).stage.sent);
    await picture.click({ position: { x: 640, y: 360 } });
    await page.keyboard.press("a");
    expect(await sent()).toEqual([]);
    await goLive(["view", "control"]);
    await picture.click({ position: { x: 640, y: 360 } });
    await page.keyboard.press("a");
    await page.mouse.wheel(0, 100);
    await expect.poll(sent).toContainEqual({ kind: "wheel", x: 960, y: 540, dx: 0, dy: 1 });
    const kinds = await sent();
    expect(kinds).toContainEqual({ kind: "button", x: 960, y: 540, button: 0, down: true });
    expect(kinds).toContainEqual({ kind: "button", x: 960, y: 540, button: 0, down: false });
    expect(kinds).toContainEqual({ kind: "key", code: "KeyA", key: "a", down: true, capsLock: false, numLock: false });
    expect(kinds).toContainEqual({ kind: "key", code: "KeyA", key: "a", down: false, capsLock: false, numLock: false });
  });

  test("leaving the window lets go of everything that is held", async () => {
    await startSession();
    await goLive(["view", "control"]);
    await page.getByRole("application", { name: "Their screen" }).click();
    await page.keyboard.down("Shift");
    await page.evaluate(() => window.dispatchEvent(new Event("blur")));
    const sent = await page.evaluate(() => (window as unknown as { stage: Stage }).stage.sent);
    expect(sent.at(-1)).toEqual({ kind: "release-all" });
  });

  test("what an input method makes is sent as text", async () => {
    await startSession();
    await goLive(["view", "control"]);
    await page.getByRole("application", { name: "Their screen" }).click();
    await page.keyboard.insertText("你好 ä€");
    const sent = () => page.evaluate(() => (window as unknown as { stage: Stage }).stage.sent);
    await expect.poll(sent).toContainEqual({ kind: "text", text: "你好 ä€" });
  });

  test("the toolbar hides when nothing stirs and comes back at the top edge and with its key", async () => {
    await page.clock.install();
    await startSession();
    await goLive(["view", "control"]);
    const bar = page.locator("[role=toolbar]");
    const hidden = (want: string) => expect.poll(() => bar.getAttribute("data-hidden")).toBe(want);
    const still = async () => {
      await page.mouse.move(640, 500);
      await page.clock.runFor(3_200);
    };
    await hidden("false");
    await still();
    await hidden("true");
    await page.mouse.move(640, 2);
    await hidden("false");
    await still();
    await hidden("true");
    await page.keyboard.press("Control+Alt+Home");
    await hidden("false");
    await expectClean();
  });

  test("pause, the user's own hand, a lost connection and the end are each said", async () => {
    await startSession();
    await goLive(["view", "control"]);
    await setStage({ paused: true });
    await page.getByText("The user paused the session").waitFor();
    await setStage({ paused: false, userActive: true });
    await page.getByText("The user is using the mouse or keyboard").waitFor();
    await setStage({ userActive: false, phase: { kind: "reconnecting", deadline: Date.now() + 30_000 } });
    await page.getByText("The connection was lost. Repairing it").waitFor();
    await expectClean();
    await setStage({ phase: { kind: "over", by: "user", seconds: 75 }, events: [{ at: 1, kind: "granted", scope: "view" }] });
    await page.getByRole("heading", { name: "The user ended the session" }).waitFor();
    await expectClean();
    await page.getByRole("button", { name: "Start another session" }).click();
    await page.getByRole("heading", { name: "Who are you helping?" }).waitFor();
  });

  test("ending asks once and then ends", async () => {
    await startSession();
    await goLive();
    await page.getByRole("button", { name: "Statistics" }).click();
    await page.getByText("VP9 4:4:4").waitFor();
    await page.getByRole("button", { name: "End session" }).click();
    await expectClean();
    await page.getByRole("dialog").getByRole("button", { name: "End session" }).click();
    await page.getByRole("heading", { name: "You ended the session" }).waitFor();
  });

  test("a page that goes ends its session, and the one after it says so once", async () => {
    await startSession();
    await goLive();
    await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pagehide")));
    await page.getByRole("heading", { name: "You ended the session" }).waitFor();
    const notice = page.getByText("Your session ended when its page was left or loaded again");
    await open("/", "Who are you helping?");
    await notice.waitFor();
    await expectClean();
    await open("/?again", "Who are you helping?");
    expect(await notice.count()).toBe(0);
  });
});

describe("people and organisation", () => {
  test("someone is invited by a link to pass on, and removed", async () => {
    await open("/people", "People");
    await expectClean();
    await page.getByRole("button", { name: "Invite someone" }).click();
    await page.getByLabel("Name").fill("Kim Novak");
    await page.getByLabel("Email").fill("kim@acme.example");
    await expectClean();
    await page.getByRole("button", { name: "Make a link" }).click();
    await page.getByText(`${relay.address}/link#one-time-token`).waitFor();
    await expectClean();
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
    await page.getByRole("button", { name: "Change Kim Novak" }).click();
    await page.getByRole("menuitem", { name: "Remove" }).click();
    await page.getByRole("button", { name: "Remove Kim Novak" }).click();
    await page.getByRole("button", { name: "Change Kim Novak" }).waitFor({ state: "detached" });
  });

  test("the organisation's words are saved", async () => {
    await open("/organisation", "Organisation");
    await expectClean();
    await page.getByLabel("Name").fill("Acme Help");
    await page.getByRole("button", { name: "Save changes" }).click();
    await page.getByText("Saved.").waitFor();
    expect(world.organisation.name).toBe("Acme Help");
  });

  test("a page of another role is not shown", async () => {
    world.me.roles = [1];
    await open("/people", "This page is not for your role");
    await expectClean();
  });
});

describe("recordings", () => {
  test("the recovery key is kept before anything is stored, and opens nothing for the relay", async () => {
    await open("/recordings", "Recordings");
    await page.getByText("Recording is not set up yet").waitFor();
    await expectClean();
    const recovery = await setUpRecording();
    await expectClean();
    expect(world.identity.recipient).toMatch(/^age1/);
    expect(world.identity.wrappedIdentity).toContain("BEGIN AGE ENCRYPTED FILE");
    expect(JSON.stringify(world.identity)).not.toContain("AGE-SECRET-KEY");
    expect(recovery).toMatch(/^AGE-SECRET-KEY-1/);
  });

  // PROMISE A11
  test("a recording opens with a reason; a wrong passphrase is not logged as a viewing", async () => {
    // Wrapped with little work: scrypt's own is proven above.
    world.identity = await createReviewKeyWith("correct horse battery staple", 10);
    await open("/recordings", "Recordings");
    await page.getByRole("link", { name: /Ana Pérez/ }).click();
    await page.fill("#reason", "Complaint of 3 May");
    await page.fill("#passphrase", "not the right one at all");
    await page.getByRole("button", { name: "Open recording" }).click();
    await page.getByText("That does not open the key").waitFor();
    expect(world.openings).toEqual([]);
    await expectClean();
    await page.evaluate(() => {
      const event = (seconds: number, kind: string, scope: string) => ({ seconds, at: new Date(), kind, scope, by: "", text: "" });
      (window as unknown as { stage: Stage }).stage.events = [event(0, "granted", "record"), event(21, "granted", "control"), event(300, "withdrawn", "control")];
    });
    await page.fill("#passphrase", "correct horse battery staple");
    await page.getByRole("button", { name: "Open recording" }).click();
    await page.getByRole("button", { name: /User took back mouse and keyboard/ }).waitFor();
    expect(world.openings).toEqual([{ id: RECORDING, reason: "Complaint of 3 May", ticket: "" }]);
    await expectClean();
  });
});

async function setUpRecording() {
  await open("/recordings/set-up", "Set up recording");
  await page.fill("#passphrase", "correct horse battery staple");
  await page.fill("#passphrase-again", "correct horse battery staple");
  await page.getByRole("button", { name: "Make the key" }).click();
  const recovery = (await page.locator("[data-recovery]").textContent()) ?? "";
  await expectClean();
  await page.fill("#recovery-proof", recovery.slice(-6));
  await page.getByRole("button", { name: "I kept it" }).click();
  await page.getByText("Recording is ready").waitFor();
  return recovery;
}
