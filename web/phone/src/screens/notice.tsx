/**
 * What the hospital should know of coverage in this visit, and what it says to that. The answer is a note in the record: it
 * decides nothing, and the summary that is signed later shows it.
 */
import type { Category, Verdict, Visit } from "@countersign/core";
import { useState } from "react";
import { app } from "../engine/app.ts";
import { useSay } from "../i18n.ts";
import { CATEGORIES } from "../ui/before-work.tsx";
import { Both } from "../ui/notice.tsx";
import { Button, Card, Choice, Failed, Field, Screen } from "../ui/parts.tsx";
import { back, go, useDraft, useRoute, useTask } from "../use.ts";

const ANSWERS = ["agrees", "declines"] as const;
type Answer = (typeof ANSWERS)[number];

/** Of the visit's work; before there is any, of the kind of work that the address names. */
function shownFor(visit: Visit, category: Category | undefined): Verdict {
  const origin = visit.origins[0];
  const planned = visit.items.every((item) => item.removed !== null || item.category === null);
  if (!planned || category === undefined || origin?.customer == null) return app.phone.assess(visit.id);
  const { customer, mode, workOrder } = origin;
  return app.phone.advice({ customer, category, mode, workOrder, asset: null });
}

export function VisitNotice({ visit: id }: { visit: string }) {
  const say = useSay();
  const [, , , which] = useRoute();
  const category = CATEGORIES.find((c) => c === which);
  const visit = app.phone.visit(id);
  const verdict = shownFor(visit, category);
  const home = `/visit/${id}`;
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [who, setWho] = useDraft(`${id}/notice/who`);
  const [words, setWords] = useDraft(`${id}/notice/words`);
  const [declined, setDeclined] = useState(false);
  const { busy, failed, run } = useTask();
  const save = async () => {
    if (answer === null) return;
    const parts = [
      say("notice-note", { what: say(`notice-${verdict.coverage}`) }),
      category === undefined ? "" : say("notice-note-category", { category: say(`category-${category}`) }),
      say("notice-note-answer", { answer: say(`notice-${answer}`), who: who.trim() === "" ? say("notice-customer") : who.trim() }),
      words.trim() === "" ? "" : say("notice-note-words", { words: words.trim() }),
    ];
    await app.record((phone) => phone.addNote(id, parts.filter((part) => part !== "").join(say("notice-note-between")), null));
    app.forgetDrafts(`${id}/notice`);
    if (answer === "declines") setDeclined(true);
    else back(home);
  };
  if (declined) return <Declined visit={visit} verdict={verdict} />;
  return (
    <Screen
      title={say("notice-title")}
      plain
      actions={
        <>
          <Button onClick={() => back(home)}>{say("notice-close")}</Button>
          <Button kind="main" busy={busy} disabled={answer === null} onClick={() => void run(save)}>
            {say("notice-record")}
          </Button>
        </>
      }
    >
      <Both verdict={verdict} />
      <Card title={say("notice-answer")}>
        <Choice label={say("notice-they-say")} value={answer} options={ANSWERS} text={(a) => say(`notice-${a}`)} onChange={setAnswer} />
        <Field label={say("notice-who")} value={who} onChange={setWho} />
        <Field label={say("notice-words")} value={words} onChange={setWords} lines={3} hint={say("notice-words-hint")} />
        <Failed trouble={failed} />
      </Card>
    </Screen>
  );
}

/** The customer does not want the work: what was not begun is not begun, and what was done is signed. */
function Declined({ visit, verdict }: { visit: Visit; verdict: Verdict }) {
  const say = useSay();
  const { busy, failed, run } = useTask();
  const home = `/visit/${visit.id}`;
  const uncovered = new Set(verdict.items.filter((v) => v.coverage !== "covered").map((v) => v.item));
  const untouched = visit.items.filter((i) => i.removed === null && i.action === null && i.outcome === null && uncovered.has(i.id));
  const mark = async () => {
    for (const item of untouched) {
      await app.record((phone) => phone.editItem(visit.id, item.id, { outcome: say("notice-not-done") }));
    }
  };
  return (
    <Screen
      title={say("notice-declined")}
      actions={
        <>
          <Button onClick={() => back(home)}>{say("notice-other-work")}</Button>
          <Button kind="main" icon="pen" onClick={() => go(`${home}/sign`, true)}>
            {say("sign")}
          </Button>
        </>
      }
    >
      <Card label={say("notice-declined")} tone="ask">
        <p role="status">{say("notice-declined-next")}</p>
        {untouched.length > 0 && (
          <Button busy={busy} icon="check" onClick={() => void run(mark)}>
            {say("notice-mark", { n: untouched.length })}
          </Button>
        )}
        <Failed trouble={failed} />
      </Card>
    </Screen>
  );
}
