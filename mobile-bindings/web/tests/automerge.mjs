// npm's Automerge, which knows nothing of ours, reads a visit's document and writes into it.
//
//     node automerge.mjs read DOCUMENT OUTPUT
//     node automerge.mjs change DOCUMENT ACTOR ITEM OUTCOME OUTPUT

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import * as Automerge from '@automerge/automerge';

const [, , what, document, ...rest] = process.argv;

/**
 * Strings in a visit are scalars, which this package wraps; integers are of 64 bits.
 *
 * @param {unknown} value
 * @returns {unknown}
 */
function plain(value) {
  if (Automerge.isImmutableString(value)) return value.val;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') };
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  }
  return value;
}

const bytes = new Uint8Array(await readFile(document));
switch (what) {
  case 'read': {
    const doc = Automerge.load(bytes);
    const [output] = rest;
    const heads = Automerge.getHeads(doc);
    await writeFile(output, JSON.stringify({ heads, actor: Automerge.getActorId(doc), content: plain(doc) }));
    break;
  }
  case 'change': {
    const [actor, item, outcome, output] = rest;
    const before = Automerge.load(/** @type {any} */ (bytes), { actor });
    // Automerge writes the time of the change unless it is told not to.
    const after = Automerge.change(before, { time: 0 }, (/** @type {any} */ doc) => {
      doc.items[item].outcome = new Automerge.ImmutableString(outcome);
    });
    const [change, more] = Automerge.getChanges(before, after);
    assert(change && !more);
    await writeFile(output, change);
    await writeFile(`${output}.heads`, JSON.stringify(Automerge.getHeads(after)));
    break;
  }
  default:
    throw new Error(`what is ${what}?`);
}
