/** How large a photo is recorded, and how it is made so. The worker beside this does it; nothing here waits for anything. */

/** The longer edge of a recorded photo, in pixels: small print on a taxi receipt stays readable. */
export const EDGE = 2048;
/** The longer edge of a thumbnail, in pixels. */
export const THUMB_EDGE = 320;
/** JPEG qualities, 0 to 1. */
export const QUALITY = 0.82;
export const THUMB_QUALITY = 0.7;
/** Largest file that the server takes, in bytes. */
export const MOST_BYTES = 20 * 1024 * 1024;
/** Largest picture that is decoded at all, in bytes: what is larger is no photo of a phone's camera. */
export const MOST_TO_DECODE = 80 * 1024 * 1024;

/** What a picture of this size becomes: the same shape, no edge longer than `edge`, never larger than it was, never empty. */
export function fit(width: number, height: number, edge: number): { width: number; height: number } {
  const scale = Math.min(1, edge / Math.max(width, height, 1));
  const side = (n: number) => Math.max(1, Math.round(n * scale));
  return { width: side(width), height: side(height) };
}

/** A file's kind by its first bytes, as far as this matters before a browser looks at it. */
export function isPdf(head: Uint8Array): boolean {
  return [0x25, 0x50, 0x44, 0x46, 0x2d].every((byte, i) => head[i] === byte);
}

/** What the worker is asked. */
export interface Job {
  id: number;
  file: Blob;
  /** Only a thumbnail is wanted. */
  thumb: boolean;
}

/** What it answers: both pictures as JPEG, or neither, when this is no picture that the browser can read. */
export interface Made {
  id: number;
  photo: Blob | null;
  thumb: Blob | null;
}
