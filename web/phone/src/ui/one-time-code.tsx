/**
 * 验证码: six digits that went to the signer and are read out to the engineer. More than a drawing on the engineer's phone, and
 * never needed: the receipt stands without it.
 */
import { useEffect, useState } from "react";
import { ApiError } from "../engine/api.ts";
import { type Confirmed, MOST_TRIES, type Sent, type Standing, type Way, enterCode, sendCode, standing } from "../engine/codes.ts";
import { moment, stopwatch } from "../format.ts";
import { useLook, useSay } from "../i18n.ts";
import { go, useApp, useDraft, useNow, useTask } from "../use.ts";
import { Button, Card, Choice, Failed, Field, Tag } from "./parts.tsx";

/** A code that was sent, with the wrong ones entered since. Kept as drafts are: a phone that restarts can go on with it. */
type Pending = Sent & { tries: number };

function pendingIn(draft: string): Pending | null {
  return draft === "" ? null : (JSON.parse(draft) as Pending);
}

const wayId = (way: Pick<Way, "contact" | "channel">) => `${way.contact}/${way.channel}`;

/** `receipts` is how many the phone knows of: with every new one the server is asked anew. */
export function OneTimeCode(p: { visit: string; signOff: string; receipts: number }) {
  const say = useSay();
  const { needsLogin } = useApp();
  const [stand, setStand] = useState<Standing | null>(null);
  const { busy, failed, run } = useTask();
  const look = () => run(async () => setStand(await standing(p.visit, p.signOff)));
  const { visit, signOff, receipts } = p;
  useEffect(() => {
    if (receipts > 0) void run(async () => setStand(await standing(visit, signOff)));
  }, [visit, signOff, receipts, run]);
  const add = (one: Confirmed) => setStand((s) => s && { ...s, confirmed: [...s.confirmed, one] });
  const done = stand !== null && stand.confirmed.length > 0;
  return (
    <Card title={say("code-title")} tone={done ? "good" : undefined}>
      {done ? <Confirmations of={stand.confirmed} /> : <p>{say("code-why")}</p>}
      {stand === null && (
        <>
          {failed === null && <p role="status">{say(busy ? "code-asking" : "code-later")}</p>}
          <Failed trouble={failed} />
          {failed !== null && <p>{say("code-offline")}</p>}
          {receipts > 0 && !busy && !needsLogin && <Button onClick={() => void look()}>{say("try-again")}</Button>}
          {needsLogin && <Button onClick={() => go("/sync")}>{say("login")}</Button>}
        </>
      )}
      {stand !== null && !done && <Ask visit={visit} stand={stand} confirmed={add} />}
    </Card>
  );
}

function Confirmations({ of }: { of: Confirmed[] }) {
  const say = useSay();
  const { lang } = useLook();
  return (
    <div role="status">
      <ul>
        {of.map((c) => (
          <li key={c.at_ms}>
            <Tag tone="good">{say("code-confirmed")}</Tag> {[c.name, c.role].filter((t) => t !== "").join(" · ")} ({c.address}){" "}
            <small>{moment(c.at_ms, lang)}</small>
            {!c.is_signer && <p className="hint">{say("code-not-signer")}</p>}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** To whom; then what they read out. */
function Ask(p: { visit: string; stand: Standing; confirmed: (one: Confirmed) => void }) {
  const say = useSay();
  const { lang } = useLook();
  const now = useNow();
  const { ways, receipt } = p.stand;
  const [kept, keep] = useDraft(`${p.visit}/code/${receipt}`);
  const pending = pendingIn(kept);
  const [chosen, choose] = useState<string | null>(null);
  // The id outlives a request without an answer: the server sends one code for it, however often it is asked.
  const [asked, setAsked] = useState<{ id: string; way: string } | null>(null);
  const [waitMs, setWaitMs] = useState(0);
  const [digits, setDigits] = useState("");
  const { busy, failed, run } = useTask();
  const way = ways.find((w) => wayId(w) === chosen) ?? ways[0];
  if (way === undefined) return <p>{say("code-nobody")}</p>;

  const ask = async () => {
    const again = asked?.way === wayId(way) ? asked : { id: crypto.randomUUID(), way: wayId(way) };
    setAsked(again);
    try {
      const sent = await sendCode(receipt, again.id, way);
      keep(JSON.stringify({ ...sent, tries: 0 } satisfies Pending));
      setDigits("");
      setAsked(null);
    } catch (e) {
      if (e instanceof ApiError && e.retryAfterS !== null) setWaitMs(Date.now() + e.retryAfterS * 1000);
      if (e instanceof ApiError && e.code !== "offline") setAsked(null);
      throw e;
    }
  };
  const enter = async (code: Pending) => {
    try {
      p.confirmed(await enterCode(receipt, code.id, digits));
      keep("");
    } catch (e) {
      if (e instanceof ApiError && e.code === "code_wrong") {
        keep(JSON.stringify({ ...code, tries: code.tries + 1 } satisfies Pending));
        setDigits("");
      }
      throw e;
    }
  };
  const waits = waitMs > now;
  const spent = pending !== null && pending.tries >= MOST_TRIES;
  const late = pending !== null && pending.expires_ms <= now;

  return (
    <>
      {pending !== null && (
        <>
          <p role="status">
            {say("code-sent", { address: pending.address, name: pending.name })}{" "}
            {say(spent ? "code-spent" : late ? "code-late" : "code-until", { at: moment(pending.expires_ms, lang) })}
          </p>
          {!spent && (
            <>
              <Field label={say("code-digits")} value={digits} onChange={setDigits} inputMode="numeric" hint={say("code-digits-hint")} />
              <Button kind="main" busy={busy} disabled={digits.trim() === ""} onClick={() => void run(() => enter(pending))} icon="check">
                {say("code-enter")}
              </Button>
            </>
          )}
        </>
      )}
      <Failed trouble={failed} />
      {failed?.code === "offline" && <p>{say("code-offline")}</p>}
      {pending !== null && <h3>{say("code-another")}</h3>}
      <Choice
        label={say("code-to")}
        value={wayId(way)}
        options={ways.map(wayId)}
        text={(id) => wayText(ways.find((w) => wayId(w) === id) ?? way, say(`code-by-${id.endsWith("sms") ? "sms" : "mail"}`))}
        onChange={choose}
      />
      {!way.is_signer && <p className="hint">{say("code-not-signer")}</p>}
      {waits && <p>{say("code-wait", { time: stopwatch(Math.ceil((waitMs - now) / 1000)) })}</p>}
      <Button busy={busy} disabled={waits} onClick={() => void run(ask)}>
        {say("code-send")}
      </Button>
    </>
  );
}

function wayText(way: Way, by: string): string {
  return `${[way.name, way.role].filter((t) => t !== "").join(" · ")} · ${by} ${way.address}`;
}
