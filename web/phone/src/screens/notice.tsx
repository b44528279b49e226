/** What the hospital should know of coverage in this visit, and what it says to that. */
import { app } from "../engine/app.ts";
import { useSay } from "../i18n.ts";
import { Both } from "../ui/notice.tsx";
import { Button, Card, Failed, Field, Screen } from "../ui/parts.tsx";
import { back, useDraft, useTask } from "../use.ts";

export function VisitNotice({ visit }: { visit: string }) {
  const text = useSay();
  const verdict = app.phone.assess(visit);
  const home = `/visit/${visit}`;
  const [words, setWords, done] = useDraft(`${visit}/notice`);
  const { busy, failed, run } = useTask();
  const save = async () => {
    await app.record((phone) => phone.addNote(visit, words.trim(), null));
    done();
    back(home);
  };
  return (
    <Screen
      title={text("notice-title")}
      plain
      actions={
        <>
          <Button onClick={() => back(home)}>{text("notice-close")}</Button>
          <Button kind="main" busy={busy} disabled={words.trim() === ""} onClick={() => void run(save)}>
            {text("notice-record")}
          </Button>
        </>
      }
    >
      <Both verdict={verdict} />
      <Card title={text("notice-answer")}>
        <Field
          label={text("notice-words")}
          value={words}
          onChange={setWords}
          lines={3}
          hint={text("notice-words-hint")}
          phrases={[text("notice-agrees"), text("notice-declines")]}
        />
        <Failed trouble={failed} />
      </Card>
    </Screen>
  );
}
