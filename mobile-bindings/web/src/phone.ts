import { caught, failed } from './error.js';
import { beside, Calls } from './generated.js';
import type { Answer, EnrolmentRequest, Frame, HttpHeader, Recorded, Shown, SyncReport, Upload, UploadReport } from './generated.js';
import { Entries, joined, type Reply, WebPhone } from './glue/countersign_core.js';
import { Hands, isPhoto } from './host.js';
import type { Host, Write } from './host.js';
import { load } from './load.js';

/** Posts a frame (`application/cbor`) to `/api/v1/sync` and returns the body of a 200 answer; rejects for anything else. */
export type Exchange = (frame: Uint8Array, signal?: AbortSignal) => Promise<Uint8Array>;

/** How far a sync has come. */
export interface SyncProgress {
  /** Rounds so far. */
  roundsDone: number;
  /** Changes that the server has yet to confirm. */
  changesLeft: number;
}

/** How to sync. */
export interface SyncOptions {
  /** Called before every round; `false` ends the sync there. */
  onProgress?: ((progress: SyncProgress) => boolean | void) | undefined;
  /** Ends the sync before its next round, and is handed to the exchange. */
  signal?: AbortSignal | undefined;
  /** At most so many rounds; 20 unless it is said. */
  rounds?: number | undefined;
}

/** An answer about a photo, whatever its status: all its headers, or at least those that {@link Phone.uploaded} reads. */
export interface UploadAnswer {
  status: number;
  headers: HttpHeader[];
}

/** Makes a request of {@link Phone.nextUpload} with the right device's token; rejects when there was no answer. */
export type SendUpload = (request: Upload, signal?: AbortSignal) => Promise<UploadAnswer>;

/** How to send photos. */
export interface PhotoOptions {
  /** Called after every answer; `false` ends it there. */
  onProgress?: ((progress: UploadProgress) => boolean | void) | undefined;
  /** Ends it before the next request, and is handed to the sender. */
  signal?: AbortSignal | undefined;
  /** Those of this file of another phone's unsent work ({@link Phone.carriedUpload}) instead of this phone's own. */
  carried?: string | undefined;
}

/** What an answer about a photo meant, and which photo it was. */
export interface UploadProgress extends UploadReport {
  sha256: string;
  /** How many bytes of this photo the server has, where it said so. */
  offset: number | null;
  status: number;
}

/** How the photos stand when nothing more can be sent now. */
export interface PhotosReport {
  /** SHA-256 of those that the server has all of since. */
  confirmed: string[];
  /** SHA-256 of those that it will not take as they are. */
  refused: string[];
  /** Seconds to wait before more is sent, where the server says so. */
  waitS: number | null;
  /** It was ended on request. */
  cancelled: boolean;
}

/** Answers in a row that bring a photo no further: after more, whatever answers there leads in a circle. */
const MOST_IDLE = 8;

/** What waits for the platform's signature. */
interface ToSign {
  ticket: number;
  message: Uint8Array;
}

/**
 * One phone: the engine over what the page keeps. Reading answers at once. Whatever records something is a promise that
 * resolves when the page has made it durable; such calls run one after the other, in the order of their making.
 */
export class Phone extends Calls {
  readonly #host: Host;
  #raw: WebPhone | undefined;
  #last: Promise<unknown> = Promise.resolve();
  /** A batch could not be made durable, and the page has not been read anew since. */
  #torn = false;

  private constructor(host: Host, raw: WebPhone) {
    super();
    this.#host = host;
    this.#raw = raw;
  }

  /**
   * Opens what the page keeps; nothing yet is a phone that is not enrolled. Loads the engine where that was not done.
   *
   * @throws {@link PhoneError} `store_damaged`, `store_failed`.
   */
  static async open(host: Host): Promise<Phone> {
    await load();
    const entries = await kept(host);
    return new Phone(
      host,
      caught(() => WebPhone.open(entries, new Hands(host))),
    );
  }

  /** Lets go of the engine's memory when every call so far is done. Later calls fail with `store_closed`. */
  async close(): Promise<void> {
    await this.#next(async () => {
      this.#raw?.free();
      this.#raw = undefined;
    });
  }

  /**
   * The first half of enrolling: what the engineer, logged in, posts to the server. `user` is their id
   * (`/api/v1/auth/me`), `deviceName` what they call the phone.
   *
   * @throws {@link PhoneError} `enrolled_already`, `bad_id`, `bad_signature`, `host_failed`, `store_failed`.
   */
  beginEnrolment(user: string, deviceName: string): Promise<EnrolmentRequest> {
    return this.#step(async (raw) => {
      if (!this.#host.signer) return JSON.parse(raw.begin_enrolment(user, deviceName)) as EnrolmentRequest;
      const [ticket, signature] = await this.#signed(beside<ToSign>(raw.prepare_enrolment(user), 'message'));
      return JSON.parse(raw.seal_enrolment(ticket, signature, deviceName)) as EnrolmentRequest;
    });
  }

  /**
   * Records how the customer answered what was shown: accepted, with reservations, refused, or nobody was there. Signed by
   * the device's key.
   *
   * @throws {@link PhoneError} `changed_since_shown`, `name_missing`, `reason_missing`, `too_long`, `host_failed`,
   * `bad_signature`, `store_failed`.
   */
  signOff(shown: Shown, answer: Answer): Promise<Recorded> {
    return this.#step(async (raw) => {
      const given = [JSON.stringify(shown), JSON.stringify(answer)] as const;
      if (!this.#host.signer) return JSON.parse(raw.sign_off(...given)) as Recorded;
      const [ticket, signature] = await this.#signed(beside<ToSign>(raw.prepare_sign_off(...given), 'message'));
      return JSON.parse(raw.finish_sign_off(ticket, signature)) as Recorded;
    });
  }

  /**
   * The next request for the server, signed: what it lacks, as far as the bounds allow. Making it changes nothing: any frame
   * may be lost, cut, doubled or sent late. {@link Phone.sync} is all rounds at once.
   *
   * @throws {@link PhoneError} `not_enrolled`, `document_unreadable`, `host_failed`, `bad_signature`.
   */
  nextFrame(): Promise<Frame> {
    return this.#step(async (raw) => {
      if (!this.#host.signer) return beside<Frame>(raw.next_frame(), 'bytes');
      const [ticket, signature] = await this.#signed(beside<ToSign>(raw.prepare_frame(), 'message'));
      return beside<Frame>(raw.seal_frame(ticket, signature), 'bytes');
    });
  }

  /**
   * Takes in the server's answer to a frame. Durable when this resolves.
   *
   * @throws {@link PhoneError} `answer_unreadable`: nothing has changed then; `store_failed`.
   */
  receive(answer: Uint8Array): Promise<SyncReport> {
    return this.recording((raw) => JSON.parse(raw.receive(answer)) as SyncReport);
  }

  /**
   * Rounds through `exchange` until nothing is left to send or to ask for. Facts may be recorded meanwhile. When it fails
   * or is ended, what was confirmed stays confirmed, and the next sync goes on from there.
   *
   * @throws {@link PhoneError} `host_failed` when the exchange rejected (its reason is the error's `cause`); otherwise as
   * {@link Phone.nextFrame} and {@link Phone.receive}.
   */
  async sync(exchange: Exchange, options: SyncOptions = {}): Promise<SyncReport> {
    let total = JSON.parse(joined('null', 'null')) as SyncReport;
    for (let round = 0; round < (options.rounds ?? 20); round++) {
      const progress = { roundsDone: round, changesLeft: this.unsynced().changes };
      if (options.signal?.aborted || options.onProgress?.(progress) === false) return { ...total, cancelled: true };
      const frame = await this.nextFrame();
      const answer = await exchange(frame.bytes, options.signal).catch((cause: unknown) => {
        throw failed('host_failed', cause);
      });
      const one = await this.receive(answer);
      total = JSON.parse(joined(JSON.stringify(total), JSON.stringify(one))) as SyncReport;
      if (!one.again && frame.complete && this.unsynced().changes === 0) break;
    }
    return total;
  }

  /**
   * The next request that brings a photo of this phone's own to the server, part by part; `null` when there is nothing to
   * send, or nothing before the next sync. Making it changes nothing: it may be lost, cut, doubled or sent late, and a page
   * that was closed goes on where the server is. {@link Phone.sendPhotos} is all of them at once.
   *
   * @throws {@link PhoneError} `store_closed`, `store_failed`, `store_damaged`.
   */
  nextUpload(): Promise<Upload | null> {
    return this.#upload(undefined, (raw) => raw.next_upload());
  }

  /**
   * As {@link Phone.nextUpload}, for the photos that came in another phone's file of unsent work: they go with that device's
   * token, and after the frames that refer to them ({@link Phone.carriedFrame}).
   *
   * @throws {@link PhoneError} As {@link Phone.nextUpload}.
   */
  carriedUpload(id: string): Promise<Upload | null> {
    return this.#upload(id, (raw) => raw.carried_upload(id));
  }

  /**
   * Brings photos to the server through `send`, after a sync, until there is nothing that can be sent now. Facts may be
   * recorded meanwhile. Whatever arrived stays arrived; the next call goes on from there.
   *
   * @throws What `send` rejected with; {@link PhoneError} as {@link Phone.nextUpload} and {@link Phone.uploaded}.
   */
  async sendPhotos(send: SendUpload, options: PhotoOptions = {}): Promise<PhotosReport> {
    const { carried, signal, onProgress } = options;
    const all: PhotosReport = { confirmed: [], refused: [], waitS: null, cancelled: false };
    let [least, idle] = [Infinity, 0];
    for (;;) {
      if (signal?.aborted) return { ...all, cancelled: true };
      const request = await (carried === undefined ? this.nextUpload() : this.carriedUpload(carried));
      if (request === null) return all;
      const { status, headers } = await send(request, signal);
      const report = await this.uploaded(request.sha256, status, headers);
      if (report.confirmed) all.confirmed.push(request.sha256);
      if (report.refused) all.refused.push(request.sha256);
      all.waitS = report.waitS;
      const at = headers.find((h) => h.name.toLowerCase() === 'upload-offset')?.value.trim() ?? '';
      const offset = /^\d+$/.test(at) ? Number(at) : null;
      if (onProgress?.({ ...report, sha256: request.sha256, offset, status }) === false) return { ...all, cancelled: true };
      idle = report.bytesLeft < least ? 0 : idle + 1;
      least = Math.min(least, report.bytesLeft);
      if (!report.again || idle > MOST_IDLE) return all;
    }
  }

  /**
   * The bytes of a photo that waits on this phone.
   *
   * @throws {@link PhoneError} `photo_unknown`, `store_failed`.
   */
  photoBytes(sha256: string): Promise<Uint8Array> {
    return this.#step(async (raw) => {
      await this.#handPhotos(raw, [sha256]);
      return raw.photo_bytes(sha256);
    });
  }

  /**
   * Everything that has not reached the server, photos included, as the bytes of a file, encrypted with `key` (32 bytes,
   * which the page shows or sends some other way). Changes nothing on this phone; delivering it twice, or syncing as well,
   * does no harm.
   *
   * @throws {@link PhoneError} `bad_key_length`, `not_enrolled`, `host_failed`, `document_unreadable`, `store_failed`.
   */
  exportUnsynced(key: Uint8Array): Promise<Uint8Array> {
    return this.#step(async (raw) => {
      const waiting = (JSON.parse(raw.unsynced()) as { photos: { sha256: string }[] }).photos;
      await this.#handPhotos(
        raw,
        waiting.map((photo) => photo.sha256),
      );
      raw.hand(await this.#kept());
      if (!this.#host.signer) return raw.export_unsynced(key);
      let toSign = beside<ToSign>(raw.prepare_export(), 'message');
      while (toSign.message.length > 0) {
        const [ticket, signature] = await this.#signed(toSign);
        toSign = beside<ToSign>(raw.sign_export(ticket, signature), 'message');
      }
      return raw.finish_export(toSign.ticket, key);
    });
  }

  protected override reading<T>(call: (raw: WebPhone) => T): T {
    const raw = this.#raw;
    if (!raw) throw failed('store_closed');
    return caught(() => call(raw));
  }

  protected override recording<T>(call: (raw: WebPhone) => T): Promise<T> {
    return this.#step(async (raw) => call(raw));
  }

  /** Runs when everything before it is done, whether it failed or not. */
  #next<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#last.then(run);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** One call: the engine, and then the page, and then the caller. */
  #step<T>(call: (raw: WebPhone) => Promise<T>): Promise<T> {
    return this.#next(async () => {
      const raw = this.#raw;
      if (!raw) throw failed('store_closed');
      if (this.#torn) await this.#readAnew(raw);
      try {
        return await call(raw);
      } catch (thrown) {
        throw typeof thrown === 'string' ? caught(() => { throw thrown; }) : thrown;
      } finally {
        raw.drop_photos();
        // What was written before something failed is written all the same.
        await this.#persist(raw);
      }
    });
  }

  async #persist(raw: WebPhone): Promise<void> {
    const writes = taken(raw);
    if (writes.length === 0) return;
    try {
      await this.#host.persist(writes);
      raw.settled();
    } catch (cause) {
      this.#torn = true;
      // Until the page has been read, screens see what they saw while it was being written. If it cannot be read either, the
      // next call tries again.
      await this.#readAnew(raw).catch(() => raw.failed());
      throw failed('store_failed', cause);
    }
  }

  async #readAnew(raw: WebPhone): Promise<void> {
    const entries = await this.#kept();
    raw.failed();
    raw.hand(entries);
    this.#torn = false;
  }

  #kept(): Promise<Entries> {
    return kept(this.#host);
  }

  async #handPhotos(raw: WebPhone, photos: string[]): Promise<void> {
    for (const sha256 of photos) {
      const name = `b/${sha256}`;
      const bytes = await this.#host.read(name).catch((cause: unknown) => {
        throw failed('store_failed', cause);
      });
      if (bytes) raw.hand_photo(name, bytes);
    }
  }

  #upload(carried: string | undefined, next: (raw: WebPhone) => Reply | undefined): Promise<Upload | null> {
    return this.#step(async (raw) => {
      const wants = raw.upload_wants(carried);
      if (wants) await this.#handPhotos(raw, [wants]);
      const reply = next(raw);
      return reply ? beside<Upload>(reply, 'bytes') : null;
    });
  }

  async #signed({ ticket, message }: ToSign): Promise<[number, Uint8Array]> {
    const signer = this.#host.signer;
    if (message.length === 0 || !signer) return [ticket, new Uint8Array()];
    try {
      return [ticket, await signer.sign(message)];
    } catch (cause) {
      throw failed('host_failed', cause);
    }
  }
}

async function kept(host: Host): Promise<Entries> {
  const entries = new Entries();
  try {
    for (const [name, value] of await host.entries()) {
      if (!isPhoto(name)) entries.put(name, value);
    }
  } catch (cause) {
    entries.free();
    throw failed('store_failed', cause);
  }
  return entries;
}

/** What the last call wrote. */
function taken(raw: WebPhone): Write[] {
  const batch = raw.take();
  const writes: Write[] = [];
  for (let write = batch.next(); write; write = batch.next()) {
    const [name, value] = [write.name(), write.value()];
    writes.push(value ? { put: name, value } : { delete: name });
    write.free();
  }
  batch.free();
  return writes;
}
