/** How to put the app on the home screen. */
import { useEffect, useState } from "react";
import { useSay } from "../i18n.ts";
import { Button, Card } from "./parts.tsx";

/** Chromium's own offer, held back until it is asked for. */
interface Offer extends Event {
  prompt(): Promise<unknown>;
}

let offer: Offer | null = null;
const listeners = new Set<() => void>();
window.addEventListener("beforeinstallprompt", (e) => {
  e.preventDefault();
  offer = e as Offer;
  listeners.forEach((listener) => listener());
});

export function installed(): boolean {
  return matchMedia("(display-mode: standalone)").matches;
}

export function InstallHint() {
  const say = useSay();
  const [, draw] = useState(0);
  useEffect(() => {
    const listener = () => draw((n) => n + 1);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, []);
  const apple = /iPhone|iPad/.test(navigator.userAgent);
  if (installed() || (offer === null && !apple)) return null;
  return (
    <Card title={say("install-title")}>
      <p>{say(offer === null ? "install-apple" : "install-why")}</p>
      {offer !== null && (
        <Button
          onClick={() => {
            void offer?.prompt();
            offer = null;
            draw((n) => n + 1);
          }}
        >
          {say("install")}
        </Button>
      )}
    </Card>
  );
}
