/** Months in a mountain clinic: the server's clock and the phone's are put forward together. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Device, PASSWORD, office } from "./device.ts";
import { advanceServer } from "./server.ts";

const DAY = 86_400_000;
let phone: Device;
beforeAll(async () => {
  phone = await Device.new();
});
afterAll(() => phone.close());

/** Starts the phone again, so many days later by its own clock. */
async function startsAfter(days: number): Promise<void> {
  await phone.die();
  await phone.boot();
  await phone.page.addInitScript((ms) => {
    const real = Date.now.bind(Date);
    const Then = class extends Date {
      constructor(...of: unknown[]) {
        super(...((of.length === 0 ? [real() + ms] : of) as [number]));
      }
      static override now = () => real() + ms;
    };
    Object.assign(globalThis, { Date: Then });
  }, days * DAY);
  await phone.open();
}

/** What is asked before a visit at a hospital that is on no list. */
async function asked(name: string): Promise<void> {
  await home();
  await phone.tap("Start a visit");
  await phone.fill("Search", name);
  await phone.tap(`Not listed: “${name}”`);
  await phone.heading("Start a visit");
}

/** Starts one there, with a work item. */
async function visit(name: string): Promise<void> {
  await asked(name);
  await phone.tap("Start on site");
  await phone.heading(name);
  await phone.tap("Add a work item");
  await phone.choose("What kind of work", "network");
  await phone.fill("What was wrong", `${name}的交换机`);
  await phone.tap("Save");
  await phone.heading(name);
  await home();
}

async function home(): Promise<void> {
  await phone.page.evaluate(() => {
    location.hash = "#/";
  });
  await phone.heading("Today");
}

test("a month without a network: the phone renews its log-in by itself, even if the first answer is lost", async () => {
  await phone.open();
  await phone.enrol("wang.jianguo");
  await phone.sync();
  await home();
  await phone.network.cut();
  await visit("一月卫生院");
  // Asked for, but nobody goes.
  await asked("没去成的卫生院");
  await phone.choose("Role", "sales");
  await phone.fill("Name", "赵销售");
  await phone.page.waitForTimeout(500);
  await phone.die();
  await phone.boot();
  await phone.open();
  await asked("没去成的卫生院");
  expect(await phone.page.getByRole("radio", { name: "sales", exact: true }).isChecked()).toBe(true);
  expect(await phone.page.getByLabel("Name", { exact: true }).inputValue()).toBe("赵销售");

  await advanceServer(30);
  await startsAfter(30);
  await asked("没去成的卫生院");
  expect(await phone.page.getByRole("radio", { name: "sales", exact: true }).isChecked()).toBe(false);
  expect(await phone.page.getByLabel("Name", { exact: true }).inputValue()).toBe("");
  await home();
  // The network ends after the question and before the answer. A token that was used is no good a second time.
  phone.network.lose = "POST /api/v1/auth/refresh";
  await phone.network.join();
  await phone.sync();
  expect(phone.network.lose).toBe("");
  await home();
  expect(await phone.page.getByRole("heading", { name: "Log in again" }).count()).toBe(0);
});

test("a log-in that ran out: recording goes on, nothing is lost, and after a log-in all of it is sent", async () => {
  await phone.network.cut();
  await visit("三月卫生院");
  await phone.tap(/三月卫生院/);
  await phone.tap("Add a work item");
  await phone.fill("What was wrong", "还没写完");
  await phone.page.waitForTimeout(500);

  await advanceServer(121);
  await phone.network.join();
  await startsAfter(121);
  await phone.page.getByRole("button", { name: /^Sync: Log in/ }).waitFor();
  await home();
  await visit("退出之后");
  await phone.tap(/^Sync: Log in/);
  await phone.sees("You can go on recording; to send, log in again. Nothing is lost.");
  await phone.sees("三月卫生院");
  await phone.page.reload();
  await phone.sees("三月卫生院");
  await phone.fill("Login", "wang.jianguo");
  await phone.fill("Password", PASSWORD);
  await phone.page.getByRole("main").getByRole("button", { name: "Log in", exact: true }).click();
  await phone.page.getByRole("heading", { name: "Everything is on the server" }).waitFor();
  await home();
  await phone.tap(/三月卫生院/);
  await phone.tap("Add a work item");
  expect(await phone.page.getByLabel("What was wrong").inputValue()).toBe("还没写完");

  const get = await office("zhang.li");
  const { items } = (await get("/api/v1/visits")) as { items: { id: string; began_ms: number; customer_name: string }[] };
  const days = items.map((v) => [v.customer_name, Math.floor((v.began_ms - Date.now()) / DAY + 0.5)] as const);
  expect(new Map(days)).toEqual(new Map([["一月卫生院", 0], ["三月卫生院", 30], ["退出之后", 121]]));
  expect((await get("/api/v1/visits?flag=clock_drift")) as object).toMatchObject({ items: [] });
  for (const { id, customer_name: name } of items) {
    expect(JSON.stringify(await get(`/api/v1/visits/${id}`))).toContain(`${name}的交换机`);
  }
  // The lost answer, and the log-in that had ended.
  expect(phone.complaints.filter((c) => !/ERR_FAILED|status of 401/.test(c))).toEqual([]);
});
