/** One tab at a time works on the store. Another one can ask for it, and takes it when it gets no answer. */

const LOCK = "countersign-owner";
const CHANNEL = "countersign-tabs";
/** How long a tab may take to let go before the store is taken from it, ms: it is frozen then. */
const PATIENCE = 2500;

/** Takes the store if nobody has it. `lost` is called once, when another tab has asked for it or taken it. */
export async function claim(lost: () => Promise<void>): Promise<boolean> {
  return attempt({ ifAvailable: true }, lost);
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
