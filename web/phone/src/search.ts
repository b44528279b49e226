/** Finding a hospital: by a part of its name in either language, its code, its pinyin, or the initials of that. */
import type { Customer } from "@countersign/core";
import pinyin from "tiny-pinyin";

/** A customer with what it is found by. */
export interface Findable {
  customer: Customer;
  keys: string[];
}

function plain(text: string): string {
  return text.toLowerCase().replace(/[\s·'’.-]/g, "");
}

/** How characters are spoken. A thousand hospitals have a few hundred, and each takes some ten comparisons by the locale. */
const spoken = new Map<string, string>();

function syllable(character: string): string {
  let known = spoken.get(character);
  if (known === undefined) spoken.set(character, (known = pinyin.parse(character)[0]?.target.toLowerCase() ?? ""));
  return known;
}

const prepared = new WeakMap<Customer[], Findable[]>();

/** Prepares customers for {@link find}; done once for a list. */
export function findable(customers: Customer[]): Findable[] {
  const before = prepared.get(customers);
  if (before !== undefined) return before;
  const speaks = pinyin.isSupported();
  const made = customers.map((customer) => {
    const keys = [plain(customer.name), plain(customer.code), plain(customer.nameEn ?? "")];
    if (speaks) {
      const syllables = Array.from(customer.name, syllable);
      keys.push(plain(syllables.join("")), plain(syllables.map((s) => s.charAt(0)).join("")));
    }
    return { customer, keys: keys.filter((key) => key !== "") };
  });
  prepared.set(customers, made);
  return made;
}

/** Those that fit, the ones that begin with it first. */
export function find(all: Findable[], typed: string): Customer[] {
  const wanted = plain(typed);
  const place = ({ keys }: Findable) => Math.min(...keys.map((k) => k.indexOf(wanted)).map((i) => (i < 0 ? Infinity : i)));
  return all
    .map((one) => ({ one, at: place(one) }))
    .filter(({ at }) => at !== Infinity)
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one.customer);
}
