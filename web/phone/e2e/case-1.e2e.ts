/** No contract, "do you still want to sign one?" Three days without a network, a reload, a battery that dies. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Device, office } from "./device.ts";

let phone: Device;
beforeAll(async () => {
  phone = await Device.new();
});
afterAll(() => phone.close());

interface Listed {
  items: { id: string; customer_name?: string }[];
}

test("a hospital without a contract, told from a basement", async () => {
  const { network } = phone;
  await phone.open();
  await phone.enrol("wang.jianguo");

  // From here on there is nothing but the phone.
  await network.cut();
  await phone.page.reload();
  await phone.heading("Today");

  // Nobody dispatched; sales asked. The verdict comes before the work.
  await phone.tap("Start a visit");
  await phone.fill("Search", "ylx");
  await phone.tap(/Yunling County People's Hospital/);
  await phone.choose("Role", "sales");
  await phone.fill("Name", "孙强");
  await phone.fill("In their words", "他们还想签合同，你先去。");
  await phone.choose("Is there any data at all?", "No");
  await phone.choose("So", "somebody must be there");
  await phone.choose("What kind of work?", "database");
  await phone.sees("not covered");
  await phone.tap("Show to the customer");
  await phone.sees("不在合同范围内");
  await phone.sees("Not covered by your contract");
  await phone.tap("Close");

  await phone.tap("Start on site");
  await phone.heading(/云岭县人民医院/);
  await phone.tap("travel");
  await phone.page.getByRole("timer").getByText(/^0:0/).waitFor();

  // The battery dies while the timer runs.
  await phone.die();
  await phone.boot();
  await phone.open();
  await phone.heading("Today");
  await phone.sees("Running now");
  await phone.tap(/travel/);
  await phone.heading(/云岭县人民医院/);
  await phone.tap("Stop");
  await phone.sees("Nothing is running.");

  // A draft survives, too.
  await phone.tap("Add a work item");
  await phone.choose("What kind of work", "database");
  await phone.fill("What was wrong", "数据库无法启动");
  // As long as it takes to write a line to the disk.
  await phone.page.waitForTimeout(500);
  await phone.die();
  await phone.boot();
  await phone.open();
  await phone.tap(/云岭县人民医院/);
  await phone.tap("Add a work item");
  expect(await phone.page.getByLabel("What was wrong").inputValue()).toBe("数据库无法启动");
  expect(await phone.page.getByRole("radio", { name: "database", exact: true }).isChecked()).toBe(true);
  await phone.fill("What was done", "按院方要求直接恢复到昨夜备份");
  await phone.tap("Save");
  await phone.heading(/云岭县人民医院/);

  // The night's work, written down afterwards.
  const day = new Date(Date.now() - 36 * 3_600_000).toISOString().slice(0, 10);
  await phone.tap("Add time");
  await phone.fill("From", `${day}T23:40`);
  await phone.fill("Until", `${day}T23:59`);
  await phone.tap("Save");
  await phone.heading(/云岭县人民医院/);
  for (const [kind, sum, note] of [
    ["taxi", "86.50", "去医院"],
    ["hotel", "640", "两晚"],
  ] as const) {
    await phone.tap("Add an expense");
    await phone.choose("What for", kind);
    await phone.fill("Amount (CNY)", sum);
    await phone.fill("Note", note);
    await phone.tap("Save");
    await phone.heading(/云岭县人民医院/);
  }
  await phone.tap("Record an objection");
  await phone.fill("What you advised", "先备份再恢复");
  await phone.fill("Who insisted", "马国栋");
  await phone.fill("In their words", "不用备份，直接来");
  await phone.tap("Save");
  await phone.heading(/云岭县人民医院/);
  await phone.sees("¥640.00");

  // Signed on the glass.
  await phone.tap("Sign off");
  await phone.heading("Please read");
  const shown = await phone.page.getByRole("region", { name: "Please read" }).textContent();
  expect(shown).toContain("先备份再恢复");
  const digest = (await phone.page.locator(".digest code").textContent()) ?? "";
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  await phone.tap("Read; now answer");
  await phone.fill("Name of the signer", "马国栋");
  await phone.fill("Position", "信息科科长");
  await phone.tap("Tap to sign");
  const glass = phone.page.locator(".glass canvas");
  await glass.waitFor();
  const box = await glass.boundingBox();
  if (box === null) throw new Error("no glass");
  const { mouse } = phone.page;
  await mouse.move(box.x + 40, box.y + box.height / 2);
  await mouse.down();
  for (let i = 1; i <= 20; i++) await mouse.move(box.x + 40 + i * 12, box.y + box.height / 2 + 60 * Math.sin(i / 2));
  await mouse.up();
  // The phone is turned: nothing of the drawing is lost.
  await phone.page.setViewportSize({ width: 740, height: 360 });
  await phone.page.setViewportSize({ width: 360, height: 740 });
  await phone.page.locator(".glass").getByRole("button", { name: "Done" }).click();
  await phone.page.getByRole("img", { name: "Signature of 1 strokes" }).waitFor();
  await phone.tap("Sign off");
  await phone.heading("Signed off");
  await phone.sees("Not yet sent");
  await phone.sees(digest);

  // It is all still there after another start without a network.
  await phone.page.reload();
  await phone.sees(digest);
  await phone.sees("Not yet sent");
  expect(await phone.page.getByRole("button", { name: /^Sync: \d+ unsent/ }).count()).toBe(1);

  // Under the sky again.
  await network.join();
  await phone.sync();
  await phone.page.evaluate(() => history.back());
  await phone.sees("On the server");
  await phone.sees(/XY04-\d+/);

  const get = await office("emma.wood");
  const { items } = (await get("/api/v1/visits")) as Listed;
  expect(items).toHaveLength(1);
  const dossier = JSON.stringify(await get(`/api/v1/visits/${items[0]?.id ?? ""}`));
  for (const told of ["no_contract", "no_work_order", "先备份再恢复", "还想签合同", digest]) expect(dossier).toContain(told);
  expect(phone.complaints).toEqual([]);
});
