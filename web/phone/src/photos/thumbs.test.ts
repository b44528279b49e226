import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { keepThumb, thumbOf } from "./thumbs.ts";

test("the newest are kept, the oldest go first", async () => {
  for (let n = 0; n < 605; n++) await keepThumb(`${n}`, new Blob([`picture ${n}`], { type: "image/jpeg" }));
  const last = await thumbOf("604");
  expect([last?.type, await last?.text()]).toEqual(["image/jpeg", "picture 604"]);
  const left = await Promise.all(Array.from({ length: 605 }, (_, n) => thumbOf(`${n}`)));
  expect(left.filter((thumb) => thumb !== null).length).toBe(600);
  expect(await thumbOf("nobody's")).toBeNull();
});
