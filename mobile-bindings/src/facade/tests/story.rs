//! A visit from its beginning to its amendment, with the app killed and the phone rebooted on the way.

use super::fixture::*;
use crate::*;
use std::sync::{Arc, Mutex};

fn accepted() -> Answer {
    let points = vec![StrokePoint { x: 1, y: -2, t_ms: 3, pressure: 4 }];
    Answer {
        outcome: SignOffOutcome::Accepted,
        reason: String::new(),
        signer_name: "马国栋".into(),
        signer_position: "信息科科长".into(),
        strokes: vec![Stroke { points }],
        signer_department: "信息科".into(),
        signer_mail: "ma.guodong@hospital.example".into(),
        signer_phone: "138-0000-5678".into(),
        rating: Some(4),
        rating_comment: "来得快".into(),
    }
}

#[test]
fn every_fact_is_there_after_the_app_was_killed_and_the_phone_rebooted() {
    let ground = Ground::new();
    let phone = ground.enrolled();
    let visit = unlisted(&phone);
    let fields =
        ItemPatch { category: Some(Category::Database), symptom: Some("无法启动".into()), ..ItemPatch::default() };
    let item = phone.add_item(visit.clone(), fields).unwrap().fact;
    let timer = phone.start_timer(visit.clone(), TimeKind::Labour, Some(item.clone())).unwrap().fact;
    ground.clock.pass(30 * MINUTE);
    drop(phone);

    // The app is killed: the timer goes on.
    let phone = ground.open();
    ground.clock.pass(15 * MINUTE);
    let running = phone.running_timers().unwrap();
    assert_eq!((running.len(), running[0].elapsed_s, &running[0].entry), (1, 45 * 60, &timer));
    // The phone is off for ten minutes: its monotonic clock begins anew.
    drop(phone);
    ground.clock.reboot(10 * MINUTE);
    let phone = ground.open();
    assert_eq!(phone.running_timers().unwrap()[0].elapsed_s, 55 * 60);
    phone.stop_timer(visit.clone(), timer.clone()).unwrap();
    assert_eq!(phone.stop_timer(visit.clone(), timer.clone()).unwrap_err().code(), "timer_ended");
    let edit = ItemPatch { action: Some("清理归档".into()), ..ItemPatch::default() };
    phone.edit_item(visit.clone(), item.clone(), edit).unwrap();
    let taxi = ExpensePatch {
        kind: Some(ExpenseKind::Taxi),
        amount_minor: Some(4_500),
        currency: Some("CNY".into()),
        ..ExpensePatch::default()
    };
    let expense = phone.add_expense(visit.clone(), taxi).unwrap().fact;
    let less = ExpensePatch { amount_minor: Some(4_000), ..ExpensePatch::default() };
    phone.edit_expense(visit.clone(), expense, less).unwrap();
    let objection = ("先备份".to_owned(), "院长".to_owned(), "直接重启！".to_owned());
    phone
        .add_objection(visit.clone(), ObjectionKind::AgainstAdvice, objection.0, objection.1, objection.2, None)
        .unwrap();
    let note = phone.add_note(visit.clone(), "无信号".into(), None).unwrap().fact;
    let better = Correction { fact: note.clone(), reason: "补充".into() };
    phone.add_note(visit.clone(), "机房无信号".into(), Some(better)).unwrap();
    let corrected = Correction { fact: timer, reason: "忘了停".into() };
    let from = 1_795_399_200_000;
    phone
        .add_time(visit.clone(), TimeKind::Labour, from, from + 50 * MINUTE, None, Some(item), Some(corrected))
        .unwrap();

    let shown = phone.show(visit.clone(), Lang::ZhCn).unwrap();
    phone.leave(visit.clone()).unwrap();
    let refused = phone.sign_off(shown, accepted()).unwrap_err();
    assert_eq!(refused.code(), "changed_since_shown");
    let shown = phone.show(visit.clone(), Lang::ZhCn).unwrap();
    assert!(shown.text.contains("云岭县人民医院"));
    phone.sign_off(shown.clone(), accepted()).unwrap();
    phone.add_note(visit.clone(), "签收后补记".into(), None).unwrap();

    let read = phone.visit(visit.clone()).unwrap();
    assert_eq!(read.labour_s, 50 * 60);
    assert_eq!((read.items.len(), read.time.len(), read.expenses.len()), (1, 2, 1));
    assert_eq!(read.expenses[0].amount_minor, Some(4_000));
    assert_eq!(read.time[0].superseded_by, Some(read.time[1].id.clone()));
    assert_eq!(read.notes[0].superseded_by, Some(read.notes[1].id.clone()));
    assert_eq!(read.notes[0].id, note);
    assert_eq!(read.sign_offs[0].summary_sha256, shown.summary_sha256);
    let signed = &read.sign_offs[0];
    let told = (&*signed.signer_department, &*signed.signer_mail, &*signed.signer_phone);
    assert_eq!(told, ("信息科", "ma.guodong@hospital.example", "138-0000-5678"));
    assert_eq!((signed.rating, &*signed.rating_comment), (Some(4), "来得快"));
    let verdict = phone.assess(visit.clone()).unwrap();
    let codes: Vec<&str> = verdict.flags.iter().map(|f| f.code.as_str()).collect();
    assert!(codes.contains(&"after_sign_off") && codes.contains(&"no_work_order"), "{codes:?}");
    assert!(verdict.flags.iter().all(|f| !f.message.zh_cn.is_empty() && f.message.en != f.message.zh_cn));

    // All of it is on disk, byte for byte.
    let before = (phone.visit_json(visit.clone()).unwrap(), phone.visits().unwrap());
    drop(phone);
    let phone = ground.open();
    assert_eq!((phone.visit_json(visit.clone()).unwrap(), phone.visits().unwrap()), before);
    let listed = &before.1[0];
    assert_eq!((listed.sync, listed.signed), (SyncState::Unsynced, Some(SignOffOutcome::Accepted)));
    assert_eq!(listed.unsynced_changes, 14);
    assert_eq!(listed.advice, Some(Coverage::NeedsDecision));
}

#[test]
fn sync_confirms_reports_and_can_be_ended() {
    struct Watch(Mutex<Vec<(u32, u32)>>, u32);
    impl SyncObserver for Watch {
        fn progress(&self, rounds_done: u32, changes_left: u32) -> Result<bool, HostError> {
            self.0.lock().unwrap().push((rounds_done, changes_left));
            Ok(rounds_done < self.1)
        }
    }
    let ground = Ground::new();
    let phone = ground.enrolled();
    let visits: Vec<String> = (0..70)
        .map(|_| {
            ground.clock.pass(MINUTE);
            unlisted(&phone)
        })
        .collect();
    assert_eq!(phone.unsynced().unwrap().changes, 70);
    let office = Arc::new(Office::default());
    *office.key.lock().unwrap() = Some(sync_core::crypto::PublicKey {
        alg: sync_core::crypto::Alg::EdDSA,
        key: phone.identity().unwrap().unwrap().public_key,
    });
    // More visits than one frame takes.
    let watch = Arc::new(Watch(Mutex::default(), 1));
    let report = phone.sync(office.clone(), Some(watch.clone()), 50).unwrap();
    assert!(report.cancelled && report.rounds == 1 && report.confirmed.len() == 64, "{report:?}");
    let report = phone.sync(office.clone(), Some(Arc::new(Watch(Mutex::default(), 9))), 50).unwrap();
    assert!(!report.cancelled && report.confirmed.len() == 6, "{report:?}");
    assert_eq!(*watch.0.lock().unwrap(), [(0, 70), (1, 6)]);
    assert_eq!(phone.unsynced().unwrap(), Unsynced { changes: 0, visits: vec![], since_ms: None, photos: vec![] });
    // What was confirmed stays confirmed.
    drop(phone);
    let phone = ground.open();
    assert_eq!(phone.unsynced().unwrap().changes, 0);
    assert!(phone.visits().unwrap().iter().all(|v| v.sync == SyncState::Synced));
    assert_eq!(office.documents.lock().unwrap().len(), visits.len());
    assert_eq!(phone.receive(b"no answer".to_vec()).unwrap_err().code(), "answer_unreadable");
}

#[test]
fn a_photos_bytes_stay_until_the_server_has_them() {
    let ground = Ground::new();
    let phone = ground.enrolled();
    let visit = unlisted(&phone);
    let bytes = vec![0xffu8; 300_000];
    phone.add_photo(visit.clone(), bytes.clone(), "image/jpeg".into(), "机柜".into(), None).unwrap();
    drop(phone);
    let phone = ground.open();
    let waiting = phone.unsynced().unwrap().photos;
    assert_eq!((waiting.len(), waiting[0].size, waiting[0].visit.as_str()), (1, 300_000, visit.as_str()));
    let sha256 = waiting[0].sha256.clone();
    assert_eq!(phone.photo_bytes(sha256.clone()).unwrap(), bytes);
    phone.photo_confirmed(sha256.clone()).unwrap();
    drop(phone);
    let phone = ground.open();
    assert_eq!(phone.photo_bytes(sha256.clone()).unwrap_err().code(), "photo_unknown");
    assert_eq!(phone.photo_confirmed(sha256).unwrap_err().code(), "photo_unknown");
    assert_eq!(phone.visit(visit).unwrap().photos[0].caption, "机柜");
    assert!(phone.unsynced().unwrap().photos.is_empty());
}

#[test]
fn another_phone_joins_by_the_code_and_the_two_become_one_visit() {
    let (first, second) = (Ground::new(), Ground::new());
    let a = first.enrolled();
    let b = second.open();
    let other = USER.replace('1', "2");
    b.begin_enrolment(other.clone(), "b".into()).unwrap();
    b.finish_enrolment(other.clone(), "李娜".into(), DEVICE.replace("d1", "d2")).unwrap();
    let visit = unlisted(&a);
    assert_eq!(b.join_by_code("{}".into()).unwrap_err().code(), "join_code_unreadable");
    second.clock.pass(MINUTE);
    assert_eq!(b.join_by_code(a.join_code(visit.clone()).unwrap()).unwrap().visit, visit);
    let office = Arc::new(Office::default());
    a.sync(office.clone(), None, 5).unwrap();
    b.sync(office.clone(), None, 5).unwrap();
    assert_eq!(b.visit(visit.clone()).unwrap().crew.len(), 2);
    // Scanned again, there is a visit already.
    b.join_by_code(a.join_code(visit.clone()).unwrap()).unwrap();
    assert_eq!(b.visit(visit).unwrap().origins.len(), 2);
}

#[test]
fn what_makes_no_sense_is_refused_by_a_code() {
    let ground = Ground::new();
    let phone = ground.open();
    assert_eq!(phone.visits().unwrap_err().code(), "not_enrolled");
    assert_eq!(phone.begin_enrolment("nobody".into(), "p".into()).unwrap_err().code(), "bad_id");
    assert_eq!(phone.finish_enrolment(USER.into(), "王".into(), DEVICE.into()).unwrap_err().code(), "not_enrolled");
    drop(phone);
    let phone = ground.enrolled();
    assert_eq!(phone.begin_enrolment(USER.into(), "p".into()).unwrap_err().code(), "enrolled_already");
    assert_eq!(phone.begin_visit(BeginVisit::default()).unwrap_err().code(), "command_invalid");
    let nowhere = BeginVisit { customer: Some(DEVICE.into()), ..BeginVisit::default() };
    assert_eq!(phone.begin_visit(nowhere).unwrap_err().code(), "fact_unknown");
    assert_eq!(phone.visit(DEVICE.into()).unwrap_err().code(), "visit_unknown");
    let visit = unlisted(&phone);
    let far = phone.add_time(visit.clone(), TimeKind::Labour, 0, i64::MAX, None, None, None);
    assert_eq!(far.unwrap_err().code(), "bad_number");
    assert_eq!(phone.add_item(visit.clone(), ItemPatch::default()).map(|_| ()), Ok(()));
    let shown = phone.show(visit, Lang::En).unwrap();
    let nameless = Answer { signer_name: String::new(), ..accepted() };
    let refused = phone.sign_off(shown.clone(), nameless).unwrap_err();
    assert_eq!(refused.code(), "name_missing");
    let PhoneError::Refused { zh_cn, en, .. } = refused else { panic!("{refused}") };
    assert!(zh_cn.contains("姓名") && en.contains("name"));
    let bad: [(&str, Answer); 6] = [
        ("bad_mail", Answer { signer_mail: "ma@hospital.example\r\nBcc: x@y.cn".into(), ..accepted() }),
        ("bad_phone", Answer { signer_phone: "请打总机".into(), ..accepted() }),
        ("bad_rating", Answer { rating: Some(6), ..accepted() }),
        ("bad_rating", Answer { rating: None, ..accepted() }),
        ("too_long", Answer { rating_comment: "好".repeat(667), ..accepted() }),
        ("nobody_present", Answer { outcome: SignOffOutcome::NobodyPresent, ..accepted() }),
    ];
    for (code, answer) in bad {
        assert_eq!(phone.sign_off(shown.clone(), answer).unwrap_err().code(), code);
    }
    assert_eq!(phone.finish_sign_off(77, vec![0; 64]).unwrap_err().code(), "changed_since_shown");
    let ticket = phone.prepare_sign_off(shown, accepted()).unwrap().ticket;
    assert_eq!(phone.finish_sign_off(ticket, vec![0; 64]).unwrap_err().code(), "bad_signature");
    phone.shut_down();
    assert_eq!(phone.visits().unwrap_err().code(), "store_closed");
    assert!(open(&ground.path(), 1, &ground.clock).is_ok(), "the file was let go of");
}

#[test]
fn a_part_of_the_list_is_that_part_of_it() {
    let ground = Ground::new();
    let phone = ground.enrolled();
    let visits: Vec<String> = (0..5)
        .map(|_| {
            ground.clock.pass(MINUTE);
            unlisted(&phone)
        })
        .collect();
    phone.start_timer(visits[1].clone(), TimeKind::Labour, None).unwrap();
    drop(phone);

    let phone = ground.open();
    // The newest come first.
    let all = phone.visits().unwrap();
    assert_eq!(phone.some_visits(0, 2).unwrap(), all[..2]);
    assert_eq!(phone.some_visits(3, 9).unwrap(), all[3..]);
    assert_eq!(phone.some_visits(5, 1).unwrap(), []);
    assert_eq!(phone.listed(visits[1].clone()).unwrap().as_ref(), Some(&all[3]));
    assert_eq!(phone.listed("00000000-0000-0000-0000-0000000000ff".into()).unwrap(), None);
    assert_eq!(phone.listed("x".into()).unwrap_err().code(), "bad_id");
    let running = || phone.running_timers().unwrap().into_iter().map(|t| t.visit).collect::<Vec<_>>();
    assert_eq!(running(), [visits[1].clone()]);
    let timer = phone.running_timers().unwrap()[0].entry.clone();
    phone.stop_timer(visits[1].clone(), timer).unwrap();
    assert_eq!(running(), Vec::<String>::new());
}
