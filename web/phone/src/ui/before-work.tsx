/** Covered or not, before anything is done. */
import type { Category, Mode } from "@countersign/core";
import { useState } from "react";
import { app } from "../engine/app.ts";
import { useSay } from "../i18n.ts";
import { CoverageTag, Why, tone } from "./coverage.tsx";
import { Notice } from "./notice.tsx";
import { go } from "../use.ts";
import { Button, Card, Choice } from "./parts.tsx";

/** 服务类别 */
export const CATEGORIES: readonly Category[] = [
  "application_software",
  "database",
  "network",
  "server_hardware",
  "storage",
  "operating_system",
  "interface_development",
  "customisation",
  "security",
  "data_entry",
  "training",
  "consulting",
  "other",
];

export function BeforeWork(p: {
  customer: string | null;
  mode: Mode;
  order: string | null;
  category: Category | null;
  /** Where there is one already, the customer's answer can be kept in it. */
  visit?: string;
  onCategory: (category: Category) => void;
}) {
  const say = useSay();
  const { customer, category } = p;
  const [showing, setShowing] = useState(false);
  const verdict =
    customer === null || category === null
      ? null
      : app.phone.advice({ customer, category, mode: p.mode, asset: null, workOrder: p.order });
  return (
    <Card title={say("before")} tone={verdict === null ? undefined : tone(verdict.coverage)}>
      {customer === null ? (
        <p>{say("before-unlisted")}</p>
      ) : (
        <>
          <Choice label={say("before-category")} value={category} options={CATEGORIES} text={(c) => say(`category-${c}`)} onChange={p.onCategory} />
          {verdict !== null && (
            <div className="stack">
              <p className="verdict">
                <CoverageTag coverage={verdict.coverage} />
              </p>
              <Why verdict={verdict} />
              <p className="hint">{say("advice-only")}</p>
              <Button
                icon="show"
                onClick={() => (p.visit === undefined ? setShowing(true) : go(`/visit/${p.visit}/notice/${category ?? ""}`))}
              >
                {say("notice-show")}
              </Button>
              {showing && <Notice verdict={verdict} close={() => setShowing(false)} />}
            </div>
          )}
        </>
      )}
    </Card>
  );
}
