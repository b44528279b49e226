/**
 * The module's file is a small valid module: one section in it holds the real one, its code taken apart into streams of
 * alike things (instructions, locals, offsets, constants, ...). Compressors of the network see in these what they cannot see
 * where everything is mixed; docs/adr/0020 has the figures. `tools/pack.mjs` writes it, and proves that this reads it.
 *
 * ```text
 * size of the module | functions | instructions
 * n, n × (opcode, operand)      what a byte of the instructions' stream stands for
 * m, m × (byte, byte)           the bytes n, n + 1, ...: pairs of earlier ones
 * the length of each stream | the streams
 * ```
 *
 * All numbers are LEB128. An operand of `ABSENT` stands in a stream.
 */

/** The name of the section. */
export const SECTION = 'countersign.streams';

/** An operand that is not in the table: no single byte of LEB128 looks like this. */
export const ABSENT = 0x80;

/** The streams, in the order in which they are written; after them, one of constants for each of `BEFORE`, and one for others. */
export const enum Stream {
  /** The module up to its code. */
  Head,
  /** The module from behind its code. */
  Tail,
  Instructions,
  /** Which locals are read: how many others were used since. */
  Reads,
  /** Which locals are written, alike. */
  Writes,
  Loads,
  /** Of what stands on the stack: by a frame's local ({@link Frame}). */
  FrameLoads,
  Stores,
  Calls,
  Branches,
  /** The functions' own locals. */
  Locals,
  /** Everything rare, as it is. */
  Others,
  /** What is added to a frame's local. */
  FrameConstants,
  Constants,
}

/** A constant's meaning shows in the instruction behind it: these have streams of their own. */
export const BEFORE: readonly number[] = [0x6a, 0x6b, 0x6c, 0x71, 0x74, 0x46, 0x47, 0x10, 0x20, 0x21, 0x36, 0x41, 0xfc];

/** How many streams there are. */
export const STREAMS = Stream.Constants + BEFORE.length + 1;

/** How an instruction goes on behind its opcode, and behind the operand that may be in the table. */
export const enum Form {
  Bare,
  /** One number, which is in the table or in a stream. */
  Block,
  Local,
  /** The alignment is in the table, the offset in a stream. */
  Memory,
  Call,
  Branch,
  BranchTable,
  Constant,
  /** So many numbers: one or two. */
  One,
  Two,
  Float,
  Double,
  /** The second half of the opcode is in the table. */
  Prefixed,
  Select,
}

/** The form of each opcode. */
export const FORMS: Uint8Array = forms();

function forms(): Uint8Array {
  const all = new Uint8Array(256);
  all.fill(Form.Block, 0x02, 0x05);
  all.fill(Form.Branch, 0x0c, 0x0e);
  all[0x0e] = Form.BranchTable;
  all[0x10] = Form.Call;
  all[0x11] = Form.Two;
  all[0x1c] = Form.Select;
  all.fill(Form.Local, 0x20, 0x23);
  all.fill(Form.One, 0x23, 0x27);
  all.fill(Form.Memory, 0x28, 0x3f);
  all.fill(Form.One, 0x3f, 0x41);
  all[0x41] = Form.Constant;
  all[0x42] = Form.One;
  all[0x43] = Form.Float;
  all[0x44] = Form.Double;
  all[0xd0] = all[0xd2] = Form.One;
  all[0xfc] = Form.Prefixed;
  return all;
}

/** How many numbers follow a prefixed instruction: the bulk operations on memory and tables, after the conversions. */
export function operands(second: number): number {
  if (second < 8) return 0;
  return second === 8 || second === 10 || second === 12 || second === 14 ? 2 : 1;
}

/** The function's locals, those that were used last in front. */
export class Recent {
  private readonly order: number[] = [];

  /** Another function begins. */
  clear(): void {
    this.order.length = 0;
  }

  /** Which local has this rank; it is in front then. */
  take(rank: number): number {
    const { order } = this;
    while (order.length <= rank) order.push(order.length);
    const local = order[rank];
    for (let i = rank; i > 0; i--) order[i] = order[i - 1];
    order[0] = local;
    return local;
  }

  /** Which rank this local has; it is in front then. */
  rank(local: number): number {
    const at = this.order.indexOf(local);
    const rank = at < 0 ? local : at;
    this.take(rank);
    return rank;
  }
}

/** Which of a function's locals is where its part of the stack begins: the first that is written after a global was read. */
export class Frame {
  private local = -1;
  private waits = false;
  private read = false;

  /** Another function begins. */
  clear(): void {
    this.local = -1;
    this.waits = this.read = false;
  }

  /** An instruction comes, and which local it names. Says whether the one before it read the frame's. */
  pass(opcode: number, local: number): boolean {
    const before = this.read;
    this.read = opcode === 0x20 && local === this.local;
    if (opcode === 0x23) this.waits = true;
    else if (this.local < 0 && this.waits && (opcode === 0x21 || opcode === 0x22)) this.local = local;
    return before;
  }
}

/** Reads numbers and bytes one after the other. */
class Reader {
  at = 0;

  constructor(readonly bytes: Uint8Array) {}

  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      value += (byte & 127) * 2 ** shift;
      if (!(byte & 128)) return value;
    }
  }

  part(length: number): Uint8Array {
    const from = this.at;
    this.at += length;
    return this.bytes.subarray(from, this.at);
  }
}

/** What the section of this name holds, if it is the file's first. */
function section(file: Uint8Array): Uint8Array | undefined {
  const reader = new Reader(file);
  reader.at = 8;
  if (file[reader.at++] !== 0) return undefined;
  const size = reader.number();
  const end = reader.at + size;
  const name = new TextDecoder().decode(reader.part(reader.number()));
  return name === SECTION ? file.subarray(reader.at, end) : undefined;
}

/** The module in a file; one that was not taken apart is returned as it is. */
export function unpack(file: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const packed = section(file);
  return packed ? unpackSection(packed) : file;
}

/** The module in what the section holds. */
export function unpackSection(packed: Uint8Array): Uint8Array<ArrayBuffer> {
  const reader = new Reader(packed);
  const out = new Uint8Array(reader.number());
  let functions = reader.number();
  const count = reader.number();
  const known = reader.number();
  const table = reader.part(2 * known);
  const pairs = reader.part(2 * reader.number());
  const lengths = Array.from({ length: STREAMS }, () => reader.number());
  /** Where each stream goes on. */
  const positions = Uint32Array.from(lengths, (length) => reader.part(length).byteOffset - packed.byteOffset);
  if (reader.at !== packed.length) throw new Error('the module is cut off');
  const short = packed.subarray(positions[Stream.Instructions]).subarray(0, lengths[Stream.Instructions]);
  const instructions = expand(short, count, known, pairs);

  const classes = new Uint8Array(256).fill(Stream.Constants + BEFORE.length);
  BEFORE.forEach((opcode, i) => (classes[opcode] = Stream.Constants + i));
  const recent = new Recent();
  const frame = new Frame();
  let to = 0;
  /** One number as it stands in a stream. */
  const copy = (stream: number) => {
    let at = positions[stream];
    let byte: number;
    do out[to++] = byte = packed[at++];
    while (byte & 128);
    positions[stream] = at;
  };
  const some = (stream: number, length: number) => {
    const at = positions[stream];
    out.set(packed.subarray(at, (positions[stream] = at + length)), to);
    to += length;
  };
  const read = (stream: number) => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = packed[positions[stream]++];
      value |= (byte & 127) << shift;
      if (!(byte & 128)) return value;
    }
  };
  const write = (value: number) => {
    for (; value > 127; value >>>= 7) out[to++] = (value & 127) | 128;
    out[to++] = value;
  };
  /** A number that is written, too, and says how many others follow. */
  const counted = (stream: number) => {
    const value = read(stream);
    write(value);
    return value;
  };

  some(Stream.Head, lengths[Stream.Head]);
  let next = 0;
  while (functions-- > 0) {
    const start = to;
    // Room for the length of the body, which is known in the end.
    to += 5;
    for (let groups = counted(Stream.Locals); groups > 0; groups--) {
      copy(Stream.Locals);
      some(Stream.Locals, 1);
    }
    recent.clear();
    frame.clear();
    for (let depth = 0; depth >= 0; ) {
      if (next >= count) throw new Error('the module is damaged');
      const symbol = instructions[next++] * 2;
      const opcode = table[symbol];
      const operand = table[symbol + 1];
      out[to++] = opcode;
      const form = FORMS[opcode];
      if (form === Form.Local) {
        const rank = operand === ABSENT ? read(opcode === 0x20 ? Stream.Reads : Stream.Writes) : operand;
        const local = recent.take(rank);
        frame.pass(opcode, local);
        write(local);
        continue;
      }
      const framed = frame.pass(opcode, -1);
      switch (form) {
        case Form.Bare:
          if (opcode === 0x0b) depth--;
          break;
        case Form.Memory:
          out[to++] = operand;
          copy(opcode >= 0x36 ? Stream.Stores : framed ? Stream.FrameLoads : Stream.Loads);
          break;
        case Form.Constant:
          copy(framed ? Stream.FrameConstants : classes[table[instructions[next] * 2]]);
          break;
        case Form.Call:
          copy(Stream.Calls);
          break;
        case Form.Branch:
          copy(Stream.Branches);
          break;
        case Form.Block:
          depth++;
          if (operand === ABSENT) copy(Stream.Others);
          else out[to++] = operand;
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
          out[to++] = operand;
          for (let more = operands(operand); more > 0; more--) copy(Stream.Others);
          break;
        case Form.Select:
          some(Stream.Others, counted(Stream.Others));
          break;
      }
    }
    const end = to;
    to = start;
    write(end - start - 5);
    out.copyWithin(to, start + 5, end);
    to += end - start - 5;
  }
  some(Stream.Tail, lengths[Stream.Tail]);
  if (to !== out.length) throw new Error('the module is damaged');
  return out;
}

/** The instructions' stream without its pairs. */
function expand(short: Uint8Array, count: number, known: number, pairs: Uint8Array): Uint8Array {
  const stretches: Uint8Array[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    const parts = [pairs[i], pairs[i + 1]].map((byte) => (byte < known ? [byte] : stretches[byte - known]));
    stretches.push(Uint8Array.from([...parts[0], ...parts[1]]));
  }
  const out = new Uint8Array(count);
  let to = 0;
  for (let i = 0; i < short.length; i++) {
    const byte = short[i];
    if (byte < known) {
      out[to++] = byte;
    } else {
      const stretch = stretches[byte - known];
      for (let j = 0; j < stretch.length; j++) out[to++] = stretch[j];
    }
  }
  return out;
}
