/**
 * A phone for the tests: Debian's Chromium with a profile of its own, reached through a proxy on the loopback that can be
 * cut like a network in a basement. It can be killed without warning and started again on the same profile.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Browser, type Page, chromium } from "playwright-core";

const SERVER = new URL(needed("COUNTERSIGN_SERVER"));
const CHROMIUM = process.env["COUNTERSIGN_TEST_CHROMIUM"] ?? "chromium";
export const PASSWORD = "countersign demo";

function needed(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; run this by: cargo xtask test -- -p countersign-tests --test app`);
  return value;
}

/** The way to the server, which can be cut. Its port stays the same: it is part of the app's origin. */
class Network {
  #server: Server | null = null;
  readonly #sockets = new Set<Socket>();
  port = 0;
  /** What is connected from now on gets no answer. */
  silent = false;
  /** The answer to the next request that begins like this is lost on its way; then this is empty. */
  lose = "";

  /** Joins; with `bytes` the network breaks when so many have gone to the server. */
  async join(bytes = Infinity): Promise<void> {
    let left = bytes;
    await this.#listen((near) => {
      if (this.silent) {
        this.#sockets.add(near);
        near.on("error", () => undefined).on("close", () => this.#sockets.delete(near));
        return;
      }
      const far = connect(Number(SERVER.port), SERVER.hostname);
      for (const [one, other] of [[near, far], [far, near]] as const) {
        this.#sockets.add(one);
        one.on("error", () => other.destroy());
        one.on("close", () => {
          this.#sockets.delete(one);
          other.destroy();
        });
      }
      near.on("data", (sent: Buffer) => {
        left -= sent.length;
        if (left < 0) void this.cut();
        if (this.lose === "" || !sent.includes(this.lose)) return;
        this.lose = "";
        far.unpipe(near);
        far.once("data", () => near.destroy());
      });
      near.pipe(far);
      far.pipe(near);
    });
  }

  /** What a proxy in front of the server says while the server is down: an answer, and none of ours. */
  async badGateway(): Promise<void> {
    await this.cut();
    await this.#listen((near) => {
      this.#sockets.add(near);
      near.on("error", () => undefined);
      near.on("close", () => this.#sockets.delete(near));
      const page = "<h1>502 Bad Gateway</h1>";
      const head = ["HTTP/1.1 502 Bad Gateway", "content-type: text/html", `content-length: ${page.length}`, "connection: close"];
      near.once("data", () => near.end(`${head.join("\r\n")}\r\n\r\n${page}`));
    });
  }

  async #listen(serve: (near: Socket) => void): Promise<void> {
    if (this.#server !== null) return;
    this.#server = createServer(serve);
    this.#server.listen(this.port, "127.0.0.1");
    await once(this.#server, "listening");
    this.port = (this.#server.address() as AddressInfo).port;
  }

  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    const closed = once(server, "close");
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

export class Device {
  readonly network = new Network();
  readonly #profile = mkdtempSync(join(tmpdir(), "countersign-phone-"));
  #process: ChildProcess | null = null;
  #browser: Browser | null = null;
  #page: Page | null = null;
  /** What the pages complained about: errors of scripts and of the content policy. */
  readonly complaints: string[] = [];

  /** A phone whose browser has these settings, as its `Preferences` file has them. */
  static async new(preferences?: object): Promise<Device> {
    const device = new Device();
    if (preferences !== undefined) {
      mkdirSync(join(device.#profile, "Default"), { recursive: true });
      writeFileSync(join(device.#profile, "Default/Preferences"), JSON.stringify(preferences));
    }
    await device.network.join();
    await device.boot();
    return device;
  }

  get base(): string {
    return `http://127.0.0.1:${this.network.port}/app/`;
  }

  get page(): Page {
    if (this.#page === null) throw new Error("the browser does not run");
    return this.#page;
  }

  /** Starts the browser; its camera sees that video. */
  async boot(camera?: string): Promise<void> {
    const seen = camera === undefined ? [] : [`--use-file-for-fake-video-capture=${camera}`];
    // It ends with this process, however that ends.
    const child = spawn(
      "setpriv",
      [
        "--pdeathsig",
        "KILL",
        "--",
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--no-first-run",
        "--disable-gpu",
        // A phone has none that take room.
        "--hide-scrollbars",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-default-apps",
        "--disable-dev-shm-usage",
        "--no-proxy-server",
        "--remote-debugging-port=0",
        "--lang=zh-CN",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        ...seen,
        `--user-data-dir=${this.#profile}`,
        "about:blank",
      ],
      { stdio: ["ignore", "ignore", "pipe"], detached: true, env: { ...process.env, LANG: "zh_CN.UTF-8", LANGUAGE: "zh_CN" } },
    );
    this.#process = child;
    const endpoint = await new Promise<string>((resolve, reject) => {
      const said: string[] = [];
      child.once("exit", () => reject(new Error(`chromium ended:\n${said.join("\n")}`)));
      createInterface({ input: child.stderr }).on("line", (line) => {
        said.push(line);
        const found = /DevTools listening on (\S+)/.exec(line);
        if (found?.[1] !== undefined) resolve(found[1]);
      });
    });
    this.#browser = await chromium.connectOverCDP(endpoint);
    const context = this.#browser.contexts()[0];
    if (context === undefined) throw new Error("no context");
    this.#page = context.pages()[0] ?? (await context.newPage());
    await this.#look(this.#page);
  }

  async #look(page: Page): Promise<void> {
    page.setDefaultTimeout(20_000);
    page.on("pageerror", (e) => this.complaints.push(String(e)));
    page.on("console", (m) => {
      // Without a network every request fails, as it should.
      if (m.type() === "error" && !/ERR_CONNECTION|ERR_INTERNET|ERR_EMPTY|ERR_SOCKET/.test(m.text())) {
        this.complaints.push(m.text());
      }
    });
    await page.setViewportSize({ width: 360, height: 740 });
  }

  /** Another tab of the same browser. */
  async tab(): Promise<Page> {
    const context = this.page.context();
    const page = await context.newPage();
    await this.#look(page);
    return page;
  }

  /** The app is opened anew, after its page was closed. */
  async newPage(): Promise<void> {
    const context = this.#browser?.contexts()[0];
    if (context === undefined) throw new Error("the browser does not run");
    this.#page = await context.newPage();
    await this.#look(this.#page);
  }

  /** The battery is out: every process of the browser ends at once. */
  async die(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    this.#page = null;
    if (child?.pid === undefined) return;
    const ended = once(child, "exit");
    process.kill(-child.pid, "SIGKILL");
    await ended;
    await this.#browser?.close().catch(() => undefined);
    this.#browser = null;
  }

  async close(): Promise<void> {
    await this.die();
    await this.network.cut();
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Opens the app, in that language. */
  async open(lang: "zh-CN" | "en" = "en"): Promise<void> {
    await this.page.addInitScript((l) => {
      if (localStorage.getItem("countersign-look") === null) {
        localStorage.setItem("countersign-look", JSON.stringify({ lang: l }));
      }
    }, lang);
    await this.page.goto(this.base);
  }

  /** The first minute, until the app could start without a network. */
  async enrol(login: string): Promise<void> {
    const { page } = this;
    await page.getByLabel("Login", { exact: true }).fill(login);
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Log in", exact: true }).click();
    await page.getByRole("heading", { name: "Today" }).waitFor();
    await page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === "activated");
  }

  /** Taps what has this name. */
  async tap(name: string | RegExp): Promise<void> {
    const button = this.page.getByRole("button", { name, exact: typeof name === "string" });
    await this.#or(name, button.first().click());
  }

  /** Chooses one of several. */
  async choose(label: string | RegExp, option: string | RegExp): Promise<void> {
    const group = this.page.getByRole("group", { name: label });
    const radio = group.getByRole("radio", { name: option, exact: typeof option === "string" });
    // Out from under the bars, as a thumb would.
    await this.#or(option, radio.evaluate((e) => e.scrollIntoView({ block: "center" })));
    await radio.check({ force: true });
  }

  async fill(label: string, text: string): Promise<void> {
    await this.#or(label, this.page.getByLabel(label, { exact: true }).fill(text));
  }

  async heading(name: string | RegExp): Promise<void> {
    await this.#or(name, this.page.getByRole("heading", { level: 1, name }).waitFor());
  }

  async sees(text: string | RegExp): Promise<void> {
    await this.#or(text, this.page.getByText(text).first().waitFor());
  }

  /** When that was waited for in vain, what the screen says instead. */
  async #or<T>(name: string | RegExp, waiting: Promise<T>): Promise<T> {
    try {
      return await waiting;
    } catch (e) {
      const { page } = this;
      throw new Error(`instead of ${name}, ${page.url()} says: ${await page.locator("body").innerText()}`, { cause: e });
    }
  }

  /** Sends, and waits until the server has everything. */
  async sync(): Promise<void> {
    await this.page.evaluate(() => {
      location.hash = "#/sync";
    });
    await this.heading("Unsent work");
    const all = this.page.getByRole("heading", { name: "Everything is on the server" });
    const send = this.page.getByRole("button", { name: "Send now" });
    for (let i = 0; i < 20 && !(await all.isVisible()); i++) {
      await send.click({ timeout: 3000 }).catch(() => undefined);
      await all.waitFor({ timeout: 3000 }).catch(() => undefined);
    }
    await all.waitFor();
  }
}

/** The API as somebody in the office uses it. */
export async function office(login: string): Promise<(path: string) => Promise<unknown>> {
  const answer = await fetch(new URL("/api/v1/auth/login", SERVER), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ login, password: PASSWORD }),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return async (path) => {
    const response = await fetch(new URL(path, SERVER), { headers: { authorization: `Bearer ${token}` } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
}
