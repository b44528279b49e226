/** Files on their way into the record, one after the other. It goes on whatever screen is shown, and says how far it is. */
import type { Correction, Recorded } from "@countersign/core";
import { useSyncExternalStore } from "react";
import { type Trouble, app, trouble } from "../engine/app.ts";
import { prepare } from "./prepare.ts";
import { keepThumb } from "./thumbs.ts";

/** What the files are, and where they belong. */
export interface Target {
  visit: string;
  /** The work item or expense; the visit as a whole where there is none. */
  about: string | null;
  /** The customer's seal. */
  seal: boolean;
  caption: string;
  corrects?: Correction | null;
}

/** A file that was not taken. */
export interface Missed {
  name: string;
  trouble: Trouble;
}

/** How far it is with the files of one target. */
export interface Intake {
  of: string;
  total: number;
  done: number;
  running: boolean;
  missed: readonly Missed[];
}

/** What names a target among the screens. */
export function targetName(visit: string, about: string | null, seal: boolean): string {
  return `${visit}/${about ?? ""}${seal ? "/seal" : ""}`;
}

let intakes: ReadonlyMap<string, Intake> = new Map();
const listeners = new Set<() => void>();
let last: Promise<unknown> = Promise.resolve();

function put(of: string, part: (old: Intake) => Partial<Intake>): void {
  const old = intakes.get(of) ?? { of, total: 0, done: 0, running: false, missed: [] };
  intakes = new Map(intakes).set(of, { ...old, ...part(old) });
  listeners.forEach((listener) => listener());
}

/** Records one file; resolves when it is on disk. */
export async function record(file: File, target: Target): Promise<Recorded> {
  const { bytes, mediaType, thumb } = await prepare(file);
  const { visit, about, caption, corrects = null } = target;
  const done = await app.record((phone) => {
    if (target.seal) return phone.addSeal(visit, bytes, mediaType, caption, corrects);
    if (about !== null) return phone.addPhotoAbout(visit, about, bytes, mediaType, caption, corrects);
    return phone.addPhoto(visit, bytes, mediaType, caption, corrects);
  });
  const sha256 = app.phone.visit(visit).photos.find((p) => p.id === done.fact)?.sha256;
  if (thumb !== null && sha256 !== undefined) await keepThumb(sha256, thumb);
  app.changed();
  return done;
}

/** Records these files, after those that are under way. Each is on disk before the next is begun. */
export function takeIn(files: readonly File[], target: Target): Promise<void> {
  const of = targetName(target.visit, target.about, target.seal);
  put(of, (old) =>
    old.running ? { total: old.total + files.length } : { total: files.length, done: 0, running: true, missed: [] },
  );
  const run = last.then(async () => {
    let full: Trouble | null = null;
    for (const file of files) {
      try {
        // Where there is no room for one there is none for the next.
        if (full === null) await record(file, target);
      } catch (e) {
        const why = trouble(e);
        if (why.code === "quota") full = why;
        else put(of, (old) => ({ missed: [...old.missed, { name: file.name, trouble: why }] }));
      }
      const no = full;
      put(of, (old) => ({
        done: old.done + 1,
        missed: no === null ? old.missed : [...old.missed, { name: file.name, trouble: no }],
      }));
    }
    put(of, (old) => ({ running: old.done < old.total }));
  });
  last = run;
  return run;
}

/** How far it is with that target's files; `null` when there were none. */
export function useIntake(visit: string, about: string | null, seal: boolean): Intake | null {
  const all = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => intakes,
  );
  return all.get(targetName(visit, about, seal)) ?? null;
}
