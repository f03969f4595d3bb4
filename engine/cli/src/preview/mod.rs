//! A message for somebody who is made up: what `cartwheel render` prints, and what a trace looks into.

mod customer;

pub use customer::{Customer, Message, SAMPLE};

use cartwheel_providers::Rendered;

/// Stands in messages that nobody gets.
pub const UNSUBSCRIBE_URL: &str = "https://example.com/unsubscribe";

/// The HTML of an e-mail.
pub const HTML: &str = "html";

/// What a message consists of, by the names that `--part` knows.
pub fn parts(rendered: Rendered) -> Vec<(&'static str, String)> {
    match rendered {
        Rendered::Email(email) => {
            vec![("subject", email.subject), ("text", email.text), (HTML, email.html)]
        }
        Rendered::Sms { text, .. } | Rendered::Push { text, .. } => vec![("text", text)],
        Rendered::Webhook { body } => {
            vec![("body", String::from_utf8_lossy(&body).into_owned())]
        }
    }
}
