/** From a file that somebody took or chose to what is recorded. */
import { type Job, MOST_BYTES, MOST_TO_DECODE, type Made, isPdf } from "./shrink.ts";

/** Why a file was not taken; `code` has a text in the catalogue. */
export class NotTaken extends Error {
  readonly code: "photo_unreadable" | "photo_too_large";

  constructor(code: NotTaken["code"], name: string) {
    super(name);
    this.code = code;
  }
}

/** What is recorded of a file. */
export interface Prepared {
  bytes: Uint8Array;
  mediaType: "image/jpeg" | "application/pdf";
  /** A small picture of it, where there can be one. */
  thumb: Blob | null;
}

let worker: Worker | null = null;
let count = 0;
const waiting = new Map<number, (made: Made) => void>();

function ask(job: Omit<Job, "id">): Promise<Made> {
  if (worker === null) {
    worker = new Worker(new URL("./shrink.worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", (e: MessageEvent<Made>) => {
      waiting.get(e.data.id)?.(e.data);
      waiting.delete(e.data.id);
    });
    // It ran out of memory, or could not be loaded: what it had is answered as unreadable, and the next job gets a new one.
    worker.addEventListener("error", () => {
      worker?.terminate();
      worker = null;
      for (const [id, done] of waiting) done({ id, photo: null, thumb: null });
      waiting.clear();
    });
  }
  const id = ++count;
  const made = new Promise<Made>((done) => waiting.set(id, done));
  worker.postMessage({ ...job, id });
  return made;
}

/** Makes a file ready to be recorded: a picture becomes a JPEG of bounded size without EXIF, a PDF stays as it is. */
export async function prepare(file: File): Promise<Prepared> {
  if (isPdf(new Uint8Array(await file.slice(0, 5).arrayBuffer()))) {
    if (file.size > MOST_BYTES) throw new NotTaken("photo_too_large", file.name);
    return { bytes: new Uint8Array(await file.arrayBuffer()), mediaType: "application/pdf", thumb: null };
  }
  if (file.size > MOST_TO_DECODE) throw new NotTaken("photo_too_large", file.name);
  const { photo, thumb } = await ask({ file, thumb: false });
  if (photo === null) throw new NotTaken("photo_unreadable", file.name);
  if (photo.size > MOST_BYTES) throw new NotTaken("photo_too_large", file.name);
  return { bytes: new Uint8Array(await photo.arrayBuffer()), mediaType: "image/jpeg", thumb };
}

/** A small picture of this one; `null` where the browser cannot read it. */
export async function small(picture: Blob): Promise<Blob | null> {
  return picture.type.startsWith("image/") ? (await ask({ file: picture, thumb: true })).thumb : null;
}
