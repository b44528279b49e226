/** What goes wrong in the field: a log-in that ended, a clock that is moved, a full disk, a newer app, a revoked phone. */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Device, PASSWORD, office } from "./device.ts";

const APP = process.env["COUNTERSIGN_APP_DIR"] ?? "";

let phone: Device;
beforeAll(async () => {
  phone = await Device.new();
  await phone.open();
  await phone.enrol("wang.jianguo");
});
afterAll(() => phone.close());

/** Starts a visit at a hospital that is on no list. */
async function begin(name: string): Promise<void> {
  await home();
  await phone.tap("Start a visit");
  await phone.fill("Search", name);
  await phone.tap(`Not listed: “${name}”`);
  await phone.tap("Start on site");
  await phone.heading(name);
}

async function home(): Promise<void> {
  await phone.page.evaluate(() => {
    location.hash = "#/";
  });
  await phone.heading("Today");
}

/** The tokens as this browser keeps them. */
async function spoilTokens(): Promise<void> {
  await phone.page.evaluate(
    () =>
      new Promise<void>((done, failed) => {
        const open = indexedDB.open("countersign");
        open.onerror = () => failed(new Error("not opened"));
        open.onsuccess = () => {
          const tx = open.result.transaction("kept", "readwrite");
          tx.objectStore("kept").put({ access: "spoilt", refresh: "spoilt", until: 0 }, "tokens");
          tx.oncomplete = () => {
            open.result.close();
            done();
          };
        };
      }),
  );
}

test("a log-in that ended: recording goes on, and a new log-in sends everything", async () => {
  await phone.sync();
  await spoilTokens();
  await begin("山区卫生院");
  await phone.page.evaluate(() => {
    location.hash = "#/sync";
  });
  await phone.heading("Unsent work");
  await phone.page.getByRole("heading", { name: "Log in again" }).waitFor();
  await begin("第二家卫生院");
  await phone.page.evaluate(() => {
    location.hash = "#/sync";
  });
  await phone.fill("Login", "li.na");
  await phone.fill("Password", PASSWORD);
  await phone.tap("Log in");
  await phone.sees("This phone belongs to 王建国.");
  await phone.fill("Login", "wang.jianguo");
  await phone.fill("Password", PASSWORD);
  await phone.page.getByRole("main").getByRole("button", { name: "Log in", exact: true }).click();
  await phone.page.getByRole("heading", { name: "Log in again" }).waitFor({ state: "detached" });
  await phone.sync();
});

test("a clock that is set back does not shorten the work, and is flagged", async () => {
  await begin("时钟卫生院");
  await phone.tap("labour");
  await phone.page.getByRole("timer").getByText(/^0:0/).waitFor();
  await phone.page.evaluate(() => {
    const real = Date.now;
    Date.now = () => real() - 3_600_000;
  });
  await phone.page.waitForTimeout(1500);
  await phone.tap("Stop");
  await phone.sees("Nothing is running.");
  await phone.sync();
  await phone.page.reload();
  const get = await office("zhang.li");
  const flagged = (await get("/api/v1/visits?flag=clock_drift")) as { items: object[] };
  expect(flagged.items).toHaveLength(1);
  expect(JSON.stringify(flagged.items)).toContain("时钟卫生院");
});

test("a full disk: the app says so, records nothing by halves, and goes on when there is room", async () => {
  await begin("满盘卫生院");
  await phone.tap("Add a work item");
  await phone.choose("What kind of work", "network");
  await phone.fill("What was wrong", "交换机不亮");
  // As the browser refuses when the disk is full: in the midst of a batch.
  await phone.page.evaluate(() => {
    const real = IDBObjectStore.prototype.put;
    let count = 0;
    IDBObjectStore.prototype.put = function (...what) {
      const request = real.apply(this, what);
      if (this.name === "entries" && ++count === 2) throw new DOMException("full", "QuotaExceededError");
      return request;
    };
    Object.assign(window, { room: () => (IDBObjectStore.prototype.put = real) });
  });
  await phone.tap("Save");
  await phone.page.getByRole("alert").filter({ hasText: "storage is full" }).waitFor();
  await phone.page.evaluate(() => (window as unknown as { room: () => void }).room());
  await phone.tap("Save");
  await phone.heading("满盘卫生院");
  await phone.sees("network · 交换机不亮");
  expect(await phone.page.getByRole("button", { name: /交换机不亮/ }).count()).toBe(1);
});

test("a newer app waits, and what is unsent stays", async () => {
  await phone.network.cut();
  await begin("升级卫生院");
  await phone.tap("Add a work item");
  await phone.fill("What was wrong", "升级前的草稿");
  await phone.network.join();
  const worker = join(APP, "sw.js");
  appendFileSync(worker, "\n// newer\n");
  const bytes = readFileSync(worker);
  writeFileSync(`${worker}.br`, brotliCompressSync(bytes));
  writeFileSync(`${worker}.gz`, gzipSync(bytes));
  await phone.page.evaluate(async () => (await navigator.serviceWorker.getRegistration("/app/"))?.update());
  await phone.network.cut();
  await phone.tap("Use it");
  await phone.page.waitForEvent("load");
  await phone.heading("Add a work item");
  expect(await phone.page.getByLabel("What was wrong").inputValue()).toBe("升级前的草稿");
  await home();
  await phone.sees("升级卫生院");
  await phone.network.join();
});

test("a revoked phone is told so, and keeps what it has", async () => {
  await home();
  await phone.sync();
  const login = await fetch(new URL("/api/v1/auth/login", process.env["COUNTERSIGN_SERVER"]), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ login: "wang.jianguo", password: PASSWORD }),
  });
  const { access_token: token } = (await login.json()) as { access_token: string };
  const headers = { authorization: `Bearer ${token}` };
  const devices = (await (await fetch(new URL("/api/v1/devices", process.env["COUNTERSIGN_SERVER"]), { headers })).json()) as {
    items: { id: string }[];
  };
  const gone = await fetch(new URL(`/api/v1/devices/${devices.items[0]?.id ?? ""}`, process.env["COUNTERSIGN_SERVER"]), {
    method: "DELETE",
    headers,
  });
  expect(gone.status).toBe(204);
  await begin("停用之后");
  await phone.page.evaluate(() => {
    location.hash = "#/sync";
  });
  await phone.heading("Unsent work");
  await phone.page.getByText(/revoked|Log in again|set aside/).first().waitFor();
  await phone.sees("停用之后");
});
