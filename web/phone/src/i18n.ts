/** Texts: this app's own, and the domain's words from the core's catalogue, so that they are the same everywhere. */
import { FluentBundle, FluentResource, type FluentVariable } from "@fluent/bundle";
import { useSyncExternalStore } from "react";
import wordsEn from "../../../sync-core/locales/en/words.ftl?raw";
import wordsZh from "../../../sync-core/locales/zh-CN/words.ftl?raw";
import appEn from "../locales/en/app.ftl?raw";
import appZh from "../locales/zh-CN/app.ftl?raw";

/** A language that texts exist in. */
export type Lang = "zh-CN" | "en";
/** Renders a text by its id. */
export type Say = (id: string, args?: Record<string, FluentVariable>) => string;

function bundle(lang: Lang, sources: string[]): FluentBundle {
  const made = new FluentBundle(lang, { useIsolating: false });
  for (const source of sources) made.addResource(new FluentResource(source));
  return made;
}

const BUNDLES: Record<Lang, FluentBundle> = {
  "zh-CN": bundle("zh-CN", [wordsZh, appZh]),
  en: bundle("en", [wordsEn, appEn]),
};

/** The text in that language; an id without a text shows itself, as does a variable without a value. */
export function say(lang: Lang, id: string, args?: Record<string, FluentVariable>): string {
  const made = BUNDLES[lang];
  const pattern = made.getMessage(id)?.value;
  return pattern == null ? id : made.formatPattern(pattern, args ?? null, []);
}

/** How the app looks, as its user wants it. */
export interface Look {
  lang: Lang;
  theme: "system" | "light" | "dark";
  /** Percent of the usual size of letters. */
  size: 100 | 120 | 140;
}

const KEY = "countersign-look";
const listeners = new Set<() => void>();

function first(): Look {
  const usual: Look = { lang: navigator.language.startsWith("zh") ? "zh-CN" : "en", theme: "system", size: 100 };
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return { ...usual, ...(kept as Partial<Look>) };
  } catch {
    return usual;
  }
}

let look = first();
show();
window.addEventListener("storage", (e) => {
  if (e.key !== KEY) return;
  look = first();
  show();
  for (const listener of listeners) listener();
});

function show(): void {
  const root = document.documentElement;
  root.lang = look.lang;
  root.dataset["theme"] = look.theme;
  root.dataset["size"] = String(look.size);
}

/** Changes the look, now and for the next start. */
export function setLook(part: Partial<Look>): void {
  look = { ...look, ...part };
  try {
    localStorage.setItem(KEY, JSON.stringify(look));
  } catch {
    // Without storage it lasts as long as the page.
  }
  show();
  for (const listener of listeners) listener();
}

export function useLook(): Look {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => look,
  );
}

/** The texts in the user's language. */
export function useSay(): Say {
  const { lang } = useLook();
  return (id, args) => say(lang, id, args);
}
