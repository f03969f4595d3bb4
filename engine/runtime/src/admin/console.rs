//! The console's files, built into the binary from `dashboards/console/`. They hold no data; what they show comes from the JSON API.
//! (A debug build reads them from the source tree, so that a reload shows a change.)

use cartwheel_core::decision::{Reason, Verdict};
use rust_embed::RustEmbed;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "../../dashboards/console"]
struct Files;

/// A file of the console.
pub(super) struct File {
    pub content: Cow<'static, [u8]>,
    pub mime: &'static str,
    /// Quoted, for `ETag`.
    pub etag: String,
}

/// The file at this path without the leading slash; the empty path is `index.html`.
pub(super) fn file(path: &str) -> Option<File> {
    let path = if path.is_empty() { "index.html" } else { path };
    let mime = match path.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        _ => return None,
    };
    let file = Files::get(path)?;
    let etag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    Some(File { content: file.data, mime, etag })
}

/// `words.json`: what the console says for each decision and reason.
#[derive(Default, Deserialize)]
struct Words {
    decisions: BTreeMap<String, String>,
    reasons: BTreeMap<String, String>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let file = Files::get("words.json");
    file.and_then(|file| serde_json::from_slice(&file.data).ok()).unwrap_or_default()
});

/// A decision in plain words, as the console shows it: `Message sent`.
pub fn decision_in_words(decision: Verdict) -> &'static str {
    WORDS.decisions.get(decision.name()).map_or(decision.name(), String::as_str)
}

/// A reason in plain words, as the console shows it: `They had as many messages as the limit allows`.
pub fn reason_in_words(reason: Reason) -> &'static str {
    WORDS.reasons.get(reason.name()).map_or(reason.name(), String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decision_and_reason_has_words_and_no_other_has() {
        let words: Words = serde_json::from_slice(&Files::get("words.json").unwrap().data).unwrap();
        let names: BTreeMap<_, _> =
            Verdict::ALL.iter().map(|verdict| (verdict.name().to_owned(), ())).collect();
        assert!(words.decisions.keys().eq(names.keys()), "{:?}", words.decisions.keys());
        let names: BTreeMap<_, _> =
            Reason::ALL.iter().map(|reason| (reason.name().to_owned(), ())).collect();
        assert!(words.reasons.keys().eq(names.keys()), "{:?}", words.reasons.keys());
        for text in words.decisions.values().chain(words.reasons.values()) {
            assert!(text.len() > 3 && !text.contains('_'), "{text}");
        }
        assert_eq!(reason_in_words(Reason::Cap), words.reasons["cap"]);
    }

    #[test]
    fn every_file_of_the_console_has_a_type() {
        for path in Files::iter() {
            assert!(file(&path).is_some(), "{path} would be answered by 404");
        }
    }

    #[test]
    fn only_the_consoles_own_files_are_found() {
        assert_eq!(file("").unwrap().mime, "text/html; charset=utf-8");
        for path in [
            "../grafana/cartwheel.json",
            "js/../../grafana/cartwheel.json",
            "/etc/passwd.json",
            "nothing.js",
            "README",
        ] {
            assert!(file(path).is_none(), "{path}");
        }
    }
}
