/** IndexedDB: the engine's entries, and beside them what only this browser needs. */
import type { Write } from "@countersign/core";
import { type DBSchema, type IDBPDatabase, openDB } from "idb";

/** When photos go: with everything else, on Wi-Fi only, or when they are told to. */
export type When = "now" | "wifi" | "later";

/** What is kept beside the engine's entries. */
export interface Kept {
  /** The device's key; its private half cannot leave the browser. */
  key: CryptoKeyPair;
  tokens: Tokens;
  /** Grows with every tab that takes over: an older one can no longer write. */
  owner: number;
  /** When a sync last came to its end, ms since 1970. */
  synced: number;
  /** When photos go. */
  photos: When;
}

/** What a log-in gave. */
export interface Tokens {
  access: string;
  refresh: string;
  /** The refresh token that was asked for and has not come yet. */
  next?: string;
  /** By this phone's clock, ms since 1970. */
  until: number;
}

interface Schema extends DBSchema {
  entries: { key: string; value: Uint8Array };
  kept: { key: string; value: Kept[keyof Kept] };
  drafts: { key: string; value: string };
}

/** Another tab has taken over: this one must not write any more. */
export class NotOwner extends Error {}

/** The browser's store. */
export class Disk {
  readonly #db: IDBPDatabase<Schema>;
  /** The number under which this tab writes; none before it could be written down. */
  #owner: number | null = null;
  /** The number of who wrote before. */
  #found = 0;

  private constructor(db: IDBPDatabase<Schema>) {
    this.#db = db;
  }

  /** Opens or makes it. */
  static async open(name = "countersign"): Promise<Disk> {
    const db = await openDB<Schema>(name, 1, {
      upgrade(db) {
        db.createObjectStore("entries");
        db.createObjectStore("kept");
        db.createObjectStore("drafts");
      },
    });
    return new Disk(db);
  }

  /**
   * From now on this tab writes, and none that did before. On a full disk that is put off to the first write that finds room: what
   * is there can be seen and sent meanwhile.
   */
  async own(): Promise<void> {
    try {
      await this.#take();
    } catch (e) {
      if (!(e instanceof DOMException && e.name === "QuotaExceededError")) throw e;
    }
  }

  /** With `after` only if nobody else has done so since. */
  async #take(after?: number): Promise<void> {
    const tx = this.#db.transaction("kept", "readwrite", { durability: "strict" });
    try {
      const found = ((await tx.store.get("owner")) ?? 0) as number;
      if (after !== undefined && found !== after) throw new NotOwner("another tab has taken over");
      this.#found = found;
      await tx.store.put(found + 1, "owner");
      await tx.done;
      this.#owner = found + 1;
    } catch (e) {
      await undo(tx);
      throw e;
    }
  }

  /** Every entry, for the engine's start. Photos' bytes (`b/…`) stay where they are. */
  async entries(): Promise<[string, Uint8Array][]> {
    const tx = this.#db.transaction("entries");
    const before = IDBKeyRange.upperBound("b/", true);
    const after = IDBKeyRange.lowerBound("b0");
    const found: [string, Uint8Array][] = [];
    for (const range of [before, after]) {
      const [keys, values] = await Promise.all([tx.store.getAllKeys(range), tx.store.getAll(range)]);
      keys.forEach((key, i) => found.push([key, values[i] ?? new Uint8Array()]));
    }
    await tx.done;
    return found;
  }

  /** One entry. */
  async read(name: string): Promise<Uint8Array | undefined> {
    return this.#db.get("entries", name);
  }

  /** The whole batch or nothing, flushed to the disk when this resolves. */
  async persist(batch: Write[]): Promise<void> {
    if (this.#owner === null) await this.#take(this.#found);
    const tx = this.#db.transaction(["entries", "kept"], "readwrite", { durability: "strict" });
    const owner = (await tx.objectStore("kept").get("owner")) as number | undefined;
    if (owner !== this.#owner) {
      await undo(tx);
      throw new NotOwner("another tab has taken over");
    }
    const entries = tx.objectStore("entries");
    try {
      // A refused write fails the transaction; one that is refused at once must not leave its forerunners behind.
      const asked: Promise<unknown>[] = [];
      for (const write of batch) {
        const one = "put" in write ? entries.put(write.value, write.put) : entries.delete(write.delete);
        one.catch(() => undefined);
        asked.push(one);
      }
      await Promise.all(asked);
      await tx.done;
    } catch (e) {
      await undo(tx);
      throw e;
    }
  }

  /** One of the kept values. */
  async get<K extends keyof Kept>(name: K): Promise<Kept[K] | undefined> {
    return (await this.#db.get("kept", name)) as Kept[K] | undefined;
  }

  /** Keeps a value. */
  async put<K extends keyof Kept>(name: K, value: Kept[K]): Promise<void> {
    const tx = this.#db.transaction("kept", "readwrite", { durability: "strict" });
    await tx.store.put(value, name);
    await tx.done;
  }

  /** Forgets a value. */
  async forget(name: keyof Kept): Promise<void> {
    await this.#db.delete("kept", name);
  }

  /** Texts that were typed and not yet recorded. */
  async drafts(): Promise<Map<string, string>> {
    const tx = this.#db.transaction("drafts");
    const [keys, values] = await Promise.all([tx.store.getAllKeys(), tx.store.getAll()]);
    return new Map(keys.map((key, i) => [key, values[i] ?? ""]));
  }

  /** Keeps a draft, or with an empty text forgets it. */
  async draft(name: string, text: string): Promise<void> {
    const tx = this.#db.transaction("drafts", "readwrite", { durability: "strict" });
    if (text === "") await tx.store.delete(name);
    else await tx.store.put(text, name);
    await tx.done;
  }

  /** Lets go of it. */
  close(): void {
    this.#db.close();
  }
}

/** Nothing of it happens. */
async function undo(tx: { abort(): void; done: Promise<void> }): Promise<void> {
  try {
    tx.abort();
  } catch {
    // It has ended by itself.
  }
  await tx.done.catch(() => undefined);
}
