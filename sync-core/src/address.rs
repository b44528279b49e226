//! Mail addresses and telephone numbers of people: what may stand as one, and how much of it is told to others.
//!
//! Everywhere the same: a contact that is imported, a signer on a phone, what the gate lets in, and what is sent to.

/// The longest mail address in bytes (RFC 5321, 4.5.3.1.3, without the angle brackets).
pub const LONGEST_MAIL: usize = 254;
/// The longest telephone number in bytes, with what groups its digits.
pub const LONGEST_PHONE: usize = 32;

/// Whether this is the form of a mail address (RFC 5322, 3.4.1, and RFC 6532 for other letters than Latin ones). Blanks and
/// control characters are in none: quoted ones would be allowed, and no hospital has them.
pub fn is_mail(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    text.len() <= LONGEST_MAIL
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && email_address::EmailAddress::is_valid_local_part(local)
        && email_address::EmailAddress::is_valid_domain(domain)
}

/// Whether this is a telephone number as people write it: 5 to 20 ASCII digits, grouped by blanks, hyphens and parentheses, with
/// a plus before them where it is international.
pub fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let groups = |c: char| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')');
    text.len() <= LONGEST_PHONE && (5..=20).contains(&digits) && text.chars().all(groups)
}

/// What is told of a mail address: the first letters of name and domain, and the domain's ending.
pub fn masked_mail(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    let ending = domain.rsplit_once('.').map(|(_, ending)| format!(".{ending}")).unwrap_or_default();
    format!("{}***@{}***{ending}", first(local), first(domain))
}

/// What is told of a telephone number: its last four digits.
pub fn masked_phone(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().filter(char::is_ascii_digit).collect();
    let last: String = digits.iter().skip(digits.len().saturating_sub(4)).collect();
    format!("***{last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_mail_server_can_take_is_an_address_and_nothing_with_a_line_in_it() {
        for good in
            ["zhou.lin@hospital.example", "周@医院.cn", "a+b@mail.hospital.example", "it@localhost", "a@[10.0.0.1]"]
        {
            assert!(is_mail(good), "{good}");
        }
        let long = format!("a@{}.example", "b.".repeat(130).trim_end_matches('.'));
        assert!(long.len() > LONGEST_MAIL);
        let bad = [
            "",
            "@",
            "a@",
            "@b.cn",
            "a b@c.cn",
            "\"a b\"@c.cn",
            "a@b.cn\r\nBcc: x@y.cn",
            "a@b.cn\n",
            "a@b\0.cn",
            "a@b..cn",
        ];
        for bad in bad.into_iter().chain(["<a@b.cn>", "A <a@b.cn>", "a@b.cn, c@d.cn", "a@b.cn\u{85}", long.as_str()]) {
            assert!(!is_mail(bad), "{bad:?}");
        }
    }

    #[test]
    fn numbers_are_digits_and_what_groups_them() {
        for good in ["13800005678", "+86 138-0000-5678", "(010) 6512-3456", "12345"] {
            assert!(is_phone(good), "{good}");
        }
        let blanks = format!("1234{}5", " ".repeat(LONGEST_PHONE));
        for bad in
            ["", "1234", "12345; rm", "１２３４５", "12345\n", "123456789012345678901", "0x12345", blanks.as_str()]
        {
            assert!(!is_phone(bad), "{bad:?}");
        }
    }

    #[test]
    fn little_is_told_of_an_address() {
        assert_eq!(masked_mail("zhou.lin@mail.hospital.example"), "z***@m***.example");
        assert_eq!(masked_mail("周@医院.cn"), "周***@医***.cn");
        assert_eq!(masked_mail("it@localhost"), "i***@l***");
        assert_eq!(masked_phone("+86 138-0000-5678"), "***5678");
    }
}
