/** Relief: a colleague joins this visit from their own phone, both without a network. */
import { useEffect, useRef, useState } from "react";
import { encode } from "uqr";
import { app } from "../engine/app.ts";
import { useSay } from "../i18n.ts";
import { Button, Card, Failed, Field, Screen } from "../ui/parts.tsx";
import { go, useTask } from "../use.ts";

export function JoinCode({ visit }: { visit: string }) {
  const say = useSay();
  const code = app.phone.joinCode(visit);
  const { size, data } = encode(code, { ecc: "M", border: 2 });
  const path = data.flatMap((row, y) => row.flatMap((on, x) => (on ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
  return (
    <Screen title={say("relief")} up={`/visit/${visit}`}>
      <Card label={say("relief")}>
        <p>{say("relief-why")}</p>
        <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={say("relief-qr")}>
          <path d={path} />
        </svg>
        <details>
          <summary>{say("relief-text")}</summary>
          <p>
            <code className="code" data-testid="join-code">
              {code}
            </code>
          </p>
        </details>
      </Card>
    </Screen>
  );
}

export function Join() {
  const say = useSay();
  const [code, setCode] = useState("");
  const [camera, setCamera] = useState(false);
  const { busy, failed, run } = useTask();
  const join = async (text: string) => {
    const done = await app.record((phone) => phone.joinByCode(text.trim()));
    go(`/visit/${done.visit}`, true);
  };
  return (
    <Screen
      title={say("join-title")}
      up="/"
      actions={
        <Button kind="main" busy={busy} disabled={code.trim() === ""} onClick={() => void run(() => join(code))}>
          {say("join-do")}
        </Button>
      }
    >
      <Card label={say("join-title")}>
        <p>{say("join-why")}</p>
        {camera ? (
          <Scanner
            found={(text) => {
              setCamera(false);
              setCode(text);
              void run(() => join(text));
            }}
            stop={() => setCamera(false)}
          />
        ) : (
          <Button icon="show" onClick={() => setCamera(true)}>
            {say("join-scan")}
          </Button>
        )}
        <Field label={say("join-code")} value={code} onChange={setCode} lines={3} />
        <Failed trouble={failed} />
      </Card>
    </Screen>
  );
}

/** The camera, looked at a few times a second until there is a code in it. */
function Scanner(p: { found: (text: string) => void; stop: () => void }) {
  const say = useSay();
  const video = useRef<HTMLVideoElement>(null);
  const [refused, setRefused] = useState(false);
  const found = useRef(p.found);
  useEffect(() => {
    found.current = p.found;
  });
  useEffect(() => {
    let stream: MediaStream | null = null;
    let timer: ReturnType<typeof setInterval> | undefined;
    let over = false;
    void (async () => {
      try {
        const [{ default: read }, got] = await Promise.all([
          import("jsqr"),
          navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false }),
        ]);
        stream = got;
        const screen = video.current;
        if (over || screen === null) return got.getTracks().forEach((track) => track.stop());
        screen.srcObject = got;
        await screen.play();
        const canvas = document.createElement("canvas");
        const context = canvas.getContext("2d", { willReadFrequently: true });
        timer = setInterval(() => {
          const [w, h] = [screen.videoWidth, screen.videoHeight];
          if (context === null || w === 0) return;
          [canvas.width, canvas.height] = [w, h];
          context.drawImage(screen, 0, 0);
          const code = read(context.getImageData(0, 0, w, h).data, w, h);
          if (code !== null && code.data !== "" && !over) {
            over = true;
            found.current(code.data);
          }
        }, 250);
      } catch {
        setRefused(true);
      }
    })();
    return () => {
      over = true;
      clearInterval(timer);
      stream?.getTracks().forEach((track) => track.stop());
    };
  }, []);
  if (refused) return <p role="alert">{say("join-no-camera")}</p>;
  return (
    <div>
      <video ref={video} muted playsInline className="camera" aria-label={say("join-scan")} />
      <Button onClick={p.stop}>{say("cancel")}</Button>
    </div>
  );
}
