import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Entry, type Pattern, Visitor, parse } from "@fluent/syntax";
import { expect, test } from "vitest";

const here = new URL("..", import.meta.url).pathname;
const source = (lang: string) => readFileSync(join(here, "locales", lang, "app.ftl"), "utf8");

/** Each message with the variables that its text takes. */
function messages(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const entry of parse(text, { withSpans: false }).body as Entry[]) {
    if (entry.type === "Junk") throw new Error(`not readable: ${(entry as { content?: string }).content ?? ""}`);
    if (entry.type !== "Message") continue;
    const { id, value } = entry as unknown as { id: { name: string }; value: Pattern };
    const variables = new Set<string>();
    class Collect extends Visitor {
      override visitVariableReference(node: { id: { name: string } }) {
        variables.add(node.id.name);
      }
    }
    new Collect().visit(value);
    found.set(id.name, [...variables].sort());
  }
  return found;
}

const [zh, en] = [messages(source("zh-CN")), messages(source("en"))];

test("both languages say the same things about the same variables", () => {
  expect([...zh.keys()]).toEqual([...en.keys()]);
  for (const [id, variables] of en) expect([id, zh.get(id)]).toEqual([id, variables]);
});

test("no text is defined here that the core's words have", () => {
  for (const lang of ["zh-CN", "en"]) {
    const words = messages(readFileSync(join(here, "../../sync-core/locales", lang, "words.ftl"), "utf8"));
    expect([...messages(source(lang)).keys()].filter((id) => words.has(id))).toEqual([]);
  }
});

test("every text that a screen names exists, and every text is named somewhere", () => {
  const files = readdirSync(join(here, "src"), { recursive: true, encoding: "utf8" });
  const code = files
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith(".test.ts"))
    .map((file) => readFileSync(join(here, "src", file), "utf8"))
    .join("\n");
  const words = messages(readFileSync(join(here, "../../sync-core/locales/en/words.ftl"), "utf8"));
  const named = [...code.matchAll(/\b(?:say|text)\(\s*(?:lang,\s*)?"([a-z][\w-]*)"/g)].map((m) => m[1] ?? "");
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter((id) => !en.has(id) && !words.has(id))).toEqual([]);
  const stems = [...code.matchAll(/`([a-z][\w-]*-)\$\{/g)].map((m) => m[1] ?? "");
  const unused = [...en.keys()].filter((id) => !code.includes(`"${id}"`) && !stems.some((stem) => id.startsWith(stem)));
  expect(unused).toEqual([]);
});
