/**
 * What the page that checks a receipt says, in each language that the user's program
 * speaks. The receipt's own words are those of agent/internal/catalogue, which a test
 * compares: paper and page say the same. Pure.
 */
import type { ReceiptEvent } from "../../recording/receipt";
import type { Testimony } from "../../recording/witness";
import de from "./de.json";
import en from "./en.json";
import es from "./es.json";
import fr from "./fr.json";
import ja from "./ja.json";
import ko from "./ko.json";
import zh from "./zh.json";

export type Words = typeof en;

/** A language of the page (BCP 47). */
export type Tag = "en" | "fr" | "de" | "es" | "ko" | "zh" | "ja";

export const LANGUAGES: Readonly<Record<Tag, Words>> = { en, fr, de, es, ko, zh, ja };

/** The first of the wanted languages that there is, English where there is none. */
export function match(wanted: readonly string[]): Tag {
  for (const tag of wanted) {
    const base = tag.toLowerCase().split(/[-_]/)[0] ?? "";
    if (Object.hasOwn(LANGUAGES, base)) {
      return base as Tag;
    }
  }
  return "en";
}

/** Puts values into a text. What a value says is never taken for a placeholder. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}

/** What one record states, in a sentence, and how much was shown by it. */
export function describe(event: ReceiptEvent, words: Words): string {
  const scopes: Readonly<Record<string, string>> = words.scopes;
  const lines = [fill(sentence(event, words.receipt), { what: scopes[event.scope] ?? event.scope })];
  if (event.shared === "one screen") {
    lines.push(words.receipt.sharedScreen);
  } else if (event.shared === "one window") {
    lines.push(words.receipt.sharedWindow);
  }
  if (event.hidden > 0) {
    lines.push(fill(words.receipt.hiddenWindows, { number: String(event.hidden) }));
  }
  return lines.join(". ");
}

function sentence(event: ReceiptEvent, texts: Words["receipt"]): string {
  const byUs = event.actor === "agent";
  switch (event.type) {
    case "asked":
      return texts.asked;
    case "granted":
      return texts.granted;
    case "refused":
      return event.actor === "user" ? texts.refused : texts.notPut;
    case "expired":
      return texts.expired;
    case "withdrawn":
      return byUs ? texts.withdrawnByUs : texts.withdrawn;
    case "released":
      return byUs ? texts.releasedByUs : texts.released;
    case "paused":
      return { secret: texts.secretBegan, away: texts.away }[event.hold] ?? (byUs ? texts.pausedByUs : texts.paused);
    case "resumed":
      return { secret: texts.secretDone, away: byUs ? texts.backByUs : texts.back }[event.hold] ?? texts.resumed;
    case "ended":
      return ended(event.actor, texts);
    default:
      return event.type;
  }
}

function ended(actor: string, texts: Words["receipt"]): string {
  switch (actor) {
    case "user":
      return texts.endedByUser;
    case "technician":
      return texts.endedByTechnician;
    case "bar lost":
      return texts.endedByBar;
    case "connection":
      return texts.endedByNet;
    default:
      return texts.endedByUs;
  }
}

/** What the receipt holds of the server's log. */
export function witnessed({ state, ended, head }: Testimony, words: Words): string {
  const { witnessOpened, witnessBoth, witnessNone, witnessFalse } = words.receipt;
  if (state === "none") {
    return witnessNone;
  }
  if (state === "false" || head === undefined) {
    return witnessFalse;
  }
  return fill(ended === undefined ? witnessOpened : witnessBoth, { number: String(head.size) });
}

/** Where a receipt does not hold together, for a person. `what` is that of ReceiptError. */
export function place(what: string, words: Words): string {
  const record = /record (\d+)/.exec(what)?.[1];
  if (record !== undefined) {
    return fill(words.page.atRecord, { number: record });
  }
  if (what.includes("summary")) {
    return words.page.atSummary;
  }
  if (what.includes("chat") || what === "a message") {
    return words.page.atChat;
  }
  if (what.includes("witness")) {
    return words.receipt.witness;
  }
  return what.includes("files") || what === "a file" ? words.page.atFiles : words.page.atForm;
}

/** A size as the language writes it. */
export function size(bytes: number, tag: Tag): string {
  const steps = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), steps.length - 1);
  const unit = { style: "unit", unit: steps[step], unitDisplay: step === 0 ? "long" : "short", maximumFractionDigits: step === 0 ? 0 : 1 } as const;
  return new Intl.NumberFormat(tag, unit).format(bytes / 1000 ** step);
}

/** A day and time to the second, the month in words: every reader takes the same for the day. */
export function moment(at: Date, tag: Tag): string {
  return at.toLocaleString(tag === "en" ? "en-GB" : tag, { dateStyle: "long", timeStyle: "medium" });
}
