/** What can be shown before anything else is loaded: that the app opens, and that it cannot. */
import { type Trouble } from "../engine/app.ts";
import { useSay } from "../i18n.ts";
import { Button, Card, Failed, Screen } from "../ui/parts.tsx";
import { useApp } from "../use.ts";

export function Opening() {
  const say = useSay();
  return (
    <Screen title="Countersign" plain>
      <p className="quiet-center" role="status">
        {say("opening")}
      </p>
    </Screen>
  );
}

export function Broken({ failed = null }: { failed?: Trouble | null }) {
  const say = useSay();
  const { trouble } = useApp();
  return (
    <Screen
      title={say("broken")}
      plain
      actions={
        <Button kind="main" onClick={() => {
            location.hash = "#/";
            location.reload();
          }}>
          {say("try-again")}
        </Button>
      }
    >
      <Card label={say("broken")}>
        <p>{say("broken-kept")}</p>
        <Failed trouble={failed ?? trouble} />
      </Card>
    </Screen>
  );
}
