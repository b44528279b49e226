//! Which clause would have covered it.

use crate::document::facts::Category;
use crate::reference::{Clause, Effect, Reference};
use jiff::civil::Date;

/// A clause that grants a category, and where it is sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The package's code; `None` for an extra item (专项), which is sold beside any package.
    pub package: Option<String>,
    /// The package's name, in Chinese and in English.
    pub package_name: (String, String),
    /// The clause's number.
    pub clause: String,
    /// Its wording, in Chinese and in English.
    pub text: (String, String),
}

/// The clause that would have covered a category, among all that the reference data knows: an extra item first (it can
/// be added to what the customer has), then a package that is sold on `today`; the smallest code of each.
pub fn offer(reference: &Reference, category: Category, today: Date) -> Option<Offer> {
    let grants = |c: &&Clause| c.effect == Effect::Grant && c.category == Some(category);
    let extras = reference.contracts.values().flat_map(|of| of.values()).flat_map(|c| &c.extras).filter(grants);
    let extra = extras.min_by(|a, b| (&a.code, &a.text).cmp(&(&b.code, &b.text)));
    let made = |package: Option<&crate::reference::Package>, clause: &Clause| Offer {
        package: package.map(|p| p.code.clone()),
        package_name: package.map_or_else(Default::default, |p| (p.name.clone(), p.name_en.clone())),
        clause: clause.code.clone(),
        text: (clause.text.clone(), clause.text_en.clone()),
    };
    if let Some(clause) = extra {
        return Some(made(None, clause));
    }
    let sold = reference
        .packages
        .values()
        .filter(|p| p.sold_from.is_none_or(|first| first <= today) && p.sold_until.is_none_or(|last| today <= last));
    let clauses = sold.flat_map(|p| p.clauses.iter().filter(grants).map(move |c| (p, c)));
    let (package, clause) = clauses.min_by(|(p, a), (q, b)| (&p.code, &a.code).cmp(&(&q.code, &b.code)))?;
    Some(made(Some(package), clause))
}
