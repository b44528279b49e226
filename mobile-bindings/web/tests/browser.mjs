// The package in a real browser: loads in a page and in a module worker, records, and is there again after the browser was
// closed.
//
//     node browser.mjs CHROMIUM DIRECTORY

import assert from 'node:assert/strict';
import { browser, serve } from './browser-host.mjs';

const [, , executablePath, directory] = process.argv;
assert(executablePath && directory);
const server = await serve();

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
  const context = await browser(executablePath, `${directory}/profile`);
  const page = await context.newPage();
  page.on('console', (message) => console.log(`page: ${message.text()}`));
  await page.goto(`${server.base}/tests/page/index.html`);
  await page.waitForFunction(() => 'inWorker' in window);
  for (const where of ['inPage', 'inWorker']) {
    const told = await page.evaluate((name) => /** @type {any} */ (window)[name](), where);
    assert.deepEqual(told, expected, `${where}, round ${round}`);
  }
  await context.close();
}
server.close();
