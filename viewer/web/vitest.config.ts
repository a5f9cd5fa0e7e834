import { defineConfig } from "vitest/config";

// src is logic that runs in Node; test walks the pages in a real Chromium, which can
// take its time on a busy machine.
export default defineConfig({
  test: {
    environment: "node",
    globalSetup: ["test/build-stage.ts"],
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The pages mostly wait for a browser: one core more than Vitest would take of two.
    maxWorkers: "100%",
  },
});
