//! A message for somebody who is made up: what `cartwheel render` prints, and what a trace looks into.

mod customer;

pub use customer::{Customer, Message, SAMPLE};

use cartwheel_core::command::Command;
use cartwheel_providers::{Links, Rendered};

/// What stands in messages that nobody gets: `https://example.com/answer/price` for the answer `price`.
pub fn links(command: &Command) -> Links {
    let url = |answer: &String| format!("https://example.com/answer/{answer}");
    let answers = command.answers.iter().map(|answer| (answer.clone(), url(answer)));
    let unsubscribe = "https://example.com/unsubscribe".to_owned();
    Links { unsubscribe, answers: answers.collect() }
}

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
