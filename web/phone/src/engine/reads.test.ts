import type { Phone } from "@countersign/core";
import { expect, test } from "vitest";
import { remembering } from "./reads.ts";

/** Counts what it is asked; private fields, as the real one has them. */
class Fake {
  #asked: string[] = [];
  asked(): string[] {
    return this.#asked.splice(0);
  }
  visit(id: string): object {
    this.#asked.push(`visit ${id}`);
    return { id };
  }
  customers(): object[] {
    this.#asked.push("customers");
    return [];
  }
  runningTimers(): object[] {
    this.#asked.push("timers");
    return [];
  }
  async addNote(): Promise<string> {
    return "recorded";
  }
  async editItem(): Promise<never> {
    throw new Error("full");
  }
  reference = 1;
  async sync(): Promise<{ reference: number }> {
    return { reference: this.reference };
  }
}

function pair(): { fake: Fake; phone: Phone } {
  const fake = new Fake();
  return { fake, phone: remembering(fake as unknown as Phone) };
}

test("the same question is asked once until something is recorded", async () => {
  const { fake, phone } = pair();
  const first = phone.visit("a");
  expect(phone.visit("a")).toBe(first);
  phone.visit("b");
  phone.customers();
  expect(fake.asked()).toEqual(["visit a", "visit b", "customers"]);
  await (phone as unknown as Fake).addNote();
  expect(phone.visit("a")).not.toBe(first);
  phone.customers();
  expect(fake.asked()).toEqual(["visit a"]);
});

test("a sync that brought no reference data leaves those as they are", async () => {
  const { fake, phone } = pair();
  fake.reference = 0;
  phone.visit("a");
  phone.customers();
  await (phone as unknown as Fake).sync();
  phone.visit("a");
  phone.customers();
  expect(fake.asked()).toEqual(["visit a", "customers", "visit a"]);
});

test("after a sync everything may be another", async () => {
  const { fake, phone } = pair();
  phone.visit("a");
  phone.customers();
  await (phone as unknown as Fake).sync();
  phone.visit("a");
  phone.customers();
  expect(fake.asked()).toEqual(["visit a", "customers", "visit a", "customers"]);
});

test("a call that failed has changed something, too: the store was read anew", async () => {
  const { fake, phone } = pair();
  phone.visit("a");
  await expect((phone as unknown as Fake).editItem()).rejects.toThrow("full");
  phone.visit("a");
  expect(fake.asked()).toEqual(["visit a", "visit a"]);
});

test("what the time changes is asked each time", () => {
  const { fake, phone } = pair();
  phone.runningTimers();
  phone.runningTimers();
  expect(fake.asked()).toEqual(["timers", "timers"]);
});
