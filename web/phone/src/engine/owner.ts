/**
 * One tab at a time works on the store. Another one can ask for it, and takes it when it gets no answer. While no tab is open
 * the service worker may have it, until one asks.
 */

const LOCK = "countersign-owner";
/** Held besides by the service worker while it has the store. */
const BACKGROUND = "countersign-background";
const CHANNEL = "countersign-tabs";
/** How long a tab may take to let go before the store is taken from it, ms: it is frozen then. */
const PATIENCE = 2500;

/**
 * Takes the store if no other tab has it; the service worker is asked to let go. `lost` is called once, when another tab has
 * asked for it or taken it.
 */
export async function claim(lost: () => Promise<void>): Promise<boolean> {
  if (await attempt({ ifAvailable: true }, lost)) return true;
  const { held } = await navigator.locks.query();
  // The worker may have let go between the two looks.
  if (held?.some((lock) => lock.name === BACKGROUND) !== true) return attempt({ ifAvailable: true }, lost);
  await takeOver(lost);
  return true;
}

/**
 * Does `work` while no tab has the store, and returns whether it could. The signal is given when a tab asks for the store: then
 * `work` shall end. What is written after a tab has lost its patience is refused by the disk.
 */
export async function borrow(work: (asked: AbortSignal) => Promise<void>): Promise<boolean> {
  return navigator.locks.request(BACKGROUND, { ifAvailable: true }, async (alone) => {
    if (alone === null) return false;
    return navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
      if (lock === null) return false;
      const asked = new AbortController();
      const channel = new BroadcastChannel(CHANNEL);
      channel.onmessage = () => asked.abort();
      try {
        await work(asked.signal);
        return true;
      } finally {
        channel.close();
      }
    });
  });
}

/** Takes the store from the tab that has it. */
export async function takeOver(lost: () => Promise<void>): Promise<void> {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage("let go");
  channel.close();
  const gave = await attempt({ signal: AbortSignal.timeout(PATIENCE) }, lost).catch(() => false);
  if (!gave) await attempt({ steal: true }, lost);
}

function attempt(options: LockOptions, lost: () => Promise<void>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const held = navigator.locks.request(LOCK, options, async (lock) => {
      if (lock === null) {
        resolve(false);
        return;
      }
      resolve(true);
      await asked();
      await lost();
    });
    held.catch((e: unknown) => {
      reject(e instanceof Error ? e : new Error(String(e)));
      // Stolen while it was held: the promise above is long settled, and this is what matters.
      if (e instanceof DOMException && e.name === "AbortError") void lost();
    });
  });
}

function asked(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = () => {
      channel.close();
      resolve();
    };
  });
}
