/** One expense, to the last fen. */
import type { ExpenseKind, ExpensePatch } from "@countersign/core";
import { app } from "../engine/app.ts";
import { minorUnits } from "../format.ts";
import { useSay } from "../i18n.ts";
import { Button, Card, Choice, Failed, Field, Screen } from "../ui/parts.tsx";
import { PhotosAbout } from "../ui/photos.tsx";
import { Removal } from "../ui/removal.tsx";
import { back, useChosen, useDraft, useTask } from "../use.ts";

const KINDS: readonly ExpenseKind[] = ["taxi", "hotel", "meal", "transport", "part", "other"];

export function ExpenseForm(p: { visit: string; expense: string | null }) {
  const say = useSay();
  const old = app.phone.visit(p.visit).expenses.find((e) => e.id === p.expense) ?? null;
  const at = `${p.visit}/expense/${p.expense ?? "new"}`;
  const before = old?.amountMinor == null ? "" : `${Math.floor(old.amountMinor / 100)}.${String(old.amountMinor % 100).padStart(2, "0")}`;
  const [kind, setKind] = useChosen(`${at}/kind`, KINDS, old?.kind ?? null);
  const [amount, setAmount] = useDraft(`${at}/amount`, before);
  const [note, setNote] = useDraft(`${at}/note`, old?.note ?? "");
  const { busy, failed, run } = useTask();
  const home = `/visit/${p.visit}`;
  const minor = minorUnits(amount);
  const wrong = amount.trim() !== "" && minor === null;

  const store = async (): Promise<string | null> => {
    if (kind === null || minor === null) return null;
    let id = old?.id ?? null;
    const patch: ExpensePatch = {};
    if (kind !== old?.kind) patch.kind = kind;
    if (minor !== old?.amountMinor) {
      patch.amountMinor = minor;
      patch.currency = old?.currency ?? "CNY";
    }
    if (note.trim() !== (old?.note ?? "")) patch.note = note.trim();
    if (Object.keys(patch).length > 0) {
      const done = await app.record((phone) =>
        old === null ? phone.addExpense(p.visit, patch) : phone.editExpense(p.visit, old.id, patch),
      );
      id ??= done.fact;
    }
    app.forgetDrafts(at);
    return id;
  };
  const save = async () => {
    if ((await store()) !== null) back(home);
  };
  // A receipt belongs to an expense: a new one is recorded with its first photo.
  const saveFirst = async () => {
    let id: string | null = null;
    await run(async () => {
      id = await store();
    });
    if (id !== null) back(`${home}/expense/${id}`);
    return id;
  };
  const remove = async (why: string) => {
    if (old === null) return;
    await app.record((phone) => phone.editExpense(p.visit, old.id, { removed: why }));
    app.forgetDrafts(at);
    back(home);
  };

  return (
    <Screen
      title={say(old === null ? "expense-add" : "expense")}
      up={home}
      actions={
        <Button kind="main" busy={busy} disabled={kind === null || minor === null} onClick={() => void run(save)} icon="check">
          {say("save")}
        </Button>
      }
    >
      <Card label={say("expense")}>
        <Choice label={say("expense-kind")} value={kind} options={KINDS} text={(k) => say(`expense_kind-${k}`)} onChange={setKind} />
        <Field
          label={say("expense-amount", { currency: old?.currency ?? "CNY" })}
          value={amount}
          onChange={setAmount}
          inputMode="decimal"
          hint={say(wrong ? "expense-amount-wrong" : "expense-amount-hint")}
        />
        <Field label={say("expense-note")} value={note} onChange={setNote} lines={2} />
        <Failed trouble={failed} />
      </Card>
      <PhotosAbout
        visit={app.phone.visit(p.visit)}
        about={p.expense}
        title={say("expense-receipt")}
        hint={say(kind === null || minor === null ? "expense-receipt-first" : "photos-made-small")}
        caption={kind === null ? "" : say("expense-receipt-of", { what: say(`expense_kind-${kind}`) })}
        save={saveFirst}
        ready={kind !== null && minor !== null}
      />
      {old !== null && old.removed === null && <Removal at={at} busy={busy} onRemove={(why) => void run(() => remove(why))} />}
    </Screen>
  );
}
