/** What is only on this phone, why, and how to get it off when the network does not come back. */
import { useState } from "react";
import { app } from "../engine/app.ts";
import { hex } from "../engine/key.ts";
import { moment, size } from "../format.ts";
import { useLook, useSay } from "../i18n.ts";
import { age } from "../ui/sync-chip.tsx";
import { Button, Card, Failed, Row, Screen, Tag } from "../ui/parts.tsx";
import { PhotosOnTheirWay } from "../ui/photo-way.tsx";
import { go, useApp, useNow, useTask } from "../use.ts";
import { LoginForm } from "./first-minute.tsx";
import { SyncTag } from "./home.tsx";

export function SyncScreen() {
  const say = useSay();
  const { lang } = useLook();
  const { sync, needsLogin } = useApp();
  const now = useNow(10_000);
  const waiting = app.phone.unsynced();
  const since = age(waiting.sinceMs, now, say);
  const some = waiting.changes + waiting.photos.length > 0;
  const visits = waiting.visits.flatMap((id) => app.phone.listed(id) ?? []);
  return (
    <Screen
      title={say("sync-title")}
      up="/"
      actions={
        <Button kind="main" busy={sync.running} disabled={needsLogin} onClick={() => void app.sync()}>
          {say(sync.running ? "sync-running" : "sync-now")}
        </Button>
      }
    >
      <Card tone={some ? "ask" : "good"} title={say(some ? "sync-some" : "sync-all")}>
        <div role="status">
          {waiting.changes > 0 && (
            <p>
              {say("sync-count", { n: waiting.changes, visits: waiting.visits.length })}{" "}
              {since !== null && say("sync-since", { age: since })}
            </p>
          )}
          {waiting.photos.length > 0 && (
            <p>{say("sync-photos", { n: waiting.photos.length, size: size(waiting.photos.reduce((sum, p) => sum + p.size, 0), lang) })}</p>
          )}
          <p>{sync.last === null ? say("sync-never") : say("sync-last", { at: moment(sync.last, lang) })}</p>
        </div>
        {sync.trouble !== null && !needsLogin && (
          <>
            <Failed trouble={sync.trouble} />
            <p>{say("sync-kept")}</p>
          </>
        )}
      </Card>
      {needsLogin && (
        <Card tone="bad" title={say("relogin")}>
          <p>{say("relogin-why")}</p>
          <LoginForm device={false} />
        </Card>
      )}
      {visits.length > 0 && (
        <Card title={say("sync-visits")}>
          <ul className="rows">
            {visits.map((visit) => {
              const waits = age(visit.unsyncedSinceMs, now, say);
              return (
                <Row key={visit.visit} onClick={() => go(`/visit/${visit.visit}`)}>
                  <strong>{visit.customer}</strong>
                  <span className="tags">
                    <SyncTag visit={visit} />
                    {waits !== null && <Tag>{waits}</Tag>}
                  </span>
                </Row>
              );
            })}
          </ul>
        </Card>
      )}
      <PhotosOnTheirWay />
      {some && <Export />}
      <Card title={say("import-title")}>
        <p>{say("import-why")}</p>
        <Button onClick={() => go("/import")}>{say("import-open")}</Button>
      </Card>
    </Screen>
  );
}

/** The unsent work as an encrypted file; the key is shown and is in no file. */
function Export() {
  const say = useSay();
  const [key, setKey] = useState<string | null>(null);
  const { busy, failed, run } = useTask();
  const save = async () => {
    const secret = crypto.getRandomValues(new Uint8Array(32));
    const file = await app.phone.exportUnsynced(secret);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([file as BlobPart], { type: "application/octet-stream" }));
    link.download = `countersign-unsent-${new Date().toISOString().slice(0, 10)}.bin`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    setKey(hex(secret));
  };
  return (
    <Card title={say("export-title")}>
      <p>{say("export-why")}</p>
      <Button busy={busy} onClick={() => void run(save)}>
        {say("export")}
      </Button>
      {key !== null && (
        <div role="status">
          <p>{say("export-key")}</p>
          <p>
            <code className="code">{key}</code>
          </p>
        </div>
      )}
      <Failed trouble={failed} />
    </Card>
  );
}
