/** Letting the browser do something else: answer a tap, draw. */

/** Ends this stretch of work; what follows goes on when the browser has seen to taps and drawing. */
export function pause(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: { yield?: () => Promise<void> } };
  return scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve));
}

/** A page that is not in sight draws nothing; then this long is waited, ms. */
const UNSEEN = 100;

/** When what was just changed can be seen: work that takes long begins after it, so that a tap is answered first. */
export function seen(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, UNSEEN);
    requestAnimationFrame(() => setTimeout(resolve));
  });
}

/** When the browser has nothing better to do, and not later than `most` ms from now. */
export function idle(most = 3000): Promise<void> {
  if (!("requestIdleCallback" in globalThis)) return new Promise((resolve) => setTimeout(resolve, 200));
  return new Promise((resolve) => requestIdleCallback(() => resolve(), { timeout: most }));
}
