import { createHash } from 'node:crypto';

/**
 * SHA-256 of a name and a counter: the same in every language. Never for real phones.
 *
 * @param {string} name
 */
export function seeded(name) {
  let drawn = 0;
  return (/** @type {number} */ count) => {
    drawn += 1;
    return new Uint8Array(createHash('sha256').update(`${name} ${drawn}`).digest().subarray(0, count));
  };
}
