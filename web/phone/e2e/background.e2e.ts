/** The app is closed, the network comes back: the service worker sends what waits, and is in nobody's way. */
import type { CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Device, office } from "./device.ts";
import { png } from "./pictures.ts";

const TAG = "countersign-sync";

let phone: Device;
/** A page of nobody's, by which the browser stays open and is told that the network is back. */
let outside: CDPSession;
let registration: string;
/** Something else of the same server, which sees who has the store and asks for nothing. */
let beside: Page;
beforeAll(async () => {
  phone = await Device.new();
  const blank = await phone.tab();
  outside = await blank.context().newCDPSession(blank);
  await outside.send("ServiceWorker.enable");
  await phone.open();
  await phone.enrol("wang.jianguo");
  await phone.sync();
  registration = await registered(phone.page);
  beside = await phone.page.context().newPage();
  await beside.goto(new URL("icon.svg", phone.base).href);
  await phone.page.bringToFront();
});
afterAll(() => phone.close());

/** The debugger's name of the app's service worker. */
async function registered(page: Page): Promise<string> {
  const cdp = await page.context().newCDPSession(page);
  const found = new Promise<string>((resolve) => {
    cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const ours = registrations.find((one) => !one.isDeleted && one.scopeURL === phone.base);
      if (ours !== undefined) resolve(ours.registrationId);
    });
  });
  await cdp.send("ServiceWorker.enable");
  return found;
}

/** As when the browser finds that there is a network again. */
async function wake(): Promise<void> {
  const origin = new URL(phone.base).origin;
  await outside.send("ServiceWorker.dispatchSyncEvent", { origin, registrationId: registration, tag: TAG, lastChance: false });
}

/** Who has the store: `countersign-background` is the worker's. */
async function held(): Promise<string[]> {
  const names = await beside.evaluate(async () => ((await navigator.locks.query()).held ?? []).map((lock) => lock.name ?? ""));
  return names.sort();
}
const soon = { timeout: 20_000, interval: 100 };

async function begin(name: string): Promise<void> {
  await phone.tap("Start a visit");
  await phone.fill("Search", name);
  await phone.tap(`Not listed: “${name}”`);
  await phone.tap("Start on site");
  await phone.heading(name);
}

/** How often the store has changed hands. */
function owner(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((done, failed) => {
        const open = indexedDB.open("countersign");
        open.onerror = () => failed(new Error("not opened"));
        open.onsuccess = () => {
          const asked = open.result.transaction("kept").objectStore("kept").get("owner");
          asked.onsuccess = () => {
            open.result.close();
            done(asked.result as number);
          };
        };
      }),
  );
}

async function atTheOffice(): Promise<string> {
  return JSON.stringify(await (await office("zhang.li"))("/api/v1/visits"));
}

async function reopen(): Promise<void> {
  await phone.newPage();
  await phone.open();
  await phone.heading("Today");
}

test("while a page is open, the worker keeps away", async () => {
  await phone.page.evaluate(() => {
    location.hash = "#/";
  });
  await phone.network.cut();
  await begin("背景卫生院");
  await phone.page.getByLabel("Take a photo").setInputFiles(await png(phone.page, "rack.png"));
  await phone.page.getByRole("button", { name: /on this phone/ }).waitFor();
  const before = await owner(phone.page);
  // The app asked to be woken.
  await expect.poll(() => tags(phone.page), { timeout: 10_000 }).toContain(TAG);
  await wake();
  await phone.page.waitForTimeout(1500);
  expect(await owner(phone.page)).toBe(before);
  await phone.tap("labour");
  await phone.page.getByRole("timer").getByText(/^0:0/).waitFor();
});

function tags(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const ours = await navigator.serviceWorker.getRegistration("/app/");
    return (ours as unknown as { sync: { getTags(): Promise<string[]> } }).sync.getTags();
  });
}

test("with the app closed, what waits is sent, photos included", async () => {
  await phone.page.close();
  await expect.poll(held, soon).toEqual([]);
  expect(await atTheOffice()).not.toContain("背景卫生院");
  await phone.network.join();
  await wake();
  await expect.poll(atTheOffice, { timeout: 30_000, interval: 500 }).toContain("背景卫生院");
  await expect.poll(held, soon).toEqual([]);
  // Nothing of it is in the way of the next start, and the timer still runs.
  await phone.network.cut();
  await reopen();
  await phone.sees("Running now");
  await phone.page.getByRole("button", { name: /背景卫生院/ }).getByText("on the server").waitFor();
  await phone.tap(/背景卫生院/);
  await phone.page.getByRole("button", { name: /at the server/ }).waitFor();
  await phone.page.evaluate(() => {
    location.hash = "#/";
  });
  await phone.heading("Today");
});

test("whoever opens the app gets the store at once, also from a worker that waits for the server", async () => {
  await begin("第二家背景卫生院");
  const before = await owner(phone.page);
  await phone.page.close();
  phone.network.silent = true;
  await phone.network.join();
  await expect.poll(held, soon).toEqual([]);
  await wake();
  await expect.poll(held, soon).toEqual(["countersign-background", "countersign-owner"]);
  await reopen();
  await phone.sees("第二家背景卫生院");
  // The worker had it, and then this page: it grew twice.
  expect(await owner(phone.page)).toBe(before + 2);
  phone.network.silent = false;
  await phone.network.cut();
  await phone.network.join();
  await phone.sync();
  expect(await atTheOffice()).toContain("第二家背景卫生院");
  expect(phone.complaints).toEqual([]);
});
