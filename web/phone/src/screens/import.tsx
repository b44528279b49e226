/** Another phone's unsent work: taken in from its file, and delivered in the name of whoever recorded it. */
import type { Carried } from "@countersign/core";
import { useState } from "react";
import { app } from "../engine/app.ts";
import type { Delivered, Delivery } from "../engine/carry.ts";
import { size } from "../format.ts";
import { useLook, useSay } from "../i18n.ts";
import { keyBytes } from "../rescue.ts";
import { Button, Card, Failed, Field, Screen, Tag } from "../ui/parts.tsx";
import { FileKey } from "../ui/photos.tsx";
import { useTask } from "../use.ts";

export function ImportScreen() {
  const say = useSay();
  // What was delivered is no longer among what is carried; its end stays in sight.
  const [ended, setEnded] = useState<ReadonlyMap<string, { of: Carried; how: Delivered }>>(new Map());
  const carried = app.phone.carried();
  const gone = [...ended.values()].filter(({ of }) => !carried.some((c) => c.id === of.id));
  const end = (of: Carried, how: Delivered) => setEnded((all) => new Map(all).set(of.id, { of, how }));
  return (
    <Screen title={say("import-title")} up="/sync">
      <TakeIn />
      {carried.map((one) => (
        <CarriedCard key={one.id} carried={one} last={ended.get(one.id)?.how ?? null} end={(how) => end(one, how)} />
      ))}
      {gone.map(({ of, how }) => (
        <Card key={of.id} tone={how.refused.length > 0 ? "ask" : "good"} title={say("carried-of", { name: of.name })}>
          <div role="status">
            <p>{say("carried-done", { n: how.confirmed.length })}</p>
          </div>
          <Refused how={how} />
        </Card>
      ))}
    </Screen>
  );
}

/** The file, and the key that was written down from the other phone's screen. */
function TakeIn() {
  const say = useSay();
  const [file, setFile] = useState<File | null>(null);
  const [key, setKey] = useState("");
  const { busy, failed, run } = useTask();
  const bytes = keyBytes(key);
  const open = async () => {
    if (file === null || bytes === null) return;
    await app.phone.importUnsynced(new Uint8Array(await file.arrayBuffer()), bytes);
    app.changed();
    setFile(null);
    setKey("");
  };
  return (
    <Card title={say("import-file")}>
      <p>{say("import-how")}</p>
      <FileKey icon="file" accept="*/*" onFiles={(files) => setFile(files[0] ?? null)}>
        {file === null ? say("import-choose") : file.name}
      </FileKey>
      <Field
        label={say("import-key")}
        value={key}
        onChange={setKey}
        lines={3}
        hint={say(key.trim() !== "" && bytes === null ? "import-key-wrong" : "import-key-hint", { n: digits(key) })}
      />
      <Button kind="main" busy={busy} disabled={file === null || bytes === null} onClick={() => void run(open)}>
        {say("import-do")}
      </Button>
      <Failed trouble={failed} />
    </Card>
  );
}

function digits(key: string): number {
  return key.replace(/[^0-9a-f]/gi, "").length;
}

function CarriedCard(p: { carried: Carried; last: Delivered | null; end: (how: Delivered) => void }) {
  const say = useSay();
  const { lang } = useLook();
  const { carried } = p;
  const own = app.phone.identity()?.user === carried.user;
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [at, setAt] = useState<Delivery | null>(null);
  const { busy, failed, run } = useTask();
  const ready = own || (name.trim() !== "" && password !== "");
  const deliver = async () => {
    const who = own ? null : { name: name.trim(), password };
    setPassword("");
    try {
      p.end(await app.deliver(carried, who, setAt));
    } finally {
      setAt(null);
    }
  };
  return (
    <Card tone="ask" title={say("carried-of", { name: carried.name })}>
      <p className="tags">
        <Tag>{say("carried-visits", { n: carried.visits.length })}</Tag>
        {carried.photosLeft > 0 && <Tag>{say("carried-photos", { n: carried.photosLeft, size: size(carried.bytesLeft, lang) })}</Tag>}
        <Tag tone={at === null ? "ask" : "note"}>{say(at === null ? state(carried, p.last) : "carried-under-way")}</Tag>
      </p>
      {at !== null && (
        <div>
          <p id={`at-${carried.id}`} role="status">
            {say("carried-left", { frames: at.framesLeft, photos: at.photosLeft, size: size(at.bytesLeft, lang) })}
          </p>
          <progress
            aria-labelledby={`at-${carried.id}`}
            max={carried.framesLeft + carried.bytesLeft / 262_144 || 1}
            value={carried.framesLeft - at.framesLeft + (carried.bytesLeft - at.bytesLeft) / 262_144}
          />
        </div>
      )}
      {p.last?.waits === true && <p>{say("carried-waits")}</p>}
      {p.last !== null && <Refused how={p.last} />}
      <p className="hint">{say(own ? "carried-own" : "carried-other", { name: carried.name })}</p>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          void run(deliver);
        }}
      >
        {!own && (
          <>
            <Field label={say("login-name")} value={name} onChange={setName} autoComplete="off" />
            <Field label={say("login-password")} value={password} onChange={setPassword} type="password" autoComplete="off" />
          </>
        )}
        <Button submit kind="main" busy={busy} disabled={!ready}>
          {say("carried-deliver")}
        </Button>
      </form>
      <Failed trouble={failed} />
    </Card>
  );
}

function state(carried: Carried, last: Delivered | null): string {
  if (last?.waits === true) return "carried-must-wait";
  return carried.framesLeft > 0 ? "carried-here" : "carried-photos-here";
}

/** What the server would not take of it, in its own words' codes. */
function Refused({ how }: { how: Delivered }) {
  const say = useSay();
  return (
    <>
      {how.refused.length > 0 && (
        <p>{say("carried-refused", { n: how.refused.length, codes: [...new Set(how.refused.map((r) => r.code))].join(", ") })}</p>
      )}
      {how.photosRefused > 0 && <p>{say("carried-photos-refused", { n: how.photosRefused })}</p>}
    </>
  );
}
