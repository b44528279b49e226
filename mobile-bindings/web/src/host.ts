import { said } from './error.js';

/** One entry of what the page keeps: put it under its name, or delete it. */
export type Write = { put: string; value: Uint8Array } | { delete: string };

/** One reading of the phone's clocks, all taken together. */
export interface ClockReading {
  /** The wall clock: milliseconds since 1970 UTC. */
  wallMs: number;
  /** Milliseconds of a clock that nobody sets, such as `performance.now()`; it begins anew with every `boot`. */
  monoMs: number;
  /** What names the stretch of time in which `monoMs` goes on, and no other: a UUID, or any other text. */
  boot: string;
}

/** The device's key, held by the platform: ECDSA with P-256 and SHA-256 (ES256). */
export interface Signer {
  /** The public key, an SEC1 point of 33 or 65 bytes. */
  publicKey: Uint8Array;
  /** The signature over `message`: the 64 bytes r ‖ s, as WebCrypto gives them, or the DER form. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** What the page gives to a phone. */
export interface Host {
  /**
   * Everything that the page keeps, by name; read when the phone is opened, after a failure of `persist`, and for an export.
   * Photos' bytes ({@link isPhoto}) need not be among it.
   */
  entries(): Promise<Iterable<[string, Uint8Array]>> | Iterable<[string, Uint8Array]>;
  /**
   * Makes a batch durable: all of it or nothing, in one transaction, before the promise resolves. Only then does the call
   * that recorded something resolve. Batches come one at a time, in their order.
   */
  persist(batch: Write[]): Promise<void>;
  /** One entry's bytes; only photos are read so. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Reads the clocks. */
  clock(): ClockReading;
  /** The device's key, where the platform holds it; without one it is an Ed25519 key among the entries. */
  signer?: Signer | undefined;
  /** Random bytes, for tests; `crypto.getRandomValues` otherwise. */
  entropy?: ((count: number) => Uint8Array) | undefined;
}

/** Whether an entry of this name is a photo's bytes: large, and not needed to open a phone. */
export function isPhoto(name: string): boolean {
  return name.startsWith('b/');
}

/**
 * The clocks that every page and worker has. A timer that runs through a reload is measured by the wall clock, as after a
 * reboot.
 */
export function pageClock(): () => ClockReading {
  const boot = crypto.randomUUID();
  return () => ({ wallMs: Date.now(), monoMs: performance.now(), boot });
}

/** A signer over a WebCrypto key pair (ECDSA, P-256), whose private key need not be extractable. */
export async function webCryptoSigner(pair: CryptoKeyPair): Promise<Signer> {
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
  return {
    publicKey,
    sign: async (message) =>
      new Uint8Array(await crypto.subtle.sign(algorithm, pair.privateKey, message as Uint8Array<ArrayBuffer>)),
  };
}

/** @internal The page's callbacks as the engine calls them: what they throw is text. */
export class Hands {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  now(): string {
    return asText(() => {
      const { wallMs, monoMs, boot } = this.#host.clock();
      return JSON.stringify([Math.trunc(wallMs), Math.trunc(monoMs), boot]);
    });
  }

  random(count: number): Uint8Array {
    return asText(() => this.#host.entropy?.(count) ?? crypto.getRandomValues(new Uint8Array(count)));
  }

  publicKey(): Uint8Array | undefined {
    return this.#host.signer?.publicKey;
  }
}

function asText<T>(call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    throw said(thrown);
  }
}
