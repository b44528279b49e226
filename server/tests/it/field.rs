//! A company in the field: people, hospitals, and simulated phones that sync with the server's own merger. Every id and
//! every clock is fixed, so that two databases can be compared.

use crate::api::Api;
use countersign::auth::sessions;
use countersign::reference::cache::Asker;
use countersign::state::AppState;
use countersign::store::users::UserRow;
use countersign::store::{devices, reference, users};
use countersign::sync::{Push, join, news};
use countersign::testing::Fixture;
use sim_phone::{Clock, Link, LinkError, Seeded, SimPhone};
use sqlx::types::Json;
use sync_core::crypto::SoftwareKey;
use sync_core::document::command::Command;
use sync_core::document::facts::*;
use sync_core::ids::*;
use sync_core::phone::Identity;
use sync_core::reference::*;
use sync_core::signoff::Answer;
use sync_core::sync::{ByteVec, DocumentUp, PROTOCOL, Request, Response, attested_bytes, encode};
use uuid::Uuid;

/// 2026-11-23T02:00:00Z, a Monday; ten o'clock in Shanghai.
pub(crate) const MORNING: i64 = 1_795_399_200_000;
pub(crate) const HOUR: i64 = 3_600_000;

pub(crate) const fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// People by login: id and role.
pub(crate) const PEOPLE: [(&str, u128, Role); 9] = [
    ("wang", 1, Role::Engineer),
    ("li", 2, Role::Engineer),
    ("zhao", 3, Role::Engineer),
    ("sm", 4, Role::ServiceManager),
    ("sm2", 5, Role::ServiceManager),
    ("am", 6, Role::AccountManager),
    ("sales", 7, Role::Sales),
    ("lead", 8, Role::Leadership),
    ("boss", 9, Role::Admin),
];
pub(crate) const HOSPITAL: CustomerId = CustomerId(id(0x10));
pub(crate) const OTHER_HOSPITAL: CustomerId = CustomerId(id(0x11));
pub(crate) const ORDER: WorkOrderId = WorkOrderId(id(0x30));
/// The visit that the work order dispatches.
pub(crate) const VISIT: VisitId = VisitId(id(0x40));
/// A visit of which the gate refuses everything.
pub(crate) const NOTHING_ADMITTED: VisitId = VisitId(id(0x4F));
pub(crate) const WANGS_PHONE: DeviceId = DeviceId(id(0x51));
pub(crate) const LIS_PHONE: DeviceId = DeviceId(id(0x52));

pub(crate) struct Field {
    pub(crate) api: Api,
}

/// A server as a simulated phone reaches it: the merger and the feed, without HTTP.
struct InProcess {
    state: AppState,
    runtime: tokio::runtime::Handle,
    user: UserId,
}

impl Link for InProcess {
    fn exchange(&mut self, bytes: &[u8]) -> Result<Vec<u8>, LinkError> {
        let request = Request::read(bytes).unwrap();
        self.runtime.block_on(async {
            let attested = attested_bytes(request.device, &request.documents);
            let mut documents = if request.documents.is_empty() {
                Vec::new()
            } else {
                let push = Push {
                    device: request.device,
                    user: self.user,
                    revoked: false,
                    documents: request.documents.clone(),
                    attested,
                    signature: request.attestation.to_vec(),
                };
                self.state.merger.push(push).await.unwrap()
            };
            let asker = Asker { cache: &self.state.reference, user: self.user, now_ms: request.wall_ms };
            let news = news(&self.state.db, request.device, asker, &request, &documents).await.unwrap();
            join(&mut documents, news.documents);
            Ok(encode(&Response {
                protocol: PROTOCOL,
                // The server's clock agrees with every phone: nothing here depends on the day of the test.
                server_ms: request.wall_ms,
                epoch: news.epoch,
                cursor: news.cursor,
                more: news.more,
                documents,
                reference: news.reference,
                states: news.states,
                missing_blobs: news.missing_blobs,
            }))
        })
    }
}

impl Field {
    pub(crate) async fn new(f: &Fixture) -> Self {
        Self::of(Api::new(f).await).await
    }

    pub(crate) async fn of(api: Api) -> Self {
        let field = Self { api };
        people(&field.api.state).await;
        let mut tx = field.api.state.db.begin().await.unwrap();
        reference::put(&mut tx, &records(), None, 1).await.unwrap();
        tx.commit().await.unwrap();
        field
    }

    pub(crate) async fn token(&self, login: &str) -> String {
        token(&self.api.state, login, None).await
    }

    /// An enrolled phone, an hour after it was switched on.
    pub(crate) async fn phone(&self, login: &str, device: DeviceId) -> SimPhone {
        let (_, user, _) = PEOPLE.into_iter().find(|(name, ..)| *name == login).unwrap();
        let key = SoftwareKey::from_seed([device.0.as_u128() as u8; 32]);
        enrolled(&self.api.state, login, device, &key).await;
        let identity = Identity { device, user: UserId(id(user)), name: format!("{login} 某"), key: key.public() };
        let mut rng = Seeded::new(device.0.as_u128() as u64);
        let clock = Clock::at(MORNING, &mut rng);
        SimPhone::new(identity, key, clock, rng)
    }

    /// Syncs until there is nothing left to say.
    pub(crate) async fn sync(&self, mut phone: SimPhone) -> SimPhone {
        let user = phone.phone.identity().user;
        let mut link = InProcess { state: self.api.state.clone(), runtime: tokio::runtime::Handle::current(), user };
        tokio::task::spawn_blocking(move || {
            assert!(phone.sync_until_quiet(&mut link, 10).unwrap(), "ten rounds were not enough");
            phone
        })
        .await
        .unwrap()
    }

    /// Sends bytes that no phone would send.
    pub(crate) async fn send_rubbish(&self, visit: VisitId, device: DeviceId, bytes: &[u8], revoked: bool) {
        let up = DocumentUp {
            visit,
            since: vec![],
            heads: vec![],
            changes: vec![ByteVec::from(bytes.to_vec())],
            advice: None,
        };
        let user = UserId(id(2));
        let push = Push { device, user, revoked, documents: vec![up], attested: vec![1], signature: vec![2] };
        let answers = self.api.state.merger.push(push).await.unwrap();
        assert_eq!(answers[0].outcome, sync_core::sync::Outcome::Quarantined);
    }
}

/// Writes the device's row.
pub(crate) async fn enrolled(state: &AppState, login: &str, device: DeviceId, key: &SoftwareKey) {
    let (_, user, _) = PEOPLE.into_iter().find(|(name, ..)| *name == login).unwrap();
    let public = key.public();
    let row = devices::DeviceRow {
        id: device.0,
        user_id: id(user),
        name: format!("{login}'s phone"),
        alg: public.alg.as_str().into(),
        public_key: public.key,
        enrolled_ms: 1,
        revoked_ms: None,
        last_seen_ms: None,
    };
    let mut tx = state.db.begin().await.unwrap();
    devices::add(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
}

/// An access token, as a log-in gives it.
pub(crate) async fn token(state: &AppState, login: &str, device: Option<DeviceId>) -> String {
    let (_, user, role) = PEOPLE.into_iter().find(|(name, ..)| *name == login).unwrap();
    let mut tx = state.db.begin().await.unwrap();
    let now = state.clock.now_ms();
    let pair = sessions::open(&mut tx, &state.tokens, UserId(id(user)), &[role], device, now).await.unwrap();
    tx.commit().await.unwrap();
    pair.access_token
}

/// Writes everybody's row and record.
pub(crate) async fn people(state: &AppState) {
    let mut tx = state.db.begin().await.unwrap();
    let mut persons = Vec::new();
    for (login, n, role) in PEOPLE {
        let row = UserRow {
            id: id(n),
            login: login.into(),
            name: format!("{login} 某"),
            email: Some(format!("{login}@example.com")),
            language: "zh-CN".into(),
            roles: Json(vec![role]),
            password_hash: "nobody logs in with this".into(),
            must_change: false,
            created_ms: 1,
            disabled_ms: None,
        };
        users::add(&mut tx, &row).await.unwrap();
        persons.push(Record::Person(Person {
            id: UserId(id(n)),
            code: login.into(),
            name: row.name,
            roles: vec![role],
        }));
    }
    reference::put(&mut tx, &persons, None, 1).await.unwrap();
    tx.commit().await.unwrap();
}

fn records() -> Vec<Record> {
    let customer = |customer: CustomerId, code: &str, service: u128, account: u128| {
        Record::Customer(Customer {
            id: customer,
            code: code.into(),
            name: format!("{code} 医院"),
            name_en: None,
            tier: Tier::Tertiary,
            time_zone: "Asia/Shanghai".into(),
            service_manager: UserId(id(service)),
            account_manager: UserId(id(account)),
            calendar: None,
            receipt_languages: None,
        })
    };
    let clause = Clause {
        code: "A-1".into(),
        effect: Effect::Grant,
        category: Some(Category::ApplicationSoftware),
        mode: None,
        text: "应用软件".into(),
        text_en: "Application software".into(),
        hours: None,
        quota: None,
        price: None,
    };
    let package = PackageId(id(0x20));
    vec![
        customer(HOSPITAL, "H01", 4, 6),
        customer(OTHER_HOSPITAL, "H02", 5, 9),
        Record::Contact(Contact {
            id: ContactId(id(0x12)),
            code: "K1".into(),
            customer: HOSPITAL,
            name: "周主任".into(),
            position: "信息科主任".into(),
            phone: None,
            email: Some("zhou@hospital.example".into()),
            language: Lang::ZhCn,
            receives_receipts: true,
            single_interface: true,
        }),
        Record::Package(Package {
            id: package,
            code: "A-2026".into(),
            name: "基础版".into(),
            name_en: "Basic".into(),
            clauses: vec![clause],
            family: None,
            sold_from: None,
            sold_until: None,
            hours: None,
            expenses: None,
        }),
        Record::Contract(Contract {
            id: ContractId(id(0x21)),
            code: "C-1".into(),
            customer: HOSPITAL,
            kind: ContractKind::Software,
            status: ContractStatus::Signed,
            package,
            extras: vec![],
            first_day: "2026-01-01".parse().unwrap(),
            last_day: "2026-12-31".parse().unwrap(),
            annual_fee_minor: None,
            currency: None,
            hours: None,
            signed_on: None,
            ended_on: None,
            modules: vec![],
        }),
        Record::WorkOrder(WorkOrder {
            id: ORDER,
            code: "W-1".into(),
            customer: HOSPITAL,
            visit: VISIT,
            issued_by: UserId(id(4)),
            issued_at_ms: MORNING - HOUR,
            engineers: vec![UserId(id(1)), UserId(id(3))],
            task: "日报打不出来".into(),
            retroactive: None,
            triage: None,
            status: WorkOrderStatus::Open,
        }),
    ]
}

pub(crate) fn begin(customer: CustomerRef, name: &str, order: bool) -> Command {
    Command::Begin {
        customer,
        customer_name: name.into(),
        work_order: order.then(|| (ORDER, "W-1".into())),
        mode: Mode::OnSite,
        demand: None,
        triage: None,
    }
}

fn spent(user: u128, from_ms: i64, hours: i64) -> Command {
    Command::AddTime {
        kind: TimeKind::Labour,
        user: UserId(id(user)),
        item: None,
        span: ManualSpan { from_ms, until_ms: from_ms + hours * HOUR },
        supersedes: None,
    }
}

pub(crate) fn note(text: &str) -> Command {
    Command::Note { text: text.into(), supersedes: None }
}

pub(crate) fn sign(phone: &mut SimPhone, visit: VisitId) {
    let shown = phone.show(visit, Lang::ZhCn).unwrap();
    let answer = Answer {
        outcome: SignOffOutcome::Accepted,
        reason: String::new(),
        signer: Signer::new("周主任", "信息科主任"),
        rating: None,
        strokes: None,
    };
    phone.sign(visit, &shown, &answer).unwrap();
}

/// What happened that Monday.
pub(crate) struct Story {
    pub(crate) wang: SimPhone,
    pub(crate) li: SimPhone,
    /// The work item that both wrote into.
    pub(crate) item: FactId,
    /// At a hospital in no list, by Li, while he was at [`VISIT`] by the other record.
    pub(crate) unlisted: VisitId,
    /// At the same hospital as [`VISIT`] and in the same hours: perhaps the same visit.
    pub(crate) twin: VisitId,
    /// At the other hospital, the day after.
    pub(crate) elsewhere: VisitId,
}

/// Two engineers at one visit, both offline, both in one field; signed, amended, signed again; three other visits; and
/// one change that was refused.
pub(crate) async fn story(field: &Field) -> Story {
    let mut wang = field.sync(field.phone("wang", WANGS_PHONE).await).await;
    let mut li = field.sync(field.phone("li", LIS_PHONE).await).await;
    let listed = || begin(CustomerRef::Listed(HOSPITAL), "H01 医院", true);
    wang.record(VISIT, &[listed()]).unwrap();
    let patch = ItemPatch { category: Some(Category::ApplicationSoftware), ..ItemPatch::default() };
    let item = wang.one(VISIT, Command::AddItem(patch)).unwrap();
    let timer = wang.one(VISIT, Command::StartTimer { kind: TimeKind::Labour, item: Some(item) }).unwrap();
    wang.clock.advance_ms(2 * HOUR);
    wang.one(VISIT, Command::StopTimer { entry: timer }).unwrap();
    let mut wang = field.sync(wang).await;

    // Li scanned the visit's code, and then both lost the network.
    li.clock.advance_ms(HOUR / 2);
    li.record(VISIT, &[listed()]).unwrap();
    let mut li = field.sync(li).await;
    let edit = |action: &str| Command::EditItem {
        item,
        patch: ItemPatch { action: Some(action.into()), ..ItemPatch::default() },
    };
    wang.one(VISIT, edit("重启打印服务")).unwrap();
    li.record(VISIT, &[edit("更换打印机"), spent(2, MORNING, 1)]).unwrap();
    let li = field.sync(li).await;
    let mut wang = field.sync(wang).await;

    sign(&mut wang, VISIT);
    let mut wang = field.sync(wang).await;
    wang.clock.advance_ms(HOUR / 6);
    wang.one(VISIT, note("签字后又检查了一次")).unwrap();
    sign(&mut wang, VISIT);
    let wang = field.sync(wang).await;

    let mut li = li;
    let unlisted = li.begin(begin(CustomerRef::Unlisted("县 ABC 医院".into()), "县 ABC 医院", false)).unwrap();
    li.record(unlisted, &[spent(2, MORNING + HOUR / 2, 1)]).unwrap();
    let mut li = field.sync(li).await;
    let twin = li.begin(begin(CustomerRef::Listed(HOSPITAL), "H01 医院", false)).unwrap();
    li.record(twin, &[spent(2, MORNING + HOUR, 1)]).unwrap();
    let mut li = field.sync(li).await;
    li.clock.advance_ms(24 * HOUR);
    let elsewhere = li.begin(begin(CustomerRef::Listed(OTHER_HOSPITAL), "H02 医院", false)).unwrap();
    li.record(elsewhere, &[spent(2, MORNING + 24 * HOUR, 3)]).unwrap();
    sign(&mut li, elsewhere);
    let li = field.sync(li).await;

    field.send_rubbish(VISIT, LIS_PHONE, b"this is no change", false).await;
    field.send_rubbish(VISIT, LIS_PHONE, b"this is no change", false).await;
    Story { wang, li, item, unlisted, twin, elsewhere }
}
