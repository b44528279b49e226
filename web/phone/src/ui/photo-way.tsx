/** Photos on their way to the server: how far, what was refused, and when they go. */
import { app, trouble } from "../engine/app.ts";
import type { When } from "../engine/disk.ts";
import { knowsWifi } from "../engine/photos.ts";
import { size } from "../format.ts";
import { useLook, useSay } from "../i18n.ts";
import { usePhotoWay } from "../photos/use.ts";
import { useApp } from "../use.ts";
import { Button, Card, Choice, Failed } from "./parts.tsx";

export function PhotosOnTheirWay() {
  const say = useSay();
  const { lang } = useLook();
  const { sync } = useApp();
  const way = usePhotoWay();
  const waiting = app.phone.unsynced().photos;
  const refused = waiting.filter((photo) => way.refused.has(photo.sha256));
  const choices: When[] = knowsWifi() ? ["now", "wifi", "later"] : ["now", "later"];
  const sent = Math.max(0, way.total - way.left);
  // What stopped the records as well is told already.
  const failed = way.failed === null || way.running ? null : trouble(way.failed);
  const send = () => {
    app.photos.once();
    void app.sync();
  };
  return (
    <Card title={say("photos")}>
      {way.running && (
        <div>
          <p id="photos-sent" role="status">
            {say("photos-sent-of", { sent: size(sent, lang), size: size(way.total, lang) })}
          </p>
          <progress aria-labelledby="photos-sent" max={way.total} value={sent} />
        </div>
      )}
      {refused.length > 0 && (
        <p className="failed" role="alert">
          <span>{say("photos-refused", { n: refused.length, status: way.refused.get(refused[0]?.sha256 ?? "") ?? 0 })}</span>
        </p>
      )}
      <Failed trouble={failed?.code === sync.trouble?.code ? null : failed} />
      <Choice
        label={say("photos-when")}
        value={way.when}
        options={choices}
        text={(w) => say(`photos-when-${w}`)}
        onChange={(w) => app.photosGo(w)}
      />
      {waiting.length > 0 && way.when !== "now" && !way.running && (
        <Button icon="cloud" onClick={send}>
          {say("photos-send-now")}
        </Button>
      )}
    </Card>
  );
}
