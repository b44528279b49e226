/**
 * The browser's clocks, as honestly as they can be read.
 *
 * The engine measures time within one *boot* by a clock that also counts while the phone sleeps. `performance.now()` may
 * stand still then, and nothing that a page can read survives a reload. So a boot here is one page, and ends early when the
 * wall clock has run ahead of the page's own: the page slept, or somebody moved the clock; a page cannot tell which. From
 * there on the engine goes by the wall clock, as after a reboot. A wall clock that was set *back* cannot be sleep: the boot
 * goes on, and the engine sees the two clocks disagree (docs/adr/0022).
 */

/** One reading. */
export interface Reading {
  wallMs: number;
  monoMs: number;
  boot: string;
}

/** The wall clock may run ahead of the page's by this much between two readings and still be the same boot (ms). */
const SLACK_MS = 1500;

/** The sources of time, for tests. */
export interface Sources {
  wall(): number;
  mono(): number;
  name(): string;
}

const browser: Sources = {
  wall: () => Date.now(),
  mono: () => performance.now(),
  name: () => crypto.randomUUID(),
};

/** A clock for `Phone.open`. */
export function clock(sources: Sources = browser): () => Reading {
  let boot = sources.name();
  let ahead = sources.wall() - sources.mono();
  return () => {
    const wall = sources.wall();
    const mono = sources.mono();
    if (wall - mono - ahead > SLACK_MS) boot = sources.name();
    ahead = wall - mono;
    return { wallMs: Math.floor(wall), monoMs: Math.floor(mono), boot };
  };
}
