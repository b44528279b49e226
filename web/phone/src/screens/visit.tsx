/** One visit: what the contract says, the timer, and everything recorded. */
import type { Conflict, Expense, TimeKind, Visit } from "@countersign/core";
import { useState } from "react";
import { app } from "../engine/app.ts";
import { moment, money, stopwatch } from "../format.ts";
import { type Lang, type Say, useLook, useSay } from "../i18n.ts";
import { BeforeWork } from "../ui/before-work.tsx";
import { CoverageTag, Why, pick, tone } from "../ui/coverage.tsx";
import { Icon } from "../ui/icon.tsx";
import { Button, Card, Choice, Failed, Row, Screen, Tag } from "../ui/parts.tsx";
import { PhotoCount, VisitPhotos } from "../ui/photos.tsx";
import { go, useNow, useTask } from "../use.ts";
import { SyncTag } from "./home.tsx";

const KINDS: readonly TimeKind[] = ["labour", "travel", "waiting", "break"];

export function VisitScreen({ visit: id }: { visit: string }) {
  const say = useSay();
  const { lang } = useLook();
  const visit = app.phone.visit(id);
  const listed = app.phone.listed(id);
  const origin = visit.origins[0];
  const last = visit.signOffs.at(-1);
  const before = visit.items.every((item) => item.removed !== null || item.category === null);
  return (
    <Screen
      title={origin?.customerName ?? say("visit")}
      up="/"
      actions={
        <>
          <Button icon="people" onClick={() => go(`/visit/${id}/code`)}>
            {say("relief")}
          </Button>
          <Button kind="main" icon="pen" onClick={() => go(`/visit/${id}/sign`)}>
            {say(last === undefined ? "sign" : "sign-again")}
          </Button>
        </>
      }
    >
      <p className="tags under-bar">
        {listed !== null && <SyncTag visit={listed} />}
        {origin !== undefined && <Tag>{say(`mode-${origin.mode}`)}</Tag>}
        {origin?.workOrderCode != null && <Tag tone="good">{origin.workOrderCode}</Tag>}
        <Tag>{say("begun", { at: moment(origin?.atMs ?? 0, lang) })}</Tag>
      </p>
      <Conflicts visit={visit} />
      {last !== undefined && (
        <Card tone={last.outcome === "accepted" ? "good" : "ask"} title={say("signed-title")}>
          <ul className="rows">
            <Row onClick={() => go(`/visit/${id}/signed`)}>
              <strong>{say(`outcome-${last.outcome}`)}</strong>
              <small>
                {[last.signerName, last.signerPosition].filter((t) => t !== "").join(" · ")} {moment(last.atMs, lang)}
              </small>
            </Row>
          </ul>
        </Card>
      )}
      {/* Before the work the contract comes first, during it the timer. */}
      {before ? <Covered visit={visit} /> : null}
      <Timer visit={visit} />
      {before ? null : <Covered visit={visit} />}
      <Items visit={visit} />
      <Hours visit={visit} />
      <Costs visit={visit} />
      <VisitPhotos visit={visit} />
      <Objections visit={visit} />
      <People visit={visit} />
    </Screen>
  );
}

function Covered({ visit }: { visit: Visit }) {
  const say = useSay();
  const { lang } = useLook();
  const [category, setCategory] = useState<Parameters<typeof BeforeWork>[0]["category"]>(null);
  const origin = visit.origins[0];
  const live = visit.items.filter((item) => item.removed === null && item.category !== null);
  if (live.length === 0) {
    return (
      <BeforeWork
        customer={origin?.customer ?? null}
        mode={origin?.mode ?? "on_site"}
        order={origin?.workOrder ?? null}
        category={category}
        visit={visit.id}
        onCategory={setCategory}
      />
    );
  }
  const verdict = app.phone.assess(visit.id);
  return (
    <Card title={say("coverage")} tone={tone(verdict.coverage)}>
      <p className="verdict">
        <CoverageTag coverage={verdict.coverage} />
      </p>
      <Why verdict={verdict} />
      {verdict.flags.length > 0 && (
        <details>
          <summary>{say("flags", { n: verdict.flags.length })}</summary>
          <ul className="flags">
            {verdict.flags.map((flag) => (
              <li key={flag.code + (flag.item ?? "") + flag.message.en}>
                <Tag tone={flag.severity === "critical" ? "bad" : flag.severity === "warning" ? "ask" : "note"}>
                  {say(`flag-name-${flag.code}`)}
                </Tag>{" "}
                {pick(flag.message, lang)}
              </li>
            ))}
          </ul>
        </details>
      )}
      <p className="hint">{say("advice-only")}</p>
      <Button icon="show" onClick={() => go(`/visit/${visit.id}/notice`)}>
        {say("notice-show")}
      </Button>
    </Card>
  );
}

/** What a work item is called in lists. */
export function itemName(visit: Visit, id: string | null, say: Say): string {
  const item = visit.items.find((i) => i.id === id);
  if (item === undefined) return say("no-item");
  const what = item.symptom ?? item.action ?? item.assetName ?? "";
  const kind = item.category === null ? say("item") : say(`category-${item.category}`);
  return what === "" ? kind : `${kind} · ${what}`;
}

function Timer({ visit }: { visit: Visit }) {
  const say = useSay();
  const { lang } = useLook();
  useNow();
  const { busy, failed, run } = useTask();
  const mine = app.phone.identity()?.user;
  const all = app.phone.runningTimers();
  const running = all.filter((t) => t.user === mine);
  const here = running.filter((t) => t.visit === visit.id);
  const others = all.filter((t) => t.user !== mine && t.visit === visit.id);
  const names = new Map(visit.crew.map((c) => [c.user, c.name]));
  const live = visit.items.filter((item) => item.removed === null);
  const [chosen, setChosen] = useState<string | null>(null);
  const item = live.some((i) => i.id === chosen) ? chosen : (live.at(-1)?.id ?? null);

  const start = (kind: TimeKind) =>
    run(async () => {
      // One engineer does one thing at a time: what ran, wherever it ran, ends where the new one begins.
      for (const timer of running) await app.record((phone) => phone.stopTimer(timer.visit, timer.entry));
      await app.record((phone) => phone.startTimer(visit.id, kind, kind === "labour" ? item : null));
    });
  const stop = () =>
    run(async () => {
      for (const timer of here) await app.record((phone) => phone.stopTimer(visit.id, timer.entry));
    });
  const current = here[0];

  return (
    <Card title={say("timer")} tone={current === undefined ? undefined : "note"}>
      <div role="timer" aria-live="off">
        {current === undefined ? (
          <p className="quiet">{say("timer-idle")}</p>
        ) : (
          <>
            <p className="stopwatch">{stopwatch(current.elapsedS)}</p>
            <p>
              {say(`time_kind-${current.kind}`)} · {say("since", { at: moment(current.fromMs, lang) })}
              {current.item !== null && <> · {itemName(visit, current.item, say)}</>}
            </p>
          </>
        )}
      </div>
      {live.length > 1 && (
        <Choice
          label={say("timer-item")}
          value={item}
          options={live.map((i) => i.id)}
          text={(i) => itemName(visit, i, say)}
          onChange={setChosen}
        />
      )}
      <div className="timer-keys">
        {KINDS.map((kind) => (
          <button
            key={kind}
            type="button"
            className={current?.kind === kind ? "timer-key on" : "timer-key"}
            aria-pressed={current?.kind === kind}
            disabled={busy}
            onClick={() => void (current?.kind === kind && (kind !== "labour" || current.item === item) ? stop() : start(kind))}
          >
            <Icon name={current?.kind === kind ? "stop" : "play"} />
            <span>{say(`time_kind-${kind}`)}</span>
          </button>
        ))}
      </div>
      {current !== undefined && (
        <Button kind="main" icon="stop" busy={busy} onClick={() => void stop()}>
          {say("timer-stop")}
        </Button>
      )}
      {others.map((timer) => (
        <p key={timer.entry} className="beside">
          <span>
            {names.get(timer.user) ?? say("colleague")} · {say(`time_kind-${timer.kind}`)} · {stopwatch(timer.elapsedS)}
          </span>
          <Button
            icon="stop"
            busy={busy}
            onClick={() => void run(() => app.record((phone) => phone.stopTimer(visit.id, timer.entry)))}
          >
            {say("timer-stop")}
          </Button>
        </p>
      ))}
      <Failed trouble={failed} />
    </Card>
  );
}

function Items({ visit }: { visit: Visit }) {
  const say = useSay();
  return (
    <Card title={say("items")}>
      <ul className="rows">
        {visit.items.map((item) => (
          <Row key={item.id} onClick={() => go(`/visit/${visit.id}/item/${item.id}`)}>
            <strong className={item.removed === null ? "" : "struck"}>{itemName(visit, item.id, say)}</strong>
            {item.action !== null && <span>{item.action}</span>}
            {item.outcome !== null && <small>{item.outcome}</small>}
            <PhotoCount visit={visit} about={item.id} />
            {item.removed !== null && <small>{say("removed", { why: item.removed })}</small>}
          </Row>
        ))}
      </ul>
      <Button icon="plus" onClick={() => go(`/visit/${visit.id}/item`)}>
        {say("item-add")}
      </Button>
    </Card>
  );
}

function Hours({ visit }: { visit: Visit }) {
  const say = useSay();
  const { lang } = useLook();
  const names = new Map(visit.crew.map((c) => [c.user, c.name]));
  const several = new Set(visit.time.map((t) => t.user)).size > 1;
  return (
    <Card title={say("hours", { time: hoursAndMinutes(visit.labourS, say) })}>
      <ul className="rows">
        {visit.time.map((entry) => (
          <Row key={entry.id} onClick={() => go(`/visit/${visit.id}/time/${entry.id}`)}>
            <strong className={entry.supersededBy === null ? "" : "struck"}>
              {say(`time_kind-${entry.kind}`)} {moment(entry.fromMs, lang)}–
              {entry.untilMs === null ? say("now") : moment(entry.untilMs, lang)}
            </strong>
            <small>
              {several && `${names.get(entry.user) ?? say("colleague")} · `}
              {entry.item !== null && itemName(visit, entry.item, say)}
              {entry.manual && ` · ${say("written-later")}`}
            </small>
            {entry.supersedes !== null && <small>{say("corrected", { why: entry.supersedes.reason })}</small>}
          </Row>
        ))}
      </ul>
      <Button icon="plus" onClick={() => go(`/visit/${visit.id}/time`)}>
        {say("time-add")}
      </Button>
    </Card>
  );
}

/** `2 h 5 min` */
export function hoursAndMinutes(seconds: number, say: Say): string {
  const minutes = Math.floor(seconds / 60);
  return say("duration", { h: Math.floor(minutes / 60), m: minutes % 60 });
}

function Costs({ visit }: { visit: Visit }) {
  const say = useSay();
  const { lang } = useLook();
  return (
    <Card title={say("expenses")}>
      <ul className="rows">
        {visit.expenses.map((expense) => (
          <Row
            key={expense.id}
            onClick={() => go(`/visit/${visit.id}/expense/${expense.id}`)}
            end={<span className="sum">{sum(expense, lang)}</span>}
          >
            <strong className={expense.removed === null ? "" : "struck"}>{say(`expense_kind-${expense.kind ?? "other"}`)}</strong>
            {expense.note !== null && <small>{expense.note}</small>}
            <PhotoCount visit={visit} about={expense.id} />
          </Row>
        ))}
      </ul>
      <Button icon="plus" onClick={() => go(`/visit/${visit.id}/expense`)}>
        {say("expense-add")}
      </Button>
    </Card>
  );
}

/** What an expense is called in lists. */
export function expenseName(expense: Expense, lang: Lang, say: Say): string {
  return `${say(`expense_kind-${expense.kind ?? "other"}`)} ${sum(expense, lang)}`.trim();
}

function sum(expense: { amountMinor: number | null; currency: string | null }, lang: Lang): string {
  return expense.amountMinor === null ? "" : money(expense.amountMinor, expense.currency ?? "CNY", lang);
}

function Objections({ visit }: { visit: Visit }) {
  const say = useSay();
  const { lang } = useLook();
  return (
    <Card title={say("objections")}>
      {visit.objections.map((o) => (
        <blockquote key={o.id}>
          <strong>{say(`objection_kind-${o.kind}`)}</strong>
          <p>{o.advice}</p>
          <p>
            {o.insistedBy}
            {o.words !== "" && `：“${o.words}”`} <small>{moment(o.atMs, lang)}</small>
          </p>
        </blockquote>
      ))}
      {visit.notes.map((note) => (
        <blockquote key={note.id}>
          <p>{note.text}</p>
          <small>{moment(note.atMs, lang)}</small>
        </blockquote>
      ))}
      <Button icon="plus" onClick={() => go(`/visit/${visit.id}/objection`)}>
        {say("objection-add")}
      </Button>
    </Card>
  );
}

function People({ visit }: { visit: Visit }) {
  const say = useSay();
  const { lang } = useLook();
  const demand = visit.origins.find((o) => o.demand !== null)?.demand ?? null;
  if (visit.crew.length === 0 && demand === null) return null;
  return (
    <Card title={say("people")}>
      {demand !== null && (
        <p>
          {say("demanded", { role: say(`requester_role-${demand.role}`), channel: say(`channel-${demand.channel}`), name: demand.name })}
          {demand.words !== "" && `：“${demand.words}”`}
        </p>
      )}
      <ul>
        {visit.crew.map((c) => (
          <li key={c.id}>
            {c.name} · {say(`crew_action-${c.action}`)} · {moment(c.atMs, lang)}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Where two phones wrote different things: both stand there until somebody writes the field anew. */
function Conflicts({ visit }: { visit: Visit }) {
  const say = useSay();
  if (visit.conflicts.length === 0) return null;
  const own = app.phone.identity()?.device;
  return (
    <Card tone="ask" title={say("conflicts", { n: visit.conflicts.length })}>
      {visit.conflicts.map((conflict) => (
        <div key={conflict.path} className="conflict">
          <p>
            <strong>{where(conflict, say)}</strong>
          </p>
          <ul>
            {conflict.values.map((v, i) => (
              <li key={v.device + v.value}>
                <Tag tone={i === 0 ? "note" : undefined}>{say(v.device === own ? "conflict-mine" : "conflict-other")}</Tag> {v.value}
                {i === 0 && <small> {say("conflict-counts")}</small>}
              </li>
            ))}
          </ul>
          {settled(conflict) !== null && (
            <Button onClick={() => go(`/visit/${visit.id}/${settled(conflict) ?? ""}`)}>{say("conflict-settle")}</Button>
          )}
        </div>
      ))}
    </Card>
  );
}

/** The screen on which the field can be written anew. */
function settled(conflict: Conflict): string | null {
  const [kind, id = ""] = conflict.path.split("/");
  const screens: Record<string, string> = { items: "item", expenses: "expense", ends: "time" };
  const screen = screens[kind ?? ""];
  return screen === undefined ? null : `${screen}/${id}`;
}

function where(conflict: Conflict, say: Say): string {
  const parts = conflict.path.split("/");
  const field = parts[0] === "ends" ? "ends" : (parts.at(-1) ?? "");
  const id = `field-${field}`;
  const text = say(id);
  return text === id ? conflict.path : text;
}
