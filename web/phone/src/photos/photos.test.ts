import { beforeEach, expect, test, vi } from "vitest";
import { PhotoWay } from "../engine/photos.ts";
import { keyBytes } from "../rescue.ts";
import { fit, isPdf } from "./shrink.ts";
import { placeOf } from "./use.ts";

/** What the mocked engine was given, in its order. */
const said: { what: string; about: string | null; caption: string; bytes: number }[] = [];
let full = false;

vi.mock("../engine/app.ts", () => {
  const record = async (what: (phone: object) => Promise<object>) => {
    const add = (kind: string, about: string | null, bytes: Uint8Array, caption: string) => {
      if (full) return Promise.reject(new DOMException("full", "QuotaExceededError"));
      said.push({ what: kind, about, caption, bytes: bytes.length });
      return Promise.resolve({ fact: "f" });
    };
    return what({
      addPhoto: (_: string, bytes: Uint8Array, __: string, caption: string) => add("photo", null, bytes, caption),
      addSeal: (_: string, bytes: Uint8Array, __: string, caption: string) => add("seal", null, bytes, caption),
      addPhotoAbout: (_: string, about: string, bytes: Uint8Array, __: string, caption: string) => add("photo", about, bytes, caption),
    });
  };
  return {
    app: { record, phone: { visit: () => ({ photos: [] }) }, changed: () => undefined },
    trouble: (e: Error & { code?: string }) => ({ code: e.name === "QuotaExceededError" ? "quota" : (e.code ?? "unexpected"), text: e.message }),
  };
});

const { takeIn } = await import("./intake.ts");

beforeEach(() => {
  said.length = 0;
  full = false;
});

test("a picture keeps its shape, gets no larger, and never loses a side", () => {
  expect(fit(3000, 2000, 2048)).toEqual({ width: 2048, height: 1365 });
  expect(fit(2000, 3000, 2048)).toEqual({ width: 1365, height: 2048 });
  expect(fit(640, 480, 2048)).toEqual({ width: 640, height: 480 });
  expect(fit(2048, 2048, 2048)).toEqual({ width: 2048, height: 2048 });
  expect(fit(20_000, 3, 2048)).toEqual({ width: 2048, height: 1 });
  expect(fit(0, 0, 2048)).toEqual({ width: 1, height: 1 });
});

test("a PDF is one by its first bytes, whatever its name says", () => {
  expect(isPdf(new TextEncoder().encode("%PDF-1.7"))).toBe(true);
  expect(isPdf(new TextEncoder().encode("%PD"))).toBe(false);
  expect(isPdf(new TextEncoder().encode("GIF89a"))).toBe(false);
});

test("a key is read as people write it down, and nothing else is one", () => {
  const key = "00ff".repeat(16);
  expect(keyBytes(key)?.slice(0, 2)).toEqual(Uint8Array.of(0, 255));
  expect(keyBytes(` ${key.toUpperCase().replace(/(.{8})/g, "$1 -\n")} `)).toEqual(keyBytes(key));
  for (const other of ["", key.slice(1), `${key}0`, key.replace("f", "g"), `0x${key.slice(2)}`]) expect(keyBytes(other)).toBeNull();
});

test("where a photo is: only what this phone has seen and no longer holds is at the server", () => {
  const stand = { ...new PhotoWay().snapshot() };
  const waiting = new Set(["a"]);
  expect(placeOf("a", waiting, stand, true)).toBe("here");
  expect(placeOf("b", waiting, stand, true)).toBe("server");
  expect(placeOf("b", waiting, stand, false)).toBe("elsewhere");
  expect(placeOf("a", waiting, { ...stand, current: { sha256: "a", offset: 7 } }, true)).toBe("sending");
  expect(placeOf("a", waiting, { ...stand, refused: new Map([["a", 415]]) }, true)).toBe("refused");
});

const pdf = (name: string) => new File(["%PDF-1.7 an invoice"], name);
const target = { visit: "v", about: null, seal: false, caption: "发票" };

test("files go in one after the other, each where it belongs", async () => {
  await Promise.all([
    takeIn([pdf("a.pdf"), pdf("b.pdf")], { ...target, about: "taxi" }),
    takeIn([pdf("c.pdf")], target),
    takeIn([pdf("d.pdf")], { ...target, seal: true }),
  ]);
  expect(said.map((s) => [s.what, s.about])).toEqual([["photo", "taxi"], ["photo", "taxi"], ["photo", null], ["seal", null]]);
  expect(said[0]).toMatchObject({ caption: "发票", bytes: 19 });
});

test("a file that is too large is not taken, the next one is", async () => {
  const large = pdf("large.pdf");
  Object.defineProperty(large, "size", { value: 20 * 1024 * 1024 + 1 });
  await takeIn([large, pdf("small.pdf")], target);
  expect(said.length).toBe(1);
});

test("where there is no room for one there is none for the next, and it is not tried", async () => {
  full = true;
  const files = [pdf("a.pdf"), pdf("b.pdf")];
  const second = vi.spyOn(files[1] as File, "slice");
  await takeIn(files, target);
  expect(said).toEqual([]);
  expect(second).not.toHaveBeenCalled();
  full = false;
  await takeIn([pdf("a.pdf")], target);
  expect(said.length).toBe(1);
});

/** A phone with one photo of ten bytes, and how often it was asked to send. */
function sender(report: () => Promise<object>) {
  const phone = {
    runs: 0,
    changes: 0,
    wentOn: true,
    unsynced: () => ({ changes: phone.changes, photos: [{ sha256: "a", size: 10 }] }),
    carried: () => [] as object[],
    meanwhile: (): unknown => undefined,
  };
  const sendPhotos = async (_: unknown, { onProgress }: { onProgress: (p: object) => boolean }) => {
    phone.runs += 1;
    phone.meanwhile();
    phone.wentOn = onProgress({ sha256: "a", offset: 4, bytesLeft: 6, confirmed: false, refused: false, status: 204 });
    return report();
  };
  return Object.assign(phone, { sendPhotos });
}

const run = (way: PhotoWay, phone: object) =>
  way.run(phone as never, {} as never, new AbortController().signal, () => undefined);
const quiet = async () => ({ confirmed: [], refused: [], waitS: null, cancelled: false });

test("photos that are to wait do, until they are sent once by hand", async () => {
  const [way, phone] = [new PhotoWay(), sender(quiet)];
  way.choose("later");
  await run(way, phone);
  expect(phone.runs).toBe(0);
  way.once();
  await run(way, phone);
  await run(way, phone);
  expect(phone.runs).toBe(1);
  // A browser that tells nothing of the network does not tell Wi-Fi from mobile data.
  way.choose("wifi");
  for (const [type, runs] of [[undefined, 1], ["cellular", 1], ["wifi", 2]] as const) {
    vi.stubGlobal("navigator", type === undefined ? {} : { connection: { type } });
    await run(way, phone);
    expect(phone.runs).toBe(runs);
  }
  vi.unstubAllGlobals();
  way.choose("now");
  await run(way, phone);
  expect(phone.runs).toBe(3);
});

test("a way that breaks is told and leaves nothing under way; another phone's photos are not counted", async () => {
  const way = new PhotoWay();
  const seen: (object | null)[] = [];
  way.subscribe(() => seen.push(way.snapshot().current));
  const phone = sender(() => Promise.reject(new Error("cut")));
  phone.carried = () => [{ bytesLeft: 3 }];
  const { failed } = await run(way, phone);
  expect(String(failed)).toContain("cut");
  expect(way.snapshot()).toMatchObject({ running: false, current: null, total: 7, failed });
  expect(seen).toContainEqual({ sha256: "a", offset: 4 });
});

test("a record that is made meanwhile goes first; one that the server set aside holds up nothing", async () => {
  const [way, phone] = [new PhotoWay(), sender(quiet)];
  phone.changes = 1;
  await run(way, phone);
  expect(phone.wentOn).toBe(true);
  phone.meanwhile = () => (phone.changes = 2);
  await run(way, phone);
  expect(phone.wentOn).toBe(false);
});
