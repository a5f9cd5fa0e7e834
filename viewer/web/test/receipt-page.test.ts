/** The user's page: the check of a receipt, in a real Chromium, in every language. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { LANGUAGES, type Tag, fill } from "../src/app/receipt-words/words";
import { expectClean, open, page, relay } from "./house";

const golden = readFileSync(new URL("../../../consent/testdata/receipt-erased.json", import.meta.url), "utf8");

const drop = (text: string) => page.locator("input[type=file]").setInputFiles({ name: "receipt.json", mimeType: "application/json", buffer: Buffer.from(text) });

async function keep(name: string) {
  if (process.env.PICTURES !== undefined) {
    await page.screenshot({ path: `${process.env.PICTURES}/${name}.png`, fullPage: true });
  }
}

// PROMISE A15, THREAT 30
describe("the check of a receipt", () => {
  test("speaks the browser's language, then the receipt's, then the one that is chosen", async () => {
    await page.addInitScript(() => Object.defineProperty(navigator, "languages", { value: ["pt-BR", "de-AT", "fr"] }));
    const sent: string[] = [];
    await open("/receipt", LANGUAGES.de.page.title);
    page.on("request", (request) => sent.push(request.url()));
    expect(await page.locator("html").getAttribute("lang")).toBe("de");
    await expectClean();
    await drop(golden);
    await page.getByRole("heading", { level: 1, name: LANGUAGES.en.page.title }).waitFor();
    await page.getByText("Seeing your screen: you said yes").waitFor();
    await expectClean();
    for (const [tag, words] of Object.entries(LANGUAGES)) {
      await page.getByRole("combobox").selectOption(tag);
      await page.getByText(words.page.whole, { exact: true }).waitFor();
      for (const part of [words.receipt.files, words.receipt.chat, words.receipt.saidTitle]) {
        await page.getByRole("heading", { level: 2, name: part, exact: true }).waitFor();
      }
      await page.getByText(words.receipt.reported, { exact: true }).waitFor();
      await page.getByText(fill(words.receipt.erased, { what: words.scopes.record }), { exact: true }).waitFor();
      expect(await page.locator("html").getAttribute("lang")).toBe(tag as Tag);
      const text = (await page.locator("main").innerText()).replaceAll("Ana Pérez", "");
      expect(text).not.toMatch(/[{}]|undefined|NaN/);
      if (tag !== "en") {
        expect(text).not.toMatch(/\b(asked|the user|you said|Language)\b/);
      }
      await keep(`receipt-page-${tag}`);
    }
    await expectClean();
    expect(sent.filter((url) => !url.startsWith("blob:")), `only ${relay.address} before, nothing after`).toEqual([]);
  });

  test("says in words where a changed one does not hold together", async () => {
    await open("/receipt", LANGUAGES.en.page.title);
    const receipt = JSON.parse(golden) as { records: string[] };
    receipt.records.splice(2, 1);
    await drop(JSON.stringify(receipt));
    await page.getByText(LANGUAGES.en.page.changed).waitFor();
    await page.getByRole("combobox").selectOption("fr");
    await page.getByText(LANGUAGES.fr.page.changed).waitFor();
    await page.getByText(LANGUAGES.fr.page.atSummary).waitFor();
    await expectClean();
    await keep("receipt-page-changed");
  });
});
