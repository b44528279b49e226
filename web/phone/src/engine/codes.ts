/** One-time codes for a receipt, as the server knows them (docs/signatures.md). All of this needs a network. */
import { app } from "./app.ts";

/** Whom a code can be sent to, and how. */
export interface Way {
  contact: string;
  channel: "mail" | "sms";
  name: string;
  /** Their position; may be empty. */
  role: string;
  /** The address, as far as it is told. */
  address: string;
  is_signer: boolean;
}

/** A code that was sent. */
export interface Sent {
  id: string;
  channel: "mail" | "sms";
  name: string;
  address: string;
  /** Until when it can be entered, ms since 1970 by the server's clock. */
  expires_ms: number;
}

/** That a receipt was confirmed with a code. */
export interface Confirmed {
  name: string;
  role: string;
  address: string;
  /** ms since 1970. */
  at_ms: number;
  is_signer: boolean;
}

/** How it stands with the receipt of one sign-off. */
export interface Standing {
  receipt: string;
  number: string;
  ways: Way[];
  confirmed: Confirmed[];
}

/** After so many wrong ones the server takes no more for the same code. */
export const MOST_TRIES = 5;

/**
 * Looks up the receipt of a sign-off, whom a code could go to, and what is confirmed already; `null` while there is no such
 * receipt. The phone itself knows only receipts' numbers.
 */
export async function standing(visit: string, signOff: string): Promise<Standing | null> {
  interface Dossier {
    receipts: { id: string; sign_off: string; number: string }[];
    confirmations: { receipt: string; name: string; role: string; at_ms: number; code: { address: string; is_signer: boolean } | null }[];
  }
  const { receipts, confirmations } = await app.ask<Dossier>(`/api/v1/visits/${visit}`);
  const receipt = receipts.find((r) => r.sign_off === signOff);
  if (receipt === undefined) return null;
  const { items } = await app.ask<{ items: Way[] }>(`/api/v1/receipts/${receipt.id}/codes`);
  const confirmed = confirmations.flatMap(({ receipt: of, code, name, role, at_ms }) =>
    of === receipt.id && code !== null ? [{ name, role, at_ms, address: code.address, is_signer: code.is_signer }] : [],
  );
  return { receipt: receipt.id, number: receipt.number, ways: items, confirmed };
}

/** Has a code sent. Asked again under the same id, none is sent a second time. */
export function sendCode(receipt: string, id: string, to: Pick<Way, "contact" | "channel">): Promise<Sent> {
  return app.ask<Sent>(`/api/v1/receipts/${receipt}/codes`, { id, contact: to.contact, channel: to.channel });
}

/** Enters a code as it was read out. */
export async function enterCode(receipt: string, id: string, code: string): Promise<Confirmed> {
  interface Statement {
    name: string;
    role: string;
    address: string;
    is_signer: boolean;
    confirmed_ms: number;
  }
  const said = await app.ask<Statement>(`/api/v1/receipts/${receipt}/confirm`, { code_id: id, code });
  return { name: said.name, role: said.role, address: said.address, at_ms: said.confirmed_ms, is_signer: said.is_signer };
}
