import { expect, test } from "vitest";
import { clock } from "./clock.ts";

function fake() {
  const at = { wall: 1_800_000_000_000, mono: 500.7, boots: 0 };
  const read = clock({ wall: () => at.wall, mono: () => at.mono, name: () => `boot ${++at.boots}` });
  return { at, read };
}

test("while both clocks run alike it is one boot, and all numbers are whole", () => {
  const { at, read } = fake();
  const first = read();
  at.wall += 3_600_000.4;
  at.mono += 3_600_000.1;
  const second = read();
  expect(second.boot).toBe(first.boot);
  expect(second.monoMs - first.monoMs).toBe(3_600_000);
  expect(Number.isInteger(second.wallMs) && Number.isInteger(second.monoMs)).toBe(true);
});

test("a page that slept does not measure by the clock that stood still", () => {
  const { at, read } = fake();
  const before = read();
  at.wall += 8 * 3_600_000;
  at.mono += 40;
  expect(read().boot).not.toBe(before.boot);
});

test("a wall clock that was set back stays in the boot, so that it shows", () => {
  const { at, read } = fake();
  const before = read();
  at.wall -= 3_600_000 - 60_000;
  at.mono += 60_000;
  const after = read();
  expect(after.boot).toBe(before.boot);
  expect(after.monoMs - before.monoMs).toBe(60_000);
  // Sleep shows in spite of it.
  at.wall += 600_000;
  expect(read().boot).not.toBe(before.boot);
});

test("slow drift is no sleep, however long the page lives", () => {
  const { at, read } = fake();
  const first = read().boot;
  for (let i = 0; i < 100; i++) {
    at.wall += 60_100;
    at.mono += 60_000;
    expect(read().boot).toBe(first);
  }
});
