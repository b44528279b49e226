/** The customer's part: how they can be reached, what they think of the service, and a code that is theirs alone. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Device, office } from "./device.ts";
import { mailedCode } from "./server.ts";

let phone: Device;
beforeAll(async () => {
  phone = await Device.new();
  await phone.open();
  await phone.enrol("li.na");
});
afterAll(() => phone.close());

const HOSPITAL = /江城市第一人民医院/;

async function to(hash: string): Promise<void> {
  await phone.page.evaluate((h) => {
    location.hash = h;
  }, hash);
}

/** The visit's own address inside the app. */
let visit = "";

test("a customer who declines what is not covered: the record says so, and what was not begun is not begun", async () => {
  await phone.network.cut();
  await phone.tap(/GD-2026-0901/);
  await phone.tap("Start on site");
  await phone.heading(HOSPITAL);
  visit = await phone.page.evaluate(() => location.hash);

  // Asked before anything is recorded.
  await phone.choose("What kind of work?", "security");
  await phone.tap("Show to the customer");
  await phone.heading("For the customer");
  await phone.sees("不在合同范围内");
  await phone.choose("They say", "Please go ahead all the same.");
  await phone.fill("Who says so", "刘志远");
  await phone.fill("In their words", "先修，费用另说");
  await phone.tap("Keep");
  await phone.heading(HOSPITAL);
  await phone.sees("Shown to the customer: Not covered by your contract. Kind of work: security. Answer of 刘志远: Please go ahead all the same. In their words: “先修，费用另说”");

  await phone.tap("Add a work item");
  await phone.choose("What kind of work", "security");
  await phone.fill("What was wrong", "防火墙策略要改");
  await phone.tap("Save");
  await phone.heading(HOSPITAL);
  await phone.tap("Show to the customer");
  await phone.heading("For the customer");
  await phone.choose("They say", "Then please do not do it.");
  await phone.tap("Keep");
  await phone.heading("The customer does not want it");
  await phone.tap("Write “not done” into the work item");
  await phone.page.getByRole("button", { name: /not done/ }).waitFor({ state: "detached" });
  await phone.tap("Sign off");
  await phone.heading("Please read");
  const shown = await phone.page.getByRole("region", { name: "Please read" }).textContent();
  for (const told of ["Not done: the customer did not want it.", "Answer of the customer: Then please do not do it."]) {
    expect(shown).toContain(told);
  }
});

test("who signed and how they can be reached, checked where it is typed", async () => {
  await phone.tap("Read; now answer");
  await phone.tap(/刘志远/);
  const field = (label: string) => phone.page.getByLabel(label, { exact: true });
  expect(await field("Signer's mail").inputValue()).toBe("xinxike@rm01.example");
  expect(await field("Signer's phone").inputValue()).toBe("138 0000 0001");
  expect(await field("Position").inputValue()).toBe("信息科主任");
  expect([await field("Signer's mail").getAttribute("type"), await field("Signer's phone").getAttribute("type")]).toEqual(["email", "tel"]);
  expect(await field("Signer's mail").getAttribute("autocomplete")).toBe("off");

  const sign = phone.page.getByRole("button", { name: "Sign off", exact: true });
  await phone.fill("Signer's mail", "刘志远");
  expect(await sign.isDisabled()).toBe(true);
  await phone.fill("Signer's phone", "１３８");
  await phone.page.getByText("This is no mail address. Correct it, or leave it out.").waitFor();
  await field("Department").focus();
  await phone.page.getByText("This is no telephone number. Correct it, or leave it out.").waitFor();
  expect(await field("Signer's phone").getAttribute("aria-invalid")).toBe("true");
  await phone.fill("Signer's phone", "");
  await phone.fill("Department", "信息科");
  // What looks like an address here and is none: the engine says so, and it is said at the field.
  await phone.fill("Signer's mail", "liu@rm01..example");
  await sign.click();
  await phone.page.getByRole("alert").getByText("This is no mail address. Correct it, or leave it out.").waitFor();
  await phone.fill("Signer's mail", "liu.zhiyuan@rm01.example");
});

test("a rating that the customer gives with the keyboard, takes back, and gives again", async () => {
  const stars = phone.page.getByRole("group", { name: "How was the service?" });
  const star = (n: number, word: string) => stars.getByRole("radio", { name: `${n} of 5: ${word}` });
  await star(1, "very dissatisfied").focus();
  await phone.page.keyboard.press("Space");
  await phone.page.keyboard.press("ArrowRight");
  expect(await star(2, "dissatisfied").isChecked()).toBe(true);
  await phone.fill("What else they would like to say", "等得太久");
  await phone.tap("No rating");
  expect(await stars.getByRole("radio", { checked: true }).count()).toBe(0);
  await phone.choose("How was the service?", "4 of 5: satisfied");
  // What was said with the rating is still there.
  expect(await phone.page.getByLabel("What else they would like to say").inputValue()).toBe("等得太久");
  await phone.fill("What else they would like to say", "来得快");

  // Killed before it was signed: what was typed and rated is kept.
  await phone.page.waitForTimeout(500);
  await phone.die();
  await phone.boot();
  await phone.open();
  await phone.heading("Today");
  await to(`${visit}/sign`);
  await phone.tap("Read; now answer");
  expect(await phone.page.getByRole("radio", { name: "4 of 5: satisfied" }).isChecked()).toBe(true);
  await phone.tap("Sign off");
  await phone.heading("Signed off");
  for (const told of ["刘志远 · 信息科主任 · 信息科", "liu.zhiyuan@rm01.example", "4 of 5: satisfied", "来得快"]) await phone.sees(told);
  await phone.sees("This needs a network and the receipt");
});

test("a one-time code, read out by the signer", async () => {
  await phone.network.join();
  await phone.sync();
  await phone.network.cut();
  await to(`${visit}/signed`);
  await phone.sees("A code needs a network.");
  await phone.network.join();
  await phone.tap("Try again");
  await phone.choose("To whom", /l\*\*\*@r\*\*\*\.example/);
  await phone.tap("Send a code");
  await phone.sees("A code was sent to l***@r***.example");
  const { code, to: address } = await mailedCode();
  expect(address).toBe("liu.zhiyuan@rm01.example");

  // The phone is put away and taken out again.
  await phone.page.reload();
  await phone.sees("A code was sent to l***@r***.example");
  await phone.fill("The six digits", code === "000000" ? "000001" : "000000");
  await phone.tap("Confirm");
  await phone.sees("This code is not valid");
  // Another one so soon is too often.
  await phone.tap("Send a code");
  await phone.sees(/Another code can be sent in 0:[0-5]\d|Another code can be sent in 1:00/);
  expect(await phone.page.getByRole("button", { name: "Send a code" }).isDisabled()).toBe(true);
  // The right one is still good, however it is typed.
  await phone.fill("The six digits", `${code.slice(0, 3)} ${code.slice(3)}`);
  await phone.tap("Confirm");
  await phone.sees("Confirmed with a code");
  await phone.page.reload();
  await phone.sees("Confirmed with a code");
  expect(await phone.page.getByRole("button", { name: "Send a code" }).count()).toBe(0);

  const get = await office("zhang.li");
  const { items } = (await get("/api/v1/visits")) as { items: { id: string }[] };
  const dossier = (await get(`/api/v1/visits/${items[0]?.id ?? ""}`)) as { confirmations: { code: { entered: string; is_signer: boolean } }[] };
  expect(dossier.confirmations.map((c) => [c.code.entered, c.code.is_signer])).toEqual([["company", true]]);
  expect(JSON.stringify(dossier)).toContain("来得快");
  expect(phone.complaints.filter((c) => !/status of (422|429)/.test(c))).toEqual([]);
});
