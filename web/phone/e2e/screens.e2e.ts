/**
 * Every screen, in both languages and both themes: no violation of WCAG 2.2 A and AA that axe finds, nothing wider than a
 * 360 px phone, and a picture of each where `COUNTERSIGN_SHOTS` names a folder.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Device } from "./device.ts";
import { scene } from "./pictures.ts";
import { mailedCode } from "./server.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SHOTS = process.env["COUNTERSIGN_SHOTS"];
const LOOKS = (["zh-CN", "en"] as const).flatMap((lang) => (["light", "dark"] as const).map((theme) => ({ lang, theme })));

let phone: Device;
beforeAll(async () => {
  phone = await Device.new();
});
afterAll(() => phone.close());

/** What is wrong with the screen as it stands. */
async function faults(): Promise<string[]> {
  // Evaluated by the debugger, not by a script element: the content policy stays as strict as it is.
  await phone.page.evaluate(AXE);
  const found = await phone.page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: (of: Document, how: object) => Promise<AxeResults> } };
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
    return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 160)} ${n.failureSummary ?? ""}`));
  });
  const wide = await tooWide();
  if (wide > 0) found.push(`${wide} px wider than the phone`);
  const small = await phone.page.evaluate(() => {
    const boxes = [...document.querySelectorAll("button, summary, .chip, input:not([type=radio]), textarea")];
    return boxes
      .filter((e) => (e as HTMLElement).checkVisibility() && e.getBoundingClientRect().height < 47.5)
      .map((e) => `a target of ${Math.round(e.getBoundingClientRect().height)} px: ${e.outerHTML.slice(0, 100)}`);
  });
  return [...found, ...small];
}

const wrong: string[] = [];
/** The last card of a screen. */
const LAST = "main > section:last-of-type";

/** Looks at the screen, scrolled down to what `part` names: another language shows it from its top. */
async function look(name: string, part?: string): Promise<void> {
  for (const { lang, theme } of LOOKS) {
    await dress({ lang, theme });
    await phone.page.evaluate((css) => css !== undefined && document.querySelector(css)?.scrollIntoView({ block: "end" }), part);
    await phone.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    wrong.push(...(await faults()).map((fault) => `${name} ${lang} ${theme}: ${fault}`));
    if (SHOTS !== undefined) {
      mkdirSync(SHOTS, { recursive: true });
      const cdp = await phone.page.context().newCDPSession(phone.page);
      const { data } = await cdp.send("Page.captureScreenshot", { format: "webp", quality: 55 });
      await cdp.detach();
      writeFileSync(join(SHOTS, `${name}-${lang}-${theme}.webp`), Buffer.from(data, "base64"));
    }
  }
  for (const lang of ["zh-CN", "en"] as const) {
    await dress({ lang, theme: "light", size: 140 });
    const wide = await tooWide();
    if (wide > 0) wrong.push(`${name} ${lang} in large letters: ${wide} px wider than the phone`);
  }
  await dress({ lang: "en", theme: "light" });
}

/** By how many pixels the screen is wider than the phone. */
async function tooWide(): Promise<number> {
  return phone.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** As a change in another tab arrives. */
async function dress(look: { lang: string; theme?: string; size?: number }): Promise<void> {
  await phone.page.evaluate((text) => {
    localStorage.setItem("countersign-look", text);
    window.dispatchEvent(new StorageEvent("storage", { key: "countersign-look", newValue: text }));
  }, JSON.stringify(look));
  await phone.page.waitForFunction((lang) => document.documentElement.lang === lang, look.lang);
}

async function to(hash: string): Promise<void> {
  await phone.page.evaluate((h) => {
    location.hash = h;
  }, hash);
}

/** So many small pictures are on the screen. */
async function drawn(count: number): Promise<void> {
  await phone.page.waitForFunction(
    (n) => [...document.querySelectorAll<HTMLImageElement>(".thumb img")].filter((i) => i.naturalWidth > 0).length === n,
    count,
  );
}

/** Another phone's file: chosen, with its key, and taken in. */
async function file(name: string): Promise<void> {
  // The key that is shown is that of the next file.
  await to("#/");
  await phone.heading("Today");
  await to("#/sync");
  const saved = phone.page.waitForEvent("download");
  await phone.tap("Save to a file");
  const buffer = readFileSync(await (await saved).path());
  const key = (await phone.page.locator("code.code").textContent()) ?? "";
  await to("#/import");
  await phone.heading("Another phone's unsent work");
  await phone.page.locator("input[type=file]").setInputFiles({ name: "countersign-unsent.bin", mimeType: "", buffer });
  await phone.fill("Key", key);
  await look(name);
  await phone.tap("Open");
  await phone.page.getByRole("heading", { name: /^Recorded by/ }).evaluate((e) => e.scrollIntoView());
  await look(`${name}-taken`);
}

test("every screen is one that anybody can use", async () => {
  await phone.open();
  await phone.heading("Log in");
  await look("login");
  await phone.enrol("li.na");
  await look("home");
  await to("#/begin");
  await phone.fill("Search", "jc");
  await look("where");
  await phone.fill("Search", "");
  await to("#/");
  await phone.tap(/GD-2026-0901/);
  await phone.choose("What kind of work?", "database");
  await look("begin");
  await phone.tap("Show to the customer");
  await look("notice");
  await phone.tap("Close");
  await phone.tap("Start on site");
  await phone.heading(/江城市第一人民医院/);
  const visit = await phone.page.evaluate(() => location.hash);
  await look("visit-new");
  await to(`${visit}/item`);
  await phone.choose("What kind of work", "database");
  await phone.fill("What was wrong", "HIS 连不上数据库，门诊挂号停了");
  await phone.fill("What was done", "重启监听，核对连接数");
  await look("item");
  await phone.tap("Save");
  await phone.heading(/江城市第一人民医院/);
  await phone.tap("labour");
  await to(`${visit}/expense`);
  await phone.choose("What for", "taxi");
  await phone.fill("Amount (CNY)", "86.50");
  await phone.page.getByLabel("Take a photo").setInputFiles(await scene(phone.page, "receipt", "taxi.png"));
  await phone.heading("Expense");
  await drawn(1);
  await phone.page.evaluate(() => window.scrollTo(0, 0));
  await look("expense");
  await phone.tap("Save");
  await phone.heading(/江城市第一人民医院/);
  await to(`${visit}/objection`);
  await phone.fill("What you advised", "先做一次完整备份再重启");
  await phone.fill("Who insisted", "刘志远");
  await phone.fill("In their words", "门诊等不了，直接重启");
  await look("objection");
  await phone.tap("Save");
  await phone.heading(/江城市第一人民医院/);
  await to(`${visit}/time`);
  await phone.heading("Add time");
  await look("time");
  await to(visit);
  await phone.heading(/江城市第一人民医院/);
  await look("visit");
  await phone.tap("Error on the screen");
  await phone.page.getByLabel("Take a photo").setInputFiles(await scene(phone.page, "screen", "screen.png"));
  await drawn(2);
  await phone.page.getByLabel("Photograph the customer's seal").setInputFiles(await scene(phone.page, "seal", "seal.png"));
  await drawn(3);
  await phone.page.getByRole("heading", { name: "3 photos" }).evaluate((e) => window.scrollBy(0, e.getBoundingClientRect().top - 70));
  await look("photos");
  await phone.page.getByRole("button", { name: /Error on the screen/ }).first().click();
  await phone.page.getByRole("img", { name: "Error on the screen" }).waitFor();
  await look("photo");
  await phone.page.getByText("Correct or replace").click();
  await phone.page.getByText("Correct or replace").evaluate((e) => e.scrollIntoView());
  await look("photo-correct");
  await to(`${visit}/item`);
  await phone.choose("What kind of work", "security");
  await phone.fill("What was wrong", "防火墙策略要放开外网");
  await phone.tap("Save");
  await phone.heading(/江城市第一人民医院/);
  await to(`${visit}/notice`);
  await phone.choose("They say", "Then please do not do it.");
  await phone.fill("Who says so", "刘志远");
  await look("visit-notice", LAST);
  await phone.tap("Keep");
  await phone.heading("The customer does not want it");
  await look("declined");
  await phone.tap(/^Write “not done”/);
  await to(`${visit}/code`);
  await look("relief");
  await to("#/join");
  await look("join");
  await to(visit);
  await phone.tap("Stop");
  await phone.network.cut();
  await to(`${visit}/sign`);
  await look("sign-read");
  await phone.tap("Read; now answer");
  await phone.tap(/刘志远/);
  await phone.fill("Department", "信息科");
  await look("sign-answer");
  await phone.fill("Signer's mail", "刘志远");
  await phone.page.getByLabel("Signer's phone").focus();
  await look("sign-reach", "section:has(> .field input[type=tel])");
  await phone.fill("Signer's mail", "xinxike@rm01.example");
  await phone.choose("How was the service?", "4 of 5: satisfied");
  await phone.fill("What else they would like to say", "半夜也来得快");
  await look("sign-customer", "section:has(.stars)");
  await phone.tap("Tap to sign");
  await phone.page.locator(".glass canvas").waitFor();
  const box = await phone.page.locator(".glass canvas").boundingBox();
  if (box === null) throw new Error("no glass");
  const { mouse } = phone.page;
  for (const [from, to] of [[60, 300], [110, 250]] as const) {
    await mouse.move(box.x + from, box.y + 320);
    await mouse.down();
    for (let x = from; x <= to; x += 6) await mouse.move(box.x + x, box.y + 320 + 70 * Math.sin(x / 14));
    await mouse.up();
  }
  await look("pad");
  await phone.page.locator(".glass").getByRole("button", { name: "Done" }).click();
  await phone.tap("Sign off");
  await phone.heading("Signed off");
  await look("signed");
  await to("#/sync");
  await phone.tap("Send now");
  await phone.sees("The server cannot be reached.");
  await phone.tap("Save to a file");
  await phone.sees("The file can only be opened with this key.");
  await look("sync");
  await phone.page.getByRole("heading", { name: "Photos" }).evaluate((e) => window.scrollBy(0, e.getBoundingClientRect().top - 70));
  await look("photos-way");
  await file("import");
  await to("#/settings");
  await look("settings");

  // The signature is on the server, and the signer confirms it with a code.
  await phone.network.join();
  await phone.sync();
  await to(`${visit}/signed`);
  const codes = phone.page.getByRole("region", { name: "Confirm with a one-time code" });
  await codes.getByRole("button", { name: "Send a code" }).waitFor();
  await look("code", LAST);
  await phone.tap("Send a code");
  await phone.fill("The six digits", (await mailedCode()).code);
  await look("code-sent", LAST);
  await phone.tap("Confirm");
  await codes.getByText("Confirmed with a code").waitFor();
  await look("code-confirmed", LAST);

  // A second tab says what is the matter, and may take over.
  const first = phone.page;
  const second = await phone.tab();
  await second.goto(phone.base);
  await second.getByRole("heading", { name: "Open in another tab" }).waitFor();
  await second.getByRole("button", { name: "Use it here" }).click();
  await second.getByRole("heading", { name: "Today" }).waitFor();
  await first.getByRole("heading", { name: "Open in another tab" }).waitFor();
  await first.bringToFront();
  await look("elsewhere");
  await second.close();

  expect(wrong).toEqual([]);
  expect(phone.complaints).toEqual([]);
});
