// What the tools beside this one know of a module's form.

import assert from 'node:assert/strict';
import { FORMS, Form, operands } from '../dist/unpack.js';

/** Sections, by their ids. */
export const Section = { custom: 0, import: 2, function: 3, global: 6, export: 7, start: 8, element: 9, code: 10 };

/** @param {number} value */
export function leb(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value & 127) | 128);
  bytes.push(value);
  return bytes;
}

/** Reads one thing after the other. */
export class Reader {
  /** @param {Uint8Array} bytes @param {number} [at] */
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte() {
    return this.bytes[this.at++];
  }

  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (!(byte & 128)) return value;
    }
  }

  /** Over a name, or other bytes behind their number. */
  name() {
    const length = this.number();
    this.at += length;
  }

  /** Over one instruction behind its opcode. @param {number} opcode */
  rest(opcode) {
    switch (FORMS[opcode]) {
      case Form.Bare:
        break;
      case Form.Memory:
      case Form.Two:
        this.number();
      // falls through
      case Form.Block:
      case Form.Local:
      case Form.Call:
      case Form.Branch:
      case Form.Constant:
      case Form.One:
        this.number();
        break;
      case Form.BranchTable:
        for (let targets = this.number(); targets >= 0; targets--) this.number();
        break;
      case Form.Float:
        this.at += 4;
        break;
      case Form.Double:
        this.at += 8;
        break;
      case Form.Prefixed:
        for (let more = operands(this.number()); more > 0; more--) this.number();
        break;
      case Form.Select:
        this.name();
        break;
      default:
        assert.fail(`an instruction that is not known: ${opcode}`);
    }
  }
}

/** Where the sections are: their ids, and their contents. @param {Uint8Array} module */
export function sections(module) {
  const reader = new Reader(module, 8);
  const all = [];
  while (reader.at < module.length) {
    const id = reader.byte();
    const size = reader.number();
    all.push({ id, from: reader.at, to: reader.at + size });
    reader.at += size;
  }
  return all;
}
