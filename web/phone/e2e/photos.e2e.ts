/**
 * Photos and a taxi's receipt, taken in a basement: recorded at once, kept through a reload and a dead battery, sent part by
 * part over a network that breaks, shown on the hospital's page. And a dying phone's file on a colleague's phone.
 */
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Device, PASSWORD, office } from "./device.ts";
import { MAILS } from "./server.ts";
import { PLACE, noPicture, png, upright } from "./pictures.ts";

const SERVER = process.env["COUNTERSIGN_SERVER"] ?? "";
const HOSPITAL = /江城市第一人民医院/;

interface Dossier {
  record: { photos: { sha256: string; caption: string; about?: string; seal?: boolean }[]; expenses: { id: string }[] };
}

let phone: Device;
/** The address of the visit at the hospital. */
let visit = "";
beforeAll(async () => {
  phone = await Device.new();
});
afterAll(() => phone.close());

async function to(on: Device, hash: string): Promise<void> {
  await on.page.evaluate((h) => {
    location.hash = h;
  }, hash);
}

/** The small pictures on the screen, once all of them are drawn. */
async function thumbs(on: Device, count: number): Promise<void> {
  await on.page.waitForFunction((n) => {
    const drawn = [...document.querySelectorAll<HTMLImageElement>(".thumb img")];
    return drawn.length === n && drawn.every((img) => img.complete && img.naturalWidth > 0);
  }, count);
}

async function bytesOf(sha256: string, login = "zhang.li"): Promise<Buffer | null> {
  const answer = await fetch(new URL("/api/v1/auth/login", SERVER), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ login, password: PASSWORD }),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const got = await fetch(new URL(`/api/v1/blobs/${sha256}`, SERVER), { headers: { authorization: `Bearer ${token}` } });
  return got.ok ? Buffer.from(await got.arrayBuffer()) : null;
}

async function dossier(): Promise<Dossier> {
  const get = await office("zhang.li");
  const { items } = (await get("/api/v1/visits")) as { items: { id: string }[] };
  return (await get(`/api/v1/visits/${items[0]?.id ?? ""}`)) as Dossier;
}

/** The hospital's page, by the link in its mail. */
async function hospitalsPage(): Promise<string> {
  for (let i = 0; i < 100; i++) {
    for (const file of readdirSync(MAILS, { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".eml")) continue;
      const raw = readFileSync(join(MAILS, file), "latin1");
      const coded = [...raw.matchAll(/(?:^[A-Za-z0-9+/=]{4,}\r?\n)+/gm)].map((m) => Buffer.from(m[0], "base64").toString());
      const link = /https?:\/\/\S+?\/r\/([\w-]{16,})/.exec(coded.join("\n"));
      if (link?.[1] !== undefined) return new URL(`/r/${link[1]}`, SERVER).href;
    }
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error("no mail with a link");
}

test("photos of a visit, from the basement to the hospital's page", async () => {
  const { network } = phone;
  await phone.open();
  await phone.enrol("li.na");
  await network.cut();
  await phone.tap(/GD-2026-0901/);
  await phone.tap("Start on site");
  await phone.heading(HOSPITAL);
  visit = await phone.page.evaluate(() => location.hash);
  await phone.tap("Add a work item");
  await phone.choose("What kind of work", "database");
  await phone.tap("Save");
  await phone.heading(HOSPITAL);

  // One from the camera, with words; then several at once, of which one is none.
  await phone.tap("Machine room");
  await phone.page.getByLabel("Take a photo").setInputFiles(await upright(phone.page, "IMG_1.jpg"));
  await phone.page.getByRole("button", { name: /on this phone\s*Machine room/ }).waitFor();
  await phone.page
    .getByLabel("Choose files")
    .setInputFiles([await png(phone.page, "a.png"), noPicture("b.jpg"), await png(phone.page, "c.png", 300, 2400)]);
  await phone.page.getByRole("alert").filter({ hasText: "no picture that the browser can read" }).waitFor();
  await phone.sees("Not recorded: b.jpg.");
  await thumbs(phone, 3);

  // A full disk: nothing of the photo is recorded, and nothing else is lost.
  await phone.page.evaluate(() => {
    const real = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (...what) {
      if (this.name === "entries" && String(what[1]).startsWith("b/")) throw new DOMException("full", "QuotaExceededError");
      return real.apply(this, what);
    };
    Object.assign(window, { room: () => (IDBObjectStore.prototype.put = real) });
  });
  await phone.page.getByLabel("Take a photo").setInputFiles(await png(phone.page, "full.png"));
  await phone.page.getByRole("alert").filter({ hasText: "storage is full" }).waitFor();
  await thumbs(phone, 3);
  await phone.page.evaluate(() => (window as unknown as { room: () => void }).room());

  // A taxi's receipt belongs to its expense, which is recorded with it.
  await phone.tap("Add an expense");
  await phone.heading("Add an expense");
  expect(await phone.page.getByLabel("Take a photo").isDisabled()).toBe(true);
  await phone.choose("What for", "taxi");
  await phone.fill("Amount (CNY)", "86.50");
  await phone.page.getByLabel("Take a photo").setInputFiles(await png(phone.page, "taxi.png"));
  await phone.heading("Expense");
  await phone.page.getByRole("button", { name: /Receipt: taxi/ }).waitFor();
  await thumbs(phone, 1);
  await to(phone, visit);
  await phone.page.getByLabel("Photograph the customer's seal").setInputFiles(await png(phone.page, "seal.png"));
  await phone.page.getByRole("button", { name: /Customer's seal/ }).waitFor();
  await thumbs(phone, 5);
  await phone.sees("5 of them are only on this phone");

  // A reload, and a dead battery.
  await phone.page.reload();
  await thumbs(phone, 5);
  await phone.die();
  await phone.boot();
  await phone.open();
  await phone.heading("Today");
  await to(phone, visit);
  await phone.heading(HOSPITAL);
  await thumbs(phone, 5);

  // The words are corrected; what was there stays.
  await phone.page.getByRole("button", { name: /Machine room/ }).first().click();
  await phone.heading("Machine room");
  await phone.page.getByRole("img", { name: "Machine room" }).waitFor();
  await phone.tap("Larger");
  expect(await phone.page.locator(".look-frame").evaluate((e) => e.scrollWidth > e.clientWidth)).toBe(true);
  await phone.page.getByText("Correct or replace").click();
  await phone.fill("What it shows", "Rack 3");
  await phone.fill("Why", "more exact");
  await phone.tap("Correct the words");
  await phone.heading("Rack 3");
  await phone.sees("Replaces an earlier one: more exact");
  await to(phone, visit);
  await thumbs(phone, 5);

  await phone.tap("Sign off");
  await phone.tap("Read; now answer");
  await phone.tap(/刘志远/);
  await phone.tap("Sign off");
  await phone.heading("Signed off");

  // A network that breaks in the midst of a photo.
  const requests: { path: string; method: string; offset: number }[] = [];
  const watch = () =>
    phone.page.on("request", (r) => {
      const path = new URL(r.url()).pathname;
      if (path.startsWith("/api/v1/blobs/")) {
        requests.push({ path, method: r.method(), offset: Number(r.headers()["upload-offset"] ?? -1) });
      }
    });
  watch();
  await to(phone, "#/sync");
  await network.join(800_000);
  await phone.page.getByRole("button", { name: "Send now" }).click();
  await expect.poll(() => requests.filter((r) => r.offset > 0).length, { timeout: 20_000 }).toBeGreaterThan(0);
  await phone.sees("The server cannot be reached.");
  const broken = requests.filter((r) => r.offset > 0).at(-1);
  if (broken === undefined) throw new Error("nothing was under way");
  await phone.die();
  requests.length = 0;
  await phone.boot();
  watch();
  await network.join();
  await phone.open();
  await phone.sync();
  const resumed = requests.filter((r) => r.path === broken.path && r.method === "PATCH").map((r) => r.offset);
  expect(resumed.length).toBeGreaterThan(0);
  expect(resumed).not.toContain(0);
  expect(resumed[0]).toBeGreaterThan(0);

  // The server has the same bytes: smaller, upright, and without the place.
  const { record } = await dossier();
  const { photos } = record;
  expect(photos.map((p) => p.caption).sort()).toEqual(
    ["", "", "Customer's seal", "Machine room", "Rack 3", "Receipt: taxi"].sort(),
  );
  expect(photos.find((p) => p.caption === "Receipt: taxi")?.about).toBe(record.expenses[0]?.id);
  expect(photos.filter((p) => p.seal).length).toBe(1);
  for (const { sha256 } of photos) {
    const bytes = await bytesOf(sha256);
    expect(createHash("sha256").update(bytes ?? "").digest("hex")).toBe(sha256);
    expect(bytes?.includes("Exif") === true || bytes?.includes(PLACE) === true).toBe(false);
  }
  const rack = photos.find((p) => p.caption === "Rack 3");
  const seen = await phone.page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
    const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    if (context === null) throw new Error("no canvas");
    context.drawImage(picture, 0, 0);
    const at = (y: number) => [...context.getImageData(picture.width / 2, y, 1, 1).data];
    return { size: [picture.width, picture.height], above: at(100), below: at(picture.height - 100) };
  }, (await bytesOf(rack?.sha256 ?? ""))?.toString("base64") ?? "");
  expect(seen.size).toEqual([1365, 2048]);
  expect((seen.above[0] ?? 0) > 150 && (seen.above[2] ?? 255) < 100).toBe(true);
  expect((seen.below[2] ?? 0) > 150 && (seen.below[0] ?? 255) < 100).toBe(true);

  // What has left the phone is still recognised on it, and fetched for a closer look.
  await to(phone, visit);
  await thumbs(phone, 5);
  await phone.page.getByRole("button", { name: /at the server\s*Rack 3/ }).click();
  await phone.page.getByRole("img", { name: "Rack 3" }).waitFor();

  // The hospital sees the receipt and its photos.
  const page = await hospitalsPage();
  const html = await (await fetch(page)).text();
  const files = [...html.matchAll(/\/a\/([0-9a-f]{64})/g)].map((m) => m[1] ?? "");
  for (const caption of ["Rack 3", "Receipt: taxi"]) {
    expect(html).toContain(caption);
    expect(files).toContain(photos.find((p) => p.caption === caption)?.sha256);
  }
  const shown = await fetch(`${page}/a/${rack?.sha256 ?? ""}`);
  expect([shown.status, shown.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
  expect(phone.complaints).toEqual([]);
});

test("photos wait when they are told to, and go when they are told to", async () => {
  await to(phone, "#/sync");
  await phone.choose("When photos are sent", "when I say so");
  await to(phone, visit);
  await phone.heading(HOSPITAL);
  const before = (await dossier()).record.photos.length;
  await phone.page.getByLabel("Take a photo").setInputFiles(await png(phone.page, "later.png", 800, 600));
  await expect.poll(async () => (await dossier()).record.photos.length, { timeout: 20_000 }).toBe(before + 1);
  const last = (await dossier()).record.photos.at(-1)?.sha256 ?? "";
  await to(phone, "#/sync");
  await phone.sees("1 photo (");
  expect(await bytesOf(last)).toBeNull();
  await phone.tap("Send the photos now");
  await phone.page.getByRole("heading", { name: "Everything is on the server" }).waitFor();
  expect(await bytesOf(last)).not.toBeNull();
  await phone.choose("When photos are sent", "with everything else");
});

test("a dying phone's file is delivered by a colleague's phone, photos included", async () => {
  await phone.network.cut();
  await to(phone, "#/");
  await phone.tap("Start a visit");
  await phone.fill("Search", "山顶卫生站");
  await phone.tap("Not listed: “山顶卫生站”");
  await phone.tap("Start on site");
  await phone.heading("山顶卫生站");
  await phone.page.getByLabel("Take a photo").setInputFiles(await upright(phone.page, "last.jpg", 2));
  await thumbs(phone, 1);
  await to(phone, "#/sync");
  const saved = phone.page.waitForEvent("download");
  await phone.tap("Save to a file");
  const path = await (await saved).path();
  const buffer = readFileSync(path);
  const key = (await phone.page.locator("code.code").textContent()) ?? "";
  await phone.die();

  const other = await Device.new();
  try {
    await other.open();
    await other.enrol("zhou.wei");
    await to(other, "#/import");
    const file = { name: "unsent.bin", mimeType: "application/octet-stream", buffer };
    const choose = async (what: typeof file, typed: string) => {
      await other.page.locator("input[type=file]").setInputFiles(what);
      await other.fill("Key", typed);
      await other.tap("Open");
    };
    await choose({ ...file, buffer: Buffer.from("a letter") }, key);
    await other.sees("This is no file of unsent work, or it is damaged.");
    await choose(file, "0".repeat(64));
    await other.sees("This key does not open the file of unsent work.");
    // As it was copied from the screen: in groups, and large.
    await choose(file, (key.toUpperCase().match(/.{1,8}/g) ?? []).join(" "));
    await other.page.getByRole("heading", { name: "Recorded by 李娜" }).waitFor();
    await other.sees("1 visit");
    await other.sees(/1 photo \(/);

    // Only its engineer can; a reload in between loses nothing.
    await other.fill("Login", "zhou.wei");
    await other.fill("Password", PASSWORD);
    await other.tap("Deliver");
    await other.sees("This was recorded by 李娜, who has to log in to deliver it.");
    await other.page.reload();
    await other.page.getByRole("heading", { name: "Recorded by 李娜" }).waitFor();
    // The network breaks in the midst of the photo.
    await other.network.cut();
    await other.network.join(600_000);
    await other.fill("Login", "li.na");
    await other.fill("Password", PASSWORD);
    await other.tap("Deliver");
    await other.sees("The server cannot be reached.");
    await other.sees("photos only on this phone");
    await other.network.join();
    await other.fill("Login", "li.na");
    await other.fill("Password", PASSWORD);
    await other.tap("Deliver");
    await other.page.getByText(/^Delivered/).waitFor();

    const get = await office("zhang.li");
    const { items } = (await get("/api/v1/visits")) as { items: { id: string; customer_name?: string }[] };
    const all = await Promise.all(items.map((v) => get(`/api/v1/visits/${v.id}`) as Promise<Dossier>));
    const there = all.find((d) => JSON.stringify(d).includes("山顶卫生站"));
    const sha256 = there?.record.photos[0]?.sha256 ?? "";
    expect(createHash("sha256").update((await bytesOf(sha256)) ?? "").digest("hex")).toBe(sha256);
    await other.sync();
  } finally {
    await other.close();
  }
});
