//! What the queue of visits can be asked for.

use crate::http::page::unseal;
use crate::store::queue::Filter;
use jiff::Timestamp;
use jiff::civil::Date;
use sync_core::ids::CustomerId;
use sync_core::reference::Reference;
use sync_core::time::days::{day_start_ms, zone};
use uuid::Uuid;

/// Visits in a page when nobody says.
const USUAL: i64 = 50;
/// Visits in a page at most.
const MOST: i64 = 200;

/// The query as it is documented. It is read by hand: `flag` may come several times.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its documentation is used")]
pub(super) struct ListQuery {
    /// Raised on the visit: one code, several with commas between them, or the parameter several times. Any of them.
    flag: Option<Vec<String>>,
    /// At this customer.
    customer: Option<Uuid>,
    /// This engineer works on it.
    engineer: Option<Uuid>,
    /// `open`, `approved`, `returned`, `billed` or `waived`.
    review: Option<String>,
    /// `covered`, `not_covered` or `needs_decision`.
    coverage: Option<String>,
    /// `differs`: a phone judged it otherwise than the server.
    advice: Option<String>,
    /// `undelivered`: a mail about it was given up or came back.
    mail: Option<String>,
    /// `open`: the hospital disputes it, and nobody answered yet.
    dispute: Option<String>,
    /// Began at or after: an instant (RFC 3339, or milliseconds since 1970 UTC) or a date.
    from: Option<String>,
    /// Began before this instant, or on or before this date.
    to: Option<String>,
    /// Where the dates are: an IANA time zone. The customer's when one is asked for, `UTC` otherwise.
    time_zone: Option<String>,
    /// A part of the customer's name.
    q: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many, 1 to 200.
    limit: Option<i64>,
}

/// The query, understood.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) filter: Filter,
    pub(super) limit: i64,
}

/// Reads the query. A parameter that is not known is refused: a filter with a slip in its name would show everything.
pub(super) fn question(pairs: Vec<(String, String)>, known: &Reference) -> Result<Question, String> {
    let (mut filter, mut limit) = (Filter::default(), USUAL);
    let (mut from, mut to, mut time_zone) = (None, None, None);
    for (name, value) in pairs {
        // A form sends what was not filled in as an empty text.
        if value.is_empty() {
            continue;
        }
        match name.as_str() {
            "flag" => filter.flags.extend(value.split(',').map(|f| f.trim().to_owned()).filter(|f| !f.is_empty())),
            "customer" => filter.customer = Some(id(&name, &value)?),
            "engineer" => filter.engineer = Some(id(&name, &value)?),
            "review" => filter.review = Some(value),
            "coverage" => filter.coverage = Some(value),
            "advice" if value == "differs" => filter.disputed = true,
            "advice" => return Err("advice: only \"differs\" can be asked for".to_owned()),
            "mail" if value == "undelivered" => filter.undelivered = true,
            "mail" => return Err("mail: only \"undelivered\" can be asked for".to_owned()),
            "dispute" if value == "open" => filter.dispute_open = true,
            "dispute" => return Err("dispute: only \"open\" can be asked for".to_owned()),
            "from" => from = Some(value),
            "to" => to = Some(value),
            "time_zone" => time_zone = Some(value),
            "q" => filter.name = Some(value.to_ascii_lowercase()),
            "after" => filter.after = Some(unseal(&value).ok_or("after: this is no cursor of this list")?),
            "limit" => limit = value.parse().map_err(|_| "limit: a number is needed".to_owned())?,
            _ => return Err(format!("{name}: there is no such parameter")),
        }
    }
    let listed = filter.customer.and_then(|id| known.customers.get(&CustomerId(id)));
    let time_zone = time_zone.or_else(|| listed.map(|c| c.time_zone.clone())).unwrap_or_else(|| "UTC".to_owned());
    filter.from_ms = from.map(|text| moment("from", &text, &time_zone, false)).transpose()?;
    filter.to_ms = to.map(|text| moment("to", &text, &time_zone, true)).transpose()?;
    // PostgreSQL's JSON has no U+0000, and no name or code does.
    let texts = filter.flags.iter().chain(&filter.review).chain(&filter.coverage).chain(&filter.name);
    if texts.into_iter().any(|text| text.contains('\0')) {
        return Err("a text holds U+0000".to_owned());
    }
    Ok(Question { filter, limit: limit.clamp(1, MOST) })
}

fn id(name: &str, value: &str) -> Result<Uuid, String> {
    value.parse().map_err(|_| format!("{name}: a UUID is needed"))
}

/// An instant, or a date: its beginning, or its end.
fn moment(name: &str, text: &str, time_zone: &str, end: bool) -> Result<i64, String> {
    if let Ok(ms) = text.parse::<i64>() {
        return Ok(ms);
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant.as_millisecond());
    }
    let day: Date = text.parse().map_err(|_| format!("{name}: an instant or a date such as 2026-11-23 is needed"))?;
    let day = if end { day.tomorrow().map_err(|e| format!("{name}: {e}"))? } else { day };
    let zone = zone(time_zone).map_err(|e| format!("time_zone: {e}"))?;
    day_start_ms(day, &zone).map_err(|e| format!("{name}: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(pairs: &[(&str, &str)]) -> Result<Question, String> {
        question(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(), &Reference::default())
    }

    #[test]
    fn flags_come_in_a_list_or_one_by_one() {
        let q =
            ask(&[("flag", "unsigned, refused"), ("flag", "no_contract"), ("review", ""), ("limit", "999")]).unwrap();
        assert_eq!(q.filter.flags, ["unsigned", "refused", "no_contract"]);
        assert_eq!((q.filter.review, q.limit), (None, MOST));
    }

    #[test]
    fn a_date_is_its_local_day_and_an_instant_itself() {
        let zoned = [("from", "2026-11-23"), ("to", "2026-11-23"), ("time_zone", "Asia/Shanghai")];
        let q = ask(&zoned).unwrap().filter;
        // 2026-11-22T16:00Z
        assert_eq!((q.from_ms, q.to_ms), (Some(1_795_363_200_000), Some(1_795_449_600_000)));
        let q = ask(&[("from", "2026-11-22T16:00:00Z"), ("to", "1795363200001")]).unwrap().filter;
        assert_eq!((q.from_ms, q.to_ms), (Some(1_795_363_200_000), Some(1_795_363_200_001)));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let bad = [
            ("flags", "unsigned"),
            ("customer", "x"),
            ("advice", "agrees"),
            ("mail", "sent"),
            ("dispute", "closed"),
            ("from", "yesterday"),
            ("after", "?"),
            ("limit", "x"),
            ("q", "\0"),
        ];
        for pair in bad {
            assert!(ask(&[pair]).is_err(), "{pair:?}");
        }
        assert!(ask(&[("from", "2026-11-23"), ("time_zone", "Asia/Nowhere")]).is_err());
    }
}
