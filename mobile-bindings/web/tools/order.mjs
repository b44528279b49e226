// Puts a module's functions into an order in which each stands beside those that are most like it: there compressors find what
// it has in common with them. Most of them are copies of one generic function for another type.

import assert from 'node:assert/strict';
import { Recent } from '../dist/unpack.js';
import { Reader, Section, leb, sections } from './module.mjs';

/** Functions are alike that share stretches of so many instructions, */
const STRETCH = 8;
/** those aside that so many functions have. */
const COMMON = 300;
/** A function is put behind one of the last that it is like. */
const BACK = 8;
/** So much like, at least: the share of stretches that are in both, of those in either. */
const LIKE = 0.05;

/** @param {Uint8Array} module */
export function ordered(module) {
  const all = sections(module);
  const imported = imports(module, all);
  const bodies = functions(module, all);
  const order = chained(bodies.map((body) => stretches(module, body)), most(module, bodies, imported));
  const place = new Uint32Array(order.length);
  order.forEach((old, now) => (place[old] = now));
  /** @param {number} old */
  const renamed = (old) => (old < imported ? old : imported + place[old - imported]);

  const out = [module.subarray(0, 8)];
  for (const { id, from, to } of all) {
    // What is left of these is for tools.
    if (id === Section.custom) continue;
    const reader = new Reader(module, from);
    /** @type {Uint8Array[] | undefined} */
    let content;
    if (id === Section.function) {
      const types = Array.from({ length: reader.number() }, () => leb(reader.number()));
      content = [Uint8Array.from([...leb(types.length), ...order.flatMap((old) => types[old])])];
    } else if (id === Section.export) {
      content = [Uint8Array.from(exported(reader, renamed))];
    } else if (id === Section.element) {
      content = [Uint8Array.from(elements(reader, renamed))];
    } else if (id === Section.code) {
      content = [Uint8Array.from(leb(order.length))];
      for (const old of order) content.push(...rewritten(module, bodies[old], renamed));
    } else {
      assert(id !== Section.start, 'a function that is called at the start');
      content = [module.subarray(from, to)];
    }
    const size = content.reduce((sum, part) => sum + part.length, 0);
    out.push(Uint8Array.from([id, ...leb(size)]), ...content);
  }
  return new Uint8Array(Buffer.concat(out));
}

/** @typedef {{ from: number, to: number }} Part */

/** How many functions are imported. @param {Uint8Array} module @param {(Part & { id: number })[]} all */
function imports(module, all) {
  const section = all.find(({ id }) => id === Section.import);
  if (!section) return 0;
  const reader = new Reader(module, section.from);
  let functions = 0;
  for (let left = reader.number(); left > 0; left--) {
    reader.name();
    reader.name();
    assert.equal(reader.byte(), 0, 'an import that is no function');
    reader.number();
    functions++;
  }
  return functions;
}

/** @param {Uint8Array} module @param {(Part & { id: number })[]} all @returns {Part[]} */
function functions(module, all) {
  const section = all.find(({ id }) => id === Section.code);
  assert(section);
  const reader = new Reader(module, section.from);
  return Array.from({ length: reader.number() }, () => {
    const size = reader.number();
    const from = reader.at;
    reader.at += size;
    return { from, to: reader.at };
  });
}

/** At the first instruction of a function. @param {Uint8Array} module @param {Part} body */
function code(module, body) {
  const reader = new Reader(module, body.from);
  for (let groups = reader.number(); groups > 0; groups--) {
    reader.number();
    reader.at++;
  }
  return reader;
}

/**
 * The functions that are called from most places, for the numbers of one byte.
 *
 * @param {Uint8Array} module
 * @param {Part[]} bodies
 * @param {number} imported
 */
function most(module, bodies, imported) {
  const calls = new Uint32Array(bodies.length);
  for (const body of bodies) {
    const reader = code(module, body);
    while (reader.at < body.to) {
      const opcode = reader.byte();
      if (opcode !== 0x10) {
        reader.rest(opcode);
        continue;
      }
      const called = reader.number();
      if (called >= imported) calls[called - imported]++;
    }
  }
  const order = [...calls.keys()].sort((a, b) => calls[b] - calls[a] || a - b);
  return order.slice(0, 128 - imported);
}

/** What a function is compared by. @param {Uint8Array} module @param {Part} body */
function stretches(module, body) {
  const reader = code(module, body);
  const recent = new Recent();
  /** @type {string[]} */
  const last = [];
  const all = new Set();
  while (reader.at < body.to) {
    const opcode = reader.byte();
    let what = opcode;
    if (opcode >= 0x20 && opcode <= 0x22) {
      const rank = recent.rank(reader.number());
      if (opcode === 0x20) what += 256 * Math.min(rank + 1, 5);
    } else {
      reader.rest(opcode);
    }
    last.push(String.fromCharCode(what));
    if (last.length > STRETCH) last.shift();
    if (last.length === STRETCH) all.add(last.join(''));
  }
  if (all.size === 0) all.add(last.join(''));
  return all;
}

/**
 * An order in which each function is followed by the one that is most like it, behind those that are to be first.
 *
 * @param {Set<string>[]} all
 * @param {number[]} order
 */
function chained(all, order) {
  /** @type {Map<string, number[]>} */
  const having = new Map();
  all.forEach((stretches, i) => {
    for (const one of stretches) {
      const others = having.get(one);
      if (others) others.push(i);
      else having.set(one, [i]);
    }
  });
  const used = new Uint8Array(all.length);
  for (const one of order) used[one] = 1;
  let first = 0;
  while (order.length < all.length) {
    let next = -1;
    for (let back = 1; back <= BACK && back <= order.length && next < 0; back++) {
      next = alike(order[order.length - back]);
    }
    if (next < 0) {
      while (used[first]) first++;
      next = first;
    }
    used[next] = 1;
    order.push(next);
  }
  return order;

  /** The one that is most like this one, if any is. @param {number} one */
  function alike(one) {
    /** @type {Map<number, number>} */
    const shared = new Map();
    for (const stretch of all[one]) {
      const others = having.get(stretch) ?? [];
      if (others.length > COMMON) continue;
      for (const other of others) if (!used[other]) shared.set(other, (shared.get(other) ?? 0) + 1);
    }
    let best = -1;
    let most = LIKE;
    for (const [other, count] of shared) {
      const like = count / (all[one].size + all[other].size - count);
      if (like > most || (like === most && other < best)) [best, most] = [other, like];
    }
    return best;
  }
}

/** @param {Reader} reader @param {(old: number) => number} renamed */
function exported(reader, renamed) {
  const count = reader.number();
  const out = leb(count);
  for (let left = count; left > 0; left--) {
    const from = reader.at;
    reader.name();
    const kind = reader.byte();
    out.push(...reader.bytes.subarray(from, reader.at));
    const index = reader.number();
    out.push(...leb(kind === 0 ? renamed(index) : index));
  }
  return out;
}

/** The tables of functions that are called by a number. @param {Reader} reader @param {(old: number) => number} renamed */
function elements(reader, renamed) {
  const count = reader.number();
  const out = leb(count);
  for (let left = count; left > 0; left--) {
    const from = reader.at;
    assert.equal(reader.number(), 0, 'a table of another form');
    assert.equal(reader.byte(), 0x41, 'a table that does not begin at a constant');
    reader.number();
    assert.equal(reader.byte(), 0x0b);
    out.push(...reader.bytes.subarray(from, reader.at));
    const functions = reader.number();
    out.push(...leb(functions));
    for (let i = 0; i < functions; i++) out.push(...leb(renamed(reader.number())));
  }
  return out;
}

/** A function with its calls by their new numbers. @param {Uint8Array} module @param {Part} body @param {(old: number) => number} renamed */
function rewritten(module, body, renamed) {
  const reader = code(module, body);
  const parts = [];
  let from = body.from;
  while (reader.at < body.to) {
    const opcode = reader.byte();
    assert(opcode !== 0xd2, 'a reference to a function');
    if (opcode !== 0x10) {
      reader.rest(opcode);
      continue;
    }
    parts.push(module.subarray(from, reader.at));
    parts.push(Uint8Array.from(leb(renamed(reader.number()))));
    from = reader.at;
  }
  parts.push(module.subarray(from, body.to));
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  return [Uint8Array.from(leb(size)), ...parts];
}
