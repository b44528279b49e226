/** Photos on their way to the server: after the records, part by part, and only when their user wants it. */
import type { Phone } from "@countersign/core";
import type { DeviceApi } from "./api.ts";
import type { When } from "./disk.ts";

/** How it stands. Replaced as a whole whenever something changes. */
export interface PhotoStand {
  when: When;
  running: boolean;
  /** The one that is under way, and how many of its bytes the server has. */
  current: { sha256: string; offset: number } | null;
  /** Bytes of the present run: all of them, and those that the server has not got. */
  total: number;
  left: number;
  /** Those that the server will not take as they are, with the status of its answer. */
  refused: ReadonlyMap<string, number>;
  /** Why it stopped. */
  failed: unknown;
}

interface Connection {
  type?: string;
}

/** What kind of network this is, where the browser says so. */
function network(): string | undefined {
  return (navigator as Navigator & { connection?: Connection }).connection?.type;
}

/** Whether this browser tells Wi-Fi from mobile data. */
export function knowsWifi(): boolean {
  return network() !== undefined;
}

/** What was chosen, or what goes without a choice: also in a browser that no longer tells Wi-Fi from mobile data. */
export function chosen(kept: When | undefined): When {
  return kept === undefined || (kept === "wifi" && !knowsWifi()) ? "now" : kept;
}

/** Whether photos go now. */
export function mayGo(when: When): boolean {
  return when === "now" || (when === "wifi" && ["wifi", "ethernet"].includes(network() ?? ""));
}

/** Brings this phone's photos to the server, one run at a time. */
export class PhotoWay {
  #stand: PhotoStand = {
    when: "now",
    running: false,
    current: null,
    total: 0,
    left: 0,
    refused: new Map(),
    failed: null,
  };
  #once = false;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly snapshot = (): PhotoStand => this.#stand;

  #set(part: Partial<PhotoStand>): void {
    this.#stand = { ...this.#stand, ...part };
    for (const listener of this.#listeners) listener();
  }

  /** From now on. */
  choose(when: When): void {
    this.#set({ when });
  }

  /** The next run goes whatever was chosen. */
  once(): void {
    this.#once = true;
  }

  /** Whether something waits that would go now. */
  waits(phone: Phone): boolean {
    return (this.#once || mayGo(this.#stand.when)) && own(phone) > 0;
  }

  /**
   * Sends what can be sent now. Resolves with the seconds to wait before the next attempt: `null` when there is no reason
   * for one before the next sync. What went wrong is in the stand, and is returned.
   */
  async run(phone: Phone, api: DeviceApi, signal: AbortSignal, changed: () => void): Promise<{ waitS: number | null; failed: unknown }> {
    const none = { waitS: null, failed: null };
    if (this.#stand.running || !this.waits(phone)) return none;
    const total = own(phone);
    const before = phone.unsynced().changes;
    this.#set({ running: true, total, left: total, failed: null });
    try {
      const report = await phone.sendPhotos((request, stop) => api.upload(request, stop), {
        signal,
        onProgress: ({ sha256, offset, bytesLeft, confirmed, refused, status }) => {
          this.#set({
            left: bytesLeft,
            current: confirmed || refused || offset === null ? null : { sha256, offset },
            refused: refused ? new Map(this.#stand.refused).set(sha256, status) : this.#stand.refused,
          });
          if (confirmed || refused) changed();
          // Records go first; the photo of one that is not there yet would be asked for in vain. The next sync begins again.
          return phone.unsynced().changes <= before;
        },
      });
      if (!report.cancelled) this.#once = false;
      return { waitS: report.waitS, failed: null };
    } catch (failed) {
      if (signal.aborted) return none;
      this.#set({ failed });
      return { waitS: null, failed };
    } finally {
      this.#set({ running: false, current: null });
      changed();
    }
  }
}

/** Bytes of this phone's own photos that wait; those of other phones' files go another way. */
function own(phone: Phone): number {
  const all = phone.unsynced().photos.reduce((sum, photo) => sum + photo.size, 0);
  return phone.carried().reduce((sum, carried) => sum - carried.bytesLeft, all);
}
