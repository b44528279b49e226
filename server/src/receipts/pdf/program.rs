//! Which program set the pages: its version, and a digest of all in it that decides what stands on them. Two builds of one
//! version may differ, and nobody may be told that a page was forged because somebody changed a word of the catalogue.

use std::sync::LazyLock;
use sync_core::canonical::sha256_hex;

macro_rules! texts {
    ($($path:literal),* $(,)?) => { [$(include_str!($path)),*] };
}

/// What lays out and words the pages; the last line stands for the typesetter and for every time zone.
static SOURCES: [&str; 27] = texts![
    "data.rs",
    "mod.rs",
    "shapes.rs",
    "../sheet/mod.rs",
    "../sheet/record.rs",
    "../sheet/signing.rs",
    "../words.rs",
    "../../../../sync-core/locales/en/coverage.ftl",
    "../../../../sync-core/locales/en/hospital.ftl",
    "../../../../sync-core/locales/en/judging.ftl",
    "../../../../sync-core/locales/en/mail.ftl",
    "../../../../sync-core/locales/en/money.ftl",
    "../../../../sync-core/locales/en/phone.ftl",
    "../../../../sync-core/locales/en/record.ftl",
    "../../../../sync-core/locales/en/signoff.ftl",
    "../../../../sync-core/locales/en/words.ftl",
    "../../../../sync-core/locales/zh-CN/coverage.ftl",
    "../../../../sync-core/locales/zh-CN/hospital.ftl",
    "../../../../sync-core/locales/zh-CN/judging.ftl",
    "../../../../sync-core/locales/zh-CN/mail.ftl",
    "../../../../sync-core/locales/zh-CN/money.ftl",
    "../../../../sync-core/locales/zh-CN/phone.ftl",
    "../../../../sync-core/locales/zh-CN/record.ftl",
    "../../../../sync-core/locales/zh-CN/signoff.ftl",
    "../../../../sync-core/locales/zh-CN/words.ftl",
    "../../../../sync-core/src/time/spans.rs",
    "../../../../Cargo.lock",
];

static PROGRAM: LazyLock<String> = LazyLock::new(|| {
    let digest = sha256_hex(SOURCES.join("\n").as_bytes());
    format!("{}+{}", env!("CARGO_PKG_VERSION"), digest.get(..16).unwrap_or_default())
});

/// Such as `0.1.0+89abcdef01234567`.
pub(super) fn program() -> &'static str {
    &PROGRAM
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_catalogue_is_forgotten() {
        let locales = concat!(env!("CARGO_MANIFEST_DIR"), "/../sync-core/locales");
        for lang in ["en", "zh-CN"] {
            for file in std::fs::read_dir(format!("{locales}/{lang}")).unwrap() {
                let path = file.unwrap().path();
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(SOURCES.contains(&text.as_str()), "{}", path.display());
            }
        }
        assert!(program().starts_with(concat!(env!("CARGO_PKG_VERSION"), "+")));
    }
}
