# Written by `cargo xtask codegen` from countersign.py.

import builtins
import enum
import typing

class InternalError(Exception):
    ...

class Account:
    id: str
    login: str
    name: str
    language: str
    must_change_password: bool
    def __init__(self, *, id: str, login: str, name: str, language: str, must_change_password: bool) -> None: ...

class Category(enum.Enum):
    APPLICATION_SOFTWARE = 0
    INTERFACE_DEVELOPMENT = 1
    CUSTOMISATION = 2
    DATABASE = 3
    OPERATING_SYSTEM = 4
    SERVER_HARDWARE = 5
    STORAGE = 6
    NETWORK = 7
    SECURITY = 8
    DATA_ENTRY = 9
    TRAINING = 10
    CONSULTING = 11
    OTHER = 12

class Mode(enum.Enum):
    ON_SITE = 0
    REMOTE = 1

class AdviceQuestion:
    customer: str
    category: Category
    mode: Mode
    asset: typing.Optional[str]
    work_order: typing.Optional[str]
    def __init__(self, *, customer: str, category: Category, mode: Mode, asset: typing.Optional[str], work_order: typing.Optional[str]) -> None: ...

class SignOffOutcome(enum.Enum):
    ACCEPTED = 0
    ACCEPTED_WITH_RESERVATIONS = 1
    REFUSED = 2
    NOBODY_PRESENT = 3

class StrokePoint:
    x: int
    y: int
    t_ms: int
    pressure: int
    def __init__(self, *, x: int, y: int, t_ms: int, pressure: int) -> None: ...

class Stroke:
    points: typing.List[StrokePoint]
    def __init__(self, *, points: typing.List[StrokePoint]) -> None: ...

class Answer:
    outcome: SignOffOutcome
    reason: str
    signer_name: str
    signer_position: str
    strokes: typing.List[Stroke]
    signer_department: str
    signer_mail: str
    signer_phone: str
    rating: typing.Optional[int]
    rating_comment: str
    def __init__(self, *, outcome: SignOffOutcome, reason: str, signer_name: str, signer_position: str, strokes: typing.List[Stroke], signer_department: str = ..., signer_mail: str = ..., signer_phone: str = ..., rating: typing.Optional[int] = ..., rating_comment: str = ...) -> None: ...

class Asset:
    id: str
    code: str
    name: str
    def __init__(self, *, id: str, code: str, name: str) -> None: ...

class RequesterRole(enum.Enum):
    CUSTOMER = 0
    SALES = 1
    SERVICE_MANAGER = 2
    ACCOUNT_MANAGER = 3
    LEADERSHIP = 4
    OTHER = 5

class Channel(enum.Enum):
    PHONE = 0
    WE_CHAT = 1
    IN_PERSON = 2
    EMAIL = 3
    TICKET = 4
    OTHER = 5

class Demand:
    name: str
    role: RequesterRole
    channel: Channel
    words: str
    at_ms: typing.Optional[int]
    def __init__(self, *, name: str, role: RequesterRole, channel: Channel, words: str, at_ms: typing.Optional[int]) -> None: ...

class TriageOutcome(enum.Enum):
    ON_SITE = 0
    REMOTE = 1
    UNCLEAR = 2

class TriageAnswer:
    question: str
    answer: str
    def __init__(self, *, question: str, answer: str) -> None: ...

class Triage:
    outcome: TriageOutcome
    answers: typing.List[TriageAnswer]
    def __init__(self, *, outcome: TriageOutcome, answers: typing.List[TriageAnswer]) -> None: ...

class BeginVisit:
    work_order: typing.Optional[str]
    customer: typing.Optional[str]
    unlisted_customer: typing.Optional[str]
    mode: typing.Optional[Mode]
    demand: typing.Optional[Demand]
    triage: typing.Optional[Triage]
    def __init__(self, *, work_order: typing.Optional[str] = ..., customer: typing.Optional[str] = ..., unlisted_customer: typing.Optional[str] = ..., mode: typing.Optional[Mode] = ..., demand: typing.Optional[Demand] = ..., triage: typing.Optional[Triage] = ...) -> None: ...

class EnrolmentRequest:
    path: str
    body: str
    def __init__(self, *, path: str, body: str) -> None: ...

class Carried:
    id: str
    device: str
    user: str
    name: str
    visits: typing.List[str]
    frames_left: int
    photos_left: int
    bytes_left: int
    enrolment: EnrolmentRequest
    def __init__(self, *, id: str, device: str, user: str, name: str, visits: typing.List[str], frames_left: int, photos_left: int, bytes_left: int, enrolment: EnrolmentRequest) -> None: ...

class ClockReading:
    wall_ms: int
    mono_ms: int
    boot: str
    def __init__(self, *, wall_ms: int, mono_ms: int, boot: str) -> None: ...

class ConflictValue:
    value: str
    device: str
    def __init__(self, *, value: str, device: str) -> None: ...

class Conflict:
    path: str
    values: typing.List[ConflictValue]
    def __init__(self, *, path: str, values: typing.List[ConflictValue]) -> None: ...

class Lang(enum.Enum):
    ZH_CN = 0
    EN = 1

class Contact:
    id: str
    name: str
    position: str
    phone: typing.Optional[str]
    email: typing.Optional[str]
    language: Lang
    receives_receipts: bool
    single_interface: bool
    def __init__(self, *, id: str, name: str, position: str, phone: typing.Optional[str], email: typing.Optional[str], language: Lang, receives_receipts: bool, single_interface: bool) -> None: ...

class Correction:
    fact: str
    reason: str
    def __init__(self, *, fact: str, reason: str) -> None: ...

class CrewAction(enum.Enum):
    JOIN = 0
    LEAVE = 1

class CrewChange:
    id: str
    user: str
    name: str
    action: CrewAction
    at_ms: int
    def __init__(self, *, id: str, user: str, name: str, action: CrewAction, at_ms: int) -> None: ...

class Tier(enum.Enum):
    TERTIARY = 0
    SECONDARY = 1
    COMMUNITY = 2
    COUNTY = 3

class Customer:
    id: str
    code: str
    name: str
    name_en: typing.Optional[str]
    tier: Tier
    time_zone: str
    def __init__(self, *, id: str, code: str, name: str, name_en: typing.Optional[str], tier: Tier, time_zone: str) -> None: ...

class ExpenseKind(enum.Enum):
    TAXI = 0
    HOTEL = 1
    MEAL = 2
    TRANSPORT = 3
    PART = 4
    OTHER = 5

class Expense:
    id: str
    at_ms: typing.Optional[int]
    by: typing.Optional[str]
    kind: typing.Optional[ExpenseKind]
    amount_minor: typing.Optional[int]
    currency: typing.Optional[str]
    note: typing.Optional[str]
    removed: typing.Optional[str]
    def __init__(self, *, id: str, at_ms: typing.Optional[int], by: typing.Optional[str], kind: typing.Optional[ExpenseKind], amount_minor: typing.Optional[int], currency: typing.Optional[str], note: typing.Optional[str], removed: typing.Optional[str]) -> None: ...

class ExpensePatch:
    kind: typing.Optional[ExpenseKind]
    amount_minor: typing.Optional[int]
    currency: typing.Optional[str]
    note: typing.Optional[str]
    removed: typing.Optional[str]
    def __init__(self, *, kind: typing.Optional[ExpenseKind] = ..., amount_minor: typing.Optional[int] = ..., currency: typing.Optional[str] = ..., note: typing.Optional[str] = ..., removed: typing.Optional[str] = ...) -> None: ...

class Severity(enum.Enum):
    INFO = 0
    WARNING = 1
    CRITICAL = 2

class Text:
    zh_cn: str
    en: str
    def __init__(self, *, zh_cn: str, en: str) -> None: ...

class Flag:
    code: str
    severity: Severity
    item: typing.Optional[str]
    message: Text
    def __init__(self, *, code: str, severity: Severity, item: typing.Optional[str], message: Text) -> None: ...

class Frame:
    bytes: builtins.bytes
    visits: int
    complete: bool
    def __init__(self, *, bytes: builtins.bytes, visits: int, complete: bool) -> None: ...

class HttpHeader:
    name: str
    value: str
    def __init__(self, *, name: str, value: str) -> None: ...

class HttpOptions:
    timeout_s: int
    attempts: int
    longest_wait_s: int
    plain_http: bool
    roots_pem: typing.Optional[str]
    def __init__(self, *, timeout_s: int = ..., attempts: int = ..., longest_wait_s: int = ..., plain_http: bool = ..., roots_pem: typing.Optional[str] = ...) -> None: ...

class Identity:
    device: str
    user: str
    name: str
    key_algorithm: str
    public_key: str
    def __init__(self, *, device: str, user: str, name: str, key_algorithm: str, public_key: str) -> None: ...

class Item:
    id: str
    at_ms: typing.Optional[int]
    by: typing.Optional[str]
    category: typing.Optional[Category]
    asset: typing.Optional[str]
    asset_name: typing.Optional[str]
    symptom: typing.Optional[str]
    action: typing.Optional[str]
    outcome: typing.Optional[str]
    removed: typing.Optional[str]
    def __init__(self, *, id: str, at_ms: typing.Optional[int], by: typing.Optional[str], category: typing.Optional[Category], asset: typing.Optional[str], asset_name: typing.Optional[str], symptom: typing.Optional[str], action: typing.Optional[str], outcome: typing.Optional[str], removed: typing.Optional[str]) -> None: ...

class ItemPatch:
    category: typing.Optional[Category]
    asset: typing.Optional[str]
    asset_name: typing.Optional[str]
    symptom: typing.Optional[str]
    action: typing.Optional[str]
    outcome: typing.Optional[str]
    removed: typing.Optional[str]
    def __init__(self, *, category: typing.Optional[Category] = ..., asset: typing.Optional[str] = ..., asset_name: typing.Optional[str] = ..., symptom: typing.Optional[str] = ..., action: typing.Optional[str] = ..., outcome: typing.Optional[str] = ..., removed: typing.Optional[str] = ...) -> None: ...

class Coverage(enum.Enum):
    COVERED = 0
    NOT_COVERED = 1
    NEEDS_DECISION = 2

class Stretch:
    from_ms: int
    until_ms: int
    coverage: Coverage
    cause: str
    reason: Text
    looked_at: typing.List[Text]
    def __init__(self, *, from_ms: int, until_ms: int, coverage: Coverage, cause: str, reason: Text, looked_at: typing.List[Text]) -> None: ...

class ItemVerdict:
    item: str
    coverage: Coverage
    stretches: typing.List[Stretch]
    def __init__(self, *, item: str, coverage: Coverage, stretches: typing.List[Stretch]) -> None: ...

class SyncState(enum.Enum):
    SYNCED = 0
    UNSYNCED = 1
    QUARANTINED = 2

class VisitState:
    review: str
    reason: typing.Optional[str]
    by: typing.Optional[str]
    dispatch_approved: bool
    coverage: str
    flags: typing.List[str]
    receipts: typing.List[str]
    def __init__(self, *, review: str, reason: typing.Optional[str], by: typing.Optional[str], dispatch_approved: bool, coverage: str, flags: typing.List[str], receipts: typing.List[str]) -> None: ...

class ListedVisit:
    visit: str
    customer: str
    began_ms: int
    signed: typing.Optional[SignOffOutcome]
    sync: SyncState
    unsynced_changes: int
    unsynced_since_ms: typing.Optional[int]
    state: typing.Optional[VisitState]
    advice: typing.Optional[Coverage]
    def __init__(self, *, visit: str, customer: str, began_ms: int, signed: typing.Optional[SignOffOutcome], sync: SyncState, unsynced_changes: int, unsynced_since_ms: typing.Optional[int], state: typing.Optional[VisitState], advice: typing.Optional[Coverage]) -> None: ...

class Note:
    id: str
    text: str
    at_ms: int
    by: str
    supersedes: typing.Optional[Correction]
    superseded_by: typing.Optional[str]
    def __init__(self, *, id: str, text: str, at_ms: int, by: str, supersedes: typing.Optional[Correction], superseded_by: typing.Optional[str]) -> None: ...

class ObjectionKind(enum.Enum):
    AGAINST_ADVICE = 0
    RELIEF_REFUSED = 1

class Objection:
    id: str
    kind: ObjectionKind
    advice: str
    insisted_by: str
    words: str
    at_ms: int
    by: str
    supersedes: typing.Optional[Correction]
    superseded_by: typing.Optional[str]
    def __init__(self, *, id: str, kind: ObjectionKind, advice: str, insisted_by: str, words: str, at_ms: int, by: str, supersedes: typing.Optional[Correction], superseded_by: typing.Optional[str]) -> None: ...

class Origin:
    id: str
    customer: typing.Optional[str]
    customer_name: str
    time_zone: typing.Optional[str]
    work_order: typing.Optional[str]
    work_order_code: typing.Optional[str]
    mode: Mode
    demand: typing.Optional[Demand]
    triage: typing.Optional[Triage]
    at_ms: int
    by: str
    def __init__(self, *, id: str, customer: typing.Optional[str], customer_name: str, time_zone: typing.Optional[str], work_order: typing.Optional[str], work_order_code: typing.Optional[str], mode: Mode, demand: typing.Optional[Demand], triage: typing.Optional[Triage], at_ms: int, by: str) -> None: ...

class PendingPhoto:
    sha256: str
    size: int
    media_type: str
    visit: str
    def __init__(self, *, sha256: str, size: int, media_type: str, visit: str) -> None: ...

class Photo:
    id: str
    sha256: str
    size: int
    media_type: str
    caption: str
    seal: bool
    about: typing.Optional[str]
    at_ms: int
    by: str
    supersedes: typing.Optional[Correction]
    superseded_by: typing.Optional[str]
    def __init__(self, *, id: str, sha256: str, size: int, media_type: str, caption: str, seal: bool, about: typing.Optional[str], at_ms: int, by: str, supersedes: typing.Optional[Correction], superseded_by: typing.Optional[str]) -> None: ...

class Recorded:
    visit: str
    fact: str
    change: str
    def __init__(self, *, visit: str, fact: str, change: str) -> None: ...

class RefusedVisit:
    visit: str
    code: str
    def __init__(self, *, visit: str, code: str) -> None: ...

class TimeKind(enum.Enum):
    LABOUR = 0
    TRAVEL = 1
    WAITING = 2
    BREAK = 3

class RunningTimer:
    visit: str
    entry: str
    kind: TimeKind
    user: str
    item: typing.Optional[str]
    from_ms: int
    elapsed_s: int
    def __init__(self, *, visit: str, entry: str, kind: TimeKind, user: str, item: typing.Optional[str], from_ms: int, elapsed_s: int) -> None: ...

class Shown:
    visit: str
    text: str
    lang: Lang
    summary: str
    summary_sha256: str
    text_sha256: str
    def __init__(self, *, visit: str, text: str, lang: Lang, summary: str, summary_sha256: str, text_sha256: str) -> None: ...

class SignOff:
    id: str
    outcome: SignOffOutcome
    reason: str
    signer_name: str
    signer_position: str
    signer_department: str
    signer_mail: str
    signer_phone: str
    rating: typing.Optional[int]
    rating_comment: str
    at_ms: int
    by: str
    summary_sha256: str
    def __init__(self, *, id: str, outcome: SignOffOutcome, reason: str, signer_name: str, signer_position: str, signer_department: str, signer_mail: str, signer_phone: str, rating: typing.Optional[int], rating_comment: str, at_ms: int, by: str, summary_sha256: str) -> None: ...

class SyncReport:
    confirmed: typing.List[str]
    news: typing.List[str]
    refused: typing.List[RefusedVisit]
    decided: typing.List[str]
    reference: int
    again: bool
    rounds: int
    cancelled: bool
    def __init__(self, *, confirmed: typing.List[str], news: typing.List[str], refused: typing.List[RefusedVisit], decided: typing.List[str], reference: int, again: bool, rounds: int, cancelled: bool) -> None: ...

class TimeEntry:
    id: str
    kind: TimeKind
    user: str
    item: typing.Optional[str]
    from_ms: int
    until_ms: typing.Optional[int]
    manual: bool
    supersedes: typing.Optional[Correction]
    superseded_by: typing.Optional[str]
    def __init__(self, *, id: str, kind: TimeKind, user: str, item: typing.Optional[str], from_ms: int, until_ms: typing.Optional[int], manual: bool, supersedes: typing.Optional[Correction], superseded_by: typing.Optional[str]) -> None: ...

class ToSign:
    ticket: int
    message: builtins.bytes
    def __init__(self, *, ticket: int, message: builtins.bytes) -> None: ...

class Unsynced:
    changes: int
    visits: typing.List[str]
    since_ms: typing.Optional[int]
    photos: typing.List[PendingPhoto]
    def __init__(self, *, changes: int, visits: typing.List[str], since_ms: typing.Optional[int], photos: typing.List[PendingPhoto]) -> None: ...

class Upload:
    sha256: str
    method: str
    path: str
    headers: typing.List[HttpHeader]
    bytes: builtins.bytes
    photos_left: int
    bytes_left: int
    def __init__(self, *, sha256: str, method: str, path: str, headers: typing.List[HttpHeader], bytes: builtins.bytes, photos_left: int, bytes_left: int) -> None: ...

class UploadReport:
    confirmed: bool
    refused: bool
    again: bool
    wait_s: typing.Optional[int]
    photos_left: int
    bytes_left: int
    def __init__(self, *, confirmed: bool, refused: bool, again: bool, wait_s: typing.Optional[int], photos_left: int, bytes_left: int) -> None: ...

class Verdict:
    reference_version: int
    coverage: Coverage
    items: typing.List[ItemVerdict]
    flags: typing.List[Flag]
    canonical: str
    def __init__(self, *, reference_version: int, coverage: Coverage, items: typing.List[ItemVerdict], flags: typing.List[Flag], canonical: str) -> None: ...

class Visit:
    id: str
    origins: typing.List[Origin]
    crew: typing.List[CrewChange]
    items: typing.List[Item]
    time: typing.List[TimeEntry]
    expenses: typing.List[Expense]
    objections: typing.List[Objection]
    notes: typing.List[Note]
    photos: typing.List[Photo]
    sign_offs: typing.List[SignOff]
    conflicts: typing.List[Conflict]
    labour_s: int
    def __init__(self, *, id: str, origins: typing.List[Origin], crew: typing.List[CrewChange], items: typing.List[Item], time: typing.List[TimeEntry], expenses: typing.List[Expense], objections: typing.List[Objection], notes: typing.List[Note], photos: typing.List[Photo], sign_offs: typing.List[SignOff], conflicts: typing.List[Conflict], labour_s: int) -> None: ...

class WorkOrder:
    id: str
    code: str
    customer: str
    customer_name: typing.Optional[str]
    visit: str
    issued_at_ms: int
    engineers: typing.List[str]
    task: str
    triage: typing.Optional[Triage]
    open: bool
    def __init__(self, *, id: str, code: str, customer: str, customer_name: typing.Optional[str], visit: str, issued_at_ms: int, engineers: typing.List[str], task: str, triage: typing.Optional[Triage], open: bool) -> None: ...

class HostError(Exception):
    class Failed(HostError):
        reason: str
        def __init__(self, reason: str) -> None: ...
    class Coded(HostError):
        code: str
        parameters: typing.Dict[str, str]
        def __init__(self, code: str, parameters: typing.Dict[str, str]) -> None: ...

class PhoneError(Exception):
    code: str
    en: str
    parameters: typing.Dict[str, str]
    zh_cn: str
    class Refused(PhoneError):
        code: str
        parameters: typing.Dict[str, str]
        zh_cn: str
        en: str
        def __init__(self, code: str, parameters: typing.Dict[str, str], zh_cn: str, en: str) -> None: ...
    class Store(PhoneError):
        code: str
        parameters: typing.Dict[str, str]
        zh_cn: str
        en: str
        def __init__(self, code: str, parameters: typing.Dict[str, str], zh_cn: str, en: str) -> None: ...
    class Server(PhoneError):
        code: str
        parameters: typing.Dict[str, str]
        zh_cn: str
        en: str
        def __init__(self, code: str, parameters: typing.Dict[str, str], zh_cn: str, en: str) -> None: ...
    class Host(PhoneError):
        code: str
        parameters: typing.Dict[str, str]
        zh_cn: str
        en: str
        def __init__(self, code: str, parameters: typing.Dict[str, str], zh_cn: str, en: str) -> None: ...

class Clock:
    def now(self) -> ClockReading: ...

class ClockImpl(Clock):
    def now(self) -> ClockReading: ...

class Entropy:
    def fill(self, count: int) -> builtins.bytes: ...

class EntropyImpl(Entropy):
    def fill(self, count: int) -> builtins.bytes: ...

class Transport:
    def exchange(self, frame: builtins.bytes) -> builtins.bytes: ...

class TransportImpl(Transport):
    def exchange(self, frame: builtins.bytes) -> builtins.bytes: ...

class SyncObserver:
    def progress(self, rounds_done: int, changes_left: int) -> bool: ...

class SyncObserverImpl(SyncObserver):
    def progress(self, rounds_done: int, changes_left: int) -> bool: ...

class HttpTransportProtocol(typing.Protocol):
    def change_password(self, old: str, new: str) -> None: ...
    def deliver(self, id: str, observer: typing.Optional[SyncObserver] = ...) -> SyncReport: ...
    def enrol(self, device_name: str) -> Identity: ...
    def exchange(self, frame: builtins.bytes) -> builtins.bytes: ...
    def log_in(self, login: str, password: str) -> Account: ...
    def log_out(self) -> None: ...
    def sync(self, observer: typing.Optional[SyncObserver] = ..., max_rounds: int = ...) -> SyncReport: ...

class HttpTransport(HttpTransportProtocol, Transport):
    def __init__(self, phone: Phone, server: str, options: typing.Optional[HttpOptions] = ...) -> None: ...
    def change_password(self, old: str, new: str) -> None: ...
    def deliver(self, id: str, observer: typing.Optional[SyncObserver] = ...) -> SyncReport: ...
    def enrol(self, device_name: str) -> Identity: ...
    def exchange(self, frame: builtins.bytes) -> builtins.bytes: ...
    def log_in(self, login: str, password: str) -> Account: ...
    def log_out(self) -> None: ...
    def sync(self, observer: typing.Optional[SyncObserver] = ..., max_rounds: int = ...) -> SyncReport: ...

class LinuxClockProtocol(typing.Protocol):
    def now(self) -> ClockReading: ...

class LinuxClock(LinuxClockProtocol, Clock):
    def now(self) -> ClockReading: ...

class PhoneProtocol(typing.Protocol):
    def add_expense(self, visit: str, fields: ExpensePatch) -> Recorded: ...
    def add_item(self, visit: str, fields: ItemPatch) -> Recorded: ...
    def add_note(self, visit: str, text: str, corrects: typing.Optional[Correction]) -> Recorded: ...
    def add_objection(self, visit: str, kind: ObjectionKind, advice: str, insisted_by: str, words: str, corrects: typing.Optional[Correction]) -> Recorded: ...
    def add_photo(self, visit: str, bytes: builtins.bytes, media_type: str, caption: str, corrects: typing.Optional[Correction]) -> Recorded: ...
    def add_photo_about(self, visit: str, about: str, bytes: builtins.bytes, media_type: str, caption: str, corrects: typing.Optional[Correction]) -> Recorded: ...
    def add_seal(self, visit: str, bytes: builtins.bytes, media_type: str, caption: str, corrects: typing.Optional[Correction]) -> Recorded: ...
    def add_time(self, visit: str, kind: TimeKind, from_ms: int, until_ms: int, user: typing.Optional[str], item: typing.Optional[str], corrects: typing.Optional[Correction]) -> Recorded: ...
    def advice(self, question: AdviceQuestion) -> Verdict: ...
    def assess(self, visit: str) -> Verdict: ...
    def assets(self, customer: str) -> typing.List[Asset]: ...
    def begin_enrolment(self, user: str, device_name: str) -> EnrolmentRequest: ...
    def begin_visit(self, begin: BeginVisit) -> Recorded: ...
    def carried(self) -> typing.List[Carried]: ...
    def carried_frame(self, id: str) -> typing.Optional[Frame]: ...
    def carried_upload(self, id: str) -> typing.Optional[Upload]: ...
    def contacts(self, customer: str) -> typing.List[Contact]: ...
    def customers(self) -> typing.List[Customer]: ...
    def edit_expense(self, visit: str, expense: str, fields: ExpensePatch) -> Recorded: ...
    def edit_item(self, visit: str, item: str, fields: ItemPatch) -> Recorded: ...
    def export_unsynced(self, key: builtins.bytes) -> builtins.bytes: ...
    def finish_enrolment(self, user: str, engineer_name: str, device: str) -> Identity: ...
    def finish_export(self, ticket: int, key: builtins.bytes) -> builtins.bytes: ...
    def finish_sign_off(self, ticket: int, signature: builtins.bytes) -> Recorded: ...
    def identity(self) -> typing.Optional[Identity]: ...
    def import_unsynced(self, file: builtins.bytes, key: builtins.bytes) -> Carried: ...
    def join(self, visit: str) -> Recorded: ...
    def join_by_code(self, code: str) -> Recorded: ...
    def join_code(self, visit: str) -> str: ...
    def leave(self, visit: str) -> Recorded: ...
    def listed(self, visit: str) -> typing.Optional[ListedVisit]: ...
    def next_frame(self) -> Frame: ...
    def next_upload(self) -> typing.Optional[Upload]: ...
    def photo_bytes(self, sha256: str) -> builtins.bytes: ...
    def photo_confirmed(self, sha256: str) -> None: ...
    def prepare_enrolment(self, user: str) -> ToSign: ...
    def prepare_export(self) -> ToSign: ...
    def prepare_frame(self) -> ToSign: ...
    def prepare_sign_off(self, shown: Shown, answer: Answer) -> ToSign: ...
    def receive(self, answer: builtins.bytes) -> SyncReport: ...
    def receive_carried(self, id: str, answer: builtins.bytes) -> SyncReport: ...
    def rotate_key(self, new_key: builtins.bytes) -> None: ...
    def running_timers(self) -> typing.List[RunningTimer]: ...
    def seal_enrolment(self, ticket: int, signature: builtins.bytes, device_name: str) -> EnrolmentRequest: ...
    def seal_frame(self, ticket: int, signature: builtins.bytes) -> Frame: ...
    def show(self, visit: str, lang: Lang) -> Shown: ...
    def shut_down(self) -> None: ...
    def sign_export(self, ticket: int, signature: builtins.bytes) -> ToSign: ...
    def sign_off(self, shown: Shown, answer: Answer) -> Recorded: ...
    def some_visits(self, skip: int, count: int) -> typing.List[ListedVisit]: ...
    def start_timer(self, visit: str, kind: TimeKind, item: typing.Optional[str]) -> Recorded: ...
    def stop_timer(self, visit: str, entry: str) -> Recorded: ...
    def sync(self, transport: Transport, observer: typing.Optional[SyncObserver], max_rounds: int) -> SyncReport: ...
    def unsynced(self) -> Unsynced: ...
    def uploaded(self, sha256: str, status: int, headers: typing.List[HttpHeader]) -> UploadReport: ...
    def visit(self, visit: str) -> Visit: ...
    def visit_document(self, visit: str) -> builtins.bytes: ...
    def visit_json(self, visit: str) -> str: ...
    def visits(self) -> typing.List[ListedVisit]: ...
    def work_orders(self) -> typing.List[WorkOrder]: ...

class Phone(PhoneProtocol):
    @classmethod
    def open(cls, path: str, key: builtins.bytes, clock: Clock, entropy: typing.Optional[Entropy] = ..., signer: typing.Optional[Signer] = ...) -> Phone: ...
    def add_expense(self, visit: str, fields: ExpensePatch) -> Recorded: ...
    def add_item(self, visit: str, fields: ItemPatch) -> Recorded: ...
    def add_note(self, visit: str, text: str, corrects: typing.Optional[Correction]) -> Recorded: ...
    def add_objection(self, visit: str, kind: ObjectionKind, advice: str, insisted_by: str, words: str, corrects: typing.Optional[Correction]) -> Recorded: ...
    def add_photo(self, visit: str, bytes: builtins.bytes, media_type: str, caption: str, corrects: typing.Optional[Correction]) -> Recorded: ...
    def add_photo_about(self, visit: str, about: str, bytes: builtins.bytes, media_type: str, caption: str, corrects: typing.Optional[Correction]) -> Recorded: ...
    def add_seal(self, visit: str, bytes: builtins.bytes, media_type: str, caption: str, corrects: typing.Optional[Correction]) -> Recorded: ...
    def add_time(self, visit: str, kind: TimeKind, from_ms: int, until_ms: int, user: typing.Optional[str], item: typing.Optional[str], corrects: typing.Optional[Correction]) -> Recorded: ...
    def advice(self, question: AdviceQuestion) -> Verdict: ...
    def assess(self, visit: str) -> Verdict: ...
    def assets(self, customer: str) -> typing.List[Asset]: ...
    def begin_enrolment(self, user: str, device_name: str) -> EnrolmentRequest: ...
    def begin_visit(self, begin: BeginVisit) -> Recorded: ...
    def carried(self) -> typing.List[Carried]: ...
    def carried_frame(self, id: str) -> typing.Optional[Frame]: ...
    def carried_upload(self, id: str) -> typing.Optional[Upload]: ...
    def contacts(self, customer: str) -> typing.List[Contact]: ...
    def customers(self) -> typing.List[Customer]: ...
    def edit_expense(self, visit: str, expense: str, fields: ExpensePatch) -> Recorded: ...
    def edit_item(self, visit: str, item: str, fields: ItemPatch) -> Recorded: ...
    def export_unsynced(self, key: builtins.bytes) -> builtins.bytes: ...
    def finish_enrolment(self, user: str, engineer_name: str, device: str) -> Identity: ...
    def finish_export(self, ticket: int, key: builtins.bytes) -> builtins.bytes: ...
    def finish_sign_off(self, ticket: int, signature: builtins.bytes) -> Recorded: ...
    def identity(self) -> typing.Optional[Identity]: ...
    def import_unsynced(self, file: builtins.bytes, key: builtins.bytes) -> Carried: ...
    def join(self, visit: str) -> Recorded: ...
    def join_by_code(self, code: str) -> Recorded: ...
    def join_code(self, visit: str) -> str: ...
    def leave(self, visit: str) -> Recorded: ...
    def listed(self, visit: str) -> typing.Optional[ListedVisit]: ...
    def next_frame(self) -> Frame: ...
    def next_upload(self) -> typing.Optional[Upload]: ...
    def photo_bytes(self, sha256: str) -> builtins.bytes: ...
    def photo_confirmed(self, sha256: str) -> None: ...
    def prepare_enrolment(self, user: str) -> ToSign: ...
    def prepare_export(self) -> ToSign: ...
    def prepare_frame(self) -> ToSign: ...
    def prepare_sign_off(self, shown: Shown, answer: Answer) -> ToSign: ...
    def receive(self, answer: builtins.bytes) -> SyncReport: ...
    def receive_carried(self, id: str, answer: builtins.bytes) -> SyncReport: ...
    def rotate_key(self, new_key: builtins.bytes) -> None: ...
    def running_timers(self) -> typing.List[RunningTimer]: ...
    def seal_enrolment(self, ticket: int, signature: builtins.bytes, device_name: str) -> EnrolmentRequest: ...
    def seal_frame(self, ticket: int, signature: builtins.bytes) -> Frame: ...
    def show(self, visit: str, lang: Lang) -> Shown: ...
    def shut_down(self) -> None: ...
    def sign_export(self, ticket: int, signature: builtins.bytes) -> ToSign: ...
    def sign_off(self, shown: Shown, answer: Answer) -> Recorded: ...
    def some_visits(self, skip: int, count: int) -> typing.List[ListedVisit]: ...
    def start_timer(self, visit: str, kind: TimeKind, item: typing.Optional[str]) -> Recorded: ...
    def stop_timer(self, visit: str, entry: str) -> Recorded: ...
    def sync(self, transport: Transport, observer: typing.Optional[SyncObserver], max_rounds: int) -> SyncReport: ...
    def unsynced(self) -> Unsynced: ...
    def uploaded(self, sha256: str, status: int, headers: typing.List[HttpHeader]) -> UploadReport: ...
    def visit(self, visit: str) -> Visit: ...
    def visit_document(self, visit: str) -> builtins.bytes: ...
    def visit_json(self, visit: str) -> str: ...
    def visits(self) -> typing.List[ListedVisit]: ...
    def work_orders(self) -> typing.List[WorkOrder]: ...

class Signer:
    def public_key(self) -> builtins.bytes: ...
    def sign(self, message: builtins.bytes) -> builtins.bytes: ...

class SignerImpl(Signer):
    def public_key(self) -> builtins.bytes: ...
    def sign(self, message: builtins.bytes) -> builtins.bytes: ...

__all__ = [
    "InternalError",
    "Category",
    "Mode",
    "SignOffOutcome",
    "RequesterRole",
    "Channel",
    "TriageOutcome",
    "Lang",
    "CrewAction",
    "Tier",
    "ExpenseKind",
    "Severity",
    "Coverage",
    "SyncState",
    "ObjectionKind",
    "TimeKind",
    "HostError",
    "PhoneError",
    "Account",
    "AdviceQuestion",
    "StrokePoint",
    "Stroke",
    "Answer",
    "Asset",
    "Demand",
    "TriageAnswer",
    "Triage",
    "BeginVisit",
    "EnrolmentRequest",
    "Carried",
    "ClockReading",
    "ConflictValue",
    "Conflict",
    "Contact",
    "Correction",
    "CrewChange",
    "Customer",
    "Expense",
    "ExpensePatch",
    "Text",
    "Flag",
    "Frame",
    "HttpHeader",
    "HttpOptions",
    "Identity",
    "Item",
    "ItemPatch",
    "Stretch",
    "ItemVerdict",
    "VisitState",
    "ListedVisit",
    "Note",
    "Objection",
    "Origin",
    "PendingPhoto",
    "Photo",
    "Recorded",
    "RefusedVisit",
    "RunningTimer",
    "Shown",
    "SignOff",
    "SyncReport",
    "TimeEntry",
    "ToSign",
    "Unsynced",
    "Upload",
    "UploadReport",
    "Verdict",
    "Visit",
    "WorkOrder",
    "ClockImpl",
    "Clock",
    "EntropyImpl",
    "Entropy",
    "TransportImpl",
    "Transport",
    "SyncObserverImpl",
    "SyncObserver",
    "HttpTransport",
    "HttpTransportProtocol",
    "LinuxClock",
    "LinuxClockProtocol",
    "Phone",
    "PhoneProtocol",
    "SignerImpl",
    "Signer",
]
