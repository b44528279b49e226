/** From the address to the first visit: log-in, this phone's key, reference data. */
import { useState } from "react";
import { app } from "../engine/app.ts";
import { useLook, useSay } from "../i18n.ts";
import { Button, Card, Choice, Failed, Field, Screen } from "../ui/parts.tsx";
import { setLook } from "../i18n.ts";
import { useApp, useTask } from "../use.ts";

export function Elsewhere() {
  const say = useSay();
  return (
    <Screen
      title={say("elsewhere")}
      plain
      actions={
        <Button kind="main" onClick={() => void app.takeOver()}>
          {say("elsewhere-here")}
        </Button>
      }
    >
      <Card label={say("elsewhere")}>
        <p>{say("elsewhere-why")}</p>
      </Card>
    </Screen>
  );
}

/** 中文 / English, wherever one is not logged in yet. */
export function LanguageChoice() {
  const look = useLook();
  return (
    <Choice
      label="语言 Language"
      value={look.lang}
      options={["zh-CN", "en"] as const}
      text={(lang) => (lang === "en" ? "English" : "中文")}
      onChange={(lang) => setLook({ lang })}
    />
  );
}

function usualName(): string {
  const agent = navigator.userAgent;
  const phone = /\(([^)]*)\)/.exec(agent)?.[1]?.split(";").at(-1)?.trim();
  return /Android/.test(agent) && phone !== undefined ? phone.slice(0, 60) : /iPhone|iPad/.exec(agent)?.[0] ?? navigator.platform;
}

export function LoginForm(p: { device: boolean }) {
  const say = useSay();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [device, setDevice] = useState(usualName);
  const { busy, failed, run } = useTask();
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        void run(() => app.logIn(name.trim(), password, device.trim() || "web"));
      }}
    >
      <Field label={say("login-name")} value={name} onChange={setName} autoComplete="username" required />
      <Field
        label={say("login-password")}
        value={password}
        onChange={setPassword}
        type="password"
        autoComplete="current-password"
        required
      />
      {p.device && <Field label={say("login-device")} value={device} onChange={setDevice} hint={say("login-device-hint")} />}
      <Failed trouble={failed} />
      <Button kind="main" submit busy={busy}>
        {say(busy ? "login-busy" : "login")}
      </Button>
    </form>
  );
}

export function Login() {
  const say = useSay();
  return (
    <Screen title={say("login-title")} plain>
      <LanguageChoice />
      <Card label={say("login-title")}>
        <LoginForm device />
      </Card>
      <p className="hint">{say("login-key")}</p>
    </Screen>
  );
}

export function NewPassword() {
  const say = useSay();
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const { busy, failed, run } = useTask();
  return (
    <Screen title={say("password-title")} plain>
      <Card label={say("password-title")}>
        <form
          onSubmit={(e) => {
            e.preventDefault();
            void run(() => app.newPassword(old, fresh, usualName()));
          }}
        >
          <p>{say("password-why")}</p>
          <Field label={say("password-old")} value={old} onChange={setOld} type="password" autoComplete="current-password" required />
          <Field label={say("password-new")} value={fresh} onChange={setFresh} type="password" autoComplete="new-password" required />
          <Failed trouble={failed} />
          <Button kind="main" submit busy={busy}>
            {say("password-save")}
          </Button>
        </form>
      </Card>
    </Screen>
  );
}

/** The first sync: until it is through, there are no hospitals to choose from. */
export function Filling() {
  const say = useSay();
  const { sync, needsLogin } = useApp();
  return (
    <Screen
      title={say("filling")}
      plain
      actions={
        sync.trouble !== null && !sync.running && !needsLogin ? (
          <Button kind="main" onClick={() => void app.sync()}>
            {say("try-again")}
          </Button>
        ) : undefined
      }
    >
      <Card label={say("filling")}>
        <p role="status">{say("filling-count", { n: sync.records })}</p>
        {sync.running && <progress aria-label={say("filling")} />}
        <p>{say("filling-why")}</p>
        <Failed trouble={sync.trouble} />
        {needsLogin && <LoginForm device={false} />}
      </Card>
    </Screen>
  );
}
