//! The record that was signed: people, times, work, expenses, and where devices disagreed.

use super::{Block, Row, Tone, coverage, photo_kind, row};
use crate::receipts::words::{Words, groups, initial, money};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};
use sync_core::coverage::{ItemVerdict, Verdict};
use sync_core::document::facts::{CrewAction, ObjectionKind, TimeEnd, TimeKind};
use sync_core::document::view::{Expense, Field, Item, VisitView};
use sync_core::ids::{DeviceId, FactId, UserId};
use sync_core::message::Message;
use sync_core::receipt::ReceiptBody;
use sync_core::reference::ExpenseTerms;
use sync_core::time;

pub(super) struct Record<'a> {
    receipt: &'a ReceiptBody,
    view: &'a VisitView,
    w: &'a Words,
    people: BTreeMap<UserId, &'a str>,
    devices: BTreeMap<DeviceId, &'a str>,
}

impl<'a> Record<'a> {
    pub(super) fn new(receipt: &'a ReceiptBody, w: &'a Words) -> Self {
        let view = &receipt.summary.record;
        let (mut people, mut devices) = (BTreeMap::new(), BTreeMap::new());
        for crew in &view.crew {
            people.entry(crew.value.user).or_insert(crew.value.name.as_str());
            devices.entry(crew.device).or_insert(crew.value.name.as_str());
        }
        Self { receipt, view, w, people, devices }
    }

    /// What an engineer is called; the id when the record has no name.
    pub(super) fn person(&self, user: UserId) -> String {
        self.people.get(&user).map_or_else(|| user.to_string(), |name| self.w.text(name))
    }

    pub(super) fn demands(&self) -> Vec<Block> {
        let w = self.w;
        let origins = self.view.origins.iter().filter(|o| o.superseded_by.is_none());
        let demands = origins.filter_map(|o| o.value.demand.as_ref());
        let mut blocks: Vec<Block> = Vec::new();
        for d in demands {
            let (role, channel) = (w.word("requester_role", d.role.as_str()), w.word("channel", d.channel.as_str()));
            let who =
                Message::new("mail-who").with("name", w.text(&d.name)).with("role", role).with("channel", channel);
            let who = w.say(who);
            let who = match d.at_ms {
                Some(at) => w.say(Message::new("mail-demanded-at").with("who", who).with("at", w.at(at))),
                None => who,
            };
            let rows = vec![row(w.t("record-demand"), who), row(w.t("mail-demand-words"), w.text(&d.words))];
            let block = Block { title: w.t("record-demand"), badge: None, rows };
            if !blocks.contains(&block) {
                blocks.push(block);
            }
        }
        w.list(blocks)
    }

    pub(super) fn engineers(&self) -> Vec<Row> {
        let w = self.w;
        let mut users: Vec<UserId> = Vec::new();
        let crew = self.view.crew.iter().map(|c| c.value.user);
        // Somebody may have left time without ever joining.
        let timed = self.receipt.summary.engineers.keys().filter_map(|id| id.parse().ok());
        for user in crew.chain(timed) {
            if !users.contains(&user) {
                users.push(user);
            }
        }
        let rows = users.into_iter().map(|user| {
            let mut said = Vec::new();
            for crew in self.view.crew.iter().filter(|c| c.value.user == user && c.superseded_by.is_none()) {
                let id = match crew.value.action {
                    CrewAction::Join => "mail-joined",
                    CrewAction::Leave => "mail-left",
                };
                said.push(w.say(Message::new(id).with("at", w.at(crew.value.at.instant_ms()))));
            }
            let kinds = self.receipt.summary.engineers.get(&user.to_string());
            for kind in TimeKind::ALL {
                if let Some(seconds) = kinds.and_then(|k| k.get(kind.as_str())).filter(|s| **s > 0) {
                    said.push(format!("{} {}", w.word("time_kind", kind.as_str()), w.duration(*seconds)));
                }
            }
            row(self.person(user), w.list(said).join("\n"))
        });
        w.list(rows)
    }

    pub(super) fn times(&self) -> Vec<Row> {
        let w = self.w;
        let spans = time::spans(self.view);
        let manual: BTreeSet<FactId> =
            self.view.live_time().filter(|t| t.start.value.manual.is_some()).map(|t| t.start.id).collect();
        let label = |user, kind: TimeKind| format!("{}\n{}", self.person(user), w.word("time_kind", kind.as_str()));
        let done = spans.spans.iter().map(|s| {
            let length = w.duration(time::whole_seconds(s.until_ms - s.from_ms));
            let mut text = format!("{}\n{length}", w.span(s.from_ms, s.until_ms));
            if manual.contains(&s.entry) {
                text = w.more(&text, &w.t("mail-manual"));
            }
            row(label(s.user, s.kind), text)
        });
        let running = spans
            .running
            .iter()
            .map(|r| row(label(r.user, r.kind), format!("{}\n{}", w.at(r.from_ms), w.t("record-running"))));
        w.list(done.chain(running))
    }

    /// The work items with their coverage, and the coverage of work that was not part of what was signed.
    pub(super) fn items(&self) -> (Vec<Block>, Vec<String>) {
        let w = self.w;
        let verdicts = &self.receipt.verdict.items;
        let lines = self.receipt.coverage.in_lang(w.lang);
        let parts = parts(&self.receipt.verdict, lines.len());
        let mut told = BTreeSet::new();
        let mut blocks = Vec::new();
        for (n, item) in self.view.items.iter().enumerate() {
            let mut block = self.item(n + 1, item);
            if item.removed.get().is_none() {
                let judged = verdicts.iter().position(|v| v.item == item.id);
                match judged.and_then(|i| verdicts.get(i).map(|v| (i, v))) {
                    Some((i, verdict)) => {
                        told.insert(i);
                        block.badge = Some(coverage(verdict.coverage, w));
                        let of_item: Vec<(&Part, &String)> =
                            parts.iter().zip(lines).filter(|(part, _)| part.item == i).collect();
                        for (part, line) in &of_item {
                            let label = match part.span.filter(|_| of_item.len() > 1) {
                                Some((from, until)) => format!("{}\n{}", w.t("mail-coverage"), w.span(from, until)),
                                None => w.t("mail-coverage"),
                            };
                            block.rows.push(row(label, w.text(line)));
                        }
                        let looked = looked_at(verdict, w);
                        if !looked.is_empty() {
                            block.rows.push(row(w.t("mail-looked-at"), looked.join("\n")));
                        }
                    }
                    None => block.rows.push(row(w.t("mail-coverage"), w.t("mail-coverage-unjudged"))),
                }
            }
            blocks.push(block);
        }
        let apart: Vec<String> = if parts.is_empty() {
            lines.iter().map(|line| w.text(line)).collect()
        } else {
            let rest = parts.iter().zip(lines).filter(|(part, _)| !told.contains(&part.item));
            rest.filter_map(|(part, line)| Some((verdicts.get(part.item)?, line)))
                .map(|(v, line)| w.line(&coverage(v.coverage, w).0, &w.text(line)))
                .collect()
        };
        (w.list(blocks), w.list(apart))
    }

    fn item(&self, n: usize, item: &Item) -> Block {
        let w = self.w;
        let title = w.say(Message::new("mail-item").with("n", n as i64));
        let category = item.category.get().map(|c| w.word("category", c.as_str()));
        let mut rows = vec![Row {
            label: w.t("record-item-category"),
            text: category.unwrap_or_else(|| w.t("record-none")),
            also: others(&item.category, |c| w.word("category", c.as_str())),
        }];
        for (id, field) in [
            ("record-item-asset", &item.asset_name),
            ("record-item-symptom", &item.symptom),
            ("record-item-action", &item.action),
            ("record-item-outcome", &item.outcome),
            ("record-removed", &item.removed),
        ] {
            if let Some(text) = field.get() {
                rows.push(Row { label: w.t(id), text: w.text(text), also: others(field, |t| w.text(t)) });
            }
        }
        Block { title, badge: None, rows }
    }

    pub(super) fn objections(&self) -> Vec<Block> {
        let w = self.w;
        let live = self.view.objections.iter().filter(|o| o.superseded_by.is_none());
        w.list(live.map(|o| {
            let o = &o.value;
            let (advice, by) = match o.kind {
                ObjectionKind::AgainstAdvice => ("mail-advised", "mail-insisted"),
                ObjectionKind::ReliefRefused => ("mail-relief", "mail-relief-by"),
            };
            let title =
                format!("{} · {}", initial(&w.word("objection_kind", o.kind.as_str())), w.at(o.at.instant_ms()));
            let rows = vec![
                row(w.t(advice), w.text(&o.advice)),
                row(w.t(by), w.text(&o.insisted_by)),
                row(w.t("mail-words"), w.text(&o.words)),
            ];
            Block { title, badge: None, rows }
        }))
    }

    pub(super) fn expenses(&self) -> Vec<Row> {
        let w = self.w;
        let currency = |e: &Expense| e.currency.get().map(|c| w.text(c)).unwrap_or_default();
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        let live: Vec<&Expense> = self.view.live_expenses().collect();
        // What is in the fee is not counted up to the customer; the attached record has it in any case.
        if self.receipt.expenses == Some(ExpenseTerms::Included) && !live.is_empty() {
            return vec![row(w.t("mail-expenses-all"), format!("–\n{}", w.t("mail-expenses-included")))];
        }
        for e in &live {
            let sum = sums.entry(currency(e)).or_default();
            *sum = sum.saturating_add(e.amount_minor.get().copied().unwrap_or_default());
        }
        let mut rows = w.list(live.iter().map(|e| {
            let amount = money(e.amount_minor.get().copied().unwrap_or_default(), &currency(e));
            let note = e.note.get().map(|n| w.text(n)).filter(|n| !n.is_empty());
            let mut also = others(&e.amount_minor, |a| money(*a, &currency(e)));
            also.extend(others(&e.kind, |k| w.word("expense_kind", k.as_str())));
            also.extend(others(&e.currency, |c| w.text(c)));
            also.extend(others(&e.note, |n| w.text(n)));
            Row {
                label: e.kind.get().map_or_else(|| w.t("record-none"), |k| w.word("expense_kind", k.as_str())),
                text: note.map_or(amount.clone(), |note| format!("{amount}\n{note}")),
                also,
            }
        }));
        if live.len() > 1 {
            let sums: Vec<String> = sums.iter().map(|(currency, sum)| money(*sum, currency)).collect();
            rows.push(row(w.t("mail-expense-sum"), sums.join("\n")));
        }
        if self.receipt.expenses == Some(ExpenseTerms::Charged) && !live.is_empty() {
            rows.push(row(w.t("mail-expenses-terms"), format!("–\n{}", w.t("mail-expenses-charged"))));
        }
        rows
    }

    pub(super) fn notes(&self) -> Vec<Row> {
        let w = self.w;
        let live = self.view.notes.iter().filter(|n| n.superseded_by.is_none()).map(|n| &n.value);
        w.list(live.map(|n| row(format!("{}\n{}", self.person(n.by), w.at(n.at.instant_ms())), w.text(&n.text))))
    }

    pub(super) fn photos(&self) -> Vec<Row> {
        let w = self.w;
        let live = self.view.photos.iter().filter(|p| p.superseded_by.is_none()).map(|p| &p.value);
        w.list(live.map(|p| {
            let there = self.receipt.attachments.present.contains(&p.sha256);
            let state = w.t(if there { "mail-photo-present" } else { "mail-photo-pending" });
            let digest: Vec<String> = groups(&w.text(&p.sha256)).into_iter().take(4).collect();
            let kind = w.t(photo_kind(p));
            let label = if p.caption.trim().is_empty() { kind.clone() } else { w.text(&p.caption) };
            row(label, format!("{}\n{} B · SHA-256 {} …", w.more(&kind, &state), p.size, digest.join(" ")))
        }))
    }

    pub(super) fn conflicts(&self) -> Vec<Block> {
        let w = self.w;
        w.list(self.view.conflicts.iter().map(|c| {
            let rows = w.list(c.values.iter().enumerate().map(|(n, value)| {
                let label = w.t(if n == 0 { "mail-counts" } else { "mail-also" });
                let label = match self.devices.get(&value.device) {
                    Some(name) => format!("{label}\n{}", w.text(name)),
                    None => label,
                };
                row(label, self.value(&c.path, &value.value))
            }));
            Block { title: self.place(&c.path), badge: Some((w.t("flag-name-conflict"), Tone::Mixed)), rows }
        }))
    }

    /// Where a path leads, in words.
    fn place(&self, path: &str) -> String {
        let w = self.w;
        let mut parts = path.split('/');
        let collection = parts.next().unwrap_or_default();
        let id: Option<FactId> = parts.next().and_then(|id| id.parse().ok());
        let field = parts.next().unwrap_or_default();
        let nth = |found: Option<usize>| found.map_or(0, |n| n as i64 + 1);
        match (collection, id) {
            ("items", Some(id)) => {
                let n = nth(self.view.items.iter().position(|i| i.id == id));
                let item = w.say(Message::new("mail-item").with("n", n));
                let label = match field {
                    "category" => w.t("record-item-category"),
                    "asset" | "asset_name" => w.t("record-item-asset"),
                    "symptom" => w.t("record-item-symptom"),
                    "action" => w.t("record-item-action"),
                    "outcome" => w.t("record-item-outcome"),
                    "removed" => w.t("record-removed"),
                    other => w.text(other),
                };
                format!("{item} · {label}")
            }
            ("expenses", Some(id)) => {
                let n = nth(self.view.live_expenses().position(|e| e.id == id));
                format!("{} · {}", w.say(Message::new("mail-path-expense").with("n", n)), w.text(field))
            }
            ("ends", Some(id)) => {
                let entry = self.view.time.iter().find(|t| t.start.id == id);
                let who = entry.map_or_else(|| id.to_string(), |t| self.person(t.start.value.user));
                w.say(Message::new("mail-path-end").with("who", who))
            }
            _ => w.text(path),
        }
    }

    /// A value of a conflict in words.
    fn value(&self, path: &str, value: &str) -> String {
        let w = self.w;
        if path.starts_with("ends/") {
            if let Ok(end) = serde_json::from_str::<TimeEnd>(value) {
                return format!("{} · {}", w.at(end.at.instant_ms()), self.person(end.by));
            }
            // As the view writes an instant; on a receipt all times are the customer's.
            if let Ok(at) = DateTime::strptime("%Y-%m-%d %H:%M:%S UTC", value)
                && let Ok(at) = at.to_zoned(TimeZone::UTC)
            {
                return w.at_second(at.timestamp().as_millisecond());
            }
        }
        let kind = match path {
            p if p.starts_with("items/") && p.ends_with("/category") => "category",
            p if p.starts_with("expenses/") && p.ends_with("/kind") => "expense_kind",
            p if p.starts_with("expenses/") && p.ends_with("/amount_minor") => {
                return value.parse().map_or_else(|_| w.text(value), |minor| money(minor, ""));
            }
            _ => return w.text(value),
        };
        // A word that a newer app knows and this one does not is shown as it is.
        let known = w.word(kind, value);
        if known == format!("{kind}-{value}") { w.text(value) } else { known }
    }
}

/// Which item a line of the coverage is about, and when the work was that it is about.
struct Part {
    item: usize,
    span: Option<(i64, i64)>,
}

/// The parts of a verdict in the order of its `lines`: one for every run of stretches of an item with the same answer.
/// None where the lines are not so many: then no line can be given to an item, and all stand apart.
fn parts(verdict: &Verdict, lines: usize) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for (item, judged) in verdict.items.iter().enumerate() {
        for run in judged.stretches.chunk_by(|a, b| (a.coverage, &a.reason) == (b.coverage, &b.reason)) {
            let span = run.first().zip(run.last()).map(|(first, last)| (first.from_ms, last.until_ms));
            parts.push(Part { item, span: span.filter(|(from, until)| from < until) });
        }
    }
    if parts.len() == lines {
        return parts;
    }
    if verdict.items.len() == lines {
        return (0..lines).map(|item| Part { item, span: None }).collect();
    }
    Vec::new()
}

/// The contracts that were looked at for an item, and why they do not serve; each once. A draft is none yet: what is being
/// offered to a customer is said to them by a person.
fn looked_at(verdict: &ItemVerdict, w: &Words) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let looked_at = verdict.stretches.iter().flat_map(|s| &s.looked_at).filter(|m| m.id != "looked-draft");
    for message in looked_at {
        let line = w.text(&w.say(message.clone()));
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    w.list(lines)
}

/// The values beside the winner.
fn others<T: PartialEq>(field: &Field<T>, show: impl Fn(&T) -> String) -> Vec<String> {
    if !field.is_conflict() {
        return Vec::new();
    }
    field.0.iter().skip(1).map(|written| show(&written.value)).collect()
}
