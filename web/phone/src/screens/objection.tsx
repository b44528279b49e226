/** 异议: what was advised against and done all the same; relief that was asked for and refused. */
import type { ObjectionKind } from "@countersign/core";
import { useState } from "react";
import { app } from "../engine/app.ts";
import { useSay } from "../i18n.ts";
import { Button, Card, Choice, Failed, Field, Screen } from "../ui/parts.tsx";
import { back, useDraft, useTask } from "../use.ts";

const KINDS: readonly ObjectionKind[] = ["against_advice", "relief_refused"];

export function ObjectionForm({ visit }: { visit: string }) {
  const say = useSay();
  const [kind, setKind] = useState<ObjectionKind>("against_advice");
  const [advice, setAdvice, adviceDone] = useDraft(`${visit}/objection/advice`);
  const [by, setBy, byDone] = useDraft(`${visit}/objection/by`);
  const [words, setWords, wordsDone] = useDraft(`${visit}/objection/words`);
  const { busy, failed, run } = useTask();
  const home = `/visit/${visit}`;
  const save = async () => {
    await app.record((phone) => phone.addObjection(visit, kind, advice.trim(), by.trim(), words.trim(), null));
    for (const done of [adviceDone, byDone, wordsDone]) done();
    back(home);
  };
  return (
    <Screen
      title={say("objection-add")}
      up={home}
      actions={
        <Button kind="main" busy={busy} disabled={advice.trim() === "" || by.trim() === ""} onClick={() => void run(save)} icon="check">
          {say("save")}
        </Button>
      }
    >
      <Card label={say("objection-add")}>
        <p>{say("objection-why")}</p>
        <Choice label={say("objection-kind")} value={kind} options={KINDS} text={(k) => say(`objection_kind-${k}`)} onChange={setKind} />
        <Field label={say(kind === "against_advice" ? "objection-advice" : "objection-relief")} value={advice} onChange={setAdvice} lines={3} />
        <Field label={say(kind === "against_advice" ? "objection-by" : "objection-refused-by")} value={by} onChange={setBy} />
        <Field label={say("objection-words")} value={words} onChange={setWords} lines={2} />
        <Failed trouble={failed} />
      </Card>
    </Screen>
  );
}
