// What the tests in a browser stand on: the package and its pages over HTTP, and Chromium.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { chromium } from 'playwright-core';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };
const ROOT = new URL('..', import.meta.url);

/**
 * Serves the package, and under `/api/` what `api` answers: to the page it is one origin, as in an app.
 *
 * @param {string} [api]
 */
export async function serve(api) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://host').pathname;
    try {
      if (api && path.startsWith('/api/')) {
        const answer = await fetch(api + request.url, await forwarded(request));
        const headers = { 'content-type': answer.headers.get('content-type') ?? '' };
        response.writeHead(answer.status, headers).end(new Uint8Array(await answer.arrayBuffer()));
        return;
      }
      const type = TYPES[/** @type {keyof typeof TYPES} */ (extname(path))];
      if (!type || path.includes('..')) throw new Error(path);
      const bytes = await readFile(new URL(`.${path}`, ROOT));
      response.writeHead(200, { 'content-type': type }).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { base: `http://127.0.0.1:${address.port}`, close: () => server.close() };
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @returns {Promise<RequestInit>}
 */
async function forwarded(request) {
  /** @type {Record<string, string>} */
  const headers = {};
  for (const name of ['authorization', 'content-type']) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = request.method === 'GET' ? undefined : new Uint8Array(Buffer.concat(parts));
  return { method: request.method, headers, body };
}

/**
 * Chromium over a profile that outlives it.
 *
 * @param {string} executablePath
 * @param {string} profile
 */
export function browser(executablePath, profile) {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launchPersistentContext(profile, { executablePath, headless: true, args });
}
