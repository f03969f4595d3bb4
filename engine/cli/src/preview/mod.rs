//! A message for somebody who is made up: what `cartwheel render` prints, and what a trace looks into.

mod customer;

pub use customer::{Customer, Message, SAMPLE};

use crate::journeys::Compiled;
use cartwheel_core::channel::{Channel, Class};
use cartwheel_core::command::Command;
use cartwheel_providers::{Links, Rendered};

/// What stands in messages that nobody gets: `https://example.com/answer/price` for the answer `price`.
pub fn links(command: &Command) -> Links {
    let url = |answer: &String| format!("https://example.com/answer/{answer}");
    let answers = command.answers.iter().map(|answer| (answer.clone(), url(answer)));
    let unsubscribe = "https://example.com/unsubscribe".to_owned();
    Links { unsubscribe, answers: answers.collect() }
}

/// As the first step sends it that does, and as marketing where none does.
pub fn message<'m>(
    compiled: Option<&'m Compiled>,
    template: &'m str,
    channel: Channel,
) -> Message<'m> {
    let journeys = compiled.into_iter().flat_map(|compiled| &compiled.plan.journeys);
    let mut sends = journeys.flat_map(|journey| journey.sends().map(move |send| (journey, send)));
    let sent = sends.find(|(_, send)| send.template == template);
    let Some((journey, send)) = sent else {
        let (step, class) = (template, Class::Marketing);
        return Message { journey: "journey", step, template, channel, class, answers: Vec::new() };
    };
    let (journey, step, class) = (journey.name.as_str(), send.step.as_str(), send.class);
    let answers = send.answers.iter().map(ToString::to_string).collect();
    Message { journey, step, template, channel, class, answers }
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
