//! `cartwheel render TEMPLATE`: what a message looks like.

use super::origins;
use crate::failure::{Failure, Fault, warn};
use crate::flags::{Flags, Output, RenderFlags, ShownPart};
use crate::journeys;
use crate::preview::{self, Customer, Message};
use crate::settings::Loaded;
use crate::{messages, templates};
use cartwheel_core::channel::Channel;
use cartwheel_providers::template::{Part, RenderError, Templates};
use cartwheel_sim::trace::suggest;
use serde_json::{Value, json};
use std::io::Write;

/// What a `size`, `first` or `last` behind a dot reads is Liquid's own.
const LIQUID: [&str; 3] = ["size", "first", "last"];

/// Prints the message; what is odd about the template goes to standard error.
pub fn run(flags: &Flags, render: &RenderFlags) -> Result<(), Failure> {
    let loaded = Loaded::read(&origins(flags, &flags.config_dir))?;
    let templates = templates::load_one(&loaded.settings, &render.template)?;
    let customer = Customer::find(render.customer.as_deref(), &flags.config_dir)
        .map_err(|fault| Failure::Data(vec![fault]))?;
    let channel = channel(&templates, render)?;
    // What is wrong with a journey is not the template's fault: then nobody is known to send it.
    let compiled = journeys::compile(&loaded).ok();
    let message = preview::message(compiled.as_ref(), &render.template, channel);
    let now = jiff::Timestamp::now().as_millisecond();
    let command = customer.command(&message, now).map_err(|fault| Failure::Data(vec![fault]))?;
    let Some(brand) = &loaded.settings.brand else {
        let message = "the configuration has no brand, and a message says who writes".to_owned();
        let help = "write `brand:` with `name:` and `address:` into cartwheel.yaml".to_owned();
        return Err(Failure::config(loaded.fault(&["brand"], message, Some(help))));
    };
    let rendered = templates.render(&command, brand, &preview::links(&command));
    let rendered = rendered.map_err(|error| failed(&loaded, &error))?;
    templates::try_out(&templates)?;
    let mut odd = lacking(&loaded, &templates, &message, &customer);
    if let Some(compiled) = &compiled {
        odd.extend(messages::warnings_of(&templates, &loaded.settings, compiled, |name| {
            name == render.template
        }));
    }
    let parts = preview::parts(rendered);
    let text = match flags.output {
        Output::Json => as_json(&command.to, &message, &parts, &odd),
        Output::Text => {
            warn(&odd);
            as_text(&parts, render.part)?
        }
    };
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

/// The channel that was asked for, else the first that the template has.
fn channel(templates: &Templates, render: &RenderFlags) -> Result<Channel, Failure> {
    let has = templates.channels(&render.template);
    let found = match render.channel {
        Some(channel) => has.iter().find(|one| **one == channel),
        None => has.first(),
    };
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = has.iter().map(|channel| channel.name()).collect();
        let by = render.channel.map_or("any channel", Channel::name);
        let help = match names.as_slice() {
            [] => "an e-mail needs email.mjml, email.subject.liquid and email.text.liquid; others a file each".to_owned(),
            _ => format!("it has the parts for {}", names.join(", ")),
        };
        let message = format!("`{}` cannot be sent by {by}", render.template);
        Failure::Data(vec![Fault::new(message, Some(help))])
    })
}

/// What to do where a message cannot be written.
const CANNOT: &str =
    "mend the template (engine/docs/templates.md), or write what it needs into the customer's file";

fn failed(loaded: &Loaded, error: &RenderError) -> Failure {
    let Some(part) = error.part else {
        return Failure::Data(vec![Fault::new(error.to_string(), Some(CANNOT.into()))]);
    };
    let path = loaded.settings.templates_dir.join(&error.template).join(part.file());
    let message = error.fault.to_string();
    Failure::Data(vec![templates::at_line(&path, error.line, message, Some(CANNOT.into()))])
}

/// A warning for each name behind a dot that nothing in the customer's file has: a slip, or a field that is not always there.
fn lacking(
    loaded: &Loaded,
    templates: &Templates,
    shown: &Message<'_>,
    customer: &Customer,
) -> Vec<Fault> {
    let mut known = customer.names();
    known.extend(shown.answers.iter().map(String::as_str));
    let dir = loaded.settings.templates_dir.join(shown.template);
    let mut warnings = Vec::new();
    for part in Part::ALL.into_iter().filter(|part| part.channel() == shown.channel) {
        let mut told: Vec<&str> = Vec::new();
        for (name, line) in templates.fields(shown.template, part) {
            if known.contains(name) || LIQUID.contains(&name) || told.contains(&name) {
                continue;
            }
            told.push(name);
            let message = format!("nothing in {} is called `{name}`", customer.path());
            let near = suggest::nearest(name, known.iter().copied());
            let help = near.map_or_else(
                || "it is blank there; write it into the file to see it".to_owned(),
                |near| format!("did you mean `{near}`? If not, write it into the file to see it"),
            );
            warnings.push(templates::at_line(
                &dir.join(part.file()),
                Some(line),
                message,
                Some(help),
            ));
        }
    }
    warnings
}

fn as_text(parts: &[(&'static str, String)], wanted: Option<ShownPart>) -> Result<String, Failure> {
    let named = |(name, text): &(&str, String)| format!("--- {name}\n{}\n", text.trim_end());
    let one = |wanted: &str| {
        let found = parts.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, text)| format!("{}\n", text.trim_end())).ok_or_else(|| {
            let has: Vec<&str> = parts.iter().map(|(name, _)| *name).collect();
            let help = format!("it has {}", has.join(", "));
            Failure::Data(vec![Fault::new(format!("the message has no {wanted}"), Some(help))])
        })
    };
    match wanted {
        Some(ShownPart::Subject) => one("subject"),
        Some(ShownPart::Text) => one("text"),
        Some(ShownPart::Html) => one(preview::HTML),
        Some(ShownPart::Body) => one("body"),
        Some(ShownPart::All) => Ok(parts.iter().map(named).collect()),
        None => Ok(parts.iter().filter(|(name, _)| *name != preview::HTML).map(named).collect()),
    }
}

fn as_json(
    to: &str,
    message: &Message<'_>,
    parts: &[(&'static str, String)],
    odd: &[Fault],
) -> String {
    let warnings: Vec<Value> = odd.iter().map(Fault::json).collect();
    let parts: serde_json::Map<String, Value> =
        parts.iter().map(|(name, text)| ((*name).to_owned(), json!(text))).collect();
    let all = json!({ "ok": true, "problems": [], "warnings": warnings, "template": message.template, "journey": message.journey,
        "step": message.step, "channel": message.channel, "class": message.class, "to": to, "parts": parts });
    format!("{all}\n")
}
