/**
 * Thumbnails, kept beside the store: a photo's bytes leave the phone when the server has them, and what was taken should
 * still be recognised in the basement. Losing them loses nothing.
 */

const CACHE = "countersign-thumbs";
/** As many are kept; the oldest go first. */
const MOST = 600;

const key = (sha256: string) => `/app/thumb/${sha256}`;

/** Keeps one. */
export async function keepThumb(sha256: string, thumb: Blob): Promise<void> {
  try {
    const cache = await caches.open(CACHE);
    await cache.put(key(sha256), new Response(thumb, { headers: { "content-type": thumb.type } }));
    const all = await cache.keys();
    for (const old of all.slice(0, Math.max(0, all.length - MOST))) await cache.delete(old);
  } catch {
    // The storage is full, or there is none of this kind: a placeholder stands in its place.
  }
}

/** The one that is kept. */
export async function thumbOf(sha256: string): Promise<Blob | null> {
  try {
    const found = await (await caches.open(CACHE)).match(key(sha256));
    return found === undefined ? null : await found.blob();
  } catch {
    return null;
  }
}
