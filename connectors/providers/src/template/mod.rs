//! Templates: read and checked once, rendered for each command.
//!
//! A template is a folder with a file for each part: `email.mjml`, `email.subject.liquid`, `email.text.liquid`, `sms.liquid`,
//! `push.liquid`, `webhook.liquid`. MJML becomes HTML when the templates are loaded; the Liquid inside of it is filled in at the send.
//!
//! Safe by default: what a `{{ }}` prints is escaped once, for the place at which it stands (text, attribute, address, JSON; text and subject are
//! plain), no value can stand in CSS or a script, nothing can be included, an unknown variable is an error at load, and what a template is
//! and what a message takes are bounded (`limits.rs`).
//!
//! Lenient as Liquid is: what a customer lacks is nil, nil and what cannot be read is blank or 0, so no message is lost over a missing field.

mod branches;
mod budget;
mod capture;
mod comment;
mod compiled;
mod counted;
mod currency;
mod data;
mod error;
mod filters;
mod html;
mod json;
mod language;
mod lenient;
mod limits;
mod load;
mod loops;
mod marks;
mod mjml;
mod number;
mod output;
mod place;
mod print;
mod reader;
mod rewrite;
mod round;
mod scan;
mod shown;
mod source;
mod spread;
#[cfg(test)]
mod tests;

pub(crate) use currency::minor_digits;
pub use data::{ANSWERS, VARIABLES};
pub use error::{Part, RenderError, RenderFault, TemplateProblem};
pub use limits::{MAX_OUTPUT, MAX_SOURCE, MAX_STEPS};

use crate::message::{Brand, Email, Links, Rendered};
use budget::Spent;
use cartwheel_core::address::Address;
use cartwheel_core::channel::{Channel, Class};
use cartwheel_core::command::Command;
use cartwheel_core::journey::shown::Shown;
use compiled::Compiled;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use load::Template;
use reader::Reader;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Every template of one folder, ready to render.
pub struct Templates {
    dir: PathBuf,
    all: BTreeMap<String, Template>,
    zone: TimeZone,
}

impl Templates {
    /// Reads and compiles every template under `dir` (one folder each). Errors: all that is wrong, with file and line.
    pub fn load(dir: &Path) -> Result<Self, Vec<TemplateProblem>> {
        let all = load::load(dir)?;
        Ok(Self { dir: dir.to_owned(), all, zone: TimeZone::UTC })
    }

    /// Reads and compiles the template `name` under `dir` alone, whatever the others are like. `name` is that of a folder there. Errors: all that is
    /// wrong with it.
    pub fn load_one(dir: &Path, name: &str) -> Result<Self, Vec<TemplateProblem>> {
        let all = load::load_one(dir, name)?;
        Ok(Self { dir: dir.to_owned(), all, zone: TimeZone::UTC })
    }

    /// The same templates, in which the times of customers of unknown zone are written in the zone of this IANA name; UTC if there is none.
    #[must_use]
    pub fn in_zone(mut self, name: &str) -> Self {
        self.zone = TimeZoneDatabase::bundled().get(name).unwrap_or(TimeZone::UTC);
        self
    }

    /// The names of the templates, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.keys().map(String::as_str)
    }

    /// The channels that the template can be sent on.
    pub fn channels(&self, name: &str) -> Vec<Channel> {
        let template = self.all.get(name);
        Channel::ALL
            .into_iter()
            .filter(|channel| template.is_some_and(|template| template.missing(*channel).is_none()))
            .collect()
    }

    /// Whether this part of the template reads the variable; none where there is no such part.
    pub fn reads(&self, name: &str, part: Part, variable: &str) -> Option<bool> {
        let compiled = self.all.get(name).and_then(|template| template.part(part))?;
        Some(compiled.reads().any(|read| read == variable))
    }

    /// Whether this part of the template is there and does not read the variable.
    pub fn lacks(&self, name: &str, part: Part, variable: &str) -> bool {
        self.reads(name, part, variable) == Some(false)
    }

    /// The names behind a dot or in brackets that a part of the template uses, each with the line on which it does so.
    pub fn fields(&self, name: &str, part: Part) -> Vec<(&str, usize)> {
        let compiled = self.all.get(name).and_then(|template| template.part(part));
        compiled.into_iter().flat_map(Compiled::placed_fields).collect()
    }

    /// What each of them reads of the documents that a command may carry, on whichever channel.
    pub fn shown(&self) -> Shown {
        let mut shown = Shown::default();
        for (name, template) in &self.all {
            let reads = template.parts.values().flat_map(Compiled::reads);
            shown.insert(name, data::read_by(reads));
        }
        shown
    }

    /// Whether every template that the journeys name exists with the parts for its channel. An empty list: all is well.
    pub fn check<'a>(
        &self,
        needed: impl IntoIterator<Item = (&'a str, Channel)>,
    ) -> Vec<TemplateProblem> {
        let problem = |(name, channel): (&str, Channel)| {
            let folder = self.dir.join(name);
            let Some(template) = self.all.get(name) else {
                return Some(TemplateProblem::new(
                    &folder,
                    None,
                    format!("there is no template `{name}`"),
                ));
            };
            let part = template.missing(channel)?;
            let message = match part {
                Some(_) => format!("is missing, but a journey sends `{name}` by {channel}"),
                None => {
                    format!("a journey sends `{name}` by {channel}, which templates cannot do yet")
                }
            };
            Some(TemplateProblem::new(
                &part.map_or(folder.clone(), |part| folder.join(part.file())),
                None,
                message,
            ))
        };
        needed.into_iter().filter_map(problem).collect()
    }

    /// The names that this part of the template reads below the variable, as `price` in `answers.price`; none if it may read others as well.
    pub fn read_of(&self, name: &str, part: Part, variable: &str) -> Option<Vec<&str>> {
        let compiled = self.all.get(name).and_then(|template| template.part(part));
        compiled.map_or_else(|| Some(Vec::new()), |compiled| compiled.read_of(variable))
    }

    /// The message for a command, to the one form of its address. The link to unsubscribe goes into the text and, for marketing, into the one-click
    /// headers. Errors name template, part and line, never the data.
    pub fn render(
        &self,
        command: &Command,
        brand: &Brand,
        links: &Links,
    ) -> Result<Rendered, RenderError> {
        let fail = |part, line, fault| RenderError {
            template: command.template.clone(),
            part,
            line,
            fault,
        };
        let none = |fault| fail(None, None, fault);
        let template =
            self.all.get(&command.template).ok_or_else(|| none(RenderFault::NoTemplate))?;
        let to = Address::parse(command.channel, &command.to)
            .map_err(|error| none(RenderFault::BadAddress(error)))?
            .into_string();
        let reader = Reader::of(command, &self.zone, brand.currency.as_deref());
        let globals = data::globals(command, brand, links, &reader);
        let spent = Cell::new(Spent::default());
        let render = |part: Part| {
            let compiled =
                template.part(part).ok_or_else(|| fail(Some(part), None, RenderFault::NoPart))?;
            let mut so_far = spent.get();
            let rendered = compiled.render(&globals, &reader, &mut so_far);
            spent.set(so_far);
            rendered.map_err(|(line, fault)| fail(Some(part), line, fault))
        };
        Ok(match command.channel {
            Channel::Email => Rendered::Email(Email {
                from: brand.sender(),
                reply_to: brand.reply_to(),
                to,
                subject: render(Part::Subject).and_then(|text| {
                    one_line(&text)
                        .ok_or_else(|| fail(Some(Part::Subject), None, RenderFault::Empty))
                })?,
                text: render(Part::Text)?,
                html: render(Part::Html)?,
                unsubscribe_url: (command.class == Class::Marketing)
                    .then(|| links.unsubscribe.clone()),
            }),
            Channel::Sms => Rendered::Sms { to, text: render(Part::Sms)?.trim().to_owned() },
            Channel::Push => Rendered::Push { to, text: render(Part::Push)?.trim().to_owned() },
            Channel::Webhook => {
                let body = render(Part::Webhook)?;
                let json = serde_json::from_str::<serde::de::IgnoredAny>(&body);
                json.map_err(|_| fail(Some(Part::Webhook), None, RenderFault::NotJson))?;
                Rendered::Webhook { body: body.into_bytes() }
            }
            Channel::Whatsapp => return Err(none(RenderFault::NoPart)),
        })
    }
}

impl Template {
    fn part(&self, part: Part) -> Option<&Compiled> {
        self.parts.get(&part)
    }

    /// None if the template can be sent on the channel; else the part that it lacks (none: no part would do).
    fn missing(&self, channel: Channel) -> Option<Option<Part>> {
        let needed = || Part::ALL.into_iter().filter(|part| part.channel() == channel);
        if needed().next().is_none() {
            return Some(None);
        }
        needed().find(|part| !self.parts.contains_key(part)).map(Some)
    }
}

/// A subject is one line: control characters and runs of blanks become one blank. None if nothing is left.
fn one_line(text: &str) -> Option<String> {
    let words = text
        .split(|char: char| char.is_whitespace() || char.is_control())
        .filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then_some(line)
}
