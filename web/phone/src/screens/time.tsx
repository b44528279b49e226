/** A time entry written down afterwards, or one corrected: the old one stays in sight, with the reason. */
import type { TimeKind } from "@countersign/core";
import { useState } from "react";
import { app } from "../engine/app.ts";
import { fromLocalInput, localInput } from "../format.ts";
import { useSay } from "../i18n.ts";
import { Button, Card, Choice, Failed, Field, Screen } from "../ui/parts.tsx";
import { back, useChosen, useDraft, useTask } from "../use.ts";
import { itemName } from "./visit.tsx";

const KINDS: readonly TimeKind[] = ["labour", "travel", "waiting", "break"];

export function TimeForm(p: { visit: string; entry: string | null }) {
  const say = useSay();
  const visit = app.phone.visit(p.visit);
  const old = visit.time.find((t) => t.id === p.entry) ?? null;
  const items = visit.items.filter((i) => i.removed === null);
  const at = `${p.visit}/time/${p.entry ?? "new"}`;
  const [kind, setKind] = useChosen(`${at}/kind`, KINDS, old?.kind ?? "labour");
  const [item, setItem] = useState<string | null>(old === null ? (items.at(-1)?.id ?? null) : old.item);
  const [from, setFrom] = useDraft(`${at}/from`, old === null ? "" : localInput(old.fromMs));
  const [until, setUntil] = useDraft(`${at}/until`, old?.untilMs == null ? "" : localInput(old.untilMs));
  const [why, setWhy] = useDraft(`${at}/why`);
  const { busy, failed, run } = useTask();
  const home = `/visit/${p.visit}`;
  const [fromMs, untilMs] = [fromLocalInput(from), fromLocalInput(until)];
  const fits = fromMs !== null && untilMs !== null && fromMs < untilMs;
  const ready = fits && (old === null || why.trim() !== "");

  const save = async () => {
    if (fromMs === null || untilMs === null) return;
    const corrects = old === null ? null : { fact: old.id, reason: why.trim() };
    const on = kind === "labour" ? item : null;
    await app.record((phone) => phone.addTime(p.visit, kind, fromMs, untilMs, old?.user ?? null, on, corrects));
    app.forgetDrafts(at);
    back(home);
  };
  if (old?.supersededBy != null) {
    return (
      <Screen title={say("time-correct")} up={home}>
        <Card label={say("time-correct")}>
          <p>{say("time-superseded")}</p>
        </Card>
      </Screen>
    );
  }
  return (
    <Screen
      title={say(old === null ? "time-add" : "time-correct")}
      up={home}
      actions={
        <Button kind="main" busy={busy} disabled={!ready} onClick={() => void run(save)} icon="check">
          {say("save")}
        </Button>
      }
    >
      <Card label={say("time-add")}>
        <p>{say(old === null ? "time-add-why" : "time-correct-why")}</p>
        <Choice label={say("time-kind")} value={kind} options={KINDS} text={(k) => say(`time_kind-${k}`)} onChange={setKind} />
        {kind === "labour" && items.length > 0 && (
          <Choice
            label={say("timer-item")}
            value={item}
            options={items.map((i) => i.id)}
            text={(id) => itemName(visit, id, say)}
            onChange={setItem}
          />
        )}
        <Field label={say("time-from")} value={from} onChange={setFrom} type="datetime-local" required />
        <Field label={say("time-until")} value={until} onChange={setUntil} type="datetime-local" required />
        {fromMs !== null && untilMs !== null && !fits && <p className="failed">{say("time-order")}</p>}
        {old !== null && <Field label={say("time-why")} value={why} onChange={setWhy} hint={say("time-why-hint")} required />}
        <Failed trouble={failed} />
      </Card>
    </Screen>
  );
}
