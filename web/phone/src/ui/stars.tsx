/** 评价: one to five stars, which the customer gives, or none. */
import { useId } from "react";
import { useSay } from "../i18n.ts";
import { Icon } from "./icon.tsx";

const STARS = [1, 2, 3, 4, 5] as const;

/** A group of radio buttons that look like stars. A rating that was given can be taken back. */
export function Stars(p: { value: number | null; onChange: (value: number | null) => void }) {
  const say = useSay();
  const id = useId();
  const { value } = p;
  return (
    <fieldset className="choice">
      <legend>{say("rating")}</legend>
      <div className="stars">
        {STARS.map((n) => (
          <label key={n} className={value !== null && n <= value ? "star on" : "star"}>
            <input type="radio" name={id} checked={n === value} onChange={() => p.onChange(n)} />
            <Icon name="star" />
            <span className="unseen">{say("rating-of", { n, word: say(`rating-${n}`) })}</span>
          </label>
        ))}
      </div>
      {value === null ? (
        <p className="hint">{say("rating-none")}</p>
      ) : (
        <p className="phrases">
          <strong aria-hidden="true" className="rating-word">
            {say(`rating-${value}`)}
          </strong>
          <button type="button" className="chip" onClick={() => p.onChange(null)}>
            {say("rating-clear")}
          </button>
        </p>
      )}
    </fieldset>
  );
}

/** A rating as it was given. */
export function Rated({ value }: { value: number }) {
  const say = useSay();
  return (
    <>
      <span className="star-row" aria-hidden="true">
        {STARS.map((n) => (
          <span key={n} className={n <= value ? "on" : ""}>
            <Icon name="star" />
          </span>
        ))}
      </span>{" "}
      {say("rating-of", { n: value, word: say(`rating-${value}`) })}
    </>
  );
}
