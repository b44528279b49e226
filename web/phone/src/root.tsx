/** Which screen is shown. */
import { Component, type ReactNode, useEffect } from "react";
import { type Trouble, app, trouble } from "./engine/app.ts";
import { useLook, useSay } from "./i18n.ts";
import { later, loadTheRest } from "./later.tsx";
import { Home } from "./screens/home.tsx";
import { Broken, Opening } from "./screens/opening.tsx";
import { update, useNewer } from "./update.ts";
import { useRoute, useStage, useVersion } from "./use.ts";

const VisitScreen = later(() => import("./screens/visit.tsx"), (m) => m.VisitScreen);
const Begin = later(() => import("./screens/begin.tsx"), (m) => m.Begin);
const ItemForm = later(() => import("./screens/item.tsx"), (m) => m.ItemForm);
const TimeForm = later(() => import("./screens/time.tsx"), (m) => m.TimeForm);
const SignOffScreen = later(() => import("./screens/sign-off.tsx"), (m) => m.SignOffScreen);
const Signed = later(() => import("./screens/signed.tsx"), (m) => m.Signed);
const ExpenseForm = later(() => import("./screens/expense.tsx"), (m) => m.ExpenseForm);
const ObjectionForm = later(() => import("./screens/objection.tsx"), (m) => m.ObjectionForm);
const VisitNotice = later(() => import("./screens/notice.tsx"), (m) => m.VisitNotice);
const PhotoScreen = later(() => import("./screens/photo.tsx"), (m) => m.PhotoScreen);
const ImportScreen = later(() => import("./screens/import.tsx"), (m) => m.ImportScreen);
const SyncScreen = later(() => import("./screens/sync.tsx"), (m) => m.SyncScreen);
const Join = later(() => import("./screens/join.tsx"), (m) => m.Join);
const JoinCode = later(() => import("./screens/join.tsx"), (m) => m.JoinCode);
const Settings = later(() => import("./screens/settings.tsx"), (m) => m.Settings);
const firstMinute = () => import("./screens/first-minute.tsx");
const Login = later(firstMinute, (m) => m.Login);
const NewPassword = later(firstMinute, (m) => m.NewPassword);
const Filling = later(firstMinute, (m) => m.Filling);
const Elsewhere = later(firstMinute, (m) => m.Elsewhere);

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
  const stage = useStage();
  const { lang } = useLook();
  useEffect(() => {
    document.documentElement.lang = lang;
  }, [lang]);
  const ready = stage === "ready";
  useEffect(() => {
    if (ready) void loadTheRest();
  }, [ready]);
  return (
    <>
      <Newer />
      <Boundary>{ready ? <Ready /> : <Before stage={stage} />}</Boundary>
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
  // Drawn again when the engine has something else to show, and not with every step of a sync.
  useVersion();
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
      if (!known(id)) return <Home />;
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

function known(visit: string): boolean {
  try {
    return app.phone.listed(visit) !== null;
  } catch {
    // An address that was typed.
    return false;
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
