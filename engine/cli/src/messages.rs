//! What the messages that journeys send lack, said at the step that sends them.

use crate::answers;
use crate::coupons;
use crate::failure::Fault;
use crate::files;
use crate::journeys::Compiled;
use crate::settings::Settings;
use cartwheel_core::channel::{Channel, Class};
use cartwheel_core::journey::load::Sent;
use cartwheel_providers::template::{Part, Templates};
use cartwheel_sim::trace::suggest;
use std::collections::BTreeSet;

/// The variable with the link by which a customer unsubscribes.
const LINK: &str = "unsubscribe_url";
/// What carriers let customers answer, whatever else a shop offers.
const STOP: &str = "STOP";
/// The parts of an e-mail that people read.
const READ: [Part; 2] = [Part::Html, Part::Text];

/// Templates that are not there, or lack the part for a channel: each once, at the first step that sends it. And links to answers that a step does not offer.
pub fn missing(templates: &Templates, compiled: &Compiled) -> Vec<Fault> {
    let known: Vec<&str> = templates.names().collect();
    let (mut faults, mut told) = (Vec::new(), BTreeSet::new());
    for sent in &compiled.sends {
        let name = sent.template.as_str();
        if !known.contains(&name) {
            if told.insert((name, None)) {
                let message =
                    format!("`{}` sends `{name}`, and there is no such template", sent.journey);
                faults.push(at(
                    compiled,
                    sent,
                    message,
                    suggest::help(name, known.iter().copied()),
                ));
            }
            continue;
        }
        for channel in &sent.channels {
            for problem in templates.check([(name, *channel)]) {
                if told.insert((name, Some(*channel))) {
                    let help = "write that part, or take the channel out of the step";
                    faults.push(at(compiled, sent, problem.to_string(), help.into()));
                }
            }
            if let Some((message, help)) = answers::dead_link(templates, sent, *channel) {
                faults.push(at(compiled, sent, message, help));
                break;
            }
        }
    }
    faults
}

/// Marketing that offers no way out, answers without a link, coupons that nobody sees or has, and links for teams, who have nothing to unsubscribe from: each template once.
pub fn warnings(templates: &Templates, settings: &Settings, compiled: &Compiled) -> Vec<Fault> {
    warnings_of(templates, settings, compiled, |_| true)
}

/// The same of the templates that are asked for by their names.
pub fn warnings_of(
    templates: &Templates,
    settings: &Settings,
    compiled: &Compiled,
    asked: impl Fn(&str) -> bool,
) -> Vec<Fault> {
    let (mut faults, mut told) = (Vec::new(), BTreeSet::new());
    for sent in compiled.sends.iter().filter(|sent| asked(&sent.template)) {
        for channel in &sent.channels {
            let of_channel = [
                warning(templates, settings, sent, *channel),
                answers::unlinked(templates, sent, *channel),
                coupons::mismatch(templates, sent, *channel),
            ];
            for (message, help) in of_channel.into_iter().flatten() {
                if told.insert(message.clone()) {
                    faults.push(at(compiled, sent, message, help));
                }
            }
        }
    }
    faults
}

fn warning(
    templates: &Templates,
    settings: &Settings,
    sent: &Sent,
    channel: Channel,
) -> Option<(String, String)> {
    let name = sent.template.as_str();
    let lacks = |part: Part| templates.lacks(name, part, LINK);
    let has = |part: Part| templates.channels(name).contains(&channel) && !lacks(part);
    let write = format!("write {{{{ {LINK} }}}} into");
    match (channel, sent.class) {
        (Channel::Email, _) if sent.to_team => {
            let part = READ.into_iter().find(|part| has(*part))?;
            let message = format!("`{name}` goes to a team, for whom {{{{ {LINK} }}}} is empty");
            Some((message, format!("take the link out of {}", part.file())))
        }
        (Channel::Email, Class::Marketing) => {
            let part = READ.into_iter().find(|part| lacks(*part))?;
            let message = format!(
                "`{name}` is marketing, and its {} has no link to unsubscribe",
                part.file()
            );
            Some((
                message,
                format!("{write} it, or send it as `class: transactional` if it is no marketing"),
            ))
        }
        (Channel::Sms, Class::Marketing) => {
            let file = Part::Sms.file();
            let text = files::text(&settings.templates_dir.join(name).join(file)).ok()?;
            let mut words = text.split(|letter: char| !letter.is_alphanumeric());
            if !lacks(Part::Sms) || words.any(|word| word.eq_ignore_ascii_case(STOP)) {
                return None;
            }
            let message =
                format!("`{name}` is marketing, and its {file} does not say how to opt out");
            Some((
                message,
                format!(
                    "{write} it, or words such as `Reply {STOP} to opt out`; if it says so in other words, all is well"
                ),
            ))
        }
        (Channel::Email | Channel::Sms, Class::Transactional)
        | (Channel::Push | Channel::Whatsapp | Channel::Webhook, _) => None,
    }
}

/// A fault at the template's name in the step.
fn at(compiled: &Compiled, sent: &Sent, message: String, help: String) -> Fault {
    let source = compiled.sources.iter().find(|source| source.path == sent.path);
    let text = source.map_or("", |source| source.text.as_str());
    Fault::at(&sent.path, text, sent.span.clone(), message, Some(help))
}
