import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { Disk, NotOwner } from "./disk.ts";

const bytes = (...values: number[]) => new Uint8Array(values);

test("what was persisted is there for the next start, photos' bytes only by name", async () => {
  const disk = await Disk.open("one");
  await disk.own();
  await disk.persist([
    { put: "a", value: bytes(1) },
    { put: "b/photo", value: bytes(2, 2) },
    { put: "c", value: bytes(3) },
  ]);
  await disk.persist([{ delete: "a" }]);
  disk.close();
  const again = await Disk.open("one");
  expect(await again.entries()).toEqual([["c", bytes(3)]]);
  expect(await again.read("b/photo")).toEqual(bytes(2, 2));
});

test("of a batch that fails nothing is kept", async () => {
  const disk = await Disk.open("half");
  await disk.own();
  const unclonable = (() => undefined) as unknown as Uint8Array;
  await expect(disk.persist([{ put: "a", value: bytes(1) }, { put: "b", value: unclonable }])).rejects.toThrow();
  expect(await disk.entries()).toEqual([]);
  await disk.persist([{ put: "c", value: bytes(3) }]);
  expect(await disk.entries()).toEqual([["c", bytes(3)]]);
});

test("a tab that was taken over writes nothing more", async () => {
  const old = await Disk.open("two");
  await old.own();
  const next = await Disk.open("two");
  await next.own();
  await expect(old.persist([{ put: "a", value: bytes(1) }])).rejects.toBeInstanceOf(NotOwner);
  await next.persist([{ put: "b", value: bytes(2) }]);
  expect(await next.entries()).toEqual([["b", bytes(2)]]);
});

test("drafts stay until they are emptied", async () => {
  const disk = await Disk.open("three");
  await disk.draft("visit/symptom", "数据库");
  expect(await disk.drafts()).toEqual(new Map([["visit/symptom", "数据库"]]));
  await disk.draft("visit/symptom", "");
  expect((await disk.drafts()).size).toBe(0);
});
