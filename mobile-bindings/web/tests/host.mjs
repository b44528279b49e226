// What the tests give to a phone in place of a page: entries in a map, clocks set by hand, fetch. Nothing of node: the story is
// told in a browser as well.

import { Phone } from '@countersign/core';

export const MINUTE = 60_000;
const PASSWORD = 'countersign demo';

/** Entries in memory, and whether writing them fails. */
export class Memory {
  /** @type {Map<string, Uint8Array>} */
  map = new Map();
  /** @type {Error | undefined} */
  fails;
  /** @type {import('@countersign/core').Write[][]} */
  batches = [];

  entries = async () => [...this.map].filter(([name]) => !name.startsWith('b/'));
  read = async (/** @type {string} */ name) => this.map.get(name);
  persist = async (/** @type {import('@countersign/core').Write[]} */ batch) => {
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (this.fails) throw this.fails;
    this.batches.push(batch);
    for (const write of batch) {
      if ('put' in write) this.map.set(write.put, write.value);
      else this.map.delete(write.delete);
    }
  };
}

/** Clocks that pass a millisecond at every look, and otherwise when they are told to. */
export class Hands {
  boots = 0;
  wall = 1_790_000_000_000;
  mono = 3_600_000;

  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }
  now = () => {
    this.forward(1);
    return { wallMs: this.wall, monoMs: this.mono, boot: `${this.name} ${this.boots}` };
  };
  /** @param {number} ms */
  forward(ms) {
    this.wall += ms;
    this.mono += ms;
  }
  /** @param {number} wall */
  reboot(wall) {
    this.boots += 1;
    this.wall = wall;
    this.mono = 0;
  }
}

/** The way to the server. */
export class Server {
  /** @type {string | undefined} */
  token;

  /** @param {string} base */
  constructor(base) {
    this.base = base;
  }

  /**
   * @param {string} path
   * @param {string | Uint8Array} [body]
   */
  async call(path, body, mediaType = 'application/json') {
    /** @type {Record<string, string>} */
    const headers = { 'content-type': mediaType };
    if (this.token) headers.authorization = `Bearer ${this.token}`;
    const method = body === undefined ? 'GET' : 'POST';
    const answer = await fetch(this.base + path, { method, headers, body: /** @type {BodyInit} */ (body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return new Uint8Array(await answer.arrayBuffer());
  }

  /**
   * @param {string} path
   * @param {unknown} [body]
   */
  async json(path, body) {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    return JSON.parse(new TextDecoder().decode(await this.call(path, text)));
  }

  exchange = (/** @type {Uint8Array} */ frame) => this.call('/api/v1/sync', frame, 'application/cbor');

  /** @param {string} login */
  async login(login) {
    this.token = (await this.json('/api/v1/auth/login', { login, password: PASSWORD })).access_token;
  }

  /**
   * Logs in, makes the phone known, and goes on with the device's own token.
   *
   * @param {Phone} phone
   * @param {string} login
   */
  async enrol(phone, login) {
    await this.login(login);
    const me = await this.json('/api/v1/auth/me');
    const request = await phone.beginEnrolment(me.id, `${login}'s phone`);
    const enrolled = await this.json(request.path, request.body);
    this.token = enrolled.access_token;
    return phone.finishEnrolment(me.id, me.name, enrolled.device_id);
  }
}
