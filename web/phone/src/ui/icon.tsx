/** Line icons, drawn here: no font and no request. Decoration only; what they mean is always said in words as well. */

const PATHS = {
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  alert: "M12 8v5m0 3.5v.5M10.3 4.2 2.6 18a2 2 0 0 0 1.7 3h15.4a2 2 0 0 0 1.7-3L13.7 4.2a2 2 0 0 0-3.4 0z",
  plus: "M12 5v14M5 12h14",
  check: "M5 12.5l4.5 4.5L19 7.5",
  cloud: "M7 18a4 4 0 0 1-.5-7.97A6 6 0 0 1 18 9.5a4.25 4.25 0 0 1-.5 8.5H7z",
  waiting: "M12 7v5l3 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
  gear: "M4 7h9m4 0h3M4 17h3m4 0h9M15 4.5v5M9 14.5v5",
  pen: "M4 20l1-5L16.5 3.5a2 2 0 0 1 3 0l1 1a2 2 0 0 1 0 3L9 19l-5 1z",
  people: "M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-7 9a7 7 0 0 1 14 0M16 3.5a4 4 0 0 1 0 7.2M18 14a6.5 6.5 0 0 1 4 6",
  show: "M2 12s3.5-7 10-7 10 7 10 7-3.5 7-10 7-10-7-10-7zm10 3a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
  stop: "M7 7h10v10H7z",
  play: "M8 5l11 7-11 7z",
  camera: "M4 8h3l2-3h6l2 3h3v11H4zm8 8a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z",
  pictures: "M4 4h16v16H4zm0 12 5-5 4 4 3-3 4 4M15.5 8.5v.01",
  stamp: "M9 12c1-2-1-4-1-6a4 4 0 0 1 8 0c0 2-2 4-1 6M5 17v-3a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2v3zM5 20.5h14",
  file: "M6 3h8l4 4v14H6zm8 0v4h4",
  larger: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zm5-2l5 5M8 11h6M11 8v6",
  smaller: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zm5-2l5 5M8 11h6",
  star: "M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9L3.5 9.7l5.9-.8z",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zm5-2l5 5",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon(p: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[p.name]} />
    </svg>
  );
}
