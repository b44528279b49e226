/** One sync, round by round: the same in the page and in the service worker. */
import type { Phone, SyncReport } from "@countersign/core";
import type { DeviceApi } from "./api.ts";
import { pause } from "./pause.ts";

/**
 * Rounds until nothing is left to send or to ask for, at most `most`. `came` sees what each one brought, before the next.
 * Between two of them the browser may do something else.
 */
export async function rounds(
  phone: Phone,
  api: DeviceApi,
  most: number,
  signal: AbortSignal,
  came: (report: SyncReport) => Promise<void> | void = () => undefined,
): Promise<void> {
  for (let round = 0; round < most; round++) {
    const before = phone.unsynced().changes;
    const report = await phone.sync((frame) => api.exchange(frame, signal), { rounds: 1, signal });
    await came(report);
    const left = phone.unsynced().changes;
    // What the server refused stays here and there; asking again at once would not change its mind.
    if (report.cancelled || (!report.again && (left === 0 || left === before))) return;
    await pause();
  }
}
