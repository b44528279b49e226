/** A visit begins: where, how, on whose demand; what was asked first; and what the contract says before any work. */
import type { BeginVisit, Channel, Customer, Mode, RequesterRole, TriageOutcome, WorkOrder } from "@countersign/core";
import { useMemo } from "react";
import { app } from "../engine/app.ts";
import { useLook, useSay } from "../i18n.ts";
import { find, findable } from "../search.ts";
import { BeforeWork, CATEGORIES } from "../ui/before-work.tsx";
import { Button, Card, Choice, Failed, Field, Row, Screen, Tag } from "../ui/parts.tsx";
import { go, useChosen, useDraft, useFresh, useTask } from "../use.ts";

const MODES: readonly Mode[] = ["on_site", "remote"];
const ROLES: readonly RequesterRole[] = ["customer", "sales", "service_manager", "account_manager", "leadership", "other"];
const CHANNELS: readonly Channel[] = ["phone", "wechat", "in_person", "email", "ticket", "other"];
const OUTCOMES: readonly TriageOutcome[] = ["on_site", "remote", "unclear"];
/** What is asked before somebody sets out; the texts are in the catalogue. */
const QUESTIONS = ["data", "reach", "others"] as const;
const ANSWERS = ["yes", "no", "unknown"] as const;
/** What was said about a visit that nobody began is about no later one, ms. */
const SHIFT = 12 * 3_600_000;
type Answers = Partial<Record<string, (typeof ANSWERS)[number]>>;

/** The answers so far, as they were kept. */
function answersIn(kept: string): Answers {
  return kept === "" ? {} : (JSON.parse(kept) as Answers);
}

/** By a work order (`order`), at a hospital that this phone knows (`at`), at another one (`named`), or not said yet. */
export function Begin({ by, which }: { by: string; which: string }) {
  if (by === "order") {
    const order = app.phone.workOrders().find((o) => o.id === which);
    if (order !== undefined) return <Details order={order} place={null} />;
  }
  if (by === "at") {
    const customer = app.phone.customers().find((c) => c.id === which);
    if (customer !== undefined) return <Details order={null} place={customer} />;
  }
  if (by === "named" && which !== "") return <Details order={null} place={which} />;
  return <Where />;
}

function Where() {
  const say = useSay();
  const { lang } = useLook();
  const [typed, setTyped] = useDraft("begin/where");
  const all = useMemo(() => findable(app.phone.customers()), []);
  const found = find(all, typed).slice(0, 30);
  const unlisted = typed.trim();
  return (
    <Screen title={say("where")} up="/">
      <Field label={say("where-search")} value={typed} onChange={setTyped} hint={say("where-hint")} type="search" />
      <Card title={say("where-found", { n: found.length })}>
        <ul className="rows">
          {found.map((customer) => (
            <Row key={customer.id} onClick={() => go(`/begin/at/${customer.id}`)}>
              <strong>{lang === "en" ? (customer.nameEn ?? customer.name) : customer.name}</strong>
              <small>
                {customer.code} · {say(`tier-${customer.tier}`)}
              </small>
            </Row>
          ))}
        </ul>
        {unlisted !== "" && (
          <Button onClick={() => go(`/begin/named/${encodeURIComponent(unlisted)}`)} icon="plus">
            {say("where-unlisted", { name: unlisted })}
          </Button>
        )}
      </Card>
    </Screen>
  );
}

function Details(p: { order: WorkOrder | null; place: Customer | string | null }) {
  const say = useSay();
  const { lang } = useLook();
  const { order, place } = p;
  const at = `begin/${order?.id ?? (typeof place === "string" ? place : (place?.id ?? ""))}`;
  useFresh(at, SHIFT);
  const [mode, setMode] = useChosen(`${at}/mode`, MODES, "on_site");
  const [role, setRole] = useChosen(`${at}/role`, ROLES, null);
  const [channel, setChannel] = useChosen(`${at}/channel`, CHANNELS, "phone");
  const [who, setWho] = useDraft(`${at}/who`);
  const [words, setWords] = useDraft(`${at}/words`);
  const [told, setTold] = useDraft(`${at}/answers`);
  const answers = answersIn(told);
  const [outcome, setOutcome] = useChosen(`${at}/outcome`, OUTCOMES, null);
  const [category, setCategory] = useChosen(`${at}/category`, CATEGORIES, null);
  const { busy, failed, run } = useTask();
  const customer = order?.customer ?? (typeof place === "string" || place === null ? null : place.id);
  const known = app.phone.customers().find((c) => c.id === customer);
  const name =
    typeof place === "string" ? place : ((lang === "en" ? known?.nameEn : null) ?? known?.name ?? order?.customerName ?? "");

  const begin = async () => {
    const begin: BeginVisit = { mode };
    if (order !== null) begin.workOrder = order.id;
    else if (typeof place === "string") begin.unlistedCustomer = place;
    else if (place !== null) begin.customer = place.id;
    if (role !== null || who.trim() !== "" || words.trim() !== "") {
      begin.demand = { name: who.trim(), role: role ?? "other", channel, words: words.trim(), atMs: null };
    }
    if (outcome !== null) {
      const asked = QUESTIONS.flatMap((q) => {
        const answer = answers[q];
        return answer === undefined ? [] : [{ question: say(`triage-${q}`), answer: say(`answer-${answer}`) }];
      });
      begin.triage = { outcome, answers: asked };
    }
    const done = await app.record((phone) => phone.beginVisit(begin));
    app.forgetDrafts("begin");
    go(`/visit/${done.visit}`, true);
  };

  return (
    <Screen
      title={say("begin-title")}
      up={order === null ? "/begin" : "/"}
      actions={
        <Button kind="main" busy={busy} onClick={() => void run(begin)} icon="play">
          {say(mode === "remote" ? "begin-remote" : "begin-now")}
        </Button>
      }
    >
      <Card title={name}>
        {order !== null && (
          <p>
            <Tag tone="good">{order.code}</Tag> {order.task}
          </p>
        )}
        {order === null && (
          <p>
            <Tag tone="ask">{say("flag-name-no_work_order")}</Tag> {say("begin-no-order")}
          </p>
        )}
        {typeof place === "string" && <p>{say("begin-unlisted")}</p>}
        <Choice
          label={say("mode")}
          value={mode}
          options={MODES}
          text={(m) => say(`mode-${m}`)}
          onChange={setMode}
        />
      </Card>
      <Failed trouble={failed} />
      {order === null && (
        <Card title={say("demand")}>
          <Choice label={say("demand-role")} value={role} options={ROLES} text={(r) => say(`requester_role-${r}`)} onChange={setRole} />
          <Choice label={say("demand-channel")} value={channel} options={CHANNELS} text={(c) => say(`channel-${c}`)} onChange={setChannel} />
          <Field label={say("demand-name")} value={who} onChange={setWho} />
          <Field label={say("demand-words")} value={words} onChange={setWords} lines={2} hint={say("demand-words-hint")} />
        </Card>
      )}
      <Card title={say("triage")}>
        {order?.triage != null && <p>{say("triage-asked", { outcome: say(`triage_outcome-${order.triage.outcome}`) })}</p>}
        {QUESTIONS.map((q) => (
          <Choice
            key={q}
            label={say(`triage-${q}`)}
            value={answers[q] ?? null}
            options={ANSWERS}
            text={(a) => say(`answer-${a}`)}
            onChange={(a) => setTold(JSON.stringify({ ...answers, [q]: a }))}
          />
        ))}
        <Choice label={say("triage-outcome")} value={outcome} options={OUTCOMES} text={(o) => say(`triage_outcome-${o}`)} onChange={setOutcome} />
        {outcome === "remote" && mode === "on_site" && (
          <p className="notice" role="status">
            {say("triage-remote")}{" "}
            <button type="button" className="chip" onClick={() => setMode("remote")}>
              {say("triage-remote-use")}
            </button>
          </p>
        )}
      </Card>
      <BeforeWork customer={customer} mode={mode} order={order?.id ?? null} category={category} onCategory={setCategory} />
    </Screen>
  );
}
