import type { Text } from './generated.js';
import { failure } from './glue/countersign_core.js';

/**
 * Whose matter it is: the call did not fit what is recorded (`refused`), what the page keeps could not be read or written
 * (`store`), the server said no or could not be reached (`server`), or something else that the page gives failed (`host`).
 */
export type ErrorKind = 'refused' | 'store' | 'server' | 'host';

/** Why a call failed. Unless the code says otherwise, nothing was recorded. */
export class PhoneError extends Error {
  override readonly name = 'PhoneError';
  /** A stable code, such as `timer_ended`. */
  readonly code: string;
  /** Whose matter it is. */
  readonly kind: ErrorKind;
  /** What the text is about, by name. */
  readonly parameters: Record<string, string>;
  /** For the user, in both languages. */
  readonly text: Text;

  /** @internal */
  constructor(json: string, cause?: unknown) {
    const { kind, code, parameters, text } = JSON.parse(json) as Omit<PhoneError, 'name'>;
    super(`${code}: ${text.en}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.kind = kind;
    this.parameters = parameters;
    this.text = text;
  }
}

/** @internal The error for what failed outside of the engine; `cause` is kept. */
export function failed(code: 'store_failed' | 'store_closed' | 'host_failed', cause?: unknown): PhoneError {
  return cause instanceof PhoneError ? cause : new PhoneError(failure(code, said(cause)), cause);
}

/** @internal What an exception says. */
export function said(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
}

/** @internal Runs a call of the engine; what it throws is text. */
export function caught<T>(call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    throw typeof thrown === 'string' ? new PhoneError(thrown) : thrown;
  }
}
