/** One photo on the whole screen, with everything that is recorded of it, and how it is replaced or corrected. */
import type { Photo, Visit } from "@countersign/core";
import { useState } from "react";
import { app } from "../engine/app.ts";
import { moment, size } from "../format.ts";
import { useLook, useSay } from "../i18n.ts";
import { record } from "../photos/intake.ts";
import { placeOf, usePhotoWay, useWhole, waitingPhotos } from "../photos/use.ts";
import { Button, Card, Choice, Failed, Field, Row, Screen, Tag } from "../ui/parts.tsx";
import { FileKey, placeText } from "../ui/photos.tsx";
import { back, go, useDraft, useTask } from "../use.ts";
import { expenseName, itemName } from "./visit.tsx";

/** How large it can be shown, as a multiple of the screen's width. */
const ZOOMS = [1, 2, 3, 4] as const;

export function PhotoScreen({ visit: id, photo: fact }: { visit: string; photo: string }) {
  const say = useSay();
  const { lang } = useLook();
  const visit = app.phone.visit(id);
  const photo = visit.photos.find((p) => p.id === fact);
  if (photo === undefined) return <Screen title={say("photo")} up={`/visit/${id}`}>{null}</Screen>;
  const kind = say(photo.seal ? "photo-seal" : photo.mediaType === "application/pdf" ? "photo-file" : "photo");
  const by = visit.crew.find((c) => c.user === photo.by)?.name ?? "";
  return (
    <Screen title={photo.caption === "" ? kind : photo.caption} up={`/visit/${id}`}>
      <Look photo={photo} />
      <Card label={say("photo-about")}>
        <p>
          {kind} · {size(photo.size, lang)} · {moment(photo.atMs, lang)}
          {by !== "" && ` · ${by}`}
        </p>
        {photo.about !== null && (
          <ul className="rows">
            <Belongs visit={visit} about={photo.about} />
          </ul>
        )}
        {photo.supersedes !== null && <p>{say("photo-replaces", { why: photo.supersedes.reason })}</p>}
        <p className="digest">
          SHA-256 <code>{photo.sha256}</code>
        </p>
      </Card>
      {photo.supersededBy === null ? <Replace visit={visit} photo={photo} /> : <Replaced visit={id} by={photo.supersededBy} />}
    </Screen>
  );
}

/** The picture, which can be enlarged by keys, by a double tap, and as the browser does. */
function Look({ photo }: { photo: Photo }) {
  const say = useSay();
  const { lang } = useLook();
  const way = usePhotoWay();
  const [again, setAgain] = useState(0);
  const [zoom, setZoom] = useState(0);
  const { url, missing, trouble } = useWhole(photo, again);
  const waiting = waitingPhotos();
  const place = placeOf(photo.sha256, waiting, way, url !== null);
  const { text, tone } = placeText(place, say);
  const file = !photo.mediaType.startsWith("image/");
  const name = photo.caption === "" ? say(photo.seal ? "photo-seal" : "photo") : photo.caption;
  const sent = place === "sending" && way.current !== null ? way.current.offset : null;
  return (
    <section className="look" aria-label={say("photo-look")}>
      {url !== null && file && (
        <a className="button" href={url} download={`${photo.sha256.slice(0, 16)}.pdf`}>
          {say("photo-save-file", { size: size(photo.size, lang) })}
        </a>
      )}
      {url !== null && !file && (
        <>
          {/* Scrolled by the keyboard, too. */}
          <div className="look-frame" tabIndex={0} role="region" aria-label={say("photo-scroll")}>
            <img
              src={url}
              alt={name}
              className={`zoom-${ZOOMS[zoom] ?? 1}`}
              onDoubleClick={() => setZoom((z) => (z === 0 ? 1 : 0))}
            />
          </div>
          <div className="keys">
            <Button icon="smaller" disabled={zoom === 0} onClick={() => setZoom((z) => Math.max(0, z - 1))}>
              {say("photo-smaller")}
            </Button>
            <Button icon="larger" disabled={zoom === ZOOMS.length - 1} onClick={() => setZoom((z) => Math.min(ZOOMS.length - 1, z + 1))}>
              {say("photo-larger")}
            </Button>
          </div>
        </>
      )}
      {url === null && !missing && <p role="status">{say("photo-fetching", { size: size(photo.size, lang) })}</p>}
      {missing && (
        <Card tone="ask" label={say("photo-not-here")}>
          <p>{say(trouble?.code === "not_found" ? "photo-nowhere" : "photo-elsewhere-why")}</p>
          {trouble?.code !== "not_found" && <Failed trouble={trouble} />}
          <Button onClick={() => setAgain((n) => n + 1)}>{say("try-again")}</Button>
        </Card>
      )}
      <p className="tags">
        <Tag tone={tone}>{text}</Tag>
        {sent !== null && <Tag>{say("photo-sent-of", { sent: size(sent, lang), size: size(photo.size, lang) })}</Tag>}
      </p>
      {place === "refused" && <p>{say("photo-refused-why", { status: way.refused.get(photo.sha256) ?? 0 })}</p>}
    </section>
  );
}

function Belongs({ visit, about }: { visit: Visit; about: string }) {
  const say = useSay();
  const { lang } = useLook();
  const expense = visit.expenses.find((e) => e.id === about);
  const path = expense === undefined ? "item" : "expense";
  return (
    <Row onClick={() => go(`/visit/${visit.id}/${path}/${about}`)}>
      <small>{say("photo-belongs")}</small>
      <strong>{expense === undefined ? itemName(visit, about, say) : expenseName(expense, lang, say)}</strong>
    </Row>
  );
}

function Replaced({ visit, by }: { visit: string; by: string }) {
  const say = useSay();
  return (
    <Card tone="ask" label={say("photo-replaced")}>
      <p>{say("photo-replaced")}</p>
      <Button onClick={() => go(`/visit/${visit}/photo/${by}`, true)}>{say("photo-replaced-by")}</Button>
    </Card>
  );
}

/** Nothing is taken back: what was recorded stays, and the newer one counts, with a reason. */
function Replace({ visit, photo }: { visit: Visit; photo: Photo }) {
  const say = useSay();
  const { lang } = useLook();
  const at = `${visit.id}/photo/${photo.id}`;
  const [why, setWhy] = useDraft(`${at}/why`);
  const [caption, setCaption] = useDraft(`${at}/caption`, photo.caption);
  const [about, setAbout] = useState(photo.about ?? "");
  const { busy, failed, run } = useTask();
  const places = new Map<string, string>([["", say("photo-of-visit")]]);
  for (const item of visit.items) if (item.removed === null) places.set(item.id, itemName(visit, item.id, say));
  for (const expense of visit.expenses) if (expense.removed === null) places.set(expense.id, expenseName(expense, lang, say));
  const changed = caption.trim() !== photo.caption || about !== (photo.about ?? "");
  const ready = why.trim() !== "" && !busy;
  const corrects = { fact: photo.id, reason: why.trim() };
  const done = (fact: string) => {
    app.forgetDrafts(at);
    back(`/visit/${visit.id}/photo/${fact}`);
  };
  const words = async () => {
    const bytes = new Uint8Array(await (await app.picture(photo.sha256)).arrayBuffer());
    const said = [bytes, photo.mediaType, caption.trim(), corrects] as const;
    const made = await app.record((phone) => {
      if (photo.seal) return phone.addSeal(visit.id, ...said);
      return about === "" ? phone.addPhoto(visit.id, ...said) : phone.addPhotoAbout(visit.id, about, ...said);
    });
    done(made.fact);
  };
  const other = async (files: File[]) => {
    const [file] = files;
    if (file === undefined) return;
    const target = { visit: visit.id, about: about === "" ? null : about, seal: photo.seal, caption: caption.trim(), corrects };
    done((await record(file, target)).fact);
  };
  return (
    <details className="card">
      <summary>{say("photo-replace")}</summary>
      <div className="stack">
        <p className="hint">{say("photo-replace-why")}</p>
        <Field label={say("photo-caption")} value={caption} onChange={setCaption} />
        {!photo.seal && places.size > 1 && (
          <Choice
            label={say("photo-belongs")}
            value={about}
            options={[...places.keys()]}
            text={(id) => places.get(id) ?? id}
            onChange={setAbout}
          />
        )}
        <Field label={say("photo-why")} value={why} onChange={setWhy} required />
        <Button busy={busy} disabled={!ready || !changed} onClick={() => void run(words)}>
          {say("photo-correct")}
        </Button>
        <FileKey icon="camera" accept="image/*" disabled={!ready} onFiles={(files) => void run(() => other(files))}>
          {say("photo-take-another")}
        </FileKey>
        <Failed trouble={failed} />
      </div>
    </details>
  );
}
