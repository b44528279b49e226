/** The engine's module, put together once for each version of the app: the file holds it taken apart, and old phones take long for that. */
import { unpacked } from "@countersign/core";
import file from "@countersign/core/countersign_core_bg.wasm?url";

/** Beside the service worker's cache, which holds the files as they are. */
const CACHE = "countersign-engine";
/** By another name than the file: who asks for that looks into every cache. */
const NAME = `${file}.whole`;

/** The module that this version of the app was built with. */
export async function engine(): Promise<WebAssembly.Module> {
  const cache = await caches.open(CACHE).catch(() => null);
  const kept = await cache?.match(NAME).catch(() => undefined);
  if (kept !== undefined) {
    // What was cut off by a full disk or a dead battery is no module.
    const module = await WebAssembly.compileStreaming(kept).catch(() => null);
    if (module !== null) return module;
  }
  const bytes = await unpacked(whole());
  if (cache !== null) void keep(cache, bytes);
  return WebAssembly.compile(bytes);
}

/** A worker's own requests do not pass through it: it looks into the cache that it fills. */
async function whole(): Promise<Response> {
  return (await caches.match(file, { ignoreSearch: true }).catch(() => undefined)) ?? fetch(file);
}

/** Instead of what earlier versions kept. Where there is no room for it the app starts as slowly as without. */
async function keep(cache: Cache, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  try {
    for (const old of await cache.keys()) await cache.delete(old);
    await cache.put(NAME, new Response(bytes, { headers: { "content-type": "application/wasm" } }));
  } catch {
    // Nothing is lost.
  }
}
