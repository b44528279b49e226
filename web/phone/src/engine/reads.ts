/**
 * The engine's answers, kept until something changes. A screen asks the same again each time it is drawn, and each question
 * is a document decoded and a text parsed.
 */
import type { Phone, SyncReport } from "@countersign/core";

/** What changes with any record. */
const BY_RECORDS = ["visits", "someVisits", "listed", "visit", "visitJson", "assess", "show", "unsynced", "joinCode"] as const;
/** What only the server changes. */
const BY_SYNC = ["customers", "contacts", "assets", "workOrders", "identity"] as const;
/** What asks for the time, which goes on by itself, and what is asked so rarely that it need not be kept. */
const BY_TIME = ["advice", "runningTimers", "carried", "photoBytes"] as const;
/** After these the server's data may be others, unless they say that none came. */
const FROM_SERVER = /^(sync|receive|import|finishEnrolment|close)/;

/**
 * The phone, with its reads answered from memory where nothing has changed. What it returned before is returned again, the
 * same object: nobody writes into it.
 */
export function remembering(phone: Phone): Phone {
  const ofRecords = new Map<string, unknown>();
  const ofSync = new Map<string, unknown>();
  const bound = new Map<string | symbol, unknown>();
  const kept = (memory: Map<string, unknown>, name: string, read: (...args: unknown[]) => unknown) =>
    (...args: unknown[]) => {
      const key = name + JSON.stringify(args);
      if (!memory.has(key)) memory.set(key, read.apply(phone, args));
      return memory.get(key);
    };
  const changing = (name: string, call: (...args: unknown[]) => unknown) => (...args: unknown[]) => {
    const forget = (report?: unknown) => {
      ofRecords.clear();
      const none = (report as Partial<SyncReport> | undefined)?.reference === 0;
      if (FROM_SERVER.test(name) && !none) ofSync.clear();
    };
    const done = call.apply(phone, args);
    if (!(done instanceof Promise)) {
      forget();
      return done;
    }
    // Before whoever waits for it goes on; also when it failed: the store was read anew then.
    return done.then(
      (result: unknown) => {
        forget(result);
        return result;
      },
      (e: unknown) => {
        forget();
        throw e;
      },
    );
  };
  const wrapped = (name: string, call: (...args: unknown[]) => unknown): unknown => {
    if ((BY_RECORDS as readonly string[]).includes(name)) return kept(ofRecords, name, call);
    if ((BY_SYNC as readonly string[]).includes(name)) return kept(ofSync, name, call);
    if ((BY_TIME as readonly string[]).includes(name)) return call.bind(phone);
    return changing(name, call);
  };
  return new Proxy(phone, {
    get(_, name) {
      if (!bound.has(name)) {
        const value: unknown = Reflect.get(phone, name, phone);
        bound.set(name, typeof value === "function" && typeof name === "string" ? wrapped(name, value as () => unknown) : value);
      }
      return bound.get(name);
    },
  });
}
