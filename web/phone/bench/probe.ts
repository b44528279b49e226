/** What is measured inside the page. It is put there before the page's own scripts, and looks without touching anything. */

/** What must be in the page for a tap to have done its work. */
export interface Wanted {
  /** Some element that this finds… */
  selector: string;
  /** … holds this text. */
  text?: string;
}

/** One tap, ms from the moment when the browser got it. */
export interface Tap {
  /** Until the next frame was drawn: when something could be seen. */
  answered: number;
  /** Until what was wanted could be seen. */
  done: number;
}

export interface Probe {
  /** When the first screen could be seen, ms from the navigation. */
  shown: Promise<number>;
  /** Tasks of 50 ms and more: when, how long, ms. */
  long: [number, number][];
  /** From the next tap or key on. */
  arm: (wanted: Wanted) => Promise<Tap>;
  /** Times between frames, ms, until it is called again. */
  frames: () => number[];
}

declare global {
  interface Window {
    probe: Probe;
  }
}

/** Runs in the page; it can use nothing from outside. */
export function install(): void {
  if (window.top !== window) return;
  // After the frame that the browser is about to draw.
  const drawn = (then: (at: number) => void) =>
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => then(performance.now());
      channel.port2.postMessage(0);
    });
  const there = ({ selector, text }: { selector: string; text?: string }) =>
    [...document.querySelectorAll(selector)].some((e) => text === undefined || (e.textContent ?? "").includes(text));
  const when = (wanted: { selector: string; text?: string }) =>
    new Promise<number>((resolve) => {
      const look = () => {
        if (!there(wanted)) return;
        watch.disconnect();
        drawn(resolve);
      };
      const watch = new MutationObserver(look);
      watch.observe(document, { childList: true, subtree: true, attributes: true, characterData: true });
      look();
    });
  const long: [number, number][] = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) long.push([entry.startTime, entry.duration]);
  }).observe({ type: "longtask", buffered: true });
  let collecting: number[] | null = null;
  window.probe = {
    long,
    shown: when({ selector: "main .rows .row" }),
    arm: (wanted) =>
      new Promise((resolve) => {
        const seen = (e: Event) => {
          removeEventListener("click", seen, true);
          removeEventListener("keydown", seen, true);
          const answered = new Promise<number>((then) => drawn((at) => then(at)));
          void Promise.all([answered, when(wanted)]).then(([first, last]) =>
            resolve({ answered: first - e.timeStamp, done: Math.max(first, last) - e.timeStamp }),
          );
        };
        addEventListener("click", seen, true);
        addEventListener("keydown", seen, true);
      }),
    frames: () => {
      if (collecting !== null) {
        const got = collecting;
        collecting = null;
        return got;
      }
      const mine: number[] = (collecting = []);
      let last: number | null = null;
      // The frame's own time: when its callback begins wavers by a millisecond that nobody sees.
      const next = (at: number) => {
        if (last !== null) mine.push(at - last);
        last = at;
        if (collecting === mine) requestAnimationFrame(next);
      };
      requestAnimationFrame(next);
      return [];
    },
  };
}
