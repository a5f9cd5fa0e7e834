import { defineConfig } from "vitest/config";

// Everything below src/app is tested in a browser by the end-to-end tests; the rest
// is logic without DOM and runs in Node.
export default defineConfig({
  test: {
    environment: "node",
    include: ["src/**/*.test.ts"],
    testTimeout: 10_000,
  },
});
