/** What the hospital should know before the work: both languages, as large as it fits. */
import type { Verdict } from "@countersign/core";
import { useEffect, useRef } from "react";
import { type Lang, say, useSay } from "../i18n.ts";
import { Why, tone } from "./coverage.tsx";
import { Button } from "./parts.tsx";

const LANGS: readonly Lang[] = ["zh-CN", "en"];

export function Both({ verdict }: { verdict: Verdict }) {
  return (
    <div className="both">
      {LANGS.map((lang) => (
        <section key={lang} lang={lang} className={`notice-card ${tone(verdict.coverage)}`}>
          <h2>{say(lang, `notice-${verdict.coverage}`)}</h2>
          <Why verdict={verdict} lang={lang} />
          <p className="hint">{say(lang, "notice-small")}</p>
        </section>
      ))}
    </div>
  );
}

/** Over the whole screen; what is under it stays as it is. */
export function Notice({ verdict, close }: { verdict: Verdict; close: () => void }) {
  const text = useSay();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="sheet" onClose={close} aria-label={text("notice-title")}>
      <div className="sheet-body" tabIndex={0}>
        <Both verdict={verdict} />
      </div>
      <div className="glass-keys">
        <Button kind="main" onClick={close}>
          {text("notice-close")}
        </Button>
      </div>
    </dialog>
  );
}
