/** What screens show of a photo: its picture, and where its bytes are. */
import type { Photo } from "@countersign/core";
import { useEffect, useState, useSyncExternalStore } from "react";
import { type Trouble, app, trouble } from "../engine/app.ts";
import type { PhotoStand } from "../engine/photos.ts";
import { small } from "./prepare.ts";
import { keepThumb, thumbOf } from "./thumbs.ts";

/** The way of photos to the server. */
export function usePhotoWay(): PhotoStand {
  return useSyncExternalStore(app.photos.subscribe, app.photos.snapshot);
}

/** Where a photo's bytes are, as far as this phone knows. */
export type Place = "here" | "sending" | "refused" | "server" | "elsewhere";

/** `seen`: this phone has had the bytes. They leave it only when the server has them, and come from nowhere else. */
export function placeOf(sha256: string, waiting: ReadonlySet<string>, way: PhotoStand, seen: boolean): Place {
  if (!waiting.has(sha256)) return seen ? "server" : "elsewhere";
  if (way.refused.has(sha256)) return "refused";
  return way.current?.sha256 === sha256 ? "sending" : "here";
}

/** SHA-256 of the photos whose bytes only this phone has. */
export function waitingPhotos(): ReadonlySet<string> {
  return new Set(app.phone.unsynced().photos.map((photo) => photo.sha256));
}

/** What a look for a picture came to. */
export interface Picture {
  url: string | null;
  /** It has been looked for, and is not here. */
  missing: boolean;
  trouble: Trouble | null;
}

interface Found {
  of: string;
  url: string | null;
  trouble: Trouble | null;
}

type Look = (sha256: string, mediaType: string) => Promise<Blob | null>;

/** Looks for a picture. Its address lasts as long as it is shown. */
function useFound(look: Look, { sha256, mediaType }: Photo, again: number): Picture {
  const [found, setFound] = useState<Found | null>(null);
  useEffect(() => {
    let over = false;
    let url: string | null = null;
    look(sha256, mediaType).then(
      (blob) => {
        if (over) return;
        url = blob === null ? null : URL.createObjectURL(blob);
        setFound({ of: sha256, url, trouble: null });
      },
      (e: unknown) => {
        if (!over) setFound({ of: sha256, url: null, trouble: trouble(e) });
      },
    );
    return () => {
      over = true;
      if (url !== null) URL.revokeObjectURL(url);
    };
  }, [look, sha256, mediaType, again]);
  const now = found?.of === sha256 ? found : null;
  return { url: now?.url ?? null, missing: now !== null && now.url === null, trouble: now?.trouble ?? null };
}

async function lookForThumb(sha256: string, mediaType: string): Promise<Blob | null> {
  const kept = await thumbOf(sha256);
  if (kept !== null || !mediaType.startsWith("image/") || !waitingPhotos().has(sha256)) return kept;
  const made = await small(await app.picture(sha256));
  if (made !== null) await keepThumb(sha256, made);
  return made;
}

async function lookForWhole(sha256: string): Promise<Blob> {
  const whole = await app.picture(sha256);
  // What could be fetched once is recognised later without a network.
  if ((await thumbOf(sha256)) === null) {
    const made = await small(whole);
    if (made !== null) await keepThumb(sha256, made);
  }
  return whole;
}

/** A small picture, without asking the server for anything. */
export function useThumb(photo: Photo): Picture {
  return useFound(lookForThumb, photo, 0);
}

/** The photo or file itself, from the server where it is not here. */
export function useWhole(photo: Photo, again: number): Picture {
  return useFound(lookForWhole, photo, again);
}
