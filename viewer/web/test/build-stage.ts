/** Builds the pages over the moved cores (stage/) once, for every browser test. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import react from "@vitejs/plugin-react";
import { build } from "vite";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** Folder of the built pages. */
    stage: string;
  }
}

export default async function buildStage(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "beside-pages-"));
  await build({
    root: new URL("./stage", import.meta.url).pathname,
    publicDir: new URL("../public", import.meta.url).pathname,
    configFile: false,
    logLevel: "error",
    plugins: [react()],
    build: { rollupOptions: { input: ["index.html", "painter.html"].map((name) => new URL(`./stage/${name}`, import.meta.url).pathname) }, outDir: folder, emptyOutDir: true, target: "es2023", assetsInlineLimit: 0, modulePreload: { polyfill: false }, cssCodeSplit: false },
  });
  project.provide("stage", folder);
  return () => rm(folder, { recursive: true, force: true });
}
