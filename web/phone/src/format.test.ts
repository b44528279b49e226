import { expect, test } from "vitest";
import { minorUnits, money, stopwatch } from "./format.ts";

test("sums are read as whole fen, and what is no sum is none", () => {
  expect(minorUnits("86.5")).toBe(8650);
  expect(minorUnits(" ¥1,286.05 ")).toBe(128605);
  expect(minorUnits("0。07")).toBe(7);
  expect(minorUnits("12.")).toBe(1200);
  for (const none of ["", "-5", "1.234", "abc", "1e3", "9999999999"]) expect(minorUnits(none)).toBeNull();
});

test("sums are shown to the last fen", () => {
  expect(money(128605, "CNY", "zh-CN")).toBe("¥1,286.05");
  expect(money(7, "CNY", "en")).toContain("0.07");
  expect(money(1500, "JPY", "en")).toContain("1,500");
  expect(money(900719925474099, "CNY", "en")).toContain("9,007,199,254,740.99");
});

test("a stopwatch has hours when there are some", () => {
  expect(stopwatch(309)).toBe("5:09");
  expect(stopwatch(7509)).toBe("2:05:09");
  expect(stopwatch(-3)).toBe("0:00");
});
