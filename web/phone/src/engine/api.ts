/** The server: log-in, this device's tokens, sync frames. */
import type { Upload, UploadAnswer } from "@countersign/core";
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

/** The answer, whatever it says. */
async function reach(path: string, init: RequestInit, patience: number): Promise<Response> {
  const timeout = AbortSignal.timeout(patience);
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  const headers = new Headers(init.headers);
  // A worker has no document, and shows no answer to anybody.
  headers.set("accept-language", globalThis.document?.documentElement.lang ?? navigator.language);
  try {
    return await fetch(path, { cache: "no-store", ...init, headers, signal, credentials: "omit" });
  } catch (e) {
    throw new ApiError("offline", 0, String(e));
  }
}

async function send(path: string, init: RequestInit, patience = PATIENCE): Promise<Response> {
  const response = await reach(path, init, patience);
  if (response.ok) return response;
  throw await refusal(response);
}

/** What an answer that says no says. */
async function refusal(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => ({}))) as { code?: string; title?: string };
  const wait = Number(response.headers.get("retry-after"));
  const code = problem.code ?? (response.status >= 500 ? "unavailable" : "refused");
  return new ApiError(code, response.status, problem.title ?? String(response.status), wait > 0 ? wait : null);
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

/** Where a device's tokens are kept. */
export interface TokenKeeper {
  get(): Promise<Tokens | undefined>;
  put(fresh: Tokens): Promise<void>;
}

/** Requests in the name of a device. Only one renewal of the tokens is under way at a time: each is good for one use. */
export class DeviceApi {
  readonly #kept: TokenKeeper;
  #renewal: Promise<string> | null = null;

  constructor(kept: TokenKeeper) {
    this.#kept = kept;
  }

  /** This phone's own device. */
  static of(disk: Disk): DeviceApi {
    return new DeviceApi({ get: () => disk.get("tokens"), put: (fresh) => disk.put("tokens", fresh) });
  }

  async #access(force: boolean): Promise<string> {
    const held = await this.#kept.get();
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
    if (held.next === undefined) await this.#kept.put({ ...held, next });
    const pair = await post<Pair>("/api/v1/auth/refresh", { refresh_token: held.refresh, next_refresh_token: next });
    const renewed = tokens(pair);
    await this.#kept.put(renewed);
    return renewed.access;
  }

  /** One question whose answer is JSON: a GET, or with a body a POST. */
  async json<T>(path: string, body?: unknown): Promise<T> {
    return this.with(async (token) => {
      if (body !== undefined) return post<T>(path, body, token);
      const response = await send(path, { headers: { authorization: `Bearer ${token}` } });
      return (await response.json()) as T;
    });
  }

  /** Does something with an access token, once more with a new one when the server no longer takes it. */
  async with<T>(once: (token: string) => Promise<T>): Promise<T> {
    try {
      return await once(await this.#access(false));
    } catch (e) {
      // This phone's clock may be off, so that it took the token for a good one.
      if (e instanceof ApiError && e.status === 401 && !e.code.includes("refresh")) return once(await this.#access(true));
      throw e;
    }
  }

  /** One exchange of the sync protocol. */
  async exchange(frame: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    return this.with(async (token) => {
      const headers = { "content-type": "application/cbor", authorization: `Bearer ${token}` };
      const init = { method: "POST", headers, body: frame as BodyInit, signal };
      return new Uint8Array(await (await send("/api/v1/sync", init, SYNC_PATIENCE)).arrayBuffer());
    });
  }

  /** A request about a photo's bytes. Every answer that is the server's own is one, a refusal as well. */
  async upload(request: Upload, signal?: AbortSignal): Promise<UploadAnswer> {
    return this.with(async (token) => {
      const headers: Record<string, string> = { authorization: `Bearer ${token}` };
      for (const { name, value } of request.headers) headers[name] = value;
      const init: RequestInit = { method: request.method, headers };
      if (signal !== undefined) init.signal = signal;
      if (request.method === "PATCH") init.body = request.bytes as BodyInit;
      const response = await reach(request.path, init, SYNC_PATIENCE);
      if (response.status === 401) throw await refusal(response);
      return { status: response.status, headers: [...response.headers].map(([name, value]) => ({ name, value })) };
    });
  }

  /** A photo's bytes from the server; they never change, so what the browser has kept of them will do. */
  async blob(sha256: string): Promise<Blob> {
    return this.with(async (token) => {
      const init: RequestInit = { headers: { authorization: `Bearer ${token}` }, cache: "force-cache" };
      return (await send(`/api/v1/blobs/${sha256}`, init, SYNC_PATIENCE)).blob();
    });
  }
}
