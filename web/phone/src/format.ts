/** Numbers as people read them. Money is whole minor units, durations are whole seconds. */
import type { Lang } from "./i18n.ts";

/** Made once for each way of writing: making one takes longer than a whole list takes to draw. */
const formats = new Map<string, Intl.DateTimeFormat>();

function written(lang: string, style: Intl.DateTimeFormatOptions, at: Date): string {
  const key = lang + JSON.stringify(style);
  let format = formats.get(key);
  if (format === undefined) formats.set(key, (format = new Intl.DateTimeFormat(lang, style)));
  return format.format(at);
}

/** `14:05`, or with the day when it is not today. */
export function moment(ms: number, lang: Lang, now = Date.now()): string {
  const at = new Date(ms);
  const today = new Date(now).toDateString() === at.toDateString();
  const time = written(lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, at);
  return today ? time : `${day(ms, lang)} ${time}`;
}

/** `11月23日` or `23 Nov`. */
export function day(ms: number, lang: Lang): string {
  const style = { month: lang === "zh-CN" ? "long" : "short", day: "numeric" } as const;
  return written(lang === "en" ? "en-GB" : lang, style, new Date(ms));
}

/** `2:05:09`; `5:09` under an hour. */
export function stopwatch(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** A sum in minor units, such as `¥ 86.50`. */
export function money(minor: number, currency: string, lang: Lang): string {
  try {
    const style = new Intl.NumberFormat(lang, { style: "currency", currency, currencyDisplay: "narrowSymbol" });
    const digits = style.resolvedOptions().maximumFractionDigits ?? 2;
    // As text, so that no sum passes through a fraction of binary digits.
    return style.format(`${decimal(minor, digits)}` as unknown as number);
  } catch {
    return `${decimal(minor, 2)} ${currency}`;
  }
}

function decimal(minor: number, digits: number): string {
  if (digits === 0) return String(minor);
  const text = String(Math.abs(minor)).padStart(digits + 1, "0");
  return `${minor < 0 ? "-" : ""}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** What was typed as a sum, in minor units; `null` when it is none. At most two decimal places. */
export function minorUnits(typed: string): number | null {
  const clean = typed.trim().replace(/[，,\s¥￥]/g, "").replace("。", ".");
  const match = /^(\d{1,9})(?:\.(\d{0,2}))?$/.exec(clean);
  if (match === null) return null;
  return Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
}

/** `YYYY-MM-DDTHH:MM` of this phone's time zone, for `<input type="datetime-local">`. */
export function localInput(ms: number): string {
  const at = new Date(ms);
  return new Date(ms - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The instant of such an input; `null` when it is empty or none. */
export function fromLocalInput(text: string): number | null {
  const ms = new Date(text).getTime();
  return text === "" || Number.isNaN(ms) ? null : ms;
}

/** A file's size, `420 kB` or `1.3 MB`, in powers of ten as phones count. */
export function size(bytes: number, lang: Lang): string {
  const kilo = Math.max(1, Math.round(bytes / 1000));
  if (bytes <= 0) return "0 kB";
  if (kilo < 1000) return `${kilo} kB`;
  return `${new Intl.NumberFormat(lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(kilo / 1000)} MB`;
}
