import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { VitePWA } from "vite-plugin-pwa";

/** Every text-like file also in its compressed forms: the server sends them as they are. */
function precompressed(): Plugin {
  let out = "";
  return {
    name: "precompressed",
    apply: "build",
    enforce: "post",
    configResolved(config) {
      out = config.build.outDir;
    },
    closeBundle: {
      sequential: true,
      order: "post",
      async handler() {
        for (const file of await readdir(out, { recursive: true })) {
          if (!/\.(html|js|css|wasm|svg|webmanifest)$/.test(file)) continue;
          const bytes = await readFile(join(out, file));
          const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
          await writeFile(join(out, `${file}.br`), brotliCompressSync(bytes, { params }));
          await writeFile(join(out, `${file}.gz`), gzipSync(bytes, { level: 9 }));
        }
      },
    },
  };
}

export default defineConfig({
  base: "/app/",
  build: {
    target: ["chrome107", "safari16.4", "firefox114"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  optimizeDeps: { exclude: ["@countersign/core"] },
  server: { fs: { allow: ["../.."] }, proxy: { "/api": "http://127.0.0.1:8090" } },
  plugins: [
    react(),
    VitePWA({
      registerType: "prompt",
      injectRegister: false,
      filename: "sw.js",
      manifest: {
        id: "/app/",
        name: "Countersign",
        short_name: "Countersign",
        description: "上门服务记录 · Service visits, countersigned",
        lang: "zh-CN",
        start_url: "/app/",
        scope: "/app/",
        display: "standalone",
        orientation: "any",
        background_color: "#f4f6f8",
        theme_color: "#0b5c66",
        icons: [
          { src: "icon-192.png", sizes: "192x192", type: "image/png", purpose: "any" },
          { src: "icon-512.png", sizes: "512x512", type: "image/png", purpose: "any" },
          { src: "icon-maskable-512.png", sizes: "512x512", type: "image/png", purpose: "maskable" },
        ],
      },
      includeAssets: [],
      workbox: {
        globPatterns: ["**/*.{html,js,css,wasm,svg,png,webmanifest}"],
        maximumFileSizeToCacheInBytes: 16 << 20,
        navigateFallback: "/app/index.html",
        navigateFallbackAllowlist: [/^\/app\//],
        dontCacheBustURLsMatching: /^assets\//,
        cleanupOutdatedCaches: true,
        inlineWorkboxRuntime: true,
        sourcemap: false,
      },
    }),
    precompressed(),
  ],
});
