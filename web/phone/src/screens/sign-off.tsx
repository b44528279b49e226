/** 签收. What is shown is what is signed: the text on this screen and its digest come from the engine in one piece. */
import type { Lang, Shown, SignOffOutcome, Stroke } from "@countersign/core";
import { useState } from "react";
import { app } from "../engine/app.ts";
import { type Say, useLook, useSay } from "../i18n.ts";
import { Button, Card, Choice, Failed, Field, Screen } from "../ui/parts.tsx";
import { Pad } from "../ui/pad.tsx";
import { back, go, useDraft, useTask } from "../use.ts";

const OUTCOMES: readonly SignOffOutcome[] = ["accepted", "accepted_with_reservations", "refused", "nobody_present"];

export function SignOffScreen({ visit }: { visit: string }) {
  const say = useSay();
  const look = useLook();
  const [lang, setLang] = useState<Lang>(look.lang);
  const [shown, setShown] = useState<Shown | null>(null);
  const { busy, failed, run } = useTask();
  const home = `/visit/${visit}`;
  const mine = app.phone.identity()?.user;
  const running = app.phone.runningTimers().filter((t) => t.visit === visit);
  if (shown !== null) return <Answer shown={shown} again={() => setShown(null)} />;
  const now = app.phone.show(visit, lang);
  const stopOwn = async () => {
    for (const t of running.filter((t) => t.user === mine)) await app.record((phone) => phone.stopTimer(visit, t.entry));
  };
  return (
    <Screen
      title={say("sign-read")}
      up={home}
      actions={
        <Button kind="main" icon="pen" onClick={() => setShown(now)}>
          {say("sign-next")}
        </Button>
      }
    >
      <Choice
        label={say("sign-language")}
        value={lang}
        options={["zh-CN", "en"] as const}
        text={(l) => (l === "en" ? "English" : "中文")}
        onChange={setLang}
      />
      {running.length > 0 && (
        <Card tone="ask" label={say("timer")}>
          <p>{say("sign-running", { n: running.length })}</p>
          {running.some((t) => t.user === mine) && (
            <Button icon="stop" busy={busy} onClick={() => void run(stopOwn)}>
              {say("timer-stop")}
            </Button>
          )}
          <Failed trouble={failed} />
        </Card>
      )}
      <section className="paper" lang={lang} aria-label={say("sign-read")} tabIndex={0}>
        {now.text}
      </section>
      <p className="digest">
        {say("digest")} <code>{now.summarySha256}</code>
      </p>
    </Screen>
  );
}

function Answer({ shown, again }: { shown: Shown; again: () => void }) {
  const say = useSay();
  const visit = app.phone.visit(shown.visit);
  const customer = visit.origins[0]?.customer ?? null;
  const contacts = customer === null ? [] : app.phone.contacts(customer);
  const at = `${shown.visit}/sign`;
  const [outcome, setOutcome] = useState<SignOffOutcome>("accepted");
  const [name, setName, nameDone] = useDraft(`${at}/name`);
  const [position, setPosition, positionDone] = useDraft(`${at}/position`);
  const [reason, setReason, reasonDone] = useDraft(`${at}/reason`);
  const [strokes, setStrokes] = useState<Stroke[]>([]);
  const { busy, failed, run } = useTask();
  const present = outcome !== "nobody_present";
  const needsReason = outcome === "refused" || outcome === "accepted_with_reservations";
  const ready = (!present || name.trim() !== "") && (!needsReason || reason.trim() !== "");

  const sign = async () => {
    const answer = {
      outcome,
      reason: needsReason || !present ? reason.trim() : "",
      signerName: present ? name.trim() : "",
      signerPosition: present ? position.trim() : "",
      strokes: present ? strokes : [],
      signerDepartment: "",
      signerMail: "",
      signerPhone: "",
      rating: null,
      ratingComment: "",
    };
    await app.record((phone) => phone.signOff(shown, answer));
    for (const done of [nameDone, positionDone, reasonDone]) done();
    go(`/visit/${shown.visit}/signed`, true);
  };

  return (
    <Screen
      title={say("sign-answer")}
      up={`/visit/${shown.visit}`}
      actions={
        <>
          <Button onClick={again}>{say("sign-read-again")}</Button>
          <Button kind="main" busy={busy} disabled={!ready} onClick={() => void run(sign)} icon="check">
            {say("sign-do")}
          </Button>
        </>
      }
    >
      <Card label={say("sign-answer")}>
        <Choice label={say("sign-outcome")} value={outcome} options={OUTCOMES} text={(o) => say(`outcome-${o}`)} onChange={setOutcome} />
        {(needsReason || !present) && (
          <Field label={say(reasonLabel(outcome))} value={reason} onChange={setReason} lines={2} required={needsReason} />
        )}
        {present && (
          <>
            {contacts.length > 0 && (
              <div className="phrases" role="group" aria-label={say("sign-contacts")}>
                {contacts.map((c) => (
                  <button
                    key={c.id}
                    type="button"
                    className="chip"
                    onClick={() => {
                      setName(c.name);
                      setPosition(c.position);
                    }}
                  >
                    {c.name} · {c.position}
                  </button>
                ))}
              </div>
            )}
            <Field label={say("sign-name")} value={name} onChange={setName} required />
            <Field label={say("sign-position")} value={position} onChange={setPosition} />
            <Pad strokes={strokes} onChange={setStrokes} />
          </>
        )}
        <p className="digest">
          {say("sign-what")} <code>{shown.summarySha256}</code>
        </p>
        <Failed trouble={failed} />
        {failed?.code === "changed_since_shown" && <Button onClick={again}>{say("sign-read-again")}</Button>}
        {failed !== null && <Button onClick={() => back(`/visit/${shown.visit}`)}>{say("back")}</Button>}
      </Card>
    </Screen>
  );
}

function reasonLabel(outcome: SignOffOutcome): Parameters<Say>[0] {
  return outcome === "refused" ? "sign-reason-refused" : outcome === "nobody_present" ? "sign-reason-nobody" : "sign-reason-reservation";
}
