// Puts a module's functions in order (`order.mjs`), takes its code apart into streams, as `src/unpack.ts` says, and proves that
// it comes back byte for byte.
//
//     node pack.mjs MODULE.wasm PACKED.wasm

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { ABSENT, BEFORE, FORMS, Form, Frame, Recent, SECTION, STREAMS, Stream, operands, unpack } from '../dist/unpack.js';
import { Section, leb, sections } from './module.mjs';
import { ordered } from './order.mjs';

/** Locals that were used so recently are part of the instruction that reads them: more would hide the instructions' own order. */
const TABLED = 3;

const [, , from = '', to = ''] = process.argv;
const module = ordered(new Uint8Array(readFileSync(from)));
assert(WebAssembly.validate(module), 'the order of the functions is damaged');
const packed = pack(module);
assert.deepEqual(unpack(packed), module, 'the module does not come back');
writeFileSync(to, packed);

/** @param {Uint8Array} module */
function pack(module) {
  const code = sections(module).find(({ id }) => id === Section.code);
  assert(code);
  let at = code.from;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++];
      value += (byte & 127) * 2 ** shift;
      if (!(byte & 128)) return value;
    }
  };
  const functions = number();

  /** @type {number[][]} */
  const streams = Array.from({ length: STREAMS }, () => []);
  const before = new Map(BEFORE.map((opcode, i) => [opcode, Stream.Constants + i]));
  streams[Stream.Head] = [...module.subarray(0, at)];
  /** Bytes as they are. @param {number} stream @param {number} length */
  const some = (stream, length) => {
    for (; length > 0; length--) streams[stream].push(module[at++]);
  };
  /** One number as it is. @param {number} stream */
  const copy = (stream) => {
    while (module[at] & 128) streams[stream].push(module[at++]);
    streams[stream].push(module[at++]);
  };
  /** A number that says how many others follow. @param {number} stream */
  const counted = (stream) => {
    const start = at;
    const value = number();
    streams[stream].push(...module.subarray(start, at));
    return value;
  };

  /** @type {Map<number, number>} */
  const table = new Map();
  /** @type {number[]} */
  const instructions = [];
  const recent = new Recent();
  const frame = new Frame();
  for (let left = functions; left > 0; left--) {
    const size = number();
    const end = at + size;
    for (let groups = counted(Stream.Locals); groups > 0; groups--) {
      copy(Stream.Locals);
      some(Stream.Locals, 1);
    }
    recent.clear();
    frame.clear();
    while (at < end) {
      const opcode = module[at++];
      let operand = ABSENT;
      const local = FORMS[opcode] === Form.Local ? number() : -1;
      const framed = frame.pass(opcode, local);
      switch (FORMS[opcode]) {
        case Form.Local: {
          const rank = recent.rank(local);
          if (opcode === 0x20 && rank < TABLED) operand = rank;
          else streams[opcode === 0x20 ? Stream.Reads : Stream.Writes].push(...leb(rank));
          break;
        }
        case Form.Memory:
          operand = module[at++];
          copy(opcode >= 0x36 ? Stream.Stores : framed ? Stream.FrameLoads : Stream.Loads);
          break;
        case Form.Constant: {
          const start = at;
          number();
          const other = before.get(module[at]) ?? Stream.Constants + BEFORE.length;
          streams[framed ? Stream.FrameConstants : other].push(...module.subarray(start, at));
          break;
        }
        case Form.Call:
          copy(Stream.Calls);
          break;
        case Form.Branch:
          copy(Stream.Branches);
          break;
        case Form.Block:
          if (module[at] & 128) copy(Stream.Others);
          else operand = module[at++];
          break;
        case Form.BranchTable:
          for (let targets = counted(Stream.Others); targets >= 0; targets--) copy(Stream.Branches);
          break;
        case Form.Two:
          copy(Stream.Others);
        // falls through
        case Form.One:
          copy(Stream.Others);
          break;
        case Form.Float:
          some(Stream.Others, 4);
          break;
        case Form.Double:
          some(Stream.Others, 8);
          break;
        case Form.Prefixed:
          operand = module[at++];
          for (let more = operands(operand); more > 0; more--) copy(Stream.Others);
          break;
        case Form.Select:
          some(Stream.Others, counted(Stream.Others));
          break;
      }
      const key = opcode * 256 + operand;
      if (!table.has(key)) table.set(key, table.size);
      instructions.push(table.get(key) ?? 0);
    }
    assert.equal(at, end, 'an instruction that is not known');
  }
  streams[Stream.Tail] = [...module.subarray(at)];
  assert(table.size <= 256, 'more instructions than a byte can tell');

  const { short, pairs } = paired(Uint8Array.from(instructions), table.size);
  streams[Stream.Instructions] = [...short];
  const name = [...new TextEncoder().encode(SECTION)];
  const content = [
    [name.length],
    name,
    leb(module.length),
    leb(functions),
    leb(instructions.length),
    leb(table.size),
    [...table.keys()].flatMap((key) => [key >> 8, key & 255]),
    leb(pairs.length / 2),
    pairs,
    ...streams.map((stream) => leb(stream.length)),
    ...streams,
  ].flat();
  return Uint8Array.from([...module.subarray(0, 8), 0, ...leb(content.length), ...content]);
}

/**
 * The bytes that stand for nothing become the most frequent pairs, one after the other.
 *
 * @param {Uint8Array} bytes
 * @param {number} known
 */
function paired(bytes, known) {
  /** @type {number[]} */
  const pairs = [];
  for (let next = known; next < 256; next++) {
    const counts = new Uint32Array(65536);
    for (let i = 1; i < bytes.length; i++) counts[bytes[i - 1] * 256 + bytes[i]]++;
    let best = 0;
    for (let pair = 1; pair < counts.length; pair++) if (counts[pair] > counts[best]) best = pair;
    const [first, second] = [best >> 8, best & 255];
    let to = 0;
    for (let i = 0; i < bytes.length; i++) {
      const both = bytes[i] === first && i + 1 < bytes.length && bytes[i + 1] === second;
      bytes[to++] = both ? next : bytes[i];
      if (both) i++;
    }
    bytes = bytes.subarray(0, to);
    pairs.push(first, second);
  }
  return { short: bytes, pairs };
}
