// The package in a real browser: loads in a page and in a module worker, records, and is there again after the browser was
// closed.
//
//     node browser.mjs CHROMIUM DIRECTORY

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { chromium } from 'playwright-core';

const [, , executablePath, directory] = process.argv;
const types = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };
const root = new URL('..', import.meta.url);
const server = createServer(async (request, response) => {
  const path = new URL(request.url ?? '/', 'http://host').pathname;
  const type = types[/** @type {keyof typeof types} */ (extname(path))];
  try {
    if (!type || path.includes('..')) throw new Error(path);
    const bytes = await readFile(new URL(`.${path}`, root));
    response.writeHead(200, { 'content-type': type }).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
const address = /** @type {import('node:net').AddressInfo} */ (server.address());

const expected = {
  notes: ['一', '二', '三'],
  signed: 'accepted',
  // The beginning, three notes, a photo, a sign-off.
  unsynced: 6,
  algorithm: 'ES256',
  photo: [1, 2, 3],
  exported: true,
  framed: 1,
};
// The second time in a new browser over the same profile: only what was durable is there.
for (const round of [1, 2]) {
  const options = { executablePath, headless: true, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] };
  const context = await chromium.launchPersistentContext(`${directory}/profile`, options);
  const page = await context.newPage();
  page.on('console', (message) => console.log(`page: ${message.text()}`));
  await page.goto(`http://127.0.0.1:${address.port}/tests/page/index.html`);
  await page.waitForFunction(() => 'inWorker' in window);
  for (const where of ['inPage', 'inWorker']) {
    const told = await page.evaluate((name) => /** @type {any} */ (window)[name](), where);
    assert.deepEqual(told, expected, `${where}, round ${round}`);
  }
  await context.close();
}
server.close();
