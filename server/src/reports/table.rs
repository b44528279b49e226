//! A report as a table: typed columns, rows, totals.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use sync_core::document::facts::Lang;
use sync_core::message::Message;
use uuid::Uuid;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text.
    Text,
    /// An id.
    Id,
    /// A word of the catalogue with this prefix; the stable code in JSON.
    Word(&'static str),
    /// A local date.
    Day,
    /// A number.
    Count,
    /// A duration; milliseconds in JSON, `h:mm:ss` (rounded down) in files.
    Duration,
    /// An amount; minor units in JSON, in files in the units of the row's `currency`.
    Money,
}

impl ColumnKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Id => "id",
            Self::Word(_) => "word",
            Self::Day => "day",
            Self::Count => "count",
            Self::Duration => "milliseconds",
            Self::Money => "minor_units",
        }
    }
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its stable name; its title is `report-<id>` in the catalogue.
    pub id: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
}

impl Column {
    /// A column.
    pub const fn new(id: &'static str, kind: ColumnKind) -> Self {
        Self { id, kind }
    }
    /// Its title.
    pub fn title(&self, lang: Lang) -> String {
        Message::new(format!("report-{}", self.id)).render(lang)
    }
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// Nothing, or not known.
    None,
    /// A text, a date or a word's code.
    Text(String),
    /// A number, milliseconds or minor units.
    Int(i64),
}

impl Cell {
    /// A text, if there is one.
    pub fn text(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::None, |t| Self::Text(t.into()))
    }
    /// A number, if there is one.
    pub fn int(n: Option<i64>) -> Self {
        n.map_or(Self::None, Self::Int)
    }
    /// An id, if there is one.
    pub fn id(id: Option<Uuid>) -> Self {
        Self::text(id.map(|id| id.to_string()))
    }
    fn json(&self) -> Value {
        match self {
            Self::None => Value::Null,
            Self::Text(t) => json!(t),
            Self::Int(n) => json!(n),
        }
    }
}

/// A report.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name, as in the route.
    pub name: &'static str,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// The sums of amounts, durations and counts, one row for each currency; made by [`Table::add_up`].
    pub totals: Vec<Vec<Cell>>,
}

/// The column by which totals are kept apart.
const CURRENCY: &str = "currency";

impl Table {
    /// An empty one.
    pub fn new(name: &'static str, columns: Vec<Column>) -> Self {
        Self { name, columns, rows: Vec::new(), totals: Vec::new() }
    }

    /// Makes the totals: of every column that `sums` names, by currency.
    #[must_use]
    pub fn add_up(mut self, sums: &[&str]) -> Self {
        let place = self.place(CURRENCY);
        let mut totals: BTreeMap<Cell, Vec<Cell>> = BTreeMap::new();
        for row in &self.rows {
            let currency = place.and_then(|n| row.get(n)).cloned().unwrap_or(Cell::None);
            let total = totals.entry(currency.clone()).or_insert_with(|| vec![Cell::None; self.columns.len()]);
            for ((sum, cell), column) in total.iter_mut().zip(row).zip(&self.columns) {
                match (&sum, cell) {
                    _ if column.id == CURRENCY => *sum = currency.clone(),
                    (Cell::Int(a), Cell::Int(b)) if sums.contains(&column.id) => *sum = Cell::Int(a.saturating_add(*b)),
                    (Cell::None, Cell::Int(b)) if sums.contains(&column.id) => *sum = Cell::Int(*b),
                    _ => {}
                }
            }
        }
        self.totals = totals.into_values().collect();
        self
    }

    /// Where a column stands.
    pub fn place(&self, id: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.id == id)
    }

    /// What stands in a row.
    pub fn cell<'a>(&self, row: &'a [Cell], id: &str) -> &'a Cell {
        self.place(id).and_then(|n| row.get(n)).unwrap_or(&Cell::None)
    }

    /// The row as text for a file.
    pub(super) fn words(&self, row: &[Cell], lang: Lang) -> Vec<String> {
        let currency = match self.cell(row, CURRENCY) {
            Cell::Text(c) => c.as_str(),
            Cell::None | Cell::Int(_) => "",
        };
        let text = |(column, cell): (&Column, &Cell)| match (column.kind, cell) {
            (_, Cell::None) => String::new(),
            (ColumnKind::Word(prefix), Cell::Text(code)) => Message::new(format!("{prefix}-{code}")).render(lang),
            (_, Cell::Text(text)) => text.clone(),
            (ColumnKind::Money, Cell::Int(minor)) => decimal(*minor, currency),
            (ColumnKind::Duration, Cell::Int(ms)) => {
                let s = ms / 1000;
                format!("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
            }
            (_, Cell::Int(n)) => n.to_string(),
        };
        self.columns.iter().zip(row).map(text).collect()
    }

    /// As JSON.
    pub fn json(&self, lang: Lang) -> Value {
        let object = |row: &Vec<Cell>| -> Value {
            let pairs = self.columns.iter().zip(row).map(|(c, cell)| (c.id.to_owned(), cell.json()));
            Value::Object(pairs.collect::<Map<_, _>>())
        };
        let columns = self.columns.iter().map(|c| json!({"id": c.id, "title": c.title(lang), "kind": c.kind.as_str()}));
        json!({
            "report": self.name,
            "columns": columns.collect::<Vec<_>>(),
            "rows": self.rows.iter().map(object).collect::<Vec<_>>(),
            "totals": self.totals.iter().map(object).collect::<Vec<_>>(),
        })
    }
}

/// How many digits a currency's minor unit has (ISO 4217; two where it is not said otherwise).
pub(super) fn digits(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV"
        | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// Minor units in the currency's own: `-1234.50`.
pub(super) fn decimal(minor: i64, currency: &str) -> String {
    let digits = digits(currency);
    let unit = 10_u64.pow(digits);
    let (sign, amount) = (if minor < 0 { "-" } else { "" }, minor.unsigned_abs());
    if digits == 0 {
        return format!("{sign}{amount}");
    }
    format!("{sign}{}.{:0width$}", amount / unit, amount % unit, width = digits as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_digits_of_their_currency() {
        assert_eq!(decimal(123_450, "CNY"), "1234.50");
        assert_eq!(decimal(-5, "EUR"), "-0.05");
        assert_eq!(decimal(1234, "JPY"), "1234");
        assert_eq!(decimal(i64::MIN, "KWD"), "-9223372036854775.808");
    }

    #[test]
    fn totals_are_per_currency_and_nothing_else_is_added() {
        let columns = vec![
            Column::new("customer_name", ColumnKind::Text),
            Column::new("currency", ColumnKind::Text),
            Column::new("cost", ColumnKind::Money),
            Column::new("visits", ColumnKind::Count),
        ];
        let mut table = Table::new("x", columns);
        let row = |name: &str, currency: Option<&str>, cost: Option<i64>| {
            vec![Cell::text(Some(name)), Cell::text(currency), Cell::int(cost), Cell::Int(1)]
        };
        table.rows =
            vec![row("a", Some("CNY"), Some(1)), row("b", Some("CNY"), Some(2)), row("c", Some("EUR"), Some(4))];
        table.rows.push(row("d", None, None));
        let table = table.add_up(&["cost"]);
        let total = |currency: Option<&str>, cost| vec![Cell::None, Cell::text(currency), cost, Cell::None];
        assert_eq!(
            table.totals,
            [total(None, Cell::None), total(Some("CNY"), Cell::Int(3)), total(Some("EUR"), Cell::Int(4))]
        );
    }
}
