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

test("a full disk at the start: everything can be read, and the first write that finds room owns the store", async () => {
  const old = await Disk.open("full");
  await old.own();
  await old.persist([{ put: "a", value: bytes(1) }]);
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  const next = await Disk.open("full");
  await next.own();
  expect(await next.entries()).toEqual([["a", bytes(1)]]);
  await expect(next.persist([{ put: "b", value: bytes(2) }])).rejects.toMatchObject({ name: "QuotaExceededError" });
  const overtaken = await Disk.open("full");
  await overtaken.own();
  IDBObjectStore.prototype.put = put;
  await next.persist([{ put: "b", value: bytes(2) }]);
  await expect(old.persist([{ put: "c", value: bytes(3) }])).rejects.toBeInstanceOf(NotOwner);
  await expect(overtaken.persist([{ put: "d", value: bytes(4) }])).rejects.toBeInstanceOf(NotOwner);
  expect((await next.entries()).map(([name]) => name)).toEqual(["a", "b"]);
});

test("drafts stay until they are emptied", async () => {
  const disk = await Disk.open("three");
  await disk.draft("visit/symptom", "数据库");
  expect(await disk.drafts()).toEqual(new Map([["visit/symptom", "数据库"]]));
  await disk.draft("visit/symptom", "");
  expect((await disk.drafts()).size).toBe(0);
});
