import init from './glue/countersign_core.js';
import { SECTION, unpack, unpackSection } from './unpack.js';

/** Where the module comes from. */
export type Source = Bytes | WebAssembly.Module;

/** Where its bytes come from. */
export type Bytes = string | URL | Request | Response | BufferSource;

let loading: Promise<unknown> | undefined;

/**
 * Loads the engine, once however often it is called. Without a source it is the file beside this one: fetched in browsers
 * and workers, read in node.
 */
export async function load(source?: Source | Promise<Source>): Promise<void> {
  loading ??= (async () => init({ module_or_path: await module(await (source ?? beside())) }))();
  try {
    await loading;
  } catch (failure) {
    // The next call may try again: a network comes back.
    loading = undefined;
    throw failure;
  }
}

/**
 * The module as it is compiled: the file holds it taken apart ({@link load} puts it together each time). A host with a cache can
 * keep this, and give `load` the module that it compiled from it: an old phone starts faster.
 */
export async function unpacked(source: Bytes | Promise<Bytes>): Promise<Uint8Array<ArrayBuffer>> {
  return unpack(await bytes(await source));
}

/** The real module. */
async function module(source: Source): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) {
    const [packed] = WebAssembly.Module.customSections(source, SECTION);
    return packed ? WebAssembly.compile(unpackSection(new Uint8Array(packed))) : source;
  }
  return WebAssembly.compile(await unpacked(source as Bytes));
}

async function bytes(source: Bytes): Promise<Uint8Array<ArrayBuffer>> {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  const response = source instanceof Response ? source : await fetch(source);
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function beside(): Promise<Source> {
  const url = new URL('countersign_core_bg.wasm', import.meta.url);
  if (url.protocol !== 'file:') return url;
  // Bundlers for browsers must not look for it.
  const fs = 'node:fs/promises';
  const { readFile } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ fs)) as {
    readFile(path: URL): Promise<Uint8Array<ArrayBuffer>>;
  };
  return readFile(url);
}
