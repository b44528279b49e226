/** The app's one state: the engine, who uses it, and how the server is reached. React looks at it through `useApp`. */
import { type Carried, Phone, PhoneError, type Recorded, type Signer, type SyncReport, load } from "@countersign/core";
import { ApiError, DeviceApi, type Me, changePassword, enrol, login } from "./api.ts";
import { wakeLater } from "./background.ts";
import { clock } from "./clock.ts";
import { Disk, NotOwner, type Tokens, type When } from "./disk.ts";
import { deviceKey, hex } from "./key.ts";
import { engine } from "./module.ts";
import { claim, takeOver } from "./owner.ts";
import { type Credentials, type Delivered, type Delivery, deliver } from "./carry.ts";
import { idle, pause } from "./pause.ts";
import { PhotoWay, chosen } from "./photos.ts";
import { remembering } from "./reads.ts";
import { rounds } from "./rounds.ts";
import { NotTaken } from "../photos/prepare.ts";

/** What the app is about to do. */
export type Stage = "opening" | "elsewhere" | "login" | "password" | "filling" | "ready" | "broken";

/** What can be told to a person. */
export interface Trouble {
  code: string;
  /** In both languages where the engine said it; one text where the server did. */
  text: { zhCn: string; en: string } | string;
}

/** How the last sync went. */
export interface SyncStand {
  running: boolean;
  /** Records of reference data that arrived in the present run. */
  records: number;
  trouble: Trouble | null;
  /** When one last came to its end, ms since 1970. */
  last: number | null;
}

/** A snapshot; replaced as a whole whenever something changes. */
export interface State {
  stage: Stage;
  trouble: Trouble | null;
  sync: SyncStand;
  /** Whether the browser promised not to evict the store; `null` where it cannot say. */
  persisted: boolean | null;
  /** The log-in has ended: what is recorded waits until somebody logs in again. */
  needsLogin: boolean;
  /** Grows with every change in the engine. */
  version: number;
  /** So many lines of the list of visits, from its beginning on, are worked out: nobody waits for them. */
  lines: number;
}

/** The interval of sync attempts while something waits, ms; doubled up to a limit while they fail. */
const SOON = 15_000;
const LATE = 5 * 60_000;
/** Rounds of one sync at most; what is left then is for the next. */
const MOST_ROUNDS = 200;
/** How often the server is asked for news while nothing waits, ms. */
const NEWS = 60_000;
/** Lines of the list of visits that are worked out at once: each takes a document to be read and judged. */
const LINES = 4;
/** Lines that a start ends with, and by which the list grows. */
export const PAGE = 24;

export function trouble(e: unknown): Trouble {
  // What failed in this app's own store or network says more than that the engine could not go on.
  if (e instanceof PhoneError && [ApiError, NotOwner, DOMException].some((kind) => e.cause instanceof kind)) return trouble(e.cause);
  if (e instanceof PhoneError) return { code: e.code, text: e.text };
  if (e instanceof ApiError) return { code: e.code, text: e.message };
  if (e instanceof NotTaken) return { code: e.code, text: e.message };
  if (e instanceof NotOwner) return { code: "not_owner", text: e.message };
  if (e instanceof DOMException && e.name === "QuotaExceededError") return { code: "quota", text: e.message };
  if (e instanceof DOMException && e.name === "SecurityError") return { code: "blocked", text: e.message };
  return { code: "unexpected", text: e instanceof Error ? e.message : String(e) };
}

class App {
  #state: State = {
    stage: "opening",
    trouble: null,
    sync: { running: false, records: 0, trouble: null, last: null },
    persisted: null,
    needsLogin: false,
    version: 0,
    lines: 0,
  };
  readonly #listeners = new Set<() => void>();
  #disk: Disk | null = null;
  #key: Signer | null = null;
  #phone: Phone | null = null;
  #api: DeviceApi | null = null;
  #fresh: { tokens: Tokens; me: Me } | null = null;
  #drafts = new Map<string, string>();
  readonly #unwritten = new Set<string>();
  #writing = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wait = SOON;
  #stop = new AbortController();
  /** Photos on their way to the server. */
  readonly photos = new PhotoWay();
  /** Lines that somebody wants to see. */
  #wanted = PAGE;
  #working: Promise<void> = Promise.resolve();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly snapshot = (): State => this.#state;

  #set(part: Partial<State>): void {
    this.#state = { ...this.#state, ...part };
    for (const listener of this.#listeners) listener();
  }

  /** The engine. Only from screens that are shown once it is open. */
  get phone(): Phone {
    if (this.#phone === null) throw new Error("the engine is not open");
    return this.#phone;
  }

  /** Begins. */
  async start(): Promise<void> {
    // Over plain http a browser gives no page a key, a lock or a worker.
    if (!window.isSecureContext) return this.#set({ stage: "broken", trouble: { code: "insecure", text: location.origin } });
    // It comes while the store is being read; opening the phone waits for it, tries again, and says what went wrong.
    void load(engine()).catch(() => undefined);
    try {
      const got = await claim(this.#lost);
      if (!got) return this.#set({ stage: "elsewhere" });
      await this.#open();
    } catch (e) {
      this.#set({ stage: "broken", trouble: trouble(e) });
    }
  }

  /** Takes the work from the other tab. */
  async takeOver(): Promise<void> {
    this.#set({ stage: "opening", trouble: null });
    try {
      await takeOver(this.#lost);
      await this.#open();
    } catch (e) {
      this.#set({ stage: "broken", trouble: trouble(e) });
    }
  }

  readonly #lost = async (): Promise<void> => {
    this.#stop.abort();
    clearTimeout(this.#timer);
    void this.#phone?.close();
    this.#phone = null;
    this.#disk?.close();
    this.#disk = null;
    this.#set({ stage: "elsewhere" });
  };

  async #open(): Promise<void> {
    this.#stop = new AbortController();
    const disk = await Disk.open();
    this.#disk = disk;
    await disk.own();
    const persisting = navigator.storage?.persisted?.().catch(() => null) ?? null;
    const [key, drafts, entries, synced, tokens, photos, persisted] = await Promise.all([
      deviceKey(disk),
      disk.drafts(),
      disk.entries(),
      disk.get("synced"),
      disk.get("tokens"),
      disk.get("photos"),
      persisting,
    ]);
    this.#key = key;
    this.#drafts = drafts;
    this.photos.choose(chosen(photos));
    let first: typeof entries | null = entries;
    const phone = await Phone.open({
      entries: () => {
        const read = first ?? disk.entries();
        first = null;
        return read;
      },
      persist: (batch) => disk.persist(batch),
      read: (name) => disk.read(name),
      clock: clock(),
      signer: key,
    });
    this.#phone = remembering(phone);
    this.#api = DeviceApi.of(disk);
    const last = synced ?? null;
    const open = { persisted, sync: { ...this.#state.sync, last }, version: this.#state.version + 1 };
    if (this.#phone.identity() === null) return this.#set({ ...open, stage: "login" });
    this.#phone.someVisits(0, LINES);
    const stage = last === null ? "filling" : "ready";
    this.#set({ ...open, lines: LINES, stage, needsLogin: tokens === undefined });
    this.#listen();
    await this.#workOut();
    void this.sync();
  }

  /** Works out more lines of the list of visits, some at a time; taps come in between. */
  async #workOut(): Promise<void> {
    const before = this.#working;
    const work = async () => {
      await before;
      for (let from = 0; from < this.#wanted; from += LINES) {
        await pause();
        if (this.#phone === null || this.#phone.someVisits(from, LINES).length < LINES) break;
      }
      if (this.#phone !== null && this.#state.lines !== this.#wanted) this.#set({ lines: this.#wanted });
    };
    this.#working = work();
    return this.#working;
  }

  /** Somebody looks at the end of the list: the next lines. */
  more(): void {
    if (this.#state.lines < this.#wanted) return;
    this.#wanted += PAGE;
    void this.#workOut();
  }

  #listen(): void {
    const options = { signal: this.#stop.signal };
    window.addEventListener("online", () => void this.sync(), options);
    document.addEventListener(
      "visibilitychange",
      () => {
        if (document.visibilityState === "visible") void this.sync();
        else if (this.#waits()) void wakeLater();
      },
      options,
    );
  }

  /** Asks the browser not to evict the store. */
  async askToPersist(): Promise<void> {
    const persisted = (await navigator.storage?.persist?.().catch(() => null)) ?? null;
    this.#set({ persisted });
  }

  /** The first minute, and again when a log-in has ended. */
  async logIn(name: string, password: string, deviceName: string): Promise<void> {
    const answer = await login(name, password);
    this.#fresh = answer;
    if (answer.me.must_change_password) return this.#set({ stage: "password" });
    await this.#enrol(deviceName);
  }

  /** A new password in place of the one that must be changed. */
  async newPassword(old: string, fresh: string, deviceName: string): Promise<void> {
    if (this.#fresh === null) return this.#set({ stage: "login" });
    this.#fresh = { ...this.#fresh, tokens: await changePassword(this.#fresh.tokens.access, old, fresh) };
    await this.#enrol(deviceName);
  }

  async #enrol(deviceName: string): Promise<void> {
    const [disk, key, fresh] = [this.#disk, this.#key, this.#fresh];
    if (disk === null || key === null || fresh === null) throw new Error("the store is not open");
    const { me, tokens } = fresh;
    const known = this.phone.identity();
    if (known !== null && known.user !== me.id) throw new ApiError("other_engineer", 409, known.name);
    const request = known === null ? await this.phone.beginEnrolment(me.id, deviceName) : await again(key, me.id, deviceName);
    const made = await enrol(request.path, request.body, tokens.access);
    await disk.put("tokens", made.tokens);
    if (known === null) await this.phone.finishEnrolment(me.id, me.name, made.device);
    this.#fresh = null;
    await this.askToPersist();
    this.#set({ stage: this.#state.sync.last === null ? "filling" : "ready", needsLogin: false, trouble: null });
    if (known === null) this.#listen();
    this.#wait = SOON;
    void this.sync();
  }

  /** Records something; the promise is fulfilled when it is on disk. Sync follows by itself. */
  async record(what: (phone: Phone) => Promise<Recorded>): Promise<Recorded> {
    const done = await what(this.phone);
    this.changed();
    this.#wait = SOON;
    this.#later(800);
    // So that the list stands when somebody goes back to it.
    void idle().then(() => this.#workOut());
    return done;
  }

  /** Lets everybody look at the engine again. */
  changed(): void {
    this.#set({ version: this.#state.version + 1 });
  }

  /** Sends what waits and asks for news. Never two at a time. */
  async sync(): Promise<void> {
    const [api, disk] = [this.#api, this.#disk];
    if (api === null || disk === null || this.#state.sync.running || this.#state.needsLogin) return;
    if (this.#phone?.identity() == null) return;
    clearTimeout(this.#timer);
    const stop = this.#stop.signal;
    const stand = (part: Partial<SyncStand>) => this.#set({ sync: { ...this.#state.sync, ...part } });
    stand({ running: true, records: 0 });
    const came = async (report: SyncReport) => {
      const records = this.#state.sync.records + report.reference;
      // Nothing new: no screen needs to be drawn again.
      if (!brought(report)) return;
      if (this.#state.stage === "ready") await this.#workOut();
      this.#set({ sync: { ...this.#state.sync, records }, version: this.#state.version + 1 });
    };
    try {
      await rounds(this.phone, api, MOST_ROUNDS, stop, came);
      const last = Date.now();
      await disk.put("synced", last);
      this.#wait = SOON;
      if (this.#state.stage === "filling") {
        await this.#workOut();
        this.#set({ stage: "ready" });
      }
      stand({ trouble: null, last });
      // Beside what follows: records that are made meanwhile do not wait for photos.
      void this.#sendPhotos(api, stop);
    } catch (e) {
      if (stop.aborted) return;
      this.#wait = Math.min(this.#wait * 2, LATE);
      const cause = e instanceof PhoneError ? (e.cause ?? e) : e;
      stand({ trouble: trouble(e) });
      if (cause instanceof ApiError && cause.needsLogin) this.#set({ needsLogin: true });
      else void wakeLater();
      if (cause instanceof ApiError && cause.retryAfterS !== null) this.#wait = cause.retryAfterS * 1000;
    } finally {
      stand({ running: false });
      if (!stop.aborted) {
        const waiting = this.#state.sync.trouble !== null || (this.#phone?.unsynced().changes ?? 0) > 0;
        this.#later(waiting ? this.#wait : NEWS);
      }
    }
  }

  async #sendPhotos(api: DeviceApi, stop: AbortSignal): Promise<void> {
    const { waitS, failed } = await this.photos.run(this.phone, api, stop, () => this.changed());
    if (failed instanceof ApiError && failed.needsLogin) this.#set({ needsLogin: true });
    if (stop.aborted || (failed === null && waitS === null)) return;
    void wakeLater();
    setTimeout(() => void this.sync(), waitS === null ? this.#wait : waitS * 1000);
  }

  /** Whether something waits that may go when there is a network. */
  #waits(): boolean {
    const phone = this.#phone;
    return phone !== null && (phone.unsynced().changes > 0 || this.photos.waits(phone));
  }

  /** When photos go, from now on and for the next start. */
  photosGo(when: When): void {
    this.photos.choose(when);
    // Where there is no room for it, it lasts as long as the page.
    void this.#disk?.put("photos", when).catch(() => undefined);
    if (when !== "later") void this.sync();
  }

  /** A photo's bytes: from this phone while they wait here, else from the server. */
  async picture(sha256: string): Promise<Blob> {
    const waits = this.phone.unsynced().photos.find((photo) => photo.sha256 === sha256);
    if (waits !== undefined) {
      // The server may have got all of it a moment ago.
      const bytes = await this.phone.photoBytes(sha256).catch(() => null);
      if (bytes !== null) return new Blob([bytes as BlobPart], { type: waits.mediaType });
    }
    if (this.#api === null) throw new ApiError("offline", 0, "the store is not open");
    return this.#api.blob(sha256);
  }

  /** Delivers what another phone could not send any more. */
  async deliver(carried: Carried, who: Credentials | null, progress: (at: Delivery) => void): Promise<Delivered> {
    if (this.#api === null) throw new ApiError("offline", 0, "the store is not open");
    try {
      return await deliver(this.phone, carried, who, this.#api, this.#stop.signal, progress);
    } finally {
      this.changed();
      void this.sync();
    }
  }

  /** Asks the server something that a screen wants to know at once: a GET, or with a body a POST. */
  async ask<T>(path: string, body?: unknown): Promise<T> {
    if (this.#api === null) throw new NotOwner("the store is not open");
    try {
      return await this.#api.json<T>(path, body);
    } catch (e) {
      if (e instanceof ApiError && e.needsLogin) this.#set({ needsLogin: true });
      throw e;
    }
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.sync(), ms);
  }

  /** What was typed there and not recorded yet. */
  draft(name: string): string {
    return this.#drafts.get(name) ?? "";
  }

  /** Keeps what is being typed. */
  keepDraft(name: string, text: string): void {
    if (text === "") this.#drafts.delete(name);
    else this.#drafts.set(name, text);
    this.#unwritten.add(name);
    void this.#writeDrafts();
  }

  /** What was typed and chosen there is recorded, or no longer wanted. */
  forgetDrafts(at: string): void {
    for (const name of [...this.#drafts.keys()]) if (name.startsWith(`${at}/`)) this.keepDraft(name, "");
  }

  /** As `forgetDrafts`, if the form was begun longer ago than that, ms; from then on it is begun now. */
  forgetOldDrafts(at: string, age: number): void {
    const since = `${at}/since`;
    if (Date.now() - Number(this.draft(since)) <= age) return;
    this.forgetDrafts(at);
    this.keepDraft(since, String(Date.now()));
  }

  /** One at a time, the newest text of each: a fast typist does not make the disk lag behind. */
  async #writeDrafts(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    for (const name of this.#unwritten) {
      this.#unwritten.delete(name);
      await this.#disk?.draft(name, this.draft(name)).catch((e: unknown) => this.#set({ trouble: trouble(e) }));
    }
    this.#writing = false;
  }
}

/** Whether an answer changed anything that a screen shows. */
function brought(report: SyncReport): boolean {
  const { confirmed, news, refused, decided, reference } = report;
  return reference > 0 || [confirmed, news, refused, decided].some((visits) => visits.length > 0);
}

/** A new log-in on a device that is known already. The engine makes this request only once, before it is enrolled. */
async function again(key: Signer, user: string, name: string): Promise<{ path: string; body: string }> {
  const publicKey = hex(key.publicKey);
  const challenge = `countersign device enrolment v1\n${user}\nES256\n${publicKey}`;
  const proof = hex(await key.sign(new TextEncoder().encode(challenge)));
  const body = JSON.stringify({ name, public_key: { alg: "ES256", key: publicKey }, proof });
  return { path: "/api/v1/devices", body };
}

/** The app. */
export const app = new App();
