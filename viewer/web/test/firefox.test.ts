/** Firefox shows the same picture: the pixels that its canvases show have the hashes of the agent's vectors. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { createWorld, type FakeRelay, startFakeRelay } from "./fake-relay";
import { haveFirefox, openFirefox } from "./firefox";
import type { Report } from "./stage/painter";

const vectors = readFileSync(new URL("../../../agent/internal/screen/testdata/updates.json", import.meta.url), "utf8");
const steps = (JSON.parse(vectors) as { scenes: { steps: unknown[] }[] }).scenes.reduce((sum, scene) => sum + scene.steps.length, 0);

describe("Firefox", () => {
  let relay: FakeRelay;
  let reported: Promise<Report>;

  beforeAll(async () => {
    let report: (report: Report) => void;
    reported = new Promise((resolve) => (report = resolve));
    relay = await startFakeRelay(inject("stage"), createWorld(), {
      "/vectors.json": () => vectors,
      "/report": (body) => {
        report(JSON.parse(body) as Report);
        return "";
      },
    });
  });
  afterAll(() => relay.close());

  test("is installed, as .ci/packages has it", () => {
    expect(haveFirefox).toBe(true);
  });

  test("shows the agent's vectors, and film in a hole", { timeout: 120_000 }, async () => {
    const end = await openFirefox(`${relay.address}/painter.html`);
    try {
      const { error, right, wrong, film } = await reported;
      expect({ error, right, wrong }).toEqual({ error: null, right: steps, wrong: [] });
      expect(film.before).toEqual([40, 50, 60, 255]);
      expect(film.after[0]).toBeGreaterThan(200);
      expect(film.after[1]).toBeLessThan(40);
    } finally {
      await end();
    }
  });
});
