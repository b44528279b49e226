//! The facade's documentation as TypeScript's tools show it.

use std::collections::BTreeSet;

/// `some_name` as JavaScript writes it.
pub(super) fn camel(name: &str) -> String {
    let mut out = String::new();
    let mut upper = false;
    for c in name.chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                out.extend(c.to_uppercase());
                upper = false;
            }
            c => out.push(c),
        }
    }
    out
}

/// A doc comment, indented by `indent`; `names` are the fields, arguments and methods that have another name here.
pub(super) fn comment(text: Option<&str>, indent: &str, names: &BTreeSet<String>) -> String {
    let Some(text) = text else { return String::new() };
    let mut lines: Vec<String> = Vec::new();
    let mut throws = false;
    for line in text.trim().lines().map(str::trim) {
        match line {
            "# Errors" => throws = true,
            "" if throws => {}
            line if throws => {
                lines.push(format!("@throws {{@link PhoneError}} {}", words(line, names)));
                throws = false;
            }
            line => lines.push(words(line, names)),
        }
    }
    if let [line] = lines.as_slice() {
        return format!("{indent}/** {line} */\n");
    }
    let body: String = lines.iter().map(|l| format!("{indent} * {l}").trim_end().to_owned() + "\n").collect();
    format!("{indent}/**\n{body}{indent} */\n")
}

/// One line: links and names as they are here.
fn words(line: &str, names: &BTreeSet<String>) -> String {
    let mut out = String::new();
    for (at, part) in line.split('`').enumerate() {
        if at % 2 == 0 {
            out.push_str(part);
            continue;
        }
        let linked = out.ends_with('[');
        let text = match part.split_once("::") {
            Some((of, name)) => format!("{of}.{}", camel(name)),
            None if part == "None" => "null".to_owned(),
            None if names.contains(part) => camel(part),
            None => part.to_owned(),
        };
        if linked {
            out.pop();
            out.push_str(&format!("{{@link {text}}}"));
        } else {
            out.push_str(&format!("`{text}`"));
        }
    }
    // What is left of a link's brackets.
    out.replace("}]", "}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_names_and_errors_are_translated() {
        let names = BTreeSet::from(["max_rounds".to_owned()]);
        let text = "Kept until [`Phone::photo_confirmed`]; `max_rounds`, `bad_id`, `None`.\n\n# Errors\n`bad_id`.";
        let expected = "/**\n * Kept until {@link Phone.photoConfirmed}; `maxRounds`, `bad_id`, `null`.\n *\n * @throws {@link PhoneError} `bad_id`.\n */\n";
        assert_eq!(comment(Some(text), "", &names), expected);
        assert_eq!(comment(Some("One."), "  ", &names), "  /** One. */\n");
    }
}
