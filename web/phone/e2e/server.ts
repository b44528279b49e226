/** What a story does to its server, other than through the API: the mails it wrote, and its clock. */
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const DATA = process.env["COUNTERSIGN_SERVER_DATA"] ?? "";
const CLOCK = process.env["COUNTERSIGN_SERVER_CLOCK"] ?? "";

/** Where it writes its mails. */
export const MAILS = join(DATA, "mails");

/** Mails whose code was found. */
const seen = new Set<string>();

/** The next code that was mailed, and to whom. */
export async function mailedCode(): Promise<{ code: string; to: string }> {
  for (let i = 0; i < 200; i++) {
    for (const name of existsSync(MAILS) ? readdirSync(MAILS) : []) {
      if (seen.has(name) || !name.endsWith(".eml")) continue;
      const mail = readFileSync(join(MAILS, name), "utf8");
      const text = /Content-Type: text\/plain[\s\S]*?\r?\n\r?\n([A-Za-z0-9+/=\r\n]+)/.exec(mail)?.[1] ?? "";
      const code = /^ {4}(\d{6})\s*$/m.exec(Buffer.from(text, "base64").toString("utf8"))?.[1];
      const to = /^To: .*?([^\s<>]+@[^\s<>]+)/m.exec(mail)?.[1];
      if (code === undefined || to === undefined) continue;
      seen.add(name);
      return { code, to };
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error("no code was mailed");
}

/** The server's clock goes so many days before this machine's, from now on. */
export async function advanceServer(days: number): Promise<void> {
  writeFileSync(CLOCK, `+${days}d`);
  const goal = Date.now() + days * 86_400_000;
  for (let i = 0; i < 100; i++) {
    const { headers } = await fetch(new URL("/healthz", process.env["COUNTERSIGN_SERVER"]));
    if (Math.abs(Date.parse(headers.get("date") ?? "") - goal) < 3_600_000) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("the server's clock does not follow: is libfaketime there?");
}
