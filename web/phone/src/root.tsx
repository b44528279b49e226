/** Which screen is shown. */
import { Component, type ReactNode, useEffect } from "react";
import { type Trouble, app, trouble } from "./engine/app.ts";
import { useLook, useSay } from "./i18n.ts";
import { Begin } from "./screens/begin.tsx";
import { ExpenseForm } from "./screens/expense.tsx";
import { Broken, Elsewhere, Filling, Login, NewPassword, Opening } from "./screens/first-minute.tsx";
import { Home } from "./screens/home.tsx";
import { ItemForm } from "./screens/item.tsx";
import { Join, JoinCode } from "./screens/join.tsx";
import { VisitNotice } from "./screens/notice.tsx";
import { ImportScreen } from "./screens/import.tsx";
import { PhotoScreen } from "./screens/photo.tsx";
import { ObjectionForm } from "./screens/objection.tsx";
import { Settings } from "./screens/settings.tsx";
import { Signed } from "./screens/signed.tsx";
import { SignOffScreen } from "./screens/sign-off.tsx";
import { SyncScreen } from "./screens/sync.tsx";
import { TimeForm } from "./screens/time.tsx";
import { VisitScreen } from "./screens/visit.tsx";
import { useApp, useRoute } from "./use.ts";
import { update, useNewer } from "./update.ts";

/** A screen that cannot be drawn says so, and the way back is in sight; what is recorded is on disk. */
class Boundary extends Component<{ children: ReactNode }, { failed: Trouble | null }> {
  override state: { failed: Trouble | null } = { failed: null };

  static getDerivedStateFromError(e: unknown) {
    return { failed: trouble(e) };
  }

  override render() {
    return this.state.failed === null ? this.props.children : <Broken failed={this.state.failed} />;
  }
}

export function Root() {
  const { stage } = useApp();
  const { lang } = useLook();
  useEffect(() => {
    document.documentElement.lang = lang;
  }, [lang]);
  return (
    <>
      <Newer />
      <Boundary>{stage === "ready" ? <Ready /> : <Before stage={stage} />}</Boundary>
    </>
  );
}

function Before(p: { stage: string }) {
  switch (p.stage) {
    case "elsewhere":
      return <Elsewhere />;
    case "login":
      return <Login />;
    case "password":
      return <NewPassword />;
    case "filling":
      return <Filling />;
    case "broken":
      return <Broken />;
    default:
      return <Opening />;
  }
}

/** A screen by its address. What names a visit that is not on this phone leads home. */
function Ready() {
  const [first, id = "", part, which] = useRoute();
  useApp();
  switch (first) {
    case "begin":
      return <Begin key={`${id}/${part ?? ""}`} by={id} which={part ?? ""} />;
    case "join":
      return <Join />;
    case "sync":
      return <SyncScreen />;
    case "import":
      return <ImportScreen />;
    case "settings":
      return <Settings />;
    case "visit":
      if (!app.phone.visits().some((v) => v.visit === id)) return <Home />;
      switch (part) {
        case "item":
          return <ItemForm key={which} visit={id} item={which ?? null} />;
        case "expense":
          return <ExpenseForm key={which} visit={id} expense={which ?? null} />;
        case "photo":
          return <PhotoScreen key={which} visit={id} photo={which ?? ""} />;
        case "objection":
          return <ObjectionForm visit={id} />;
        case "time":
          return <TimeForm key={which} visit={id} entry={which ?? null} />;
        case "notice":
          return <VisitNotice visit={id} />;
        case "sign":
          return <SignOffScreen visit={id} />;
        case "signed":
          return <Signed visit={id} />;
        case "code":
          return <JoinCode visit={id} />;
        default:
          return <VisitScreen visit={id} />;
      }
    default:
      return <Home />;
  }
}

function Newer() {
  const say = useSay();
  if (!useNewer()) return null;
  return (
    <p className="newer" role="status">
      <span>{say("newer")}</span>
      <button type="button" className="chip" onClick={update}>
        {say("newer-use")}
      </button>
    </p>
  );
}
