//! Service hours as text: `5x8`, `7x24`, or `workdays 08:30-12:00,13:30-17:30; rest_days 09:00-12:00; holidays -`.

use super::half_width;
use sync_core::document::facts::Lang;
use sync_core::message::Message;
use sync_core::reference::{ServiceHours, Window};

/// The kinds of day: their names here, in the record, and the words of the catalogue.
const DAYS: [(&str, &str); 3] = [("workdays", "workday"), ("rest_days", "rest_day"), ("holidays", "holiday")];

/// Reads service hours. A kind of day that is not named has none.
///
/// # Errors
/// In words.
pub fn hours_from_text(text: &str) -> Result<ServiceHours, String> {
    let text = half_width(text.trim()).to_ascii_lowercase();
    match text.replace(' ', "").as_str() {
        "5x8" => return Ok(ServiceHours::office()),
        "7x24" | "24x7" => return Ok(ServiceHours::always()),
        _ => {}
    }
    let mut hours = ServiceHours::default();
    let mut seen = Vec::new();
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, windows) = part.split_once([' ', ':']).unwrap_or((part, ""));
        let day = DAYS.iter().find(|(plural, singular)| {
            let word = |lang| Message::new(format!("day_kind-{singular}")).render(lang);
            name == *plural || name == *singular || name == word(Lang::ZhCn) || name == word(Lang::En)
        });
        let (day, _) = day.ok_or_else(|| {
            format!("5x8, 7x24, or parts such as “workdays 08:30-12:00,13:30-17:30; rest_days -”, not: {part}")
        })?;
        if seen.contains(day) {
            return Err(format!("{day} stands there twice"));
        }
        seen.push(day);
        let windows = match windows.trim() {
            "-" => Vec::new(),
            "" => return Err(format!("{day}: which hours? none is written as -")),
            some => some.split(',').map(|w| w.trim().parse::<Window>()).collect::<Result<_, _>>()?,
        };
        match *day {
            "workdays" => hours.workdays = windows,
            "rest_days" => hours.rest_days = windows,
            _ => hours.holidays = windows,
        }
    }
    if seen.is_empty() { Err("no hours".into()) } else { Ok(hours) }
}

/// The text that [`hours_from_text`] reads as the same hours.
pub fn hours_to_text(hours: &ServiceHours) -> String {
    if *hours == ServiceHours::office() {
        return "5x8".into();
    }
    if *hours == ServiceHours::always() {
        return "7x24".into();
    }
    let part = |(name, windows): (&str, &Vec<Window>)| {
        let windows: Vec<String> = windows.iter().map(ToString::to_string).collect();
        format!("{name} {}", if windows.is_empty() { "-".to_owned() } else { windows.join(",") })
    };
    let parts = [("workdays", &hours.workdays), ("rest_days", &hours.rest_days), ("holidays", &hours.holidays)];
    parts.map(part).join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_as_people_write_them() {
        assert_eq!(hours_from_text("5x8"), Ok(ServiceHours::office()));
        assert_eq!(hours_from_text("５×８"), Ok(ServiceHours::office()));
        assert_eq!(hours_from_text("7×24"), Ok(ServiceHours::always()));
        let text = "workdays 08:30-12:00,13:30-17:30; rest_days 09:00-12:00; holidays -";
        let hours = hours_from_text(text).unwrap();
        assert_eq!((hours.workdays.len(), hours.rest_days.len(), hours.holidays.len()), (2, 1, 0));
        assert_eq!(hours_to_text(&hours), text);
        assert_eq!(hours_from_text("工作日 ０８：３０－１２：００，13:30-17:30；休息日 09:00-12:00").unwrap(), hours);
        for hours in [ServiceHours::default(), ServiceHours::always(), ServiceHours::office()] {
            assert_eq!(hours_from_text(&hours_to_text(&hours)).unwrap(), hours);
        }
        for text in ["", "sometimes", "workdays", "workdays 9-17", "workdays 09:00-17:00; workdays -", "8x5"] {
            assert!(hours_from_text(text).is_err(), "{text}");
        }
    }
}
