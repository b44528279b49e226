/** What is only on this phone, and since when: on every screen. */
import { app } from "../engine/app.ts";
import { type Say, useSay } from "../i18n.ts";
import { go, useApp, useNow } from "../use.ts";
import { Icon } from "./icon.tsx";

/** `3 min`, `2 h`, `4 d`: how long something has been waiting; `null` for what is new. */
export function age(sinceMs: number | null, now: number, say: Say): string | null {
  const minutes = sinceMs === null ? 0 : Math.floor((now - sinceMs) / 60_000);
  if (minutes < 1) return null;
  if (minutes < 60) return say("age-minutes", { n: minutes });
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? say("age-hours", { n: hours }) : say("age-days", { n: Math.floor(hours / 24) });
}

export function SyncChip() {
  const say = useSay();
  const { stage, sync, needsLogin } = useApp();
  const now = useNow(10_000);
  if (stage !== "ready") return null;
  const waiting = app.phone.unsynced();
  const count = waiting.changes + waiting.photos.length;
  const since = age(waiting.sinceMs, now, say);
  const some = since === null ? say("chip-new", { n: count }) : say("chip-waiting", { n: count, age: since });
  const text = count > 0 ? some : say("chip-none");
  const said = needsLogin ? `${say("chip-login")} · ${text}` : text;
  const tone = needsLogin ? "bad" : count > 0 ? "ask" : "good";
  return (
    <button type="button" className={`sync-chip ${tone}`} aria-label={say("chip-label", { text: said })} onClick={() => go("/sync")}>
      <Icon name={sync.running ? "cloud" : needsLogin ? "alert" : count > 0 ? "waiting" : "check"} />
      <span>{needsLogin ? say("chip-login") : text}</span>
    </button>
  );
}
