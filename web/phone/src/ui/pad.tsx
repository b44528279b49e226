/**
 * Where the customer signs: full screen, so that the phone can be turned. What was drawn is kept as points through every
 * turn and shown again in the new size; nothing is read back from pixels.
 */
import type { Stroke } from "@countersign/core";
import SignaturePad from "signature_pad";
import { useEffect, useRef, useState } from "react";
import { useSay } from "../i18n.ts";
import { UNITS, drawn, recorded } from "../strokes.ts";
import { Button } from "./parts.tsx";

export function Pad({ strokes, onChange }: { strokes: Stroke[]; onChange: (strokes: Stroke[]) => void }) {
  const say = useSay();
  const [open, setOpen] = useState(false);
  return (
    <div className="field">
      <span className="label">{say("pad")}</span>
      <button type="button" className="pad-preview" onClick={() => setOpen(true)}>
        {strokes.length === 0 ? say("pad-open") : <Preview strokes={strokes} />}
      </button>
      <p className="hint">{say("pad-hint")}</p>
      {open && <Glass strokes={strokes} onChange={onChange} close={() => setOpen(false)} />}
    </div>
  );
}

function Preview({ strokes }: { strokes: Stroke[] }) {
  const say = useSay();
  const points = strokes.flatMap((s) => s.points);
  const [xs, ys] = [points.map((p) => p.x), points.map((p) => p.y)];
  const [left, top] = [Math.min(...xs) - 20, Math.min(...ys) - 20];
  const box = `${left} ${top} ${Math.max(...xs) - left + 20} ${Math.max(...ys) - top + 20}`;
  return (
    <svg viewBox={box} role="img" aria-label={say("pad-drawn", { n: strokes.length })}>
      {strokes.map((stroke, i) => (
        <polyline key={i} points={stroke.points.map((p) => `${p.x},${p.y}`).join(" ")} />
      ))}
    </svg>
  );
}

function Glass(p: { strokes: Stroke[]; onChange: (strokes: Stroke[]) => void; close: () => void }) {
  const say = useSay();
  const dialog = useRef<HTMLDialogElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const pad = useRef<SignaturePad>(null);
  const kept = useRef(p.strokes);
  const width = useRef(UNITS);
  useEffect(() => {
    const [glass, frame] = [canvas.current, dialog.current];
    if (glass === null || frame === null) return;
    frame.showModal();
    const made = new SignaturePad(glass, { penColor: "#10222b", minWidth: 0.8, maxWidth: 3, throttle: 0 });
    pad.current = made;
    const fit = () => {
      const ratio = Math.max(1, window.devicePixelRatio);
      const box = glass.getBoundingClientRect();
      glass.width = Math.round(box.width * ratio);
      glass.height = Math.round(box.height * ratio);
      glass.getContext("2d")?.scale(ratio, ratio);
      // The larger side, so that a turn neither stretches nor cuts.
      width.current = Math.max(box.width, box.height);
      made.clear();
      made.fromData(drawn(kept.current, width.current));
    };
    made.addEventListener("endStroke", () => {
      kept.current = recorded(made.toData(), width.current);
    });
    fit();
    const watch = new ResizeObserver(fit);
    watch.observe(glass);
    return () => {
      watch.disconnect();
      made.off();
    };
  }, []);
  return (
    <dialog ref={dialog} className="glass" onClose={p.close} aria-label={say("pad")}>
      <canvas ref={canvas} aria-label={say("pad")} role="img" />
      <div className="glass-keys">
        <Button
          onClick={() => {
            kept.current = [];
            pad.current?.clear();
          }}
        >
          {say("pad-clear")}
        </Button>
        <Button
          kind="main"
          onClick={() => {
            p.onChange(kept.current);
            p.close();
          }}
        >
          {say("pad-done")}
        </Button>
      </div>
    </dialog>
  );
}
