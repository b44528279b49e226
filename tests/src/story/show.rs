//! What the server says, printed for a reader who sees it for the first time.

use super::books::Visit;
use super::mails::Mail;
use super::narration::pad;
use super::stage::Stage;
use super::{Narrator, Tone};
use sim_phone::Fault;

/// `1 change`, `2 changes`, `3 entries`.
pub fn many(n: usize, word: &str) -> String {
    match (n, word.strip_suffix('y')) {
        (1, _) => format!("1 {word}"),
        (_, Some(stem)) => format!("{n} {stem}ies"),
        _ => format!("{n} {word}s"),
    }
}

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
        "{}: {}, {}, {} and {} from two phones, in one visit.",
        visit.customer.name,
        many(origins, "beginning"),
        many(visit.view.live_items().count(), "work item"),
        many(visit.view.live_time().count(), "time entry"),
        many(visit.view.notes.len(), "note")
    ));
    for conflict in &visit.conflicts {
        n.line(Tone::Look, "  ⚑ conflict", &plain_path(visit, &conflict.path));
        // A field shows the value that every replica agrees on; of a timer's ends the earliest counts.
        let ends = conflict.path.starts_with("ends/");
        let earliest = conflict.values.iter().map(|v| &v.value).min();
        for (place, value) in conflict.values.iter().enumerate() {
            let shown = if ends { Some(&value.value) == earliest } else { place == 0 };
            let mark = if shown { "shown first" } else { "shown beside it" };
            let who = value.user_name.as_deref().unwrap_or("?");
            let device = value.device_name.as_deref().unwrap_or("?");
            let mark = if ends && shown {
                "counts"
            } else if ends {
                "kept"
            } else {
                mark
            };
            n.line(Tone::Plain, &format!("    {who}"), &format!("“{}”  ({mark}; device “{device}”)", value.value));
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
        ("ends", _) => "both stopped the same timer; the earlier end counts".to_owned(),
        _ => path.to_owned(),
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
        n.column(Tone::Plain, address(&mail.to), 26, &mail.subject);
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
