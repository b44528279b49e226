import init from './glue/countersign_core.js';

/** Where the module comes from. */
export type Source = string | URL | Request | Response | BufferSource | WebAssembly.Module;

let loading: Promise<unknown> | undefined;

/**
 * Loads the engine, once however often it is called. Without a source it is the file beside this one: fetched in browsers
 * and workers, read in node.
 */
export async function load(source?: Source | Promise<Source>): Promise<void> {
  loading ??= (async () => init({ module_or_path: await (source ?? beside()) }))();
  try {
    await loading;
  } catch (failure) {
    // The next call may try again: a network comes back.
    loading = undefined;
    throw failure;
  }
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
