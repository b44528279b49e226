/** Two engineers, two phones, one visit: both offline, both editing the same work item, both stopping the same timer. */
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { video } from "./camera.ts";
import { Device, office } from "./device.ts";

let na: Device;
let wei: Device;
/** What the second phone's camera sees. */
let seen: string | null = null;
beforeAll(async () => {
  na = await Device.new();
  wei = await Device.new();
});
afterAll(async () => {
  await na.close();
  await wei.close();
  if (seen !== null) rmSync(dirname(seen), { recursive: true });
});

const HOSPITAL = /江城市第一人民医院/;

async function write(phone: Device, field: string, text: string): Promise<void> {
  await phone.tap(/database · 应用连不上数据库/);
  await phone.fill(field, text);
  await phone.tap("Save");
  await phone.heading(HOSPITAL);
}

test("nothing is lost, the minutes count once, and both values are shown", async () => {
  await na.open();
  await na.enrol("li.na");
  await wei.open();
  await wei.enrol("zhou.wei");
  await na.network.cut();
  await wei.network.cut();

  // Two taps from a work order; the colleague joins by the code, both without a network.
  await na.tap(/GD-2026-0901/);
  await na.tap("Start on site");
  await na.heading(HOSPITAL);
  await na.tap("Relief");
  await na.page.getByText("As text").click();
  const code = (await na.page.getByTestId("join-code").textContent()) ?? "";
  await na.page.getByRole("button", { name: "Back" }).click();
  await wei.die();
  seen = video(code);
  await wei.boot(seen);
  await wei.open();
  await wei.tap("Join");
  await wei.tap("Scan");
  await wei.heading(HOSPITAL);

  await na.tap("Add a work item");
  await na.choose("What kind of work", "database");
  await na.fill("What was wrong", "应用连不上数据库");
  await na.tap("Save");
  await na.heading(HOSPITAL);
  await na.tap("labour");
  await na.page.getByRole("timer").getByText(/^0:0/).waitFor();

  // They meet once by way of the server, then it is dark again.
  await na.network.join();
  await na.sync();
  await wei.network.join();
  await wei.sync();
  await na.network.cut();
  await wei.network.cut();
  await na.page.evaluate(() => history.back());
  await wei.page.evaluate(() => history.back());

  await wei.sees("李娜 · labour");
  await write(na, "What was done", "重启监听");
  await write(wei, "What was done", "改了连接数");
  await na.tap("Stop");
  await wei.page.locator(".beside").getByRole("button", { name: "Stop" }).click();

  await na.network.join();
  await na.sync();
  await wei.network.join();
  await wei.sync();
  await na.sync();
  await na.tap("Send now");
  for (const phone of [na, wei]) {
    await phone.page.evaluate(() => history.back());
    await phone.heading(HOSPITAL);
    await phone.sees("Two phones wrote different things");
    const conflict = phone.page.locator(".conflict").filter({ hasText: "What was done" });
    await conflict.getByText("重启监听").waitFor();
    await conflict.getByText("改了连接数").waitFor();
    await phone.page.locator(".conflict").filter({ hasText: "When the timer was stopped" }).waitFor();
  }
  const times = await Promise.all([na, wei].map((phone) => phone.page.getByRole("heading", { name: /^Time:/ }).textContent()));
  expect(times[0]).toBe(times[1]);

  const get = await office("zhang.li");
  const { items } = (await get("/api/v1/visits")) as { items: { id: string }[] };
  expect(items).toHaveLength(1);
  const dossier = JSON.stringify(await get(`/api/v1/visits/${items[0]?.id ?? ""}`));
  for (const told of ["重启监听", "改了连接数", "conflict", "李娜", "周伟"]) expect(dossier).toContain(told);

  // One of them settles it, and it is settled for both.
  await write(na, "What was done", "重启监听，并改了连接数");
  await na.sync();
  await wei.tap(/^Sync/);
  await wei.tap("Send now");
  await wei.page.evaluate(() => history.back());
  await wei.sees("重启监听，并改了连接数");
  await wei.page.locator(".conflict").filter({ hasText: "What was done" }).waitFor({ state: "detached" });
  expect([...na.complaints, ...wei.complaints]).toEqual([]);
});
