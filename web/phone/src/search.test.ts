import type { Customer } from "@countersign/core";
import { expect, test } from "vitest";
import { find, findable } from "./search.ts";

const customer = (code: string, name: string, nameEn: string | null): Customer => ({
  id: code, code, name, nameEn, tier: "tertiary", timeZone: "Asia/Shanghai",
});
const all = findable([
  customer("RM01", "江城市第一人民医院", "Jiangcheng First People's Hospital"),
  customer("ZY02", "江城市中医院", null),
  customer("XY04", "云岭县人民医院", null),
]);
const codes = (typed: string) => find(all, typed).map((c) => c.code);

test("a hospital is found by what an engineer types with one thumb", () => {
  expect(codes("人民")).toEqual(["XY04", "RM01"]);
  expect(codes("jcszyy")).toEqual(["ZY02"]);
  expect(codes("YunLing")).toEqual(["XY04"]);
  expect(codes("first people")).toEqual(["RM01"]);
  expect(codes("zy0")).toEqual(["ZY02"]);
  expect(codes("没有")).toEqual([]);
  expect(codes("")).toHaveLength(3);
});
