/** One work item. What is typed is kept with every keystroke, and recorded with one tap. */
import type { ItemPatch } from "@countersign/core";
import { app } from "../engine/app.ts";
import { useSay } from "../i18n.ts";
import { CATEGORIES } from "../ui/before-work.tsx";
import { Button, Card, Choice, Failed, Field, Screen } from "../ui/parts.tsx";
import { PhotosAbout } from "../ui/photos.tsx";
import { Removal } from "../ui/removal.tsx";
import { back, useChosen, useDraft, useTask } from "../use.ts";

export function ItemForm(p: { visit: string; item: string | null }) {
  const say = useSay();
  const visit = app.phone.visit(p.visit);
  const old = visit.items.find((i) => i.id === p.item) ?? null;
  const customer = visit.origins[0]?.customer ?? null;
  const assets = customer === null ? [] : app.phone.assets(customer);
  const at = `${p.visit}/item/${p.item ?? "new"}`;
  const [category, setCategory] = useChosen(`${at}/category`, CATEGORIES, old?.category ?? null);
  const [asset, setAsset] = useDraft(`${at}/asset`, old?.asset ?? "");
  const [symptom, setSymptom] = useDraft(`${at}/symptom`, old?.symptom ?? "");
  const [action, setAction] = useDraft(`${at}/action`, old?.action ?? "");
  const [outcome, setOutcome] = useDraft(`${at}/outcome`, old?.outcome ?? "");
  const { busy, failed, run } = useTask();
  const home = `/visit/${p.visit}`;

  const store = async (): Promise<string | null> => {
    const patch: ItemPatch = {};
    let id = old?.id ?? null;
    const clashes = new Set(visit.conflicts.map((c) => c.path));
    // Only what was changed is written: a colleague's words in the other fields stay theirs. A field that two phones
    // wrote apart is written again even if it is the same: that settles it.
    const put = <K extends keyof ItemPatch>(field: K, path: string, value: ItemPatch[K], before: unknown) => {
      if (value !== before || clashes.has(`items/${p.item ?? ""}/${path}`)) patch[field] = value;
    };
    if (category !== null) put("category", "category", category, old?.category ?? null);
    if (asset !== "") {
      put("asset", "asset", asset, old?.asset ?? null);
      const name = assets.find((a) => a.id === asset)?.name;
      if (name !== undefined) put("assetName", "asset_name", name, old?.assetName ?? null);
    }
    if (symptom.trim() !== "" || old?.symptom != null) put("symptom", "symptom", symptom.trim(), old?.symptom ?? null);
    if (action.trim() !== "" || old?.action != null) put("action", "action", action.trim(), old?.action ?? null);
    if (outcome.trim() !== "" || old?.outcome != null) put("outcome", "outcome", outcome.trim(), old?.outcome ?? null);
    if (Object.keys(patch).length > 0) {
      const done = await app.record((phone) =>
        old === null ? phone.addItem(p.visit, patch) : phone.editItem(p.visit, old.id, patch),
      );
      id ??= done.fact;
    }
    app.forgetDrafts(at);
    return id;
  };
  const save = async () => {
    await store();
    back(home);
  };
  // A photo belongs to an item: a new one is recorded with its first photo.
  const saveFirst = async () => {
    let id: string | null = null;
    await run(async () => {
      id = await store();
    });
    if (id !== null) back(`${home}/item/${id}`);
    return id;
  };
  const remove = async (why: string) => {
    if (old === null) return;
    await app.record((phone) => phone.editItem(p.visit, old.id, { removed: why }));
    app.forgetDrafts(at);
    back(home);
  };

  return (
    <Screen
      title={say(old === null ? "item-add" : "item")}
      up={home}
      actions={
        <Button kind="main" busy={busy} disabled={category === null} onClick={() => void run(save)} icon="check">
          {say("save")}
        </Button>
      }
    >
      <Card label={say("item")}>
        <Choice label={say("item-category")} value={category} options={CATEGORIES} text={(c) => say(`category-${c}`)} onChange={setCategory} />
        {assets.length > 0 && (
          <Choice
            label={say("item-asset")}
            value={asset === "" ? null : asset}
            options={assets.map((a) => a.id)}
            text={(id) => assets.find((a) => a.id === id)?.name ?? id}
            onChange={setAsset}
          />
        )}
        <Field label={say("field-symptom")} value={symptom} onChange={setSymptom} lines={2} hint={say("dictate")} />
        <Field
          label={say("field-action")}
          value={action}
          onChange={setAction}
          lines={3}
          phrases={["restart", "config", "data", "replace"].map((id) => say(`phrase-${id}`))}
        />
        <Field
          label={say("field-outcome")}
          value={outcome}
          onChange={setOutcome}
          lines={2}
          phrases={["solved", "workaround", "open"].map((id) => say(`phrase-${id}`))}
        />
        <Failed trouble={failed} />
      </Card>
      <PhotosAbout
        visit={visit}
        about={p.item}
        title={say("photos")}
        hint={say(category === null ? "item-photo-first" : "photos-made-small")}
        caption={category === null ? "" : say(`category-${category}`)}
        save={saveFirst}
        ready={category !== null}
      />
      {old !== null && old.removed === null && <Removal at={at} busy={busy} onRemove={(why) => void run(() => remove(why))} />}
    </Screen>
  );
}
