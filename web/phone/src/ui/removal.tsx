/** Something is taken back, with a reason; folded away, so that no thumb meets it by chance. */
import { useSay } from "../i18n.ts";
import { useDraft } from "../use.ts";
import { Button, Field } from "./parts.tsx";

export function Removal(p: { at: string; busy: boolean; onRemove: (why: string) => void }) {
  const say = useSay();
  const [why, setWhy] = useDraft(`${p.at}/removed`);
  return (
    <details className="card">
      <summary>{say("remove")}</summary>
      <Field label={say("remove-why")} value={why} onChange={setWhy} />
      <Button kind="danger" busy={p.busy} disabled={why.trim() === ""} onClick={() => p.onRemove(why.trim())}>
        {say("remove")}
      </Button>
    </details>
  );
}
