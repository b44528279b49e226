/** The key of an export file, as it was written down by hand. */

/** Its 32 bytes; `null` when this is not 64 hex digits. Spaces, line breaks and hyphens between them are how people copy. */
export function keyBytes(written: string): Uint8Array | null {
  const hex = written.replace(/[\s\-–—.]/g, "").toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(hex)) return null;
  return Uint8Array.from({ length: 32 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}
