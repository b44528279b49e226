/** A signature as points: as the pad draws it, and as it is recorded. */
import type { Stroke } from "@countersign/core";
import type { PointGroup } from "signature_pad";

/** Points are recorded in thousandths of the pad's width, which stays what it was when the phone is turned. */
export const UNITS = 1000;

/** What was drawn, as it is recorded. Times count from the first point, pressure is 0 to 255. */
export function recorded(groups: PointGroup[], width: number): Stroke[] {
  const began = groups[0]?.points[0]?.time ?? 0;
  const scale = UNITS / Math.max(1, width);
  return groups
    .filter((group) => group.points.length > 0)
    .map((group) => ({
      points: group.points.map((p) => ({
        x: Math.round(p.x * scale),
        y: Math.round(p.y * scale),
        tMs: Math.max(0, Math.round(p.time - began)),
        pressure: Math.min(255, Math.max(0, Math.round(p.pressure * 255))),
      })),
    }));
}

/** Recorded strokes as the pad draws them at this width. */
export function drawn(strokes: Stroke[], width: number): PointGroup[] {
  const scale = width / UNITS;
  return strokes.map((stroke) => ({
    penColor: "#10222b",
    dotSize: 0,
    minWidth: 0.8,
    maxWidth: 3,
    velocityFilterWeight: 0.7,
    compositeOperation: "source-over",
    points: stroke.points.map((p) => ({ x: p.x * scale, y: p.y * scale, time: p.tMs, pressure: p.pressure / 255 })),
  }));
}
