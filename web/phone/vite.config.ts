import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { type Plugin, build, defineConfig } from "vite";
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

const BASE = "/app/";
const TARGET = ["chrome107", "safari16.4", "firefox114"];

/** What React is here (docs/adr/0027-the-app-on-an-old-phone.md). The types are React's own. */
export const REACT = {
  "react/jsx-runtime": "preact/jsx-runtime",
  "react/jsx-dev-runtime": "preact/jsx-runtime",
  "react-dom/client": "preact/compat/client",
  "react-dom": "preact/compat",
  react: "preact/compat",
};

/** The service worker's own part as one classic script: no browser lets a worker load modules later. Returns its name. */
async function worker(root: string, outDir: string): Promise<string> {
  const made = await build({
    configFile: false,
    root,
    base: BASE,
    publicDir: false,
    logLevel: "warn",
    define: { "import.meta.url": "self.location.href" },
    build: {
      target: TARGET,
      outDir,
      emptyOutDir: false,
      assetsInlineLimit: 0,
      modulePreload: false,
      reportCompressedSize: false,
      rollupOptions: {
        input: join(root, "src/worker.ts"),
        output: { format: "iife", entryFileNames: "assets/worker-[hash].js" },
      },
    },
  });
  const outputs = (Array.isArray(made) ? made : [made]).flatMap((one) => ("output" in one ? one.output : []));
  const script = outputs.find((one) => one.type === "chunk" && one.isEntry);
  if (script === undefined) throw new Error("the service worker was not built");
  return script.fileName;
}

export default defineConfig({
  base: BASE,
  resolve: { alias: REACT },
  build: {
    target: TARGET,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  optimizeDeps: { exclude: ["@countersign/core"] },
  server: { fs: { allow: ["../.."] }, proxy: { "/api": "http://127.0.0.1:8090" } },
  plugins: [
    VitePWA({
      integration: {
        async beforeBuildServiceWorker({ workbox, outDir }) {
          workbox.importScripts = [BASE + (await worker(import.meta.dirname, outDir))];
        },
      },
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
        // The browser keeps it with the worker.
        globIgnores: ["assets/worker-*.js"],
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
