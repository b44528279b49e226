/** The server: log-in, this device's tokens, sync frames. */
import type { Disk, Tokens } from "./disk.ts";

/** Why a request came to nothing. `code` is the server's, or `offline` when there was no answer. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly retryAfterS: number | null;

  constructor(code: string, status: number, message: string, retryAfterS: number | null = null) {
    super(message);
    this.code = code;
    this.status = status;
    this.retryAfterS = retryAfterS;
  }

  /** Whether only a new log-in helps. */
  get needsLogin(): boolean {
    return ["unauthenticated", "invalid_refresh_token", "refresh_token_reused", "no_tokens"].includes(this.code);
  }
}

/** Who is logged in. */
export interface Me {
  id: string;
  name: string;
  language: "zh-CN" | "en";
  must_change_password: boolean;
}

interface Pair {
  access_token: string;
  refresh_token: string;
  expires_in: number;
}

/** How long a request may take, ms. Sync frames may be large and the network slow. */
const PATIENCE = 20_000;
const SYNC_PATIENCE = 120_000;
/** An access token is renewed this long before its end, ms. */
const EARLY = 60_000;

export function tokens(pair: Pair): Tokens {
  return { access: pair.access_token, refresh: pair.refresh_token, until: Date.now() + pair.expires_in * 1000 };
}

/** 256 random bits as the server wants them. */
function fresh(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(32)), (b) => b.toString(16).padStart(2, "0")).join("");
}

async function send(path: string, init: RequestInit, patience = PATIENCE): Promise<Response> {
  const timeout = AbortSignal.timeout(patience);
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  const headers = new Headers(init.headers);
  headers.set("accept-language", document.documentElement.lang);
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers, signal, cache: "no-store", credentials: "omit" });
  } catch (e) {
    throw new ApiError("offline", 0, String(e));
  }
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as { code?: string; title?: string };
  const wait = Number(response.headers.get("retry-after"));
  const code = problem.code ?? (response.status >= 500 ? "unavailable" : "refused");
  throw new ApiError(code, response.status, problem.title ?? String(response.status), wait > 0 ? wait : null);
}

export async function post<T>(path: string, body: unknown, token?: string): Promise<T> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await send(path, { method: "POST", headers, body: text });
  return (response.status === 204 ? undefined : await response.json()) as T;
}

export async function login(name: string, password: string): Promise<{ tokens: Tokens; me: Me }> {
  const answer = await post<Pair & { user: Me }>("/api/v1/auth/login", { login: name, password });
  return { tokens: tokens(answer), me: answer.user };
}

export async function changePassword(token: string, old: string, fresh: string): Promise<Tokens> {
  return tokens(await post<Pair>("/api/v1/auth/password", { old, new: fresh }, token));
}

/** Makes this device known; the same key is the same device. */
export async function enrol(path: string, body: string, token: string): Promise<{ device: string; tokens: Tokens }> {
  const answer = await post<Pair & { device_id: string }>(path, body, token);
  return { device: answer.device_id, tokens: tokens(answer) };
}

/** Requests in the name of this device. Only one renewal of the tokens is under way at a time: each is good for one use. */
export class DeviceApi {
  readonly #disk: Disk;
  #renewal: Promise<string> | null = null;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  async #access(force: boolean): Promise<string> {
    const held = await this.#disk.get("tokens");
    if (held === undefined) throw new ApiError("no_tokens", 401, "no tokens");
    if (!force && held.until - EARLY > Date.now()) return held.access;
    this.#renewal ??= this.#renew(held).finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  /** The next token is chosen here, and on disk before it is asked for: when the answer is lost, it is asked for again. */
  async #renew(held: Tokens): Promise<string> {
    const next = held.next ?? fresh();
    if (held.next === undefined) await this.#disk.put("tokens", { ...held, next });
    const pair = await post<Pair>("/api/v1/auth/refresh", { refresh_token: held.refresh, next_refresh_token: next });
    const renewed = tokens(pair);
    await this.#disk.put("tokens", renewed);
    return renewed.access;
  }

  /** One exchange of the sync protocol. */
  async exchange(frame: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    return this.#inItsName(async (token) => {
      const headers = { "content-type": "application/cbor", authorization: `Bearer ${token}` };
      const init = { method: "POST", headers, body: frame as BodyInit, signal };
      return new Uint8Array(await (await send("/api/v1/sync", init, SYNC_PATIENCE)).arrayBuffer());
    });
  }

  /** One question whose answer is JSON: a GET, or with a body a POST. */
  async json<T>(path: string, body?: unknown): Promise<T> {
    return this.#inItsName(async (token) => {
      if (body !== undefined) return post<T>(path, body, token);
      const response = await send(path, { headers: { authorization: `Bearer ${token}` } });
      return (await response.json()) as T;
    });
  }

  async #inItsName<T>(once: (token: string) => Promise<T>): Promise<T> {
    try {
      return await once(await this.#access(false));
    } catch (e) {
      // This phone's clock may be off, so that it took the token for a good one.
      if (e instanceof ApiError && e.status === 401 && !e.code.includes("refresh")) return once(await this.#access(true));
      throw e;
    }
  }
}
