/** 异议: what was advised against and done all the same; relief that was asked for and refused. */
import type { ObjectionKind } from "@countersign/core";
import { app } from "../engine/app.ts";
import { useSay } from "../i18n.ts";
import { Button, Card, Choice, Failed, Field, Screen } from "../ui/parts.tsx";
import { back, useChosen, useDraft, useTask } from "../use.ts";

const KINDS: readonly ObjectionKind[] = ["against_advice", "relief_refused"];

export function ObjectionForm({ visit }: { visit: string }) {
  const say = useSay();
  const at = `${visit}/objection`;
  const [kind, setKind] = useChosen(`${at}/kind`, KINDS, "against_advice");
  const [advice, setAdvice] = useDraft(`${at}/advice`);
  const [by, setBy] = useDraft(`${at}/by`);
  const [words, setWords] = useDraft(`${at}/words`);
  const { busy, failed, run } = useTask();
  const home = `/visit/${visit}`;
  const save = async () => {
    await app.record((phone) => phone.addObjection(visit, kind, advice.trim(), by.trim(), words.trim(), null));
    app.forgetDrafts(at);
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
