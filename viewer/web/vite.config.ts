import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The relay serves what stands in dist under a strict policy: no inline script, no
// inline style, nothing from other hosts. So nothing is inlined as a data address,
// and the module preload helper (an inline script in old browsers) is left out.
export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    // Mantine's sheet and ours are one file, loaded before the first paint.
    cssCodeSplit: false,
    chunkSizeWarningLimit: 1200,
  },
  server: {
    // As policy.go has them.
    headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
    proxy: { "/api": { target: "http://127.0.0.1:8080", ws: true } },
  },
});
