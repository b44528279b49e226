/** Texts: this app's own, and the domain's words from the core's catalogue, so that they are the same everywhere. */
import { FluentBundle, FluentResource, type FluentVariable } from "@fluent/bundle";
import { useSyncExternalStore } from "react";

/** A language that texts exist in. */
export type Lang = "zh-CN" | "en";
/** Renders a text by its id. */
export type Say = (id: string, args?: Record<string, FluentVariable>) => string;

/** A start takes one language; the other one comes when it is wanted, or when there is time. */
const SOURCES: Record<Lang, () => Promise<{ default: string[] }>> = {
  "zh-CN": () => import("./texts/zh-CN.ts"),
  en: () => import("./texts/en.ts"),
};
const bundles = new Map<Lang, FluentBundle>();
const coming = new Map<Lang, Promise<void>>();

/** Fetches a language's texts, once. */
function fetched(lang: Lang): Promise<void> {
  let one = coming.get(lang);
  if (one === undefined) {
    one = SOURCES[lang]().then(({ default: sources }) => {
      const made = new FluentBundle(lang, { useIsolating: false });
      for (const source of sources) made.addResource(new FluentResource(source));
      bundles.set(lang, made);
    });
    coming.set(lang, one);
    one.catch(() => coming.delete(lang));
  }
  return one;
}

/** The text in that language; an id without a text shows itself, as does a variable without a value. */
export function say(lang: Lang, id: string, args?: Record<string, FluentVariable>): string {
  const made = bundles.get(lang);
  if (made === undefined) drawAgain(lang);
  const pattern = made?.getMessage(id)?.value;
  return made === undefined || pattern == null ? id : made.formatPattern(pattern, args ?? null, []);
}

const awaited = new Set<Lang>();

/** When that language is there. */
function drawAgain(lang: Lang): void {
  if (awaited.has(lang)) return;
  awaited.add(lang);
  fetched(lang)
    .then(() => adopt({ ...look }))
    .catch(() => undefined)
    .finally(() => awaited.delete(lang));
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

const dark = matchMedia("(prefers-color-scheme: dark)");
let look = first();
show();
dark.addEventListener("change", show);
window.addEventListener("storage", (e) => {
  if (e.key === KEY) wear(first());
});

/** When the app can say something. */
export const speaking = fetched(look.lang);

/** The texts of every language. */
export async function fetchTexts(): Promise<void> {
  await Promise.all([fetched("zh-CN"), fetched("en")]);
}

/** From now on the app looks so; in another language when its texts are there, and not if they do not come. */
function wear(next: Look): void {
  if (bundles.has(next.lang)) adopt(next);
  else fetched(next.lang).then(() => adopt(next), () => undefined);
}

function adopt(next: Look): void {
  look = next;
  show();
  for (const listener of listeners) listener();
}

function show(): void {
  const root = document.documentElement;
  root.lang = look.lang;
  root.dataset["theme"] = look.theme === "system" ? (dark.matches ? "dark" : "light") : look.theme;
  root.dataset["size"] = String(look.size);
}

/** Changes the look, now and for the next start. */
export function setLook(part: Partial<Look>): void {
  const next = { ...look, ...part };
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Without storage it lasts as long as the page.
  }
  wear(next);
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
