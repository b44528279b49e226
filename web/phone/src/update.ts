/** The service worker: it keeps the whole app for the basement, and a newer one waits until its user wants it. */
import { useSyncExternalStore } from "react";

let waiting: ServiceWorker | null = null;
let kept = false;
const listeners = new Set<() => void>();
const tell = () => listeners.forEach((listener) => listener());

/** How often a long-lived page asks for a newer app, ms. */
const EVERY = 60 * 60_000;

export function watchForUpdates(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  void (async () => {
    try {
      const registration = await navigator.serviceWorker.register("/app/sw.js", { scope: "/app/" });
      const look = () => {
        kept = registration.active !== null;
        waiting = navigator.serviceWorker.controller === null ? null : registration.waiting;
        tell();
      };
      look();
      registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", look));
      void navigator.serviceWorker.ready.then(look);
      setInterval(() => void registration.update().catch(() => undefined), EVERY);
    } catch {
      // Without one the app works while there is a network; settings say that it is not kept.
    }
  })();
}

/** Starts the newer app. What is recorded and what is being typed is on disk already. */
export function update(): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
  waiting?.postMessage({ type: "SKIP_WAITING" });
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Whether a newer app waits. */
export function useNewer(): boolean {
  return useSyncExternalStore(subscribe, () => waiting !== null);
}

/** Whether this browser has the whole app for starting without a network. */
export function useKept(): boolean {
  return useSyncExternalStore(subscribe, () => kept);
}
