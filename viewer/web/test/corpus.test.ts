/**
 * What other people wrote is shown as text: a corpus of payloads through every text that
 * the pages show and every field that can be typed into, in a real browser under the real
 * policy. Nothing runs, nothing becomes markup, and the policy has nothing to stop.
 */
import { beforeEach, describe, expect, test } from "vitest";
import { createReviewKeyWith } from "../src/recording/reviewkey";
import { CODE, complaints, goLive, open, page, setStage, startSession, world } from "./house";
import { PAYLOADS } from "./payloads";
import type { Stage } from "./stage/main";

const ALL = PAYLOADS.join(" ");

beforeEach(async () => {
  await page.addInitScript(() => Object.assign(window, { hit: 0 }));
});

// THREAT 11
describe("the corpus", () => {
  test("is large, and every payload is another", () => {
    expect(PAYLOADS.length).toBeGreaterThanOrEqual(200);
    expect(new Set(PAYLOADS).size).toBe(PAYLOADS.length);
  });

  test("would be seen if it became markup, and run without the policy", async () => {
    await page.goto("about:blank");
    const ran = await page.evaluate(async (payloads) => {
      const place = document.body.appendChild(document.createElement("div"));
      for (const payload of payloads.filter((one) => one.startsWith("<img"))) {
        place.innerHTML = payload;
      }
      await new Promise((done) => setTimeout(done, 500));
      return (window as unknown as { hit: number }).hit;
    }, PAYLOADS);
    expect(ran).toBe(1);
  });
});

// THREAT 11
describe("what is shown", () => {
  test.each([
    ["/people", "People"],
    ["/", "Who are you helping?"],
    ["/recordings", "Recordings"],
    ["/organisation", "Organisation"],
  ])("%s: names, emails, organisations", async (path, heading) => {
    world.people = PAYLOADS.map((payload, index) => like(world.people[1], { id: `p${index}`, name: payload, email: `${payload}@x` }));
    world.sessions = PAYLOADS.map((payload, index) => like(world.sessions[0], { id: `s${index}`, technicianName: payload, recordingId: payload }));
    world.recordings = PAYLOADS.map((payload, index) => like(world.recordings[0], { id: `r${index}${payload}`, technicianName: payload }));
    world.identity.recipient = "age1set";
    Object.assign(world.me, { name: ALL, email: ALL });
    Object.assign(world.organisation, { name: ALL, controller: ALL, processor: ALL, region: ALL, privacyUrl: ALL });
    await open(path, heading);
    await page.locator("main li, main form, main dd").nth(0).waitFor();
    await expectUntouched();
  });

  test("an address of an organisation's notice that is a script is no link", async () => {
    for (const privacyUrl of [`javascript:window.hit=1`, `data:text/html,<script>window.hit=1</script>`]) {
      world.organisation.privacyUrl = privacyUrl;
      await open("/organisation", "Organisation");
      await expectUntouched();
    }
  });

  test("what a link says of its owner", async () => {
    world.signedIn = false;
    world.links.set("t", { name: ALL, email: ALL, direct: false });
    world.organisation.name = ALL;
    await open("/link#t", "Make your account");
    await expectUntouched();
  });

  test("what the relay says went wrong", async () => {
    world.refusal = ALL;
    await open("/organisation", "Organisation");
    await page.getByText("Details for support").waitFor();
    await page.locator("summary").first().click();
    await expectUntouched();
  });

  test("a question: technician, organisation and reason", async () => {
    await startSession(ALL.slice(0, 200));
    const shown = await page.evaluate(async (payloads) => {
      const { stage } = window as unknown as { stage: Stage };
      let seen = 0;
      for (let at = 0; at < payloads.length; at += 4) {
        const name = payloads.slice(at, at + 4).join(" ");
        stage.set({ phase: { kind: "asking", scope: "view", secondsLeft: 60 }, technician: { id: "x", name }, organisation: { id: "o", name, verified: false, canRecord: true, recordingDays: 30 } });
        await new Promise((done) => setTimeout(done));
        seen = at + 4;
      }
      return seen;
    }, PAYLOADS);
    expect(shown).toBeGreaterThanOrEqual(PAYLOADS.length);
    await expectUntouched();
  });

  test("what happens in a session, and how it ends", async () => {
    await startSession();
    await goLive();
    const banners = await page.evaluate(async (payloads) => {
      const { stage } = window as unknown as { stage: Stage };
      for (let at = 0; at < payloads.length; at += 8) {
        const detail = payloads.slice(at, at + 8).join(" ");
        stage.set({ events: [{ at: 1, kind: "recording-failed", detail }, { at: 2, kind: "unavailable", scope: "control", detail }], recording: { kind: "failed", id: detail, detail } });
        await new Promise((done) => setTimeout(done));
      }
      return document.querySelectorAll("[data-banner]").length;
    }, PAYLOADS);
    expect(banners).toBe(2);
    await expectUntouched();
    await setStage({ phase: { kind: "over", by: "user", seconds: 5 } });
    await page.getByRole("heading", { name: "The user ended the session" }).waitFor();
    await expectUntouched();
  });

  test("what the user writes in the chat", async () => {
    await startSession();
    await goLive();
    await page.getByRole("button", { name: "Chat", exact: true }).click();
    const messages = await page.evaluate(async (payloads) => {
      const { stage } = window as unknown as { stage: Stage };
      payloads.forEach((payload) => stage.write(payload));
      await new Promise((done) => setTimeout(done, 200));
      return document.querySelectorAll("[role=log] [data-own] p").length;
    }, PAYLOADS);
    expect(messages).toBe(PAYLOADS.length);
    await expectUntouched();
  });

  test("what a recording tells: kinds, scopes, people and texts of its events", async () => {
    world.identity = await createReviewKeyWith("correct horse battery staple", 10);
    Object.assign(world.me, { email: ALL });
    await open("/recordings", "Recordings");
    await page.evaluate((payloads) => {
      const { stage } = window as unknown as { stage: Stage };
      stage.events = payloads.flatMap((text, index) => [
        { seconds: index, at: new Date(), kind: text, scope: text, by: text, text: "" },
        { seconds: index, at: new Date(), kind: "note", scope: "", by: "", text },
        { seconds: index, at: new Date(), kind: "granted", scope: text, by: "", text },
      ]);
    }, PAYLOADS);
    await page.getByRole("link", { name: /Ana Pérez/ }).first().click();
    await page.fill("#reason", ALL.slice(0, 200));
    await page.fill("#passphrase", "correct horse battery staple");
    await page.getByRole("button", { name: "Open recording" }).click();
    await page.getByRole("heading", { name: "What happened" }).waitFor();
    expect(await page.locator("ol button").count()).toBe(3 * PAYLOADS.length);
    await expectUntouched();
  });
});

// THREAT 11
describe("what is typed", () => {
  test("code, reason and ticket, with the preview of the question", async () => {
    await open("/", "Who are you helping?");
    await typeAll("#code");
    await page.fill("#code", CODE);
    await typeAll("#reason");
    await typeAll("#ticket");
  });

  test("reasons and texts in the session", async () => {
    await startSession();
    await goLive(["view", "control"]);
    await page.getByRole("button", { name: "Ask to record" }).click();
    await typeAll("#ask-reason");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Chat", exact: true }).click();
    await typeAll("[aria-label=Message]");
    await page.getByRole("button", { name: "Close chat" }).click();
    await page.getByRole("button", { name: "Keys" }).click();
    await page.getByRole("menuitem", { name: "Type a text" }).click();
    await typeAll("[role=dialog] textarea");
  });

  test("names, emails and words about the organisation", async () => {
    await open("/people", "People");
    await typeAll("main input");
    await page.getByRole("button", { name: "Invite someone" }).click();
    await typeAll("[role=dialog] input:not([type=checkbox])");
    await open("/organisation", "Organisation");
    await typeAll("main input:not([type=number]), main textarea");
  });

  test("searching, opening and signing in", async () => {
    world.identity.recipient = "age1set";
    await open("/recordings", "Recordings");
    await typeAll("main input");
    await open("/recordings/0123456789abcdef0123456789abcdef", "Open a recording");
    await typeAll("#reason");
    await typeAll("#ticket");
    await typeAll("#passphrase");
    world.signedIn = false;
    await open("/", "Welcome back");
    await typeAll("form input");
  });
});

/** Puts every payload into every field that fits, as typing would, and looks after each field. */
async function typeAll(selector: string) {
  await page.locator(selector).first().waitFor();
  const typed = await page.evaluate(
    async ([wanted, payloads]) => {
      let count = 0;
      for (const field of document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>(wanted)) {
        const write = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field) as object, "value")?.set;
        // Some at a time: each change draws the whole page anew.
        for (let at = 0; at < payloads.length; at += 16) {
          const some = payloads.slice(at, at + 16);
          write?.call(field, some.join(" "));
          field.dispatchEvent(new Event("input", { bubbles: true }));
          count += some.length;
          await new Promise((done) => setTimeout(done));
        }
      }
      return count;
    },
    [selector, PAYLOADS] as const,
  );
  expect(typed).toBeGreaterThanOrEqual(PAYLOADS.length);
  await expectUntouched();
}

/** A copy of something the world has, changed. */
function like<T extends object>(thing: T | undefined, change: Partial<T>): T {
  if (thing === undefined) {
    throw new Error("the world is empty");
  }
  return Object.assign(structuredClone(thing), change);
}

async function expectUntouched() {
  const found = await page.evaluate(() => {
    const root = "body :is(script:not([src^='/assets/']), iframe, object, embed, marquee, frameset, base, meta, template, math, dialog, [srcdoc], form[action], [formaction], [contenteditable])";
    const handlers = [...document.querySelectorAll("body *")].filter((element) => element.getAttributeNames().some((name) => name.startsWith("on")));
    const links = [...document.querySelectorAll("a[href]")].filter((link) => !/^https?:$/.test((link as HTMLAnchorElement).protocol));
    return { hit: (window as unknown as { hit?: number }).hit ?? 0, markup: document.querySelectorAll(root).length, handlers: handlers.length, links: links.length };
  });
  expect(found).toEqual({ hit: 0, markup: 0, handlers: 0, links: 0 });
  expect(complaints).toEqual([]);
}
