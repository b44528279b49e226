import { expect, test } from "vitest";
import { drawn, recorded } from "./strokes.ts";

const group = (points: [number, number, number, number][]) => ({
  ...drawn([], 1)[0],
  penColor: "", dotSize: 0, minWidth: 1, maxWidth: 1, velocityFilterWeight: 1, compositeOperation: "source-over" as const,
  points: points.map(([x, y, time, pressure]) => ({ x, y, time, pressure })),
});

test("a drawing is recorded in whole numbers, its times from its first point", () => {
  const strokes = recorded([group([[10, 20, 1000, 0.5], [20.4, 30, 1016.7, 1.2]]), group([]), group([[40, 40, 2000, 0]])], 500);
  expect(strokes).toEqual([
    { points: [{ x: 20, y: 40, tMs: 0, pressure: 128 }, { x: 41, y: 60, tMs: 17, pressure: 255 }] },
    { points: [{ x: 80, y: 80, tMs: 1000, pressure: 0 }] },
  ]);
});

test("turning the phone changes nothing in what is recorded", () => {
  const strokes = recorded([group([[10, 20, 5, 0.5], [333, 17, 9, 0.25]])], 740);
  let now = strokes;
  for (const width of [360, 740, 812]) now = recorded(drawn(now, width), width);
  expect(now).toEqual(strokes);
});
