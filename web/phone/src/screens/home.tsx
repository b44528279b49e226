/** What runs, what waits, what is to be done. */
import type { ListedVisit } from "@countersign/core";
import { useEffect, useRef } from "react";
import { app } from "../engine/app.ts";
import { moment, stopwatch } from "../format.ts";
import { useLook, useSay } from "../i18n.ts";
import { CoverageTag } from "../ui/coverage.tsx";
import { Icon } from "../ui/icon.tsx";
import { InstallHint } from "../ui/install.tsx";
import { Button, Card, Row, Screen, Tag } from "../ui/parts.tsx";
import { go, useApp, useNow } from "../use.ts";

export function Home() {
  const say = useSay();
  const { lang } = useLook();
  const { persisted, lines } = useApp();
  const visits = app.phone.someVisits(0, lines);
  const orders = app.phone.workOrders().filter((order) => order.open && app.phone.listed(order.visit) === null);
  const mine = app.phone.identity()?.user;
  const sent = orders.filter((o) => mine !== undefined && o.engineers.includes(mine));
  return (
    <Screen
      title={say("home")}
      actions={
        <>
          <Button onClick={() => go("/join")} icon="people">
            {say("join")}
          </Button>
          <Button kind="main" onClick={() => go("/begin")} icon="plus">
            {say("begin")}
          </Button>
        </>
      }
    >
      <Running />
      <Card title={say("orders")}>
        {sent.length === 0 ? (
          <p className="quiet">{say("orders-none")}</p>
        ) : (
          <ul className="rows">
            {sent.map((order) => (
              <Row key={order.id} onClick={() => go(`/begin/order/${order.id}`)}>
                <strong>{order.customerName ?? order.code}</strong>
                <span>{order.task}</span>
                <small>
                  {order.code} · {moment(order.issuedAtMs, lang)}
                </small>
              </Row>
            ))}
          </ul>
        )}
      </Card>
      <Card title={say("visits")}>
        {visits.length === 0 ? (
          <p className="quiet">{say("visits-none")}</p>
        ) : (
          <ul className="rows">
            {visits.map((visit) => (
              <VisitRow key={visit.visit} visit={visit} />
            ))}
          </ul>
        )}
        {visits.length === lines && <More key={lines} />}
      </Card>
      {persisted === false && (
        <Card tone="ask" label={say("evictable-title")}>
          <p>{say("evictable")}</p>
        </Card>
      )}
      <InstallHint />
      <p className="center">
        <button type="button" className="link" onClick={() => go("/settings")}>
          <Icon name="gear" /> {say("settings")}
        </button>
      </p>
    </Screen>
  );
}

/** Before it is in sight. */
const NEAR = { rootMargin: "600px" };

/** The end of what is listed so far: further lines come when it comes into sight, or is tapped. */
function More() {
  const say = useSay();
  const end = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    const watch = new IntersectionObserver((seen) => {
      if (seen.some((one) => one.isIntersecting)) app.more();
    }, NEAR);
    if (end.current !== null) watch.observe(end.current);
    return () => watch.disconnect();
  }, []);
  return (
    <p className="center" ref={end}>
      <button type="button" className="link" onClick={() => app.more()}>
        {say("visits-more")}
      </button>
    </p>
  );
}

function VisitRow({ visit }: { visit: ListedVisit }) {
  const say = useSay();
  const { lang } = useLook();
  return (
    <Row onClick={() => go(`/visit/${visit.visit}`)}>
      <strong>{visit.customer}</strong>
      <small>{moment(visit.beganMs, lang)}</small>
      <span className="tags">
        <SyncTag visit={visit} />
        {visit.signed !== null && <Tag tone={visit.signed === "accepted" ? "good" : "ask"}>{say(`outcome-${visit.signed}`)}</Tag>}
        {visit.advice !== null && <CoverageTag coverage={visit.advice} />}
      </span>
    </Row>
  );
}

/** Whether the server has it. */
export function SyncTag({ visit }: { visit: ListedVisit }) {
  const say = useSay();
  if (visit.sync === "quarantined") return <Tag tone="bad">{say("sync-quarantined")}</Tag>;
  return visit.sync === "synced" ? (
    <Tag tone="good">{say("sync-synced")}</Tag>
  ) : (
    <Tag tone="ask">{say("sync-waiting", { n: visit.unsyncedChanges })}</Tag>
  );
}

/** Timers that run, in whichever visit. */
function Running() {
  const say = useSay();
  useNow();
  const mine = app.phone.identity()?.user;
  const timers = app.phone.runningTimers().filter((t) => t.user === mine);
  if (timers.length === 0) return null;
  return (
    <Card tone="note" title={say("running")}>
      <ul className="rows">
        {timers.map((timer) => (
          <Row
            key={timer.entry}
            onClick={() => go(`/visit/${timer.visit}`)}
            end={<span className="stopwatch small">{stopwatch(timer.elapsedS)}</span>}
          >
            <strong>{say(`time_kind-${timer.kind}`)}</strong>
            <small>{app.phone.listed(timer.visit)?.customer}</small>
          </Row>
        ))}
      </ul>
    </Card>
  );
}
