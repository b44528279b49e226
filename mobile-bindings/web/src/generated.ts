// Written by `cargo xtask codegen` from the facade (mobile-bindings/bindgen/src/web): change that instead.

import type { Reply, WebPhone } from './glue/countersign_core.js';

/** 服务类别: what kind of work a work item is. */
export type Category =
  /** 应用软件 */
  | 'application_software'
  /** 接口开发 */
  | 'interface_development'
  /** 定制开发 */
  | 'customisation'
  /** 数据库 */
  | 'database'
  /** 操作系统 */
  | 'operating_system'
  /** 服务器硬件 */
  | 'server_hardware'
  /** 存储 */
  | 'storage'
  /** 网络 */
  | 'network'
  /** 安全 */
  | 'security'
  /** 数据录入: the customer's own work. */
  | 'data_entry'
  /** 培训 */
  | 'training'
  /** 咨询 */
  | 'consulting'
  /** 其他 */
  | 'other';

/** How the demand was made. */
export type Channel =
  /** By telephone. */
  | 'phone'
  /** By WeChat. */
  | 'wechat'
  /** Face to face. */
  | 'in_person'
  /** By mail. */
  | 'email'
  /** By a ticket. */
  | 'ticket'
  /** Otherwise. */
  | 'other';

/** 合同覆盖结论 */
export type Coverage =
  /** A contract covers it. */
  | 'covered'
  /** None does. */
  | 'not_covered'
  /** Somebody must decide. */
  | 'needs_decision';

/** An engineer joins a visit or leaves it. */
export type CrewAction =
  /** Joins. */
  | 'join'
  /** Leaves. */
  | 'leave';

/** 费用 */
export type ExpenseKind =
  /** Taxi. */
  | 'taxi'
  /** Hotel. */
  | 'hotel'
  /** Meal. */
  | 'meal'
  /** Train, plane, bus. */
  | 'transport'
  /** A spare part. */
  | 'part'
  /** Anything else. */
  | 'other';

/** A language that texts exist in. */
export type Lang =
  /** 简体中文 */
  | 'zh-CN'
  /** English */
  | 'en';

/** How the service is given. */
export type Mode =
  /** At the customer's. */
  | 'on_site'
  /** From afar. */
  | 'remote';

/** 异议: what the engineer advised against and had to do, or relief that was refused. */
export type ObjectionKind =
  /** Done against the engineer's advice. */
  | 'against_advice'
  /** Relief was asked for and refused. */
  | 'relief_refused';

/** Who demanded the visit, by role. */
export type RequesterRole =
  /** The customer. */
  | 'customer'
  /** Sales. */
  | 'sales'
  /** The service manager. */
  | 'service_manager'
  /** The account manager. */
  | 'account_manager'
  /** The leadership. */
  | 'leadership'
  /** Somebody else. */
  | 'other';

/** How loud a flag is. */
export type Severity =
  /** To know. */
  | 'info'
  /** To look at. */
  | 'warning'
  /** To act on. */
  | 'critical';

/** 签收: how the customer answered. */
export type SignOffOutcome =
  /** Accepted. */
  | 'accepted'
  /** Accepted, with reservations. */
  | 'accepted_with_reservations'
  /** Refused. */
  | 'refused'
  /** Nobody was there to sign. */
  | 'nobody_present';

/** Where a visit stands between this phone and the server. */
export type SyncState =
  /** The server has confirmed everything. */
  | 'synced'
  /** Something is only on this phone. */
  | 'unsynced'
  /** The server refused something; it is kept there and here. */
  | 'quarantined';

/** 医院等级 */
export type Tier =
  /** 三级 */
  | 'tertiary'
  /** 二级 */
  | 'secondary'
  /** 社区 */
  | 'community'
  /** 县级 */
  | 'county';

/** 工时: what the time was spent on. */
export type TimeKind =
  /** Work. */
  | 'labour'
  /** On the way. */
  | 'travel'
  /** Waiting for something or somebody. */
  | 'waiting'
  /** A break; taken out of labour. */
  | 'break';

/** 分诊: what was found out before somebody was sent. */
export type TriageOutcome =
  /** Somebody must be there. */
  | 'on_site'
  /** It can be done remotely. */
  | 'remote'
  /** The questions did not tell. */
  | 'unclear';

/** What somebody asks about before anything is recorded. */
export interface AdviceQuestion {
  /** Where: a customer's id. */
  customer: string;
  /** What kind of work. */
  category: Category;
  /** On site or remote. */
  mode: Mode;
  /** On which asset. */
  asset?: string | null;
  /** By which work order. */
  workOrder?: string | null;
}

/** How the customer answered what was shown. */
export interface Answer {
  /** Accepted, refused, … */
  outcome: SignOffOutcome;
  /** The reservation or the reason, in the customer's words; needed unless accepted or nobody was there. */
  reason: string;
  /** Who answered; empty when nobody was there. */
  signerName: string;
  /** Their position, such as 信息科主任. */
  signerPosition: string;
  /** The drawn signature; a typed name alone is allowed. */
  strokes: Stroke[];
  /** Their department, such as 信息科; empty when not given. */
  signerDepartment: string;
  /** Their own mail address: the receipt goes there, and one-time codes can; empty when not given. */
  signerMail: string;
  /** Their own telephone, for one-time codes; empty when not given. */
  signerPhone: string;
  /** How they rate the service, 1 to 5, where they say so. */
  rating?: number | null;
  /** What they say with it; empty without a rating. */
  ratingComment: string;
}

/** How a visit begins. Name exactly one of `workOrder`, `customer` and `unlistedCustomer`. */
export interface BeginVisit {
  /** A work order of this phone: it names the customer, and the visit ahead of time. */
  workOrder?: string | null;
  /** A listed customer's id. */
  customer?: string | null;
  /** The name of a hospital that the phone does not know, as typed. */
  unlistedCustomer?: string | null;
  /** On site unless it is said. */
  mode?: Mode | null;
  /** On whose demand. */
  demand?: Demand | null;
  /** What was asked before the work. */
  triage?: Triage | null;
}

/** Which fact a correction replaces, and why. The old one stays visible. */
export interface Correction {
  /** The fact that no longer counts. */
  fact: string;
  /** Why; never empty. */
  reason: string;
}

/** Who demanded the visit, and in which words. */
export interface Demand {
  /** The person's name. */
  name: string;
  /** Their role. */
  role: RequesterRole;
  /** How they asked. */
  channel: Channel;
  /** What they said, as closely as the engineer remembers. */
  words: string;
  /** When, by the engineer's account: milliseconds since 1970 UTC. */
  atMs?: number | null;
}

/** Fields of an expense to write; the others stay as they are. */
export interface ExpensePatch {
  /** Taxi, hotel, … */
  kind?: ExpenseKind | null;
  /** In minor units (fen, cents); never negative. */
  amountMinor?: number | null;
  /** ISO 4217 code, such as `CNY`. */
  currency?: string | null;
  /** What for. */
  note?: string | null;
  /** The expense no longer counts, and why. */
  removed?: string | null;
}

/** Fields of a work item to write; the others stay as they are. */
export interface ItemPatch {
  /** What kind of work. */
  category?: Category | null;
  /** On which asset. */
  asset?: string | null;
  /** What the asset is called. */
  assetName?: string | null;
  /** What was wrong. */
  symptom?: string | null;
  /** What was done. */
  action?: string | null;
  /** How it ended. */
  outcome?: string | null;
  /** The item no longer counts, and why. */
  removed?: string | null;
}

/** One line of a drawn signature, from pen down to pen up. */
export interface Stroke {
  /** Its points, in order. */
  points: StrokePoint[];
}

/** One sampled point of a drawn signature. */
export interface StrokePoint {
  /** Horizontal position, in any unit that the host keeps to. */
  x: number;
  /** Vertical position, downwards. */
  y: number;
  /** Milliseconds since the drawing's first point. */
  tMs: number;
  /** 0 (none or unknown) to 255. */
  pressure: number;
}

/** 分诊: what was asked before the work, and whether somebody must be there for it. */
export interface Triage {
  /** What came out. */
  outcome: TriageOutcome;
  /** What was asked and answered. */
  answers: TriageAnswer[];
}

/** A question of the triage with the customer's answer. */
export interface TriageAnswer {
  /** What was asked. */
  question: string;
  /** What was answered. */
  answer: string;
}

/** Unsent work of a phone, taken in from a file. */
export interface Carried {
  /** Names it on this phone. */
  id: string;
  /** The phone that it comes from. */
  device: string;
  /** The engineer who recorded it. */
  user: string;
  /** The engineer's name. */
  name: string;
  /** The visits in it. */
  visits: string[];
  /** How many frames the server has yet to answer. */
  framesLeft: number;
  /** How many of its photos the server is not known to have. */
  photosLeft: number;
  /** How many bytes of them. */
  bytesLeft: number;
  /** To get tokens for the device that it comes from, by the same engineer, logged in. */
  enrolment: EnrolmentRequest;
}

/** What the server must be told to know this phone: `POST path` with `body`, by the engineer who is logged in. */
export interface EnrolmentRequest {
  /** `/api/v1/devices` */
  path: string;
  /** JSON. */
  body: string;
}

/** A request for the server. */
export interface Frame {
  /** CBOR, for `POST /api/v1/sync`. */
  bytes: Uint8Array;
  /** How many visits it carries. */
  visits: number;
  /** Whether it holds everything that waits; if not, another follows the answer. */
  complete: boolean;
}

/** Who this phone is. */
export interface Identity {
  /** The device's id. */
  device: string;
  /** The engineer's id. */
  user: string;
  /** The engineer's name. */
  name: string;
  /** `EdDSA` (the key is in the store) or `ES256` (the platform holds it). */
  keyAlgorithm: string;
  /** The public key, lower-case hex. */
  publicKey: string;
}

/** A visit in the phone's list. */
export interface ListedVisit {
  /** Its id. */
  visit: string;
  /** The customer's name. */
  customer: string;
  /** When it began, milliseconds since 1970 UTC. */
  beganMs: number;
  /** How the last sign-off was answered. */
  signed: SignOffOutcome | null;
  /** Whether the server has it all. */
  sync: SyncState;
  /** How many changes are only on this phone. */
  unsyncedChanges: number;
  /** Since when the oldest of them waits, milliseconds since 1970 UTC by this phone's clock. */
  unsyncedSinceMs: number | null;
  /** What the server said of it. */
  state: VisitState | null;
  /** The phone's own verdict; advisory, the server judges again. `null` when the visit cannot be read. */
  advice: Coverage | null;
}

/** A photo whose bytes the server has not got. */
export interface PendingPhoto {
  /** SHA-256 of its bytes, lower-case hex. */
  sha256: string;
  /** Size in bytes. */
  size: number;
  /** Media type, such as `image/jpeg`. */
  mediaType: string;
  /** The visit that it belongs to. */
  visit: string;
}

/** A record that is on disk. */
export interface Recorded {
  /** The visit. */
  visit: string;
  /** The fact that was written or changed. */
  fact: string;
  /** The hash of the change, lower-case hex. */
  change: string;
}

/** A visit of which the server refused something. */
export interface RefusedVisit {
  /** The visit. */
  visit: string;
  /** The server's stable code. */
  code: string;
}

/** The visit as it is shown for signing. */
export interface Shown {
  /** The visit. */
  visit: string;
  /** The text to put on the glass. */
  text: string;
  /** Its language. */
  lang: Lang;
  /** The canonical summary that is signed (RFC 8785 JSON). */
  summary: string;
  /** SHA-256 of the summary, lower-case hex. */
  summarySha256: string;
  /** SHA-256 of the text, lower-case hex. */
  textSha256: string;
}

/** What an answer, or all answers of one sync, brought. */
export interface SyncReport {
  /** Visits whose changes the server has confirmed. */
  confirmed: string[];
  /** Visits that others changed. */
  news: string[];
  /** What the server refused. */
  refused: RefusedVisit[];
  /** Visits about which something was decided. */
  decided: string[];
  /** How many reference records arrived. */
  reference: number;
  /** Whether another round is worth it now. */
  again: boolean;
  /** How many rounds it took. */
  rounds: number;
  /** Whether the observer ended it before it was through. */
  cancelled: boolean;
}

/** What has not reached the server yet. */
export interface Unsynced {
  /** How many changes. */
  changes: number;
  /** In which visits. */
  visits: string[];
  /** Since when the oldest waits, milliseconds since 1970 UTC by this phone's clock. */
  sinceMs: number | null;
  /** Photos whose bytes only this phone has. */
  photos: PendingPhoto[];
}

/** What managers and the server said of a visit. */
export interface VisitState {
  /** `open`, `approved`, `returned`, `billed` or `waived`. */
  review: string;
  /** The manager's reason. */
  reason: string | null;
  /** Who decided. */
  by: string | null;
  /** Whether the dispatch was approved afterwards. */
  dispatchApproved: boolean;
  /** The server's coverage verdict. */
  coverage: string;
  /** The server's flags, by code. */
  flags: string[];
  /** Numbers of the receipts issued. */
  receipts: string[];
}

/** 设备 */
export interface Asset {
  /** Its id. */
  id: string;
  /** Its code. */
  code: string;
  /** What it is called. */
  name: string;
}

/** 联系人 */
export interface Contact {
  /** Its id. */
  id: string;
  /** Their name. */
  name: string;
  /** Position, such as 信息科主任. */
  position: string;
  /** Telephone, as dialled. */
  phone: string | null;
  /** Mail address. */
  email: string | null;
  /** Which language to write to them in. */
  language: Lang;
  /** Whether they get receipts. */
  receivesReceipts: boolean;
  /** Whether they are the single interface for requests. */
  singleInterface: boolean;
}

/** 医院/客户 */
export interface Customer {
  /** Its id. */
  id: string;
  /** The company's own short code. */
  code: string;
  /** Its name. */
  name: string;
  /** Its name in English. */
  nameEn: string | null;
  /** 三级、二级、社区、县级 */
  tier: Tier;
  /** IANA time zone name. */
  timeZone: string;
}

/** 工单 */
export interface WorkOrder {
  /** Its id. */
  id: string;
  /** Its number. */
  code: string;
  /** Where to: the customer's id. */
  customer: string;
  /** The customer's name, where the phone knows it. */
  customerName: string | null;
  /** The visit that it dispatches. */
  visit: string;
  /** When it was issued, milliseconds since 1970 UTC. */
  issuedAtMs: number;
  /** Who is sent, by id. */
  engineers: string[];
  /** What for. */
  task: string;
  /** What was asked before somebody was sent. */
  triage: Triage | null;
  /** Whether it still waits for its visit. */
  open: boolean;
}

/** A header of a request or an answer. */
export interface HttpHeader {
  /** Its name; upper and lower case are the same. */
  name: string;
  /** Its value. */
  value: string;
}

/** A request that brings a part of a photo to the server, or asks how far it has come. */
export interface Upload {
  /** The photo: SHA-256 of its bytes, lower-case hex. Given back with the answer. */
  sha256: string;
  /** `PATCH` or `HEAD`. */
  method: string;
  /** `/api/v1/blobs/{sha256}` */
  path: string;
  /** Beside the device's token, which the host adds. */
  headers: HttpHeader[];
  /** The body; empty for `HEAD`. */
  bytes: Uint8Array;
  /** How many photos the server is not known to have, this one included: this phone's own, or those of the same file. */
  photosLeft: number;
  /** How many bytes of them. */
  bytesLeft: number;
}

/** What the answer to an {@link Upload} meant. */
export interface UploadReport {
  /** The server has all of this photo; its bytes are forgotten here, the record stays. */
  confirmed: boolean;
  /**
   * The server will not take this photo as it is: its kind is not what the record says, or the bytes are not. They
   * stay on this phone, and are not sent again before it is opened anew.
   */
  refused: boolean;
  /** Whether there is anything to send right now. */
  again: boolean;
  /** Seconds to wait first, where the server says so. */
  waitS: number | null;
  /** How many photos the server is not known to have, as in {@link Upload.photosLeft}. */
  photosLeft: number;
  /** How many bytes of them. */
  bytesLeft: number;
}

/** 标记: something a manager will look at. */
export interface Flag {
  /** A stable code such as `no_contract`. */
  code: string;
  /** How loud. */
  severity: Severity;
  /** The work item it is about. */
  item: string | null;
  /** Why, in words. */
  message: Text;
}

/** The answer for one work item. */
export interface ItemVerdict {
  /** Which. */
  item: string;
  /** The whole item's answer. */
  coverage: Coverage;
  /** In the order of time. */
  stretches: Stretch[];
}

/** A stretch of the work with one answer. */
export interface Stretch {
  /** From, milliseconds since 1970 UTC. */
  fromMs: number;
  /** Until (exclusive). */
  untilMs: number;
  /** The answer. */
  coverage: Coverage;
  /** Why, as a stable code such as `out_of_scope`. */
  cause: string;
  /** Why, in words. */
  reason: Text;
  /** Each contract that was looked at, and why it did not serve. */
  lookedAt: Text[];
}

/** A text in both languages. */
export interface Text {
  /** 简体中文 */
  zhCn: string;
  /** English. */
  en: string;
}

/** The phone's own verdict; advisory, the server judges again. */
export interface Verdict {
  /** The version of the reference data that it was judged by. */
  referenceVersion: number;
  /** The whole visit's answer. */
  coverage: Coverage;
  /** One per work item that counts. */
  items: ItemVerdict[];
  /** What a manager will look at. */
  flags: Flag[];
  /** All of it as the core says it, in canonical JSON (RFC 8785): equal bytes on every platform. */
  canonical: string;
}

/** A place where phones wrote different values: all are kept, the first counts. */
export interface Conflict {
  /** Where, such as `items/0190…/action`. */
  path: string;
  /** Every value, the one that counts first. */
  values: ConflictValue[];
}

/** One of several values that phones wrote apart. */
export interface ConflictValue {
  /** As text. */
  value: string;
  /** The device that wrote it. */
  device: string;
}

/** An engineer joined or left. */
export interface CrewChange {
  /** The fact's id. */
  id: string;
  /** Who. */
  user: string;
  /** Their name. */
  name: string;
  /** Joined or left. */
  action: CrewAction;
  /** When, milliseconds since 1970 UTC. */
  atMs: number;
}

/** An expense. */
export interface Expense {
  /** Its id. */
  id: string;
  /** When it was recorded, milliseconds since 1970 UTC. */
  atMs: number | null;
  /** By whom. */
  by: string | null;
  /** Taxi, hotel, … */
  kind: ExpenseKind | null;
  /** Minor units (fen, cents). */
  amountMinor: number | null;
  /** ISO 4217. */
  currency: string | null;
  /** What for. */
  note: string | null;
  /** Why it no longer counts. */
  removed: string | null;
}

/**
 * A work item. Where phones wrote a field apart, this is the value that counts; the others are in
 * {@link Visit.conflicts}.
 */
export interface Item {
  /** Its id. */
  id: string;
  /** When it was begun, milliseconds since 1970 UTC. */
  atMs: number | null;
  /** By whom. */
  by: string | null;
  /** What kind of work. */
  category: Category | null;
  /** On which asset. */
  asset: string | null;
  /** What the asset is called. */
  assetName: string | null;
  /** What was wrong. */
  symptom: string | null;
  /** What was done. */
  action: string | null;
  /** How it ended. */
  outcome: string | null;
  /** Why it no longer counts. */
  removed: string | null;
}

/** A free note. */
export interface Note {
  /** Its id. */
  id: string;
  /** The text. */
  text: string;
  /** When, milliseconds since 1970 UTC. */
  atMs: number;
  /** By whom. */
  by: string;
  /** The note that it corrects, and why. */
  supersedes: Correction | null;
  /** The one that corrects it. */
  supersededBy: string | null;
}

/** 异议 */
export interface Objection {
  /** Its id. */
  id: string;
  /** Which of the two. */
  kind: ObjectionKind;
  /** What was advised, or what relief was asked for. */
  advice: string;
  /** Who insisted or refused. */
  insistedBy: string;
  /** In which words. */
  words: string;
  /** When, milliseconds since 1970 UTC. */
  atMs: number;
  /** Recorded by. */
  by: string;
  /** The objection that it corrects, and why. */
  supersedes: Correction | null;
  /** The one that corrects it. */
  supersededBy: string | null;
}

/** How a visit began; one per phone that began it. */
export interface Origin {
  /** The fact's id. */
  id: string;
  /** The customer's id, when it is a listed one. */
  customer: string | null;
  /** The customer's name. */
  customerName: string;
  /** The customer's time zone (IANA name), where the phone knew it. */
  timeZone: string | null;
  /** The work order's id. */
  workOrder: string | null;
  /** The work order's number. */
  workOrderCode: string | null;
  /** On site or remote. */
  mode: Mode;
  /** On whose demand. */
  demand: Demand | null;
  /** What was asked before the work. */
  triage: Triage | null;
  /** When the record was begun, milliseconds since 1970 UTC. */
  atMs: number;
  /** By whom. */
  by: string;
}

/** A photo or file, by reference. */
export interface Photo {
  /** The fact's id. */
  id: string;
  /** SHA-256 of its bytes, lower-case hex. */
  sha256: string;
  /** Size in bytes. */
  size: number;
  /** Media type. */
  mediaType: string;
  /** What it shows. */
  caption: string;
  /** Whether it shows the customer's seal. */
  seal: boolean;
  /** The work item or expense that it belongs to; the visit as a whole where there is none. */
  about: string | null;
  /** When it was taken, milliseconds since 1970 UTC. */
  atMs: number;
  /** By whom. */
  by: string;
  /** The photo that it replaces, and why. */
  supersedes: Correction | null;
  /** The one that replaces it. */
  supersededBy: string | null;
}

/** A timer that runs, as of now by the phone's clocks. */
export interface RunningTimer {
  /** The visit. */
  visit: string;
  /** The time entry. */
  entry: string;
  /** Labour, travel, waiting or break. */
  kind: TimeKind;
  /** Whose time. */
  user: string;
  /** On which work item. */
  item: string | null;
  /** Since when, milliseconds since 1970 UTC. */
  fromMs: number;
  /** How long so far, whole seconds: by the monotonic clock within one boot, by the wall clock after a reboot. */
  elapsedS: number;
}

/** 签收 */
export interface SignOff {
  /** Its id. */
  id: string;
  /** How the customer answered. */
  outcome: SignOffOutcome;
  /** The reservation or the reason. */
  reason: string;
  /** Who answered. */
  signerName: string;
  /** Their position. */
  signerPosition: string;
  /** Their department, such as 信息科; empty when not given. */
  signerDepartment: string;
  /** Their own mail address, for the receipt and one-time codes; empty when not given. */
  signerMail: string;
  /** Their own telephone, for one-time codes; empty when not given. */
  signerPhone: string;
  /** How they rated the service when they signed, 1 to 5. */
  rating: number | null;
  /** What they said with it. */
  ratingComment: string;
  /** When, milliseconds since 1970 UTC. */
  atMs: number;
  /** The engineer who asked for it. */
  by: string;
  /** SHA-256 of the summary that was signed, lower-case hex. */
  summarySha256: string;
}

/** A time entry. */
export interface TimeEntry {
  /** Its id. */
  id: string;
  /** Labour, travel, waiting or break. */
  kind: TimeKind;
  /** Whose time. */
  user: string;
  /** On which work item. */
  item: string | null;
  /** From, milliseconds since 1970 UTC. */
  fromMs: number;
  /** Until (exclusive); `null` while the timer runs. */
  untilMs: number | null;
  /** Whether it was written down afterwards. */
  manual: boolean;
  /** The entry that it corrects, and why. */
  supersedes: Correction | null;
  /** The entry that corrects it: this one no longer counts. */
  supersededBy: string | null;
}

/** Everything that is recorded of a visit, what no longer counts included. Every list is in the order of writing. */
export interface Visit {
  /** Its id. */
  id: string;
  /** How it began. */
  origins: Origin[];
  /** Engineers joining and leaving. */
  crew: CrewChange[];
  /** Work items. */
  items: Item[];
  /** Time entries. */
  time: TimeEntry[];
  /** Expenses. */
  expenses: Expense[];
  /** Objections. */
  objections: Objection[];
  /** Notes. */
  notes: Note[];
  /** Photos and files. */
  photos: Photo[];
  /** Sign-offs. */
  signOffs: SignOff[];
  /** Where phones disagreed. */
  conflicts: Conflict[];
  /** Seconds of labour, each minute once however many engineers worked in it. */
  labourS: number;
}

/** The engineer who is logged in. */
export interface Account {
  /** Their id. */
  id: string;
  /** Their login. */
  login: string;
  /** Their name. */
  name: string;
  /** `zh-CN` or `en`. */
  language: string;
  /** Whether a new password must be chosen before anything else ({@link HttpTransport.changePassword}). */
  mustChangePassword: boolean;
}

/** How the server is reached. */
export interface HttpOptions {
  /** Seconds that one request may take, with its answer; 120 where nothing else is said. */
  timeoutS: number;
  /** How often a request is tried when the connection breaks or the server is busy (status 408, 429, 502 to 504). */
  attempts: number;
  /**
   * Seconds that are waited at most between two attempts. A server that asks for more (`Retry-After`) is not asked
   * again in this call.
   */
  longestWaitS: number;
  /** Allow `http://` to other machines than this one: for tests. Passwords and tokens can be read on the way. */
  plainHttp: boolean;
  /** Trust these certificates (PEM) and no others, for a server with a private authority. */
  rootsPem: string | null;
}

/** The calls that are the same here as everywhere. */
export abstract class Calls {
  protected abstract reading<T>(call: (raw: WebPhone) => T): T;
  protected abstract recording<T>(call: (raw: WebPhone) => T): Promise<T>;

  /**
   * A new expense.
   *
   * @throws {@link PhoneError} `bad_id`, `bad_number`, `visit_unknown`, `command_invalid`.
   */
  addExpense(visit: string, fields: ExpensePatch): Promise<Recorded> {
    return this.recording((raw) => JSON.parse(raw.add_expense(visit, JSON.stringify(fields))) as Recorded);
  }

  /**
   * A new work item.
   *
   * @throws {@link PhoneError} `bad_id`, `visit_unknown`, `command_invalid`.
   */
  addItem(visit: string, fields: ItemPatch): Promise<Recorded> {
    return this.recording((raw) => JSON.parse(raw.add_item(visit, JSON.stringify(fields))) as Recorded);
  }

  /**
   * Records a note.
   *
   * @throws {@link PhoneError} `bad_id`, `visit_unknown`, `fact_unknown`, `command_invalid`.
   */
  addNote(visit: string, text: string, corrects?: Correction | null): Promise<Recorded> {
    return this.recording((raw) => JSON.parse(raw.add_note(visit, text, JSON.stringify(corrects ?? null))) as Recorded);
  }

  /**
   * Records what the engineer advised against and had to do, or relief that was refused.
   *
   * @throws {@link PhoneError} `bad_id`, `visit_unknown`, `fact_unknown`, `command_invalid`.
   */
  addObjection(visit: string, kind: ObjectionKind, advice: string, insistedBy: string, words: string, corrects?: Correction | null): Promise<Recorded> {
    return this.recording((raw) => JSON.parse(raw.add_objection(visit, JSON.stringify(kind), advice, insistedBy, words, JSON.stringify(corrects ?? null))) as Recorded);
  }

  /**
   * Records a photo or file: a JPEG, PNG, WebP or HEIC image or a PDF of at most 20 MiB. Its bytes are on disk with the
   * record, and stay until the server has them ({@link Phone.nextUpload}).
   *
   * @throws {@link PhoneError} `bad_id`, `visit_unknown`, `fact_unknown`, `command_invalid`.
   */
  addPhoto(visit: string, bytes: Uint8Array, mediaType: string, caption: string, corrects?: Correction | null): Promise<Recorded> {
    return this.recording((raw) => JSON.parse(raw.add_photo(visit, bytes, mediaType, caption, JSON.stringify(corrects ?? null))) as Recorded);
  }

  /**
   * Records a photo or file that belongs to a work item or an expense: `about` is its id.
   *
   * @throws {@link PhoneError} As {@link Phone.addPhoto}.
   */
  addPhotoAbout(visit: string, about: string, bytes: Uint8Array, mediaType: string, caption: string, corrects?: Correction | null): Promise<Recorded> {
    return this.recording((raw) => JSON.parse(raw.add_photo_about(visit, about, bytes, mediaType, caption, JSON.stringify(corrects ?? null))) as Recorded);
  }

  /**
   * Records a photo of the customer's seal (公章), to be drawn beside the signature. It has to be there before the
   * customer signs: what is added later is not part of what was signed.
   *
   * @throws {@link PhoneError} As {@link Phone.addPhoto}.
   */
  addSeal(visit: string, bytes: Uint8Array, mediaType: string, caption: string, corrects?: Correction | null): Promise<Recorded> {
    return this.recording((raw) => JSON.parse(raw.add_seal(visit, bytes, mediaType, caption, JSON.stringify(corrects ?? null))) as Recorded);
  }

  /**
   * Writes a time entry down afterwards, perhaps in place of another. `user` is whose time it was, this engineer's
   * when it is not said; instants are milliseconds since 1970 UTC.
   *
   * @throws {@link PhoneError} `bad_id`, `bad_number`, `visit_unknown`, `fact_unknown`, `command_invalid`.
   */
  addTime(visit: string, kind: TimeKind, fromMs: number, untilMs: number, user?: string | null, item?: string | null, corrects?: Correction | null): Promise<Recorded> {
    return this.recording((raw) => JSON.parse(raw.add_time(visit, JSON.stringify(kind), JSON.stringify(fromMs), JSON.stringify(untilMs), user ?? undefined, item ?? undefined, JSON.stringify(corrects ?? null))) as Recorded);
  }

  /**
   * What the verdict would be if this work were begun now. Nothing is recorded.
   *
   * @throws {@link PhoneError} `bad_id`, `host_failed`, `not_enrolled`, `store_closed`.
   */
  advice(question: AdviceQuestion): Verdict {
    return this.reading((raw) => JSON.parse(raw.advice(JSON.stringify(question))) as Verdict);
  }

  /**
   * The phone's own verdict on a visit; advisory, the server judges again.
   *
   * @throws {@link PhoneError} As {@link Phone.visit}.
   */
  assess(visit: string): Verdict {
    return this.reading((raw) => JSON.parse(raw.assess(visit)) as Verdict);
  }

  /**
   * What is installed at a customer, by code.
   *
   * @throws {@link PhoneError} `bad_id`, `not_enrolled`, `store_closed`.
   */
  assets(customer: string): Asset[] {
    return this.reading((raw) => JSON.parse(raw.assets(customer)) as Asset[]);
  }

  /**
   * Begins a visit: by a work order of this phone (which names it ahead of time), at a listed customer, or at one
   * that the phone does not know.
   *
   * @throws {@link PhoneError} `command_invalid` unless exactly one of the three is named; `fact_unknown` for a customer or work order that this
   * phone does not know; `visit_begun`.
   */
  beginVisit(begin: BeginVisit): Promise<Recorded> {
    return this.recording((raw) => JSON.parse(raw.begin_visit(JSON.stringify(begin))) as Recorded);
  }

  /**
   * Unsent work of other phones that this one has yet to deliver, or the photos of it.
   *
   * @throws {@link PhoneError} `store_closed`.
   */
  carried(): Carried[] {
    return this.reading((raw) => JSON.parse(raw.carried()) as Carried[]);
  }

  /**
   * The next request of carried work; `null` when all of it is delivered but perhaps its photos.
   *
   * @throws {@link PhoneError} `store_closed`.
   */
  carriedFrame(id: string): Frame | null {
    return this.reading((raw) => {
      const reply = raw.carried_frame(id);
      return reply ? beside<Frame>(reply, 'bytes') : null;
    });
  }

  /**
   * The people at a customer, as far as this phone may know them.
   *
   * @throws {@link PhoneError} `bad_id`, `not_enrolled`, `store_closed`.
   */
  contacts(customer: string): Contact[] {
    return this.reading((raw) => JSON.parse(raw.contacts(customer)) as Contact[]);
  }

  /**
   * The customers that this phone knows, by code.
   *
   * @throws {@link PhoneError} `not_enrolled`, `store_closed`.
   */
  customers(): Customer[] {
    return this.reading((raw) => JSON.parse(raw.customers()) as Customer[]);
  }

  /**
   * Writes some fields of an expense.
   *
   * @throws {@link PhoneError} `bad_id`, `bad_number`, `visit_unknown`, `fact_unknown`, `command_invalid`, `command_empty`.
   */
  editExpense(visit: string, expense: string, fields: ExpensePatch): Promise<Recorded> {
    return this.recording((raw) => JSON.parse(raw.edit_expense(visit, expense, JSON.stringify(fields))) as Recorded);
  }

  /**
   * Writes some fields of a work item.
   *
   * @throws {@link PhoneError} `bad_id`, `visit_unknown`, `fact_unknown`, `command_invalid`, `command_empty`.
   */
  editItem(visit: string, item: string, fields: ItemPatch): Promise<Recorded> {
    return this.recording((raw) => JSON.parse(raw.edit_item(visit, item, JSON.stringify(fields))) as Recorded);
  }

  /**
   * The second half: the server's answer gave the device its id. `user` as before, `engineerName` as it will stand on
   * receipts.
   *
   * @throws {@link PhoneError} `enrolled_already`, `bad_id`, `host_failed`, `store_failed`.
   */
  finishEnrolment(user: string, engineerName: string, device: string): Promise<Identity> {
    return this.recording((raw) => JSON.parse(raw.finish_enrolment(user, engineerName, device)) as Identity);
  }

  /**
   * Who this phone is; `null` before it is enrolled.
   *
   * @throws {@link PhoneError} `store_closed`, or when the store failed before and cannot be opened again.
   */
  identity(): Identity | null {
    return this.reading((raw) => JSON.parse(raw.identity()) as Identity | null);
  }

  /**
   * Takes in the file of another phone. On disk when this returns; importing it again changes nothing. Deliver it:
   * post {@link Carried.enrolment} as the engineer who recorded it, and with those tokens sync
   * {@link Phone.carriedFrame} until none is left, and then {@link Phone.carriedUpload}. Its photos are among
   * {@link Phone.unsynced}'s. It is kept until the server has all of it.
   *
   * @throws {@link PhoneError} `rescue_unreadable`, `rescue_wrong_key`, `bad_key_length`, `store_failed`.
   */
  importUnsynced(file: Uint8Array, key: Uint8Array): Promise<Carried> {
    return this.recording((raw) => JSON.parse(raw.import_unsynced(file, key)) as Carried);
  }

  /**
   * This engineer joins a visit that is on this phone.
   *
   * @throws {@link PhoneError} `bad_id`, `visit_unknown`.
   */
  join(visit: string): Promise<Recorded> {
    return this.recording((raw) => JSON.parse(raw.join(visit)) as Recorded);
  }

  /**
   * Joins the visit whose code was scanned from another phone.
   *
   * @throws {@link PhoneError} `join_code_unreadable`.
   */
  joinByCode(code: string): Promise<Recorded> {
    return this.recording((raw) => JSON.parse(raw.join_by_code(code)) as Recorded);
  }

  /**
   * The code that another phone scans to join this visit without a network.
   *
   * @throws {@link PhoneError} `bad_id`, `visit_unknown`.
   */
  joinCode(visit: string): string {
    return this.reading((raw) => raw.join_code(visit));
  }

  /**
   * This engineer leaves.
   *
   * @throws {@link PhoneError} `bad_id`, `visit_unknown`.
   */
  leave(visit: string): Promise<Recorded> {
    return this.recording((raw) => JSON.parse(raw.leave(visit)) as Recorded);
  }

  /**
   * The line of one visit in {@link Phone.visits}; none when this phone does not have it.
   *
   * @throws {@link PhoneError} As {@link Phone.visits}; `bad_id`.
   */
  listed(visit: string): ListedVisit | null {
    return this.reading((raw) => JSON.parse(raw.listed(visit)) as ListedVisit | null);
  }

  /**
   * The server has this photo: its bytes are forgotten here, the record stays. {@link Phone.uploaded} does so by itself; this
   * is for hosts that know it in another way.
   *
   * @throws {@link PhoneError} `photo_unknown`, `store_failed`.
   */
  photoConfirmed(sha256: string): Promise<void> {
    return this.recording((raw) => raw.photo_confirmed(sha256));
  }

  /**
   * Takes in the server's answer to {@link Phone.carriedFrame}. What waits there for another phone's changes stays here,
   * to be tried again later.
   *
   * @throws {@link PhoneError} `answer_unreadable`, `store_failed`.
   */
  receiveCarried(id: string, answer: Uint8Array): Promise<SyncReport> {
    return this.recording((raw) => JSON.parse(raw.receive_carried(id, answer)) as SyncReport);
  }

  /**
   * Every timer that runs, of any engineer in any visit of this phone. What they count goes on while the app is dead
   * and the phone is off.
   *
   * @throws {@link PhoneError} `host_failed`, `not_enrolled`, `store_closed`.
   */
  runningTimers(): RunningTimer[] {
    return this.reading((raw) => JSON.parse(raw.running_timers()) as RunningTimer[]);
  }

  /**
   * What to show for signing: the visit as it is now, in the signer's language.
   *
   * @throws {@link PhoneError} `bad_id`, `visit_unknown`, `document_unreadable`.
   */
  show(visit: string, lang: Lang): Shown {
    return this.reading((raw) => JSON.parse(raw.show(visit, JSON.stringify(lang))) as Shown);
  }

  /**
   * A part of {@link Phone.visits}: at most `count`, from the one that `skip` others precede. The verdict in a line is worked
   * out from the visit's document, so whoever shows a part of a long list asks for that part.
   *
   * @throws {@link PhoneError} As {@link Phone.visits}.
   */
  someVisits(skip: number, count: number): ListedVisit[] {
    return this.reading((raw) => JSON.parse(raw.some_visits(skip, count)) as ListedVisit[]);
  }

  /**
   * Starts a timer for this engineer, on a work item or on none.
   *
   * @throws {@link PhoneError} `bad_id`, `visit_unknown`, `fact_unknown`.
   */
  startTimer(visit: string, kind: TimeKind, item?: string | null): Promise<Recorded> {
    return this.recording((raw) => JSON.parse(raw.start_timer(visit, JSON.stringify(kind), item ?? undefined)) as Recorded);
  }

  /**
   * Stops a timer.
   *
   * @throws {@link PhoneError} `bad_id`, `visit_unknown`, `fact_unknown`, `timer_ended`.
   */
  stopTimer(visit: string, entry: string): Promise<Recorded> {
    return this.recording((raw) => JSON.parse(raw.stop_timer(visit, entry)) as Recorded);
  }

  /**
   * What has not reached the server yet: changes, and photos' bytes.
   *
   * @throws {@link PhoneError} `not_enrolled`, `store_closed`.
   */
  unsynced(): Unsynced {
    return this.reading((raw) => JSON.parse(raw.unsynced()) as Unsynced);
  }

  /**
   * Takes in the server's answer to {@link Phone.nextUpload} or {@link Phone.carriedUpload}, whatever its status: all its
   * headers, or at least `Upload-Offset`, `Upload-Complete` and `Retry-After`. On disk when this returns. A request that
   * had no answer is simply made again.
   *
   * @throws {@link PhoneError} `store_closed`, `store_failed`.
   */
  uploaded(sha256: string, status: number, headers: HttpHeader[]): Promise<UploadReport> {
    return this.recording((raw) => JSON.parse(raw.uploaded(sha256, JSON.stringify(status), JSON.stringify(headers))) as UploadReport);
  }

  /**
   * Everything that is recorded of a visit.
   *
   * @throws {@link PhoneError} `bad_id`, `visit_unknown`, `document_unreadable`, `not_enrolled`, `store_closed`.
   */
  visit(visit: string): Visit {
    return this.reading((raw) => JSON.parse(raw.visit(visit)) as Visit);
  }

  /**
   * The visit's document as Automerge saves it, for other tools.
   *
   * @throws {@link PhoneError} As {@link Phone.visit}.
   */
  visitDocument(visit: string): Uint8Array {
    return this.reading((raw) => raw.visit_document(visit));
  }

  /**
   * The same in canonical JSON (RFC 8785), with every value that phones wrote apart: equal bytes on every platform
   * that has the same changes.
   *
   * @throws {@link PhoneError} As {@link Phone.visit}.
   */
  visitJson(visit: string): string {
    return this.reading((raw) => raw.visit_json(visit));
  }

  /**
   * Every visit on this phone, the newest first, with its sync state and the phone's own verdict.
   *
   * @throws {@link PhoneError} `not_enrolled`, `store_closed`.
   */
  visits(): ListedVisit[] {
    return this.reading((raw) => JSON.parse(raw.visits()) as ListedVisit[]);
  }

  /**
   * The work orders that this phone knows, the newest first.
   *
   * @throws {@link PhoneError} `not_enrolled`, `store_closed`.
   */
  workOrders(): WorkOrder[] {
    return this.reading((raw) => JSON.parse(raw.work_orders()) as WorkOrder[]);
  }
}

/** A record of which one field came as bytes. */
export function beside<T>(reply: Reply, field: keyof T): T {
  const record = JSON.parse(reply.json()) as T;
  record[field] = reply.bytes() as T[keyof T];
  reply.free();
  return record;
}
