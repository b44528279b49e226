/** After the signature: when, what exactly, and whether the server has it. */
import { app } from "../engine/app.ts";
import { moment } from "../format.ts";
import { useLook, useSay } from "../i18n.ts";
import { OneTimeCode } from "../ui/one-time-code.tsx";
import { Button, Card, Screen, Tag } from "../ui/parts.tsx";
import { Rated } from "../ui/stars.tsx";
import { go, useApp } from "../use.ts";

export function Signed({ visit: id }: { visit: string }) {
  const say = useSay();
  const { lang } = useLook();
  const { sync } = useApp();
  const visit = app.phone.visit(id);
  const listed = app.phone.listed(id);
  const last = visit.signOffs.at(-1);
  const receipts = listed?.state?.receipts ?? [];
  const sent = listed?.sync === "synced";
  if (last === undefined) return null;
  return (
    <Screen
      title={say("signed-title")}
      up={`/visit/${id}`}
      actions={
        <>
          <Button onClick={() => go(`/visit/${id}`, true)}>{say("visit")}</Button>
          <Button kind="main" onClick={() => go("/", true)}>
            {say("done")}
          </Button>
        </>
      }
    >
      <Card tone={sent ? "good" : "ask"} label={say("signed-title")}>
        <p className="verdict">{say(`outcome-${last.outcome}`)}</p>
        <dl>
          <dt>{say("signed-at")}</dt>
          <dd>{moment(last.atMs, lang, 0)}</dd>
          {last.signerName !== "" && (
            <>
              <dt>{say("signed-by")}</dt>
              <dd>{[last.signerName, last.signerPosition, last.signerDepartment].filter((t) => t !== "").join(" · ")}</dd>
            </>
          )}
          {(last.signerMail !== "" || last.signerPhone !== "") && (
            <>
              <dt>{say("sign-reach")}</dt>
              <dd>{[last.signerMail, last.signerPhone].filter((t) => t !== "").join(" · ")}</dd>
            </>
          )}
          {last.rating !== null && (
            <>
              <dt>{say("signed-rating")}</dt>
              <dd>
                <Rated value={last.rating} />
                {last.ratingComment !== "" && <p>{last.ratingComment}</p>}
              </dd>
            </>
          )}
          {last.reason !== "" && (
            <>
              <dt>{say("signed-reason")}</dt>
              <dd>{last.reason}</dd>
            </>
          )}
          <dt>{say("digest")}</dt>
          <dd>
            <code>{last.summarySha256}</code>
          </dd>
          <dt>{say("signed-server")}</dt>
          <dd>
            <span role="status">
              <Tag tone={sent ? "good" : "ask"}>{say(sent ? "signed-sent" : "signed-not-sent")}</Tag>
            </span>
          </dd>
          {receipts.length > 0 && (
            <>
              <dt>{say("signed-receipts")}</dt>
              <dd>{receipts.join(lang === "en" ? ", " : "、")}</dd>
            </>
          )}
        </dl>
        {!sent && <p>{say("signed-will-be-sent")}</p>}
        {!sent && (
          <Button busy={sync.running} onClick={() => void app.sync()}>
            {say("sync-now")}
          </Button>
        )}
      </Card>
      <OneTimeCode visit={id} signOff={last.id} receipts={receipts.length} />
    </Screen>
  );
}
