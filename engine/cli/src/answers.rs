//! The answers that messages offer against the links that their templates have: a link that leads nowhere is refused, an answer that nobody can give is told of.

use cartwheel_core::channel::Channel;
use cartwheel_core::journey::load::Sent;
use cartwheel_providers::template::{ANSWERS, Part, Templates};
use cartwheel_sim::trace::suggest;

/// The parts of a message by this channel in which somebody may answer.
fn parts(channel: Channel) -> &'static [Part] {
    match channel {
        Channel::Email => &[Part::Html, Part::Text],
        Channel::Sms => &[Part::Sms],
        Channel::Push => &[Part::Push],
        Channel::Webhook => &[Part::Webhook],
        Channel::Whatsapp => &[],
    }
}

/// The first link of the template's parts for the channel to an answer that the step does not offer: what is wrong, and its remedy.
pub fn dead_link(templates: &Templates, sent: &Sent, channel: Channel) -> Option<(String, String)> {
    let name = sent.template.as_str();
    let is_offered = |read: &&str| sent.answers.iter().any(|answer| answer == read);
    for part in parts(channel).iter().chain(&[Part::Subject]) {
        let read = templates.read_of(name, *part, ANSWERS).unwrap_or_default();
        let Some(read) = read.into_iter().find(|read| !is_offered(read)) else { continue };
        let message = format!(
            "`{name}` links the answer `{read}` in its {}, and the step does not offer it",
            part.file()
        );
        let help = match sent.answers.is_empty() {
            false => suggest::help(read, sent.answers.iter().map(String::as_str)),
            true => format!("write `with: {{ answers: [{read}] }}` into the step, or take it out"),
        };
        return Some((message, help));
    }
    None
}

/// The first answer of the step for which the template's parts for the channel have no link: what is missing, and its remedy.
pub fn unlinked(templates: &Templates, sent: &Sent, channel: Channel) -> Option<(String, String)> {
    let name = sent.template.as_str();
    let of_channel = templates.channels(name).contains(&channel);
    for part in parts(channel).iter().filter(|_| of_channel) {
        // None: it goes through them all, as far as anybody knows.
        let Some(read) = templates.read_of(name, *part, ANSWERS) else { continue };
        let Some(answer) = sent.answers.iter().find(|answer| !read.contains(&answer.as_str()))
        else {
            continue;
        };
        let file = part.file();
        let message =
            format!("`{name}` offers the answer `{answer}`, and its {file} has no link for it");
        return Some((message, format!("write {{{{ {ANSWERS}.{answer} }}}} into it")));
    }
    None
}
