/** How the app looks, what this phone is, and what the browser promises. */
import { app } from "../engine/app.ts";
import { setLook, useLook, useSay } from "../i18n.ts";
import { InstallHint, installed } from "../ui/install.tsx";
import { Button, Card, Choice, Screen, Tag } from "../ui/parts.tsx";
import { useKept } from "../update.ts";
import { useApp } from "../use.ts";
import { LanguageChoice } from "./first-minute.tsx";

export function Settings() {
  const say = useSay();
  const look = useLook();
  const { persisted } = useApp();
  const kept = useKept();
  const me = app.phone.identity();
  return (
    <Screen title={say("settings")} up="/">
      <Card title={say("settings-look")}>
        <LanguageChoice />
        <Choice
          label={say("theme")}
          value={look.theme}
          options={["system", "light", "dark"] as const}
          text={(t) => say(`theme-${t}`)}
          onChange={(theme) => setLook({ theme })}
        />
        <Choice
          label={say("size")}
          value={String(look.size)}
          options={["100", "120", "140"]}
          text={(s) => `${s} %`}
          onChange={(s) => setLook({ size: s === "140" ? 140 : s === "120" ? 120 : 100 })}
        />
      </Card>
      <InstallHint />
      <Card title={say("settings-kept")}>
        <dl>
          <dt>{say("settings-offline")}</dt>
          <dd>
            <Tag tone={kept ? "good" : "ask"}>{say(kept ? "settings-offline-yes" : "settings-offline-no")}</Tag>
          </dd>
          <dt>{say("settings-installed")}</dt>
          <dd>
            <Tag tone={installed() ? "good" : undefined}>{say(installed() ? "answer-yes" : "answer-no")}</Tag>
          </dd>
          <dt>{say("settings-storage")}</dt>
          <dd>
            <Tag tone={persisted === true ? "good" : "ask"}>
              {say(persisted === true ? "storage-promised" : persisted === false ? "storage-refused" : "storage-unknown")}
            </Tag>
          </dd>
        </dl>
        {persisted === false && (
          <>
            <p>{say("evictable")}</p>
            <Button onClick={() => void app.askToPersist()}>{say("storage-ask")}</Button>
          </>
        )}
      </Card>
      {me !== null && (
        <Card title={say("settings-phone")}>
          <dl>
            <dt>{say("settings-engineer")}</dt>
            <dd>{me.name}</dd>
            <dt>{say("settings-device")}</dt>
            <dd>
              <code>{me.device}</code>
            </dd>
            <dt>{say("settings-key")}</dt>
            <dd>
              {me.keyAlgorithm} <code>{me.publicKey.slice(0, 16)}…</code>
            </dd>
          </dl>
          <p className="hint">{say("settings-clock")}</p>
        </Card>
      )}
    </Screen>
  );
}
