/** Photos on a screen: the keys that take them, how far they are, and a row of small pictures. */
import type { Photo, Visit } from "@countersign/core";
import { type ReactNode, useId } from "react";
import { moment, size } from "../format.ts";
import { type Say, useLook, useSay } from "../i18n.ts";
import { takeIn, useIntake } from "../photos/intake.ts";
import { type Place, placeOf, usePhotoWay, useThumb, waitingPhotos } from "../photos/use.ts";
import { Icon, type IconName } from "./icon.tsx";
import { Card, Failed, Field, type Tone } from "./parts.tsx";
import { go, useDraft } from "../use.ts";

/** What the camera and the gallery may give. Elsewhere than on phones a taxi's or hotel's invoice is often a PDF. */
const PICTURES = "image/*";
const FILES = "image/*,application/pdf";

/** A key that opens the camera or the files of the phone. */
export function FileKey(p: {
  icon: IconName;
  children: ReactNode;
  accept: string;
  onFiles: (files: File[]) => void;
  camera?: boolean;
  several?: boolean;
  disabled?: boolean;
}) {
  return (
    <label className={p.disabled === true ? "button file-key off" : "button file-key"}>
      <Icon name={p.icon} />
      <span>{p.children}</span>
      <input
        type="file"
        accept={p.accept}
        capture={p.camera === true ? "environment" : undefined}
        multiple={p.several === true}
        disabled={p.disabled === true}
        onChange={(e) => {
          const files = [...(e.target.files ?? [])];
          // The same file can be chosen once more.
          e.target.value = "";
          if (files.length > 0) p.onFiles(files);
        }}
      />
    </label>
  );
}

/** How many are done, and which were not taken and why. */
function Progress(p: { visit: string; about: string | null; seal: boolean }) {
  const say = useSay();
  const { lang } = useLook();
  const intake = useIntake(p.visit, p.about, p.seal);
  const id = useId();
  if (intake === null) return null;
  const reasons = new Map(intake.missed.map((m) => [m.trouble.code, m.trouble]));
  return (
    <>
      {intake.running && (
        <div>
          <p id={id} role="status">
            {say("photos-taking", { n: Math.min(intake.done + 1, intake.total), of: intake.total })}
          </p>
          <progress aria-labelledby={id} max={intake.total} value={intake.done} />
        </div>
      )}
      {[...reasons].map(([code, why]) => (
        <div key={code}>
          <Failed trouble={why} />
          <p className="hint">
            {say("photos-missed", {
              n: intake.missed.filter((m) => m.trouble.code === code).length,
              names: new Intl.ListFormat(lang).format(intake.missed.filter((m) => m.trouble.code === code).map((m) => m.name)),
            })}
          </p>
        </div>
      ))}
    </>
  );
}

/** The keys for what belongs to one place, and how far it is with what was taken there. */
export function PhotoKeys(p: {
  visit: string;
  about: string | null;
  caption: string;
  /** Called when files were chosen; gives the id of what they belong to, which may have to be recorded first. */
  before?: () => Promise<string | null>;
  after?: () => void;
  disabled?: boolean;
}) {
  const say = useSay();
  const take = async (files: File[]) => {
    const about = p.before === undefined ? p.about : await p.before();
    if (p.before !== undefined && about === null) return;
    p.after?.();
    await takeIn(files, { visit: p.visit, about, seal: false, caption: p.caption.trim() });
  };
  const off = p.disabled === true ? { disabled: true } : {};
  return (
    <>
      <div className="keys">
        <FileKey icon="camera" accept={PICTURES} camera onFiles={(files) => void take(files)} {...off}>
          {say("photo-take")}
        </FileKey>
        <FileKey icon="pictures" accept={FILES} several onFiles={(files) => void take(files)} {...off}>
          {say("photo-choose")}
        </FileKey>
      </div>
      <Progress visit={p.visit} about={p.about} seal={false} />
    </>
  );
}

/** In words and as a tone: where its bytes are. */
export function placeText(place: Place, say: Say): { text: string; tone: Tone | undefined } {
  const tones: Record<Place, Tone | undefined> = { here: "ask", sending: "note", refused: "bad", server: "good", elsewhere: undefined };
  return { text: say(`photo-${place}`), tone: tones[place] };
}

function Thumb({ visit, photo, waiting }: { visit: string; photo: Photo; waiting: ReadonlySet<string> }) {
  const say = useSay();
  const { lang } = useLook();
  const way = usePhotoWay();
  const { url, missing } = useThumb(photo);
  const file = photo.mediaType === "application/pdf";
  const place = placeOf(photo.sha256, waiting, way, url !== null || file);
  const { text, tone } = placeText(place, say);
  const kind = say(photo.seal ? "photo-seal" : file ? "photo-file" : "photo");
  const name = photo.caption === "" ? `${kind} ${moment(photo.atMs, lang)}` : photo.caption;
  return (
    <li>
      <button
        type="button"
        className="thumb"
        onClick={() => go(`/visit/${visit}/photo/${photo.id}`)}
      >
        {url === null ? (
          <span className="thumb-none">
            <Icon name={file ? "file" : photo.seal ? "stamp" : "pictures"} />
            {(missing || file) && <small>{file ? "PDF" : say("photo-not-here")}</small>}
          </span>
        ) : (
          <img src={url} alt="" decoding="async" />
        )}
        <span className={`thumb-state ${tone ?? ""}`}>{text}</span>
        <span className="thumb-name">{name}</span>
      </button>
    </li>
  );
}

/** Small pictures; each leads to the whole one. */
export function Thumbs({ visit, photos }: { visit: string; photos: readonly Photo[] }) {
  const say = useSay();
  if (photos.length === 0) return null;
  const waiting = waitingPhotos();
  return (
    <ul className="thumbs" aria-label={say("photos-list")}>
      {photos.map((photo) => (
        <Thumb key={photo.id} visit={visit} photo={photo} waiting={waiting} />
      ))}
    </ul>
  );
}

/** Photos that count, of one place. */
export function photosOf(visit: Visit, about: string | null): Photo[] {
  return visit.photos.filter((photo) => photo.supersededBy === null && photo.about === about);
}

/** How many photos belong to it, where there are any. */
export function PhotoCount({ visit, about }: { visit: Visit; about: string }) {
  const say = useSay();
  const n = photosOf(visit, about).length;
  return n === 0 ? null : <small>{say("photos-count", { n })}</small>;
}

/** The photos of a work item or an expense. One that is new is recorded with its first photo. */
export function PhotosAbout(p: {
  visit: Visit;
  about: string | null;
  title: string;
  hint: string;
  caption: string;
  save: () => Promise<string | null>;
  ready: boolean;
}) {
  return (
    <Card title={p.title}>
      {p.about !== null && <Thumbs visit={p.visit.id} photos={photosOf(p.visit, p.about)} />}
      <p className="hint">{p.hint}</p>
      <PhotoKeys
        visit={p.visit.id}
        about={p.about}
        caption={p.caption}
        disabled={!p.ready}
        {...(p.about === null ? { before: p.save } : {})}
      />
    </Card>
  );
}

/** All photos of a visit, and the customer's seal. */
export function VisitPhotos({ visit }: { visit: Visit }) {
  const say = useSay();
  const { lang } = useLook();
  const [caption, setCaption] = useDraft(`${visit.id}/photo/caption`);
  const live = visit.photos.filter((photo) => photo.supersededBy === null);
  const waiting = waitingPhotos();
  const unsent = live.filter((photo) => waiting.has(photo.sha256));
  const bytes = unsent.reduce((sum, photo) => sum + photo.size, 0);
  const seal = (files: File[]) => void takeIn(files, { visit: visit.id, about: null, seal: true, caption: say("photo-seal") });
  return (
    <Card title={live.length === 0 ? say("photos") : say("photos-count", { n: live.length })}>
      <Thumbs visit={visit.id} photos={live} />
      {unsent.length > 0 && <p className="hint">{say("photos-unsent", { n: unsent.length, size: size(bytes, lang) })}</p>}
      <Field
        label={say("photo-caption-next")}
        value={caption}
        onChange={setCaption}
        phrases={["screen", "room", "before", "after", "paper"].map((id) => say(`photo-phrase-${id}`))}
      />
      <PhotoKeys
        visit={visit.id}
        about={null}
        caption={caption}
        after={() => setCaption("")}
      />
      <FileKey icon="stamp" accept={PICTURES} camera onFiles={seal}>
        {say("seal-take")}
      </FileKey>
      <Progress visit={visit.id} about={null} seal />
      <p className="hint">{say(visit.signOffs.length > 0 ? "seal-late" : "seal-why")}</p>
      <p className="hint">{say("photos-made-small")}</p>
    </Card>
  );
}
