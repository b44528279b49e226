/**
 * Thumbnails, in a store of their own: a photo's bytes leave the phone when the server has them, and what was taken should
 * still be recognised in the basement. Losing them loses nothing.
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";

interface Schema extends DBSchema {
  thumbs: { key: string; value: { bytes: ArrayBuffer; type: string; atMs: number }; indexes: { atMs: number } };
}

/** As many are kept; the oldest go first. */
const MOST = 600;

let opened: Promise<IDBPDatabase<Schema>> | null = null;

function open(): Promise<IDBPDatabase<Schema>> {
  opened ??= openDB<Schema>("countersign-thumbs", 1, {
    upgrade(db) {
      db.createObjectStore("thumbs").createIndex("atMs", "atMs");
    },
  });
  opened.catch(() => (opened = null));
  return opened;
}

/** Keeps one. */
export async function keepThumb(sha256: string, thumb: Blob): Promise<void> {
  try {
    const bytes = await thumb.arrayBuffer();
    const tx = (await open()).transaction("thumbs", "readwrite");
    await tx.store.put({ bytes, type: thumb.type, atMs: Date.now() }, sha256);
    let over = (await tx.store.count()) - MOST;
    for (let at = await tx.store.index("atMs").openCursor(); at !== null && over > 0; at = await at.continue(), over--) {
      await at.delete();
    }
    await tx.done;
  } catch {
    // The storage is full: a placeholder stands in its place.
  }
}

/** The one that is kept. */
export async function thumbOf(sha256: string): Promise<Blob | null> {
  try {
    const found = await (await open()).get("thumbs", sha256);
    return found === undefined ? null : new Blob([found.bytes], { type: found.type });
  } catch {
    return null;
  }
}
