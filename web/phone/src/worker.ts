/**
 * The service worker's own part, beside Workbox's: background sync. It works on the store only while no page does, and lets
 * go of it as soon as one asks (`engine/owner.ts`).
 */
import { Phone, load } from "@countersign/core";
import { ApiError, DeviceApi } from "./engine/api.ts";
import { TAG } from "./engine/background.ts";
import { clock } from "./engine/clock.ts";
import { Disk } from "./engine/disk.ts";
import { deviceKey } from "./engine/key.ts";
import { engine } from "./engine/module.ts";
import { borrow } from "./engine/owner.ts";
import { chosen, mayGo } from "./engine/photos.ts";
import { rounds } from "./engine/rounds.ts";

interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}
interface ExtendableEvent extends Event {
  waitUntil(what: Promise<unknown>): void;
}

/** Browsers end a worker that takes minutes. What is left then is for the next time. */
const TIME = 60_000;
const MOST_ROUNDS = 20;

self.addEventListener("sync", (event) => {
  const sync = event as SyncEvent;
  if (sync.tag === TAG) sync.waitUntil(send());
});

/** A rejection tells the browser to try again later. */
async function send(): Promise<void> {
  const done = await borrow(async (asked) => {
    try {
      await exchange(AbortSignal.any([asked, AbortSignal.timeout(TIME)]));
    } catch (e) {
      // A page has it now, or somebody must log in: another try from here would change nothing.
      if (asked.aborted || causeOf(e)?.needsLogin === true) return;
      throw e;
    }
  });
  if (!done) throw new Error("a page is open, which sends by itself; if it is closed meanwhile, this is tried again");
}

function causeOf(e: unknown): ApiError | null {
  const cause = e instanceof Error && e.cause !== undefined ? e.cause : e;
  return cause instanceof ApiError ? cause : null;
}

async function exchange(stop: AbortSignal): Promise<void> {
  const disk = await Disk.open();
  try {
    if ((await disk.get("tokens")) === undefined) return;
    await disk.own();
    await load(engine());
    const phone = await Phone.open({
      entries: () => disk.entries(),
      persist: (batch) => disk.persist(batch),
      read: (name) => disk.read(name),
      clock: clock(),
      signer: await deviceKey(disk),
    });
    try {
      if (phone.identity() === null || stop.aborted) return;
      const api = DeviceApi.of(disk);
      await rounds(phone, api, MOST_ROUNDS, stop);
      if (stop.aborted) return;
      await disk.put("synced", Date.now());
      if (!mayGo(chosen(await disk.get("photos")))) return;
      const { waitS } = await phone.sendPhotos((request, over) => api.upload(request, over), { signal: stop });
      if (waitS !== null) throw new Error(`the server wants the next part of a photo in ${waitS} s`);
    } finally {
      await phone.close();
    }
  } finally {
    disk.close();
  }
}
