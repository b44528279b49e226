/** Another phone's unsent work, delivered in that phone's name: only the engineer who recorded it can. */
import type { Carried, Phone, RefusedVisit } from "@countersign/core";
import { ApiError, DeviceApi, enrol, login, post } from "./api.ts";
import type { Tokens } from "./disk.ts";

/** How far it is. */
export interface Delivery {
  visits: number;
  framesLeft: number;
  photosLeft: number;
  bytesLeft: number;
}

/** How it ended. */
export interface Delivered {
  /** Visits that the server has now. */
  confirmed: string[];
  refused: RefusedVisit[];
  /** Something stands on another phone's changes, which the server has not got: later. */
  waits: boolean;
  photosRefused: number;
}

/** What was typed by the engineer who recorded it. Not needed where this phone is theirs as well. */
export interface Credentials {
  name: string;
  password: string;
}

async function tokensOf(carried: Carried, who: Credentials | null, own: DeviceApi): Promise<Tokens> {
  const { path, body } = carried.enrolment;
  if (who === null) return own.with(async (token) => (await enrol(path, body, token)).tokens);
  const { tokens, me } = await login(who.name, who.password);
  if (me.id !== carried.user) throw new ApiError("carried_for_another", 409, carried.name);
  return (await enrol(path, body, tokens.access)).tokens;
}

/** Delivers it: first the records, then the photos. What arrived stays arrived; called again it goes on from there. */
export async function deliver(
  phone: Phone,
  carried: Carried,
  who: Credentials | null,
  own: DeviceApi,
  signal: AbortSignal,
  progress: (at: Delivery) => void,
): Promise<Delivered> {
  let tokens = await tokensOf(carried, who, own);
  const api = new DeviceApi({
    get: async () => tokens,
    put: async (fresh) => {
      tokens = fresh;
    },
  });
  const visits = carried.visits.length;
  const done: Delivered = { confirmed: [], refused: [], waits: false, photosRefused: 0 };
  let at: Delivery = { visits, framesLeft: carried.framesLeft, photosLeft: carried.photosLeft, bytesLeft: carried.bytesLeft };
  const tell = (part: Partial<Delivery>) => progress((at = { ...at, ...part }));
  tell({});
  for (let frame = phone.carriedFrame(carried.id); frame !== null; frame = phone.carriedFrame(carried.id)) {
    const report = await phone.receiveCarried(carried.id, await api.exchange(frame.bytes, signal));
    done.confirmed.push(...report.confirmed);
    done.refused.push(...report.refused);
    const left = phone.carried().find((c) => c.id === carried.id)?.framesLeft ?? 0;
    done.waits = left >= at.framesLeft;
    tell({ framesLeft: left });
    if (done.waits) break;
  }
  const photos = await phone.sendPhotos((request, stop) => api.upload(request, stop), {
    carried: carried.id,
    signal,
    onProgress: ({ photosLeft, bytesLeft }) => tell({ photosLeft, bytesLeft }),
  });
  done.photosRefused = photos.refused.length;
  // That device's log-in was for this; where this does not arrive, it ends by itself.
  await post("/api/v1/auth/logout", { refresh_token: tokens.refresh }).catch(() => undefined);
  return done;
}
