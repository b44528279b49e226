/** What goes wrong in the field: a log-in that ended, a clock that is moved, a newer app, a server that is down, a revoked phone. */
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
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

test("an address that changes while the app still opens leads there", async () => {
  await phone.page.addInitScript(() => {
    if (sessionStorage.getItem("turned") !== null) return;
    sessionStorage.setItem("turned", "yes");
    // As soon as anything is drawn: the engine is not there yet.
    new MutationObserver((_, watcher) => {
      if (document.querySelector("#root > *") === null) return;
      watcher.disconnect();
      location.hash = "#/settings";
    }).observe(document, { childList: true, subtree: true });
  });
  await home();
  await phone.page.reload();
  await phone.heading("Settings");
});

test("an engine that was kept and is damaged is put together anew", async () => {
  const kept = () =>
    phone.page.evaluate(async () => {
      const cache = await caches.open("countersign-engine");
      const sizes = (await cache.keys()).map(async (key) => (await (await cache.match(key))?.arrayBuffer())?.byteLength ?? 0);
      return Promise.all(sizes);
    });
  await expect.poll(kept).toEqual([expect.any(Number)]);
  const [size = 0] = await kept();
  expect(size).toBeGreaterThan(1_000_000);
  await phone.page.evaluate(async () => {
    const cache = await caches.open("countersign-engine");
    for (const key of await cache.keys()) {
      const half = (await (await cache.match(key))?.arrayBuffer())?.slice(0, 500_000);
      await cache.put(key, new Response(half ?? null, { headers: { "content-type": "application/wasm" } }));
    }
  });
  await phone.network.cut();
  await phone.page.reload();
  await home();
  await expect.poll(kept).toEqual([size]);
  await phone.network.join();
});

/** Brings out a build in which every script has another name, as after a change of the source; the old ones are gone. */
function bringOut(): void {
  const assets = join(APP, "assets");
  const scripts = readdirSync(assets).filter((name) => name.endsWith(".js"));
  const texts = [join(APP, "index.html"), join(APP, "sw.js"), ...scripts.map((name) => join(assets, name))];
  const contents = texts.map((path) => {
    let text = readFileSync(path, "utf8");
    for (const name of scripts) text = text.replaceAll(name, name.replace(/\.js$/, "-next.js"));
    if (path.endsWith("sw.js")) {
      const told = text.replace(/(revision"?:")[0-9a-f]{32}/g, `$1${"0".repeat(32)}`);
      if (told === text) throw new Error("the worker names no revision of index.html");
      text = told;
    }
    return text;
  });
  for (const name of readdirSync(assets).filter((name) => /\.js(\.br|\.gz)?$/.test(name))) rmSync(join(assets, name));
  texts.forEach((path, i) => {
    const next = path.startsWith(assets) ? path.replace(/\.js$/, "-next.js") : path;
    const mark = path.startsWith(assets) ? '\n;if(globalThis.document)document.documentElement.dataset.build="next";\n' : "";
    const bytes = Buffer.from(`${contents[i] ?? ""}${mark}`);
    writeFileSync(next, bytes);
    writeFileSync(`${next}.br`, brotliCompressSync(bytes));
    writeFileSync(`${next}.gz`, gzipSync(bytes));
  });
}

test("a newer app waits, and takes over without a network; what is unsent and what is being typed stay", async () => {
  const build = () => phone.page.evaluate(() => document.documentElement.dataset["build"] ?? "first");
  await phone.network.cut();
  await begin("升级卫生院");
  await phone.tap("Add a work item");
  await phone.fill("What was wrong", "升级前的草稿");
  await phone.network.join();
  bringOut();
  await phone.page.evaluate(async () => (await navigator.serviceWorker.getRegistration("/app/"))?.update());
  await phone.page.getByRole("button", { name: "Use it" }).waitFor();
  await phone.network.cut();
  // Until its user takes it the old one goes on, over a reload too, although the server has none of its files any more.
  await phone.page.reload();
  await phone.heading("Add a work item");
  expect(await build()).toBe("first");
  await phone.tap("Use it");
  await phone.page.waitForEvent("load");
  await phone.heading("Add a work item");
  expect(await build()).toBe("next");
  expect(await phone.page.getByLabel("What was wrong").inputValue()).toBe("升级前的草稿");
  await phone.choose("What kind of work", "network");
  await phone.tap("Save");
  await phone.heading("升级卫生院");
  await phone.network.join();
  await phone.sync();
  await phone.page.reload();
  expect(await build()).toBe("next");
  const get = await office("zhang.li");
  expect(JSON.stringify(await get("/api/v1/visits"))).toContain("升级卫生院");
});

test("a server that is down behind its proxy: recording goes on, and it is sent when the server is back", async () => {
  await phone.network.badGateway();
  await begin("停机卫生院");
  await phone.page.evaluate(() => {
    location.hash = "#/sync";
  });
  await phone.tap("Send now");
  await phone.sees("The server is too busy or is being restarted.");
  await phone.sees("Everything is kept on this phone. It tries again by itself.");
  await phone.page.reload();
  await phone.sees("停机卫生院");
  await phone.network.cut();
  await phone.network.join();
  await phone.sync();
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
  // Its token is still good for minutes: what it sends now is taken, and set aside.
  await phone.sees("set aside by the server");
  await phone.sees("停用之后");
  await spoilTokens();
  await phone.tap("Send now");
  await phone.page.getByRole("heading", { name: "Log in again" }).waitFor();
  await phone.fill("Login", "wang.jianguo");
  await phone.fill("Password", PASSWORD);
  await phone.page.getByRole("main").getByRole("button", { name: "Log in", exact: true }).click();
  await phone.page.getByRole("alert").filter({ hasText: "This phone was revoked." }).waitFor();
  await begin("还能记录");
  await phone.page.reload();
  await phone.heading("还能记录");
  await home();
  await phone.sees("停用之后");
});
