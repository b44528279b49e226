/** The browser's storage: not promised, switched off, full, and wanted by two tabs at once. */
import type { CDPSession } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Device } from "./device.ts";

let phone: Device;
/** What is set by it lasts as long as it does. */
let browser: CDPSession;
/** What the browser may keep for the app here, bytes: little enough to be filled. */
const QUOTA = 12 << 20;
beforeAll(async () => {
  phone = await Device.new();
  browser = await phone.page.context().newCDPSession(phone.page);
  await quota(QUOTA);
  await phone.open();
  await phone.enrol("wang.jianguo");
});
afterAll(() => phone.close());

async function to(hash: string): Promise<void> {
  await phone.page.evaluate((h) => {
    location.hash = h;
  }, hash);
}

/** Starts a visit at a hospital that is on no list. */
async function begin(name: string): Promise<void> {
  await to("#/");
  await phone.tap("Start a visit");
  await phone.fill("Search", name);
  await phone.tap(`Not listed: “${name}”`);
  await phone.tap("Start on site");
  await phone.heading(name);
}

/** What this browser answers when a page asks it to keep its storage. */
async function promise(setting: "granted" | "denied"): Promise<void> {
  const { origin } = new URL(phone.base);
  await browser.send("Browser.setPermission", { permission: { name: "persistent-storage" }, setting, origin });
}

/** How much the browser may keep for the app, bytes; without a number as much as usual. */
async function quota(quotaSize?: number): Promise<void> {
  const { origin } = new URL(phone.base);
  await browser.send("Storage.overrideQuotaForOrigin", quotaSize === undefined ? { origin } : { origin, quotaSize });
}

/** Fills what is left of the storage, in ever smaller pieces, until the browser takes nothing more. */
async function fill(): Promise<void> {
  const refused = await phone.page.evaluate(
    () =>
      new Promise<string>((done) => {
        const open = indexedDB.open("something else", 1);
        open.onupgradeneeded = () => open.result.createObjectStore("filling", { autoIncrement: true });
        open.onsuccess = () => {
          const put = (size: number) => {
            const tx = open.result.transaction("filling", "readwrite");
            tx.objectStore("filling").put(crypto.getRandomValues(new Uint8Array(65_536)).slice(0, size));
            for (let more = size; more > 65_536; more -= 65_536) tx.objectStore("filling").put(crypto.getRandomValues(new Uint8Array(65_536)));
            tx.oncomplete = () => put(size);
            tx.onabort = () => (size > 16 ? put(size >> 2) : done(String(tx.error?.name)));
          };
          put(1 << 20);
        };
      }),
  );
  if (refused !== "QuotaExceededError") throw new Error(refused);
}

test("a browser that does not promise to keep the storage: the app says so wherever it matters", async () => {
  await promise("denied");
  await to("#/settings");
  await phone.tap("Ask again");
  await phone.page.getByText("the browser may delete it", { exact: true }).waitFor();
  await to("#/");
  await phone.sees("The browser has not promised to keep what is stored.");
  await promise("granted");
  await to("#/settings");
  await phone.tap("Ask again");
  await phone.page.getByText("the browser keeps it", { exact: true }).waitFor();
  await to("#/");
  await phone.heading("Today");
  await phone.page.getByText("The browser has not promised").waitFor({ state: "detached" });
});

test("a full disk: the app says so, keeps what is typed, records nothing by halves, and goes on when there is room", async () => {
  await begin("满盘卫生院");
  await phone.tap("Add a work item");
  await phone.choose("What kind of work", "network");
  await phone.fill("What was wrong", "交换机不亮");
  await phone.page.waitForTimeout(500);
  await fill();
  // The browser itself refuses.
  await phone.tap("Save");
  await phone.page.getByRole("alert").filter({ hasText: "storage is full" }).waitFor();
  // It starts on a full disk as well: what is there can be seen, and sent. The browser may have tidied up meanwhile.
  await quota(1 << 20);
  await phone.page.reload();
  await phone.heading("Add a work item");
  expect(await phone.page.getByLabel("What was wrong").inputValue()).toBe("交换机不亮");
  await phone.tap("Save");
  await phone.page.getByRole("alert").filter({ hasText: "storage is full" }).waitFor();
  await quota();
  await phone.tap("Save");
  await phone.heading("满盘卫生院");
  await phone.sees("network · 交换机不亮");
  expect(await phone.page.getByRole("button", { name: /交换机不亮/ }).count()).toBe(1);
  await phone.page.reload();
  await phone.sees("network · 交换机不亮");
});

test("two tabs: one works, the other says so; one that froze and is overtaken writes nothing more", async () => {
  await begin("两页卫生院");
  await phone.tap("Add a work item");
  await phone.choose("What kind of work", "network");
  await phone.fill("What was wrong", "冻住之前写的");
  const first = phone.page;
  const second = await phone.tab();
  await second.goto(phone.base);
  await second.getByRole("heading", { name: "Open in another tab" }).waitFor();

  // The first tab's thread stands still, with the tap already on its way.
  await first.evaluate(() => {
    const save = [...document.querySelectorAll("button")].find((b) => b.textContent === "Save");
    setTimeout(() => {
      const until = performance.now() + 6000;
      while (performance.now() < until);
      save?.click();
    }, 50);
  });
  await second.getByRole("button", { name: "Use it here" }).click();
  await second.getByRole("heading", { name: "Today" }).waitFor();
  const visit = second.getByRole("button", { name: /两页卫生院/ }).first();
  await visit.click();
  await second.getByRole("heading", { name: "两页卫生院" }).waitFor();
  await first.getByRole("heading", { name: "Open in another tab" }).waitFor();
  // What was being typed is there, what was tapped too late is not recorded.
  await second.reload();
  await second.getByRole("heading", { name: "两页卫生院" }).waitFor();
  expect(await second.getByText("冻住之前写的").count()).toBe(0);
  await second.getByRole("button", { name: "Add a work item" }).click();
  expect(await second.getByLabel("What was wrong").inputValue()).toBe("冻住之前写的");

  // And back, while nothing is frozen: the second lets go by itself.
  await first.getByRole("button", { name: "Use it here" }).click();
  await second.getByRole("heading", { name: "Open in another tab" }).waitFor();
  await first.getByRole("heading", { name: /Add a work item|两页卫生院/ }).first().waitFor();
  await second.close();
  expect(phone.complaints).toEqual([]);
});

test("a browser that lets a page keep nothing: a plain word in place of a white page", async () => {
  const other = await Device.new({ profile: { default_content_setting_values: { cookies: 2 } } });
  try {
    await other.page.goto(other.base);
    await other.page.getByText(/浏览器不允许本应用保存任何内容|This browser lets the app keep nothing/).waitFor();
    await other.page.getByRole("button", { name: /重试|Try again/ }).waitFor();
  } finally {
    await other.close();
  }
});
