/** 签收. What is shown is what is signed: the text on this screen and its digest come from the engine in one piece. */
import type { Contact, Lang, Shown, SignOffOutcome, Stroke } from "@countersign/core";
import { useState } from "react";
import { app } from "../engine/app.ts";
import { type Say, useLook, useSay } from "../i18n.ts";
import { Button, Card, Choice, Failed, Field, Screen } from "../ui/parts.tsx";
import { Pad } from "../ui/pad.tsx";
import { Stars } from "../ui/stars.tsx";
import { back, go, useChosen, useDraft, useTask } from "../use.ts";

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

/** What is asked of the signer; kept while it is typed. */
function useSigner(at: string) {
  const [name, setName] = useDraft(`${at}/name`);
  const [position, setPosition] = useDraft(`${at}/position`);
  const [department, setDepartment] = useDraft(`${at}/department`);
  const [mail, setMail] = useDraft(`${at}/mail`);
  const [phone, setPhone] = useDraft(`${at}/phone`);
  const fill = (contact: Contact) => {
    setName(contact.name);
    setPosition(contact.position);
    setMail(contact.email ?? "");
    setPhone(contact.phone ?? "");
  };
  return { name, setName, position, setPosition, department, setDepartment, mail, setMail, phone, setPhone, fill };
}

function Answer({ shown, again }: { shown: Shown; again: () => void }) {
  const say = useSay();
  const visit = app.phone.visit(shown.visit);
  const customer = visit.origins[0]?.customer ?? null;
  const contacts = customer === null ? [] : app.phone.contacts(customer);
  const at = `${shown.visit}/sign`;
  const [outcome, setOutcome] = useChosen(`${at}/outcome`, OUTCOMES, "accepted");
  const signer = useSigner(at);
  const [reason, setReason] = useDraft(`${at}/reason`);
  const [stars, setStars] = useDraft(`${at}/stars`);
  const [comment, setComment] = useDraft(`${at}/comment`);
  const [strokes, setStrokes] = useState<Stroke[]>([]);
  const [tried, setTried] = useState({ mail: "", phone: "" });
  const { busy, failed, run } = useTask();
  const present = outcome !== "nobody_present";
  const needsReason = outcome === "refused" || outcome === "accepted_with_reservations";
  const rating = stars === "" ? null : Number(stars);
  const [mail, phone] = [signer.mail.trim(), signer.phone.trim()];
  const reachable = !present || (mailIsOne(mail) && phoneIsOne(phone));
  const ready = (!present || signer.name.trim() !== "") && (!needsReason || reason.trim() !== "") && reachable;

  const sign = async () => {
    const told = (text: string) => (present ? text.trim() : "");
    const answer = {
      outcome,
      reason: needsReason || !present ? reason.trim() : "",
      signerName: told(signer.name),
      signerPosition: told(signer.position),
      signerDepartment: told(signer.department),
      signerMail: told(signer.mail),
      signerPhone: told(signer.phone),
      rating: present ? rating : null,
      ratingComment: rating === null ? "" : told(comment),
      strokes: present ? strokes : [],
    };
    setTried({ mail, phone });
    await app.record((engine) => engine.signOff(shown, answer));
    app.forgetDrafts(at);
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
                  <button key={c.id} type="button" className="chip" onClick={() => signer.fill(c)}>
                    {[c.name, c.position].filter((t) => t !== "").join(" · ")}
                  </button>
                ))}
              </div>
            )}
            <Field label={say("sign-name")} value={signer.name} onChange={signer.setName} required />
            <Field label={say("sign-position")} value={signer.position} onChange={signer.setPosition} />
            <Field label={say("sign-department")} value={signer.department} onChange={signer.setDepartment} />
          </>
        )}
      </Card>
      {present && (
        <Card title={say("sign-reach")}>
          <p>{say("sign-reach-why")}</p>
          <Reach
            label={say("sign-mail")}
            type="email"
            value={signer.mail}
            onChange={signer.setMail}
            wrong={!mailIsOne(mail) || (failed?.code === "bad_mail" && tried.mail === mail) ? say("sign-mail-wrong") : undefined}
          />
          <Reach
            label={say("sign-phone")}
            type="tel"
            value={signer.phone}
            onChange={signer.setPhone}
            wrong={!phoneIsOne(phone) || (failed?.code === "bad_phone" && tried.phone === phone) ? say("sign-phone-wrong") : undefined}
          />
        </Card>
      )}
      {present && (
        <Card title={say("sign-theirs")} tone="note">
          <p>{say("sign-theirs-why")}</p>
          <Stars value={rating} onChange={(n) => setStars(n === null ? "" : String(n))} />
          {rating !== null && <Field label={say("rating-comment")} value={comment} onChange={setComment} lines={2} />}
          <Pad strokes={strokes} onChange={setStrokes} />
        </Card>
      )}
      <p className="digest">
        {say("sign-what")} <code>{shown.summarySha256}</code>
      </p>
      <Failed trouble={failed} />
      {failed?.code === "changed_since_shown" && <Button onClick={again}>{say("sign-read-again")}</Button>}
      {failed !== null && <Button onClick={() => back(`/visit/${shown.visit}`)}>{say("back")}</Button>}
    </Screen>
  );
}

/** A way to reach the signer. That it is wrong is said when they have left the field, not at the first letter. */
function Reach(p: { label: string; type: "email" | "tel"; value: string; onChange: (text: string) => void; wrong: string | undefined }) {
  const [left, setLeft] = useState(p.value !== "");
  const change = (text: string) => {
    setLeft(false);
    p.onChange(text);
  };
  return <Field {...p} onChange={change} onBlur={() => setLeft(true)} wrong={left ? p.wrong : undefined} />;
}

/** As far as one can see before signing; the engine has the last word, and its answer comes to the same field. */
function mailIsOne(text: string): boolean {
  return text === "" || /^[^\s@]+@[^\s@]+$/.test(text);
}

/** 5 to 20 digits, grouped as people do. */
function phoneIsOne(text: string): boolean {
  return text === "" || (/^[\d+ ()-]{5,32}$/.test(text) && /^\D*(\d\D*){5,20}$/.test(text));
}

function reasonLabel(outcome: SignOffOutcome): Parameters<Say>[0] {
  return outcome === "refused" ? "sign-reason-refused" : outcome === "nobody_present" ? "sign-reason-nobody" : "sign-reason-reservation";
}
