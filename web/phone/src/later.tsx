/**
 * Screens whose code is loaded when they are first shown, or before that when the phone has nothing else to do: what one
 * waits for at the start is only what the start shows. The service worker has all of it for the basement.
 */
import { type ComponentType, type ReactNode, useEffect, useState, useSyncExternalStore } from "react";
import { idle } from "./engine/pause.ts";
import { fetchTexts } from "./i18n.ts";
import { Opening } from "./screens/opening.tsx";

const all: (() => Promise<unknown>)[] = [];
const listeners = new Set<() => void>();
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** One of the screens in a module that is not loaded yet. */
export function later<M, P extends object>(
  load: () => Promise<M>,
  pick: (module: M) => ComponentType<P>,
): (props: P) => ReactNode {
  let there: ComponentType<P> | null = null;
  const fetched = async () => {
    if (there !== null) return;
    there = pick(await load());
    for (const listener of listeners) listener();
  };
  all.push(fetched);
  return function Later(props: P) {
    const There = useSyncExternalStore(subscribe, () => there);
    const [failed, setFailed] = useState<{ why: unknown } | null>(null);
    useEffect(() => {
      fetched().catch((why: unknown) => setFailed({ why }));
    }, []);
    // The boundary around the screens says so; the next start tries again.
    if (failed !== null) throw failed.why;
    return There === null ? <Opening /> : <There {...props} />;
  };
}

/** Loads what is not there yet, one after the other, whenever there is time. */
export async function loadTheRest(): Promise<void> {
  await idle();
  await fetchTexts().catch(() => undefined);
  for (const fetched of all) {
    await idle();
    // Whoever opens that screen is told.
    await fetched().catch(() => undefined);
  }
}
