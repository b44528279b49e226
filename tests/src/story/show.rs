//! What the server says, printed for a reader who sees it for the first time.

use super::books::Visit;
use super::mails::Mail;
use super::narration::pad;
use super::stage::Stage;
use super::{Narrator, Tone};
use sim_phone::Fault;

/// The verdict with its explanations, and the flags with theirs.
pub fn visit(n: &mut Narrator, title: &str, visit: &Visit) {
    n.gap();
    n.line(Tone::Heading, &visit.customer.name, title);
    for item in &visit.verdict.items {
        let tone = if item.coverage == "covered" { Tone::Good } else { Tone::Look };
        n.line(tone, &format!("  {}", item.coverage), &visit.item_name(item.item));
        let mut said: Vec<&str> = Vec::new();
        for stretch in &item.stretches {
            if !said.contains(&stretch.reason.en.as_str()) {
                said.push(&stretch.reason.en);
                let day = stretch.day.as_deref().map_or(String::new(), |d| format!("{d}: "));
                n.line(Tone::Quiet, "", &format!("{day}{}", stretch.reason.en));
                for looked in &stretch.looked_at {
                    n.line(Tone::Quiet, "", &format!("- {}", looked.en));
                }
            }
        }
    }
    for flag in &visit.flags {
        n.line(Tone::Look, &format!("  ⚑ {}", flag.code), &format!("[{}] {}", flag.severity, flag.text.en));
        n.line(Tone::Plain, "", &flag.text.zh_cn);
    }
    if visit.flags.is_empty() {
        n.line(Tone::Good, "  no flags", "nothing that a manager must look at");
    }
    let receipts: Vec<String> =
        visit.receipts.iter().map(|r| format!("{} (revision {})", r.number, r.revision)).collect();
    n.line(Tone::Plain, "  receipts", &if receipts.is_empty() { "none yet".to_owned() } else { receipts.join(", ") });
}

/// The merged visit of two phones: who wrote what, and the minutes.
pub fn merged(n: &mut Narrator, visit: &Visit) {
    let origins = visit.view.origins.len();
    n.say(&format!(
        "{}: {origins} beginnings, {} work items, {} time entries, {} note(s), from two phones, in one visit.",
        visit.customer.name,
        visit.view.live_items().count(),
        visit.view.live_time().count(),
        visit.view.notes.len()
    ));
    for conflict in &visit.conflicts {
        n.line(Tone::Look, "  ⚑ conflict", &plain_path(visit, &conflict.path));
        for (place, value) in conflict.values.iter().enumerate() {
            let counts = if place == 0 { "counts" } else { "kept" };
            let who = value.user_name.as_deref().unwrap_or("?");
            let device = value.device_name.as_deref().unwrap_or("?");
            n.line(
                Tone::Plain,
                &format!("    {who}"),
                &format!("“{}”  ({counts}; {device})", plain_value(&value.value)),
            );
        }
    }
    let sum = visit.totals.person_s.get("labour").copied().unwrap_or(0);
    let (once, sum) = (visit.totals.labour_s / 60, sum / 60);
    n.line(
        Tone::Good,
        "  minutes of labour",
        &format!(
            "{once} counted once; {sum} if both engineers' minutes were added up ({} worked side by side)",
            sum - once
        ),
    );
}

/// `items/0190…/action` with the item by its name.
fn plain_path(visit: &Visit, path: &str) -> String {
    let mut parts = path.split('/');
    let (kind, id, field) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    match (kind, id.parse()) {
        ("items", Ok(id)) => format!("both wrote “{field}” of the item {}", visit.item_name(id)),
        ("time" | "time_end" | "ends" | "time_ends", _) => {
            "both stopped the same timer (the earlier end counts)".to_owned()
        }
        _ => path.to_owned(),
    }
}

/// A timer's end is a JSON fact; its reader wants the time.
fn plain_value(value: &str) -> String {
    let Ok(fact) = serde_json::from_str::<serde_json::Value>(value) else { return value.to_owned() };
    match fact["at"]["wall_ms"].as_i64().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()) {
        Some(at) => match at.in_tz("Asia/Shanghai") {
            Ok(local) => format!("stopped at {}", local.strftime("%H:%M")),
            Err(_) => value.to_owned(),
        },
        None => value.to_owned(),
    }
}

/// What struck on each phone's way.
pub fn faults(stage: &mut Stage) -> Fault {
    let head = format!(
        "{}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}",
        pad("", 24),
        "requests",
        "lost",
        "answers",
        "cut in",
        "arrived",
        "arrived"
    );
    let second =
        format!("{}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}", pad("phone of", 24), "sent", "", "lost", "two", "twice", "late");
    let n = &mut stage.narrator;
    n.line(Tone::Quiet, "", "");
    n.raw(&format!("   {head}"));
    n.raw(&format!("   {second}"));
    let mut sum = Fault::default();
    let mut requests = 0;
    let row = |name: &str, requests: u64, f: &Fault| {
        let figures = [requests, f.dropped_requests, f.dropped_answers, f.cut, f.doubled, f.reordered];
        let figures: String = figures.iter().map(|n| format!("{n:>9}")).collect();
        format!("   {}{figures}", pad(name, 24))
    };
    for actor in &mut stage.actors {
        let f = actor.struck();
        let sent = actor.link.inner().traffic().requests;
        n.raw(&row(&actor.name, sent, &f));
        requests += sent;
        sum.dropped_requests += f.dropped_requests;
        sum.dropped_answers += f.dropped_answers;
        sum.cut += f.cut;
        sum.doubled += f.doubled;
        sum.reordered += f.reordered;
    }
    n.raw(&row("together", requests, &sum));
    sum
}

/// A list of all mails, one line each.
pub fn mails(n: &mut Narrator, mails: &[Mail]) {
    for mail in mails {
        n.line(Tone::Plain, "  to", &format!("{}  {}", pad(address(&mail.to), 34), mail.subject));
    }
}

/// The address in `Name <address>`.
pub fn address(to: &str) -> &str {
    to.rsplit_once('<').map_or(to, |(_, a)| a.trim_end_matches('>'))
}

/// One mail in full.
pub fn mail(n: &mut Narrator, mail: &Mail) {
    let head =
        format!("From: {}\nTo: {}\nSubject: {}\nMessage-ID: {}\n\n", mail.from, mail.to, mail.subject, mail.message_id);
    n.quote(&format!("{head}{}", mail.text.trim_end()));
}
