// The story, told in a page: the same package as an app loads it, with everything that it keeps in IndexedDB.
//
//     node tell-in-browser.mjs CHROMIUM DIRECTORY SERVER OUTPUT

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { browser, serve } from './browser-host.mjs';

const [, , executablePath, directory, api, output] = process.argv;
assert(executablePath && directory && api && output);
const server = await serve(api);
const context = await browser(executablePath, `${directory}/profile`);
const page = await context.newPage();
page.on('console', (message) => console.log(`page: ${message.text()}`));
await page.goto(`${server.base}/tests/page/index.html`);
await page.waitForFunction(() => 'tellStory' in window);
await writeFile(output, await page.evaluate(() => /** @type {any} */ (window).tellStory()));
await context.close();
server.close();
