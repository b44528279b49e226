/** Hooks: the app's state, the address, and fields that keep what is typed. */
import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { type Stage, type State, type Trouble, app, trouble } from "./engine/app.ts";
import { seen } from "./engine/pause.ts";

/** The app's state; the component is drawn again whenever it changes. */
export function useApp(): State {
  return useSyncExternalStore(app.subscribe, app.snapshot);
}

/** What the app is about to do; drawn again only when that changes. */
export function useStage(): Stage {
  return useSyncExternalStore(app.subscribe, () => app.snapshot().stage);
}

/** Drawn again whenever the engine has something else to show. */
export function useVersion(): number {
  return useSyncExternalStore(app.subscribe, () => app.snapshot().version);
}

let address = location.hash;
let turn = 0;
const travellers = new Set<() => void>();

/** First it can be seen that something is on its way, then the next screen is drawn: that may take an old phone some time. */
async function follow(): Promise<void> {
  const mine = ++turn;
  const root = document.documentElement;
  root.dataset["going"] = "";
  await seen();
  if (mine !== turn) return;
  address = location.hash;
  for (const listener of travellers) listener();
  delete root.dataset["going"];
}

// From the start: an address may change while the app still opens, before any screen listens.
window.addEventListener("hashchange", () => void follow());

function travel(listener: () => void): () => void {
  travellers.add(listener);
  return () => travellers.delete(listener);
}

/** The address inside the app, `/visit/…`. */
export function useRoute(): string[] {
  const hash = useSyncExternalStore(travel, () => address);
  return hash.replace(/^#\/?/, "").split("/").filter((part) => part !== "").map(decodeURIComponent);
}

/** Goes there; with `instead` the present screen is not come back to. */
export function go(path: string, instead = false): void {
  const target = `#${path}`;
  if (instead) location.replace(target);
  else location.hash = target;
}

/** Up to where a screen belongs. */
export function back(path: string): void {
  go(path, true);
}

/** A text field that survives the end of the app until it is recorded, and `app.forgetDrafts` forgets the form. */
export function useDraft(name: string, initial = ""): [string, (text: string) => void] {
  const [text, setText] = useState(() => app.draft(name) || initial);
  const change = useCallback(
    (next: string) => {
      setText(next);
      app.keepDraft(name, next);
    },
    [name],
  );
  return [text, change];
}

/** One of several, kept in the same way. */
export function useChosen<T extends string, I extends T | null>(
  name: string,
  options: readonly T[],
  initial: I,
): [T | I, (option: T) => void] {
  const [text, change] = useDraft(name);
  return [options.find((option) => option === text) ?? initial, change];
}

/** Before the drafts of a form: those that are older than that, ms, are not shown any more. */
export function useFresh(at: string, age: number): void {
  useState(() => app.forgetOldDrafts(at, age));
}

/** Runs something once at a time, after it could be seen that it runs; what went wrong can be shown. */
export function useTask(): { busy: boolean; failed: Trouble | null; run: (what: () => Promise<unknown>) => Promise<boolean> } {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Trouble | null>(null);
  const run = useCallback(async (what: () => Promise<unknown>) => {
    setBusy(true);
    setFailed(null);
    try {
      await seen();
      await what();
      return true;
    } catch (e) {
      setFailed(trouble(e));
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  return { busy, failed, run };
}

/** The present time, once a second while the component is shown. */
export function useNow(every = 1000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}
