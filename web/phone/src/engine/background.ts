/**
 * Background sync: where the browser has it, the service worker (`src/worker.ts`) sends what waits when the network comes
 * back after the app was closed.
 */

/** What the browser is asked to wake the worker for. */
export const TAG = "countersign-sync";

interface SyncManager {
  register(tag: string): Promise<void>;
}

/** Asks to be woken. Without background sync, or where the user forbids it, the app sends when it is opened. */
export async function wakeLater(): Promise<void> {
  try {
    const registration = await navigator.serviceWorker?.getRegistration("/app/");
    await (registration as { sync?: SyncManager } | undefined)?.sync?.register(TAG);
  } catch {
    // Nothing is lost by it.
  }
}
