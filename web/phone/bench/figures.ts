/** From many measurements to one line. */
import { cpus, loadavg } from "node:os";

/** What is printed and kept of repeated measurements. */
export interface Figure {
  median: number;
  worst: number;
  n: number;
}

export function figure(values: number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return { median: round(at(0.5)), worst: round(at(1)), n: sorted.length };
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/**
 * How much else this machine does: the load as the system has it, and how much longer the same piece of work takes at times than
 * at its best. 1 is a quiet machine.
 */
export function busy(): { load: number; processors: number; slower: number } {
  const times: number[] = [];
  for (let n = 0; n < 40; n++) {
    const began = performance.now();
    let sum = 0;
    for (let i = 0; i < 3_000_000; i++) sum = (sum * 31 + i) | 0;
    times.push(performance.now() - began + (sum === 0.5 ? 1 : 0));
  }
  times.sort((a, b) => a - b);
  const mean = times.reduce((a, b) => a + b, 0) / times.length;
  return { load: round(loadavg()[0] ?? 0), processors: cpus().length, slower: round(mean / (times[0] ?? 1)) };
}

/** One row of the table: what, the target, what was measured. */
export type Row = [string, string, ...string[]];

export function table(rows: Row[]): string {
  const width = (column: number) => Math.max(...rows.map((row) => (row[column] ?? "").length));
  const widths = (rows[0] ?? []).map((_, column) => width(column));
  return rows.map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ")).join("\n");
}
