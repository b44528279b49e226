/** 合同覆盖结论 in plain words. */
import type { Coverage, Stretch, Text, Verdict } from "@countersign/core";
import { type Lang, useLook, useSay } from "../i18n.ts";
import { type Tone, Tag } from "./parts.tsx";

export function tone(coverage: Coverage): Tone {
  return coverage === "covered" ? "good" : coverage === "not_covered" ? "bad" : "ask";
}

/** The engine's text in one language. */
export function pick(text: Text, lang: Lang): string {
  return lang === "en" ? text.en : text.zhCn;
}

export function CoverageTag(p: { coverage: Coverage }) {
  const say = useSay();
  return <Tag tone={tone(p.coverage)}>{say(`coverage-${p.coverage}`)}</Tag>;
}

/** Every reason once, however many stretches of the work have it. */
export function reasons(verdict: Verdict): Stretch[] {
  const seen = new Set<string>();
  return verdict.items
    .flatMap((item) => item.stretches)
    .filter((stretch) => {
      const key = `${stretch.coverage}\n${stretch.reason.en}`;
      return !seen.has(key) && seen.add(key) !== undefined;
    });
}

/** Why, and which contracts were looked at. */
export function Why(p: { verdict: Verdict; lang?: Lang }) {
  const say = useSay();
  const look = useLook();
  const lang = p.lang ?? look.lang;
  return (
    <>
      {reasons(p.verdict).map((stretch) => (
        <div key={stretch.coverage + stretch.reason.en} className="why">
          <p>{pick(stretch.reason, lang)}</p>
          {stretch.lookedAt.length > 0 && (
            <ul className="looked-at" aria-label={say("looked-at")}>
              {stretch.lookedAt.map((text) => (
                <li key={text.en}>{pick(text, lang)}</li>
              ))}
            </ul>
          )}
        </div>
      ))}
    </>
  );
}
