//! What a report is asked for. One form for all; each report takes its own part of it, and refuses the rest.

use super::ReportError;
use crate::store::cost::{Dimension, LineFilter};
use jiff::civil::Date;
use sync_core::coverage::{Cause, Coverage};
use sync_core::document::facts::{Category, Lang, RequesterRole};
use uuid::Uuid;

/// What managers may have decided about a visit.
const REVIEWS: [&str; 5] = ["open", "approved", "returned", "billed", "waived"];

/// How a report is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    #[default]
    Json,
    /// CSV.
    Csv,
    /// A workbook.
    Xlsx,
}

/// A question, understood.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// First local day, inclusive.
    pub from: Option<Date>,
    /// Last local day, inclusive.
    pub to: Option<Date>,
    /// How it is sent.
    pub format: Format,
    /// In which language; the reader's where it is not said.
    pub lang: Option<Lang>,
    /// At this customer.
    pub customer: Option<Uuid>,
    /// Of this engineer.
    pub engineer: Option<Uuid>,
    /// Of this service category.
    pub category: Option<String>,
    /// With this answer of the verdict.
    pub coverage: Option<String>,
    /// For this cause.
    pub cause: Option<String>,
    /// On the demand of this role.
    pub requester_role: Option<String>,
    /// Of visits with this decision.
    pub review: Option<String>,
    /// By what lines are grouped.
    pub group_by: Vec<Dimension>,
    /// A target in thousandths.
    pub target_permille: Option<u32>,
    /// What if direct labour cost this.
    pub labour_minor: Option<i64>,
    /// What if the margin were this.
    pub margin_minor: Option<i64>,
    /// With so many people.
    pub headcount: Option<u32>,
    /// In this currency.
    pub currency: Option<String>,
    /// In at least so many visits.
    pub least: Option<u32>,
    /// A package, by id or code.
    pub package: Option<String>,
    /// Extra items, by their clauses' codes.
    pub extras: Vec<String>,
    /// The contract whose extra items are taken, by id or code.
    pub contract: Option<String>,
}

/// Every parameter with what it means, for the description of the API.
pub const PARAMETERS: &[(&str, &str)] = &[
    ("from", "First local day at the customer's, inclusive."),
    ("to", "Last local day, inclusive."),
    ("format", "`json` (the default), `csv` or `xlsx`."),
    ("lang", "`zh-CN` or `en`; the reader's language where it is not said."),
    ("customer", "Only this customer (an id)."),
    ("engineer", "Only this engineer (an id)."),
    ("category", "Only this service category."),
    ("coverage", "Only what is `covered`, `not_covered` or `needs_decision`."),
    ("cause", "Only this cause, such as `out_of_scope`."),
    ("requester_role", "Only what somebody in this role demanded."),
    ("review", "Only visits with this decision: `open`, `approved`, `returned`, `billed` or `waived`."),
    (
        "group_by",
        "With commas between: `customer`, `requester`, `engineer`, `category`, `cause`, `kind`, `contract`, `day`, \
         `class`, `coverage`, `review`, `visit`.",
    ),
    ("target_permille", "The target in thousandths of direct labour; the company's where it is not said."),
    ("labour_minor", "What if direct labour cost this (minor units)."),
    ("margin_minor", "What if the margin were this (minor units)."),
    ("headcount", "With so many people."),
    ("currency", "Only this currency (ISO 4217)."),
    ("least", "Only problems in at least so many visits; the company's rule where it is not said."),
    ("package", "The package to try, by id or code."),
    ("extras", "Extra items to try, by their clauses' codes with commas between."),
    ("contract", "Take the extra items of this contract, by id or code."),
];

/// The longest time that a report looks at.
const MOST_DAYS: i32 = 3_660;
/// The longest text of a parameter, in bytes.
const MOST_TEXT: usize = 400;

impl Ask {
    /// Reads the query. What is not among `allowed` is refused: a filter with a slip in its name would show everything.
    ///
    /// # Errors
    /// [`ReportError::Query`].
    pub fn read(pairs: Vec<(String, String)>, allowed: &[&str]) -> Result<Self, ReportError> {
        Self::understood(pairs, allowed).map_err(ReportError::Query)
    }

    fn understood(pairs: Vec<(String, String)>, allowed: &[&str]) -> Result<Self, String> {
        let mut ask = Self::default();
        for (name, value) in pairs {
            // A form sends what was not filled in as an empty text.
            if value.is_empty() {
                continue;
            }
            if !allowed.contains(&name.as_str()) {
                return Err(format!("{name}: this report has no such parameter"));
            }
            if value.len() > MOST_TEXT || value.contains('\0') {
                return Err(format!("{name}: at most {MOST_TEXT} bytes, without U+0000"));
            }
            let listed =
                |value: &str| value.split(',').map(|v| v.trim().to_owned()).filter(|v| !v.is_empty()).collect();
            match name.as_str() {
                "from" => ask.from = Some(parsed(&name, &value)?),
                "to" => ask.to = Some(parsed(&name, &value)?),
                "format" => {
                    ask.format = match value.as_str() {
                        "json" => Format::Json,
                        "csv" => Format::Csv,
                        "xlsx" => Format::Xlsx,
                        _ => return Err("format: json, csv or xlsx".to_owned()),
                    }
                }
                "lang" => ask.lang = Some(parsed(&name, &value)?),
                "customer" => ask.customer = Some(parsed(&name, &value)?),
                "engineer" => ask.engineer = Some(parsed(&name, &value)?),
                "category" => ask.category = Some(word(&name, value, |v| Category::parse(v).is_some())?),
                "coverage" => ask.coverage = Some(word(&name, value, |v| Coverage::parse(v).is_some())?),
                "cause" => ask.cause = Some(word(&name, value, |v| Cause::parse(v).is_some())?),
                "requester_role" => {
                    ask.requester_role = Some(word(&name, value, |v| RequesterRole::parse(v).is_some())?);
                }
                "review" => ask.review = Some(word(&name, value, |v| REVIEWS.contains(&v))?),
                "group_by" => {
                    let names: Vec<String> = listed(&value);
                    ask.group_by = names.iter().map(|n| dimension(n)).collect::<Result<_, _>>()?;
                }
                "target_permille" => ask.target_permille = Some(parsed(&name, &value)?),
                "labour_minor" => ask.labour_minor = Some(parsed(&name, &value)?),
                "margin_minor" => ask.margin_minor = Some(parsed(&name, &value)?),
                "headcount" => ask.headcount = Some(parsed(&name, &value)?),
                "currency" => ask.currency = Some(word(&name, value, is_currency)?),
                "least" => ask.least = Some(parsed(&name, &value)?),
                "package" => ask.package = Some(value),
                "extras" => ask.extras = listed(&value),
                "contract" => ask.contract = Some(value),
                _ => return Err(format!("{name}: there is no such parameter")),
            }
        }
        Ok(ask)
    }

    /// The days that are asked for.
    ///
    /// # Errors
    /// [`ReportError::Query`] when one is missing, they are the wrong way round, or too many.
    pub fn days(&self) -> Result<(Date, Date), ReportError> {
        let wrong = |text: &str| ReportError::Query(text.to_owned());
        let (Some(from), Some(to)) = (self.from, self.to) else { return Err(wrong("from and to are needed")) };
        let days = from.until(to).map_or(i32::MAX, |span| span.get_days());
        if days < 0 {
            return Err(wrong("to lies before from"));
        }
        if days > MOST_DAYS || from.year() < 1 {
            return Err(wrong("at most ten years"));
        }
        Ok((from, to))
    }

    /// The lines that are asked for.
    ///
    /// # Errors
    /// As [`Ask::days`].
    pub fn filter(&self, scope: Option<Vec<Uuid>>) -> Result<LineFilter, ReportError> {
        let (from, to) = self.days()?;
        Ok(LineFilter {
            scope,
            from: from.to_string(),
            to: to.to_string(),
            coverage: self.coverage.clone(),
            customer: self.customer,
            engineer: self.engineer,
            category: self.category.clone(),
            cause: self.cause.clone(),
            requester_role: self.requester_role.clone(),
            review: self.review.clone(),
        })
    }
}

fn parsed<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{name}: this is not understood: {value}"))
}

/// A word that is one of those there are: another one would find nothing, and that would look like an answer.
fn word(name: &str, value: String, is_known: impl Fn(&str) -> bool) -> Result<String, String> {
    if is_known(&value) { Ok(value) } else { Err(format!("{name}: there is no such one: {value}")) }
}

fn is_currency(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase())
}

fn dimension(name: &str) -> Result<Dimension, String> {
    Ok(match name {
        "customer" => Dimension::Customer,
        "requester" => Dimension::Requester,
        "engineer" => Dimension::Engineer,
        "category" => Dimension::Category,
        "cause" => Dimension::Cause,
        "kind" => Dimension::Kind,
        "contract" => Dimension::Contract,
        "day" => Dimension::Day,
        "class" => Dimension::Class,
        "coverage" => Dimension::Coverage,
        "review" => Dimension::Review,
        "visit" => Dimension::Visit,
        _ => return Err(format!("group_by: {name} is not known")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(pairs: &[(&str, &str)]) -> Result<Ask, ReportError> {
        let allowed: Vec<&str> = PARAMETERS.iter().map(|(name, _)| *name).collect();
        Ask::read(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(), &allowed)
    }

    #[test]
    fn every_parameter_that_is_documented_is_read() {
        for (name, _) in PARAMETERS {
            let refused = ask(&[(name, "☂")]).err().map(|e| e.to_string());
            assert!(!refused.is_some_and(|e| e.contains("no such parameter")), "{name}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for pair in [
            ("from", "yesterday"),
            ("group_by", "hair"),
            ("format", "pdf"),
            ("customer", "1"),
            ("x", "1"),
            ("category", "networks"),
            ("coverage", "no"),
            ("cause", "hunger"),
            ("requester_role", "king"),
            ("review", "done"),
            ("currency", "cny"),
        ] {
            assert!(ask(&[pair]).is_err(), "{pair:?}");
        }
        for pair in [("category", "network"), ("cause", "out_of_scope"), ("review", "open"), ("currency", "CNY")] {
            assert!(ask(&[pair]).is_ok(), "{pair:?}");
        }
        for (from, to) in [("2026-02-01", "2026-01-01"), ("1900-01-01", "2026-01-01")] {
            assert!(ask(&[("from", from), ("to", to)]).unwrap().days().is_err(), "{from}");
        }
        assert!(ask(&[("from", "2026-01-01")]).unwrap().days().is_err());
        assert!(ask(&[("category", &"x".repeat(401))]).is_err() && ask(&[("cause", "\0")]).is_err());
    }
}
