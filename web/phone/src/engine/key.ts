/** The device's key: ES256 in WebCrypto. Its private half cannot be exported, not even by this app. */
import { type Signer, webCryptoSigner } from "@countersign/core";
import type { Disk } from "./disk.ts";

/** The key of this browser, made when there is none yet. */
export async function deviceKey(disk: Disk): Promise<Signer> {
  let pair = await disk.get("key");
  if (pair === undefined) {
    pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
    await disk.put("key", pair);
  }
  return webCryptoSigner(pair);
}

/** Lower-case hex. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
