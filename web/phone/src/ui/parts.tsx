/** The app's few building blocks. Targets are at least 48 px high. */
import { type ReactNode, useEffect, useId, useRef } from "react";
import type { Trouble } from "../engine/app.ts";
import { type Say, useLook, useSay } from "../i18n.ts";
import { back } from "../use.ts";
import { Icon, type IconName } from "./icon.tsx";
import { SyncChip } from "./sync-chip.tsx";

/** A screen: bar, content, and what the thumb reaches. The heading gets the focus, so that it is read out. */
export function Screen(p: { title: string; up?: string; actions?: ReactNode; children: ReactNode; plain?: boolean }) {
  const say = useSay();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
    document.title = `${p.title} · Countersign`;
  }, [p.title]);
  const { up } = p;
  return (
    <>
      <header className="bar">
        {up !== undefined && (
          <button type="button" className="icon-button" aria-label={say("back")} onClick={() => back(up)}>
            <Icon name="back" />
          </button>
        )}
        <h1 tabIndex={-1} ref={heading}>
          {p.title}
        </h1>
        {p.plain !== true && <SyncChip />}
      </header>
      <main className={p.actions === undefined ? "" : "with-actions"}>{p.children}</main>
      {p.actions !== undefined && <footer className="actions">{p.actions}</footer>}
    </>
  );
}

export function Button(p: {
  children: ReactNode;
  onClick?: () => void;
  kind?: "main" | "danger";
  busy?: boolean;
  disabled?: boolean;
  submit?: boolean;
  icon?: IconName;
}) {
  return (
    <button
      type={p.submit === true ? "submit" : "button"}
      className={`button ${p.kind ?? ""}`}
      onClick={p.onClick}
      disabled={p.disabled === true || p.busy === true}
      aria-busy={p.busy === true}
    >
      {p.icon !== undefined && <Icon name={p.icon} />}
      <span>{p.children}</span>
    </button>
  );
}

export function Card(p: { title?: ReactNode; children?: ReactNode; tone?: Tone | undefined; label?: string }) {
  const id = useId();
  const named = p.title !== undefined;
  return (
    <section className={`card ${p.tone ?? ""}`} aria-labelledby={named ? id : undefined} aria-label={named ? undefined : p.label}>
      {named && <h2 id={id}>{p.title}</h2>}
      {p.children}
    </section>
  );
}

export type Tone = "good" | "bad" | "ask" | "note";

/** A short word on a coloured ground; the word says it, the colour only helps. */
export function Tag(p: { tone?: Tone | undefined; children: ReactNode }) {
  return <span className={`tag ${p.tone ?? ""}`}>{p.children}</span>;
}

export function Field(p: {
  label: string;
  value: string;
  onChange: (text: string) => void;
  hint?: string;
  /** What is wrong with it; said at the field and by a screen reader. */
  wrong?: string | undefined;
  onBlur?: () => void;
  lines?: number;
  type?: string;
  inputMode?: "decimal" | "numeric" | "text";
  autoComplete?: string;
  required?: boolean;
  phrases?: string[];
}) {
  const id = useId();
  const hint = `${id}-hint`;
  const wrong = `${id}-wrong`;
  const described = [p.wrong === undefined ? "" : wrong, p.hint === undefined ? "" : hint].join(" ").trim();
  const shared = {
    id,
    value: p.value,
    required: p.required,
    onBlur: p.onBlur,
    "aria-invalid": p.wrong === undefined ? undefined : true,
    "aria-describedby": described === "" ? undefined : described,
  };
  return (
    <div className="field">
      <label htmlFor={id}>{p.label}</label>
      {p.lines !== undefined ? (
        <textarea {...shared} rows={p.lines} onChange={(e) => p.onChange(e.target.value)} />
      ) : (
        <input
          {...shared}
          type={p.type ?? "text"}
          inputMode={p.inputMode}
          autoComplete={p.autoComplete ?? "off"}
          onChange={(e) => p.onChange(e.target.value)}
        />
      )}
      {p.wrong !== undefined && (
        <p className="wrong" id={wrong} role="alert">
          {p.wrong}
        </p>
      )}
      {p.hint !== undefined && (
        <p className="hint" id={hint}>
          {p.hint}
        </p>
      )}
      {p.phrases !== undefined && (
        <div className="phrases">
          {p.phrases.map((phrase) => (
            <button
              key={phrase}
              type="button"
              className="chip"
              onClick={() => p.onChange(p.value === "" ? phrase : `${p.value} ${phrase}`)}
            >
              {phrase}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

/** One of several, all in sight. */
export function Choice<T extends string>(p: {
  label: string;
  value: T | null;
  options: readonly T[];
  text: (option: T) => string;
  onChange: (option: T) => void;
}) {
  const id = useId();
  return (
    <fieldset className="choice">
      <legend>{p.label}</legend>
      <div className="options">
        {p.options.map((option) => (
          <label key={option} className={option === p.value ? "chip on" : "chip"}>
            <input type="radio" name={id} checked={option === p.value} onChange={() => p.onChange(option)} />
            <span>{p.text(option)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** What failed, in the user's language, read out at once. */
export function Failed(p: { trouble: Trouble | null }) {
  const say = useSay();
  const { lang } = useLook();
  if (p.trouble === null) return null;
  return (
    <p className="failed" role="alert">
      <Icon name="alert" /> <span>{words(p.trouble, lang, say)}</span>
    </p>
  );
}

/** A trouble in words: this app's own for what it knows, else the engine's or the server's. */
export function words(t: Trouble, lang: "zh-CN" | "en", say: Say): string {
  const id = `trouble-${t.code}`;
  const own = say(id);
  if (own !== id) return say(id, { name: typeof t.text === "string" ? t.text : "" });
  if (typeof t.text !== "string") return lang === "en" ? t.text.en : t.text.zhCn;
  return say("trouble-other", { code: t.code, text: t.text });
}

/** A row that leads somewhere. */
export function Row(p: { onClick: () => void; children: ReactNode; end?: ReactNode }) {
  return (
    <li>
      <button type="button" className="row" onClick={p.onClick}>
        <span className="row-text">{p.children}</span>
        {p.end}
        <Icon name="next" />
      </button>
    </li>
  );
}
