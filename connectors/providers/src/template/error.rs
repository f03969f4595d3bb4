//! The parts of a template and what can be wrong with them.

use super::limits;
use crate::RejectReason;
use cartwheel_core::address::AddressError;
use cartwheel_core::channel::Channel;
use std::fmt;
use std::path::{Path, PathBuf};

/// A part of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The HTML of an e-mail, written in MJML.
    Html,
    /// The subject of an e-mail.
    Subject,
    /// The text of an e-mail.
    Text,
    /// A text message.
    Sms,
    /// A push message.
    Push,
    /// The JSON body of a webhook.
    Webhook,
}

impl Part {
    /// Every part.
    pub const ALL: [Part; 6] =
        [Part::Html, Part::Subject, Part::Text, Part::Sms, Part::Push, Part::Webhook];

    /// The channel whose messages it is a part of.
    pub const fn channel(self) -> Channel {
        match self {
            Part::Html | Part::Subject | Part::Text => Channel::Email,
            Part::Sms => Channel::Sms,
            Part::Push => Channel::Push,
            Part::Webhook => Channel::Webhook,
        }
    }

    /// The file that holds it.
    pub const fn file(self) -> &'static str {
        match self {
            Part::Html => "email.mjml",
            Part::Subject => "email.subject.liquid",
            Part::Text => "email.text.liquid",
            Part::Sms => "sms.liquid",
            Part::Push => "push.liquid",
            Part::Webhook => "webhook.liquid",
        }
    }
}

/// Something wrong with a template on disk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct TemplateProblem {
    /// The file or folder.
    pub file: PathBuf,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// The variable that is not known, where that is it: who tells a person names the nearest of [`VARIABLES`](super::VARIABLES).
    pub unknown: Option<String>,
    /// What to do, where that is not the same for all that can be wrong in a part.
    pub help: Option<String>,
}

impl TemplateProblem {
    pub(super) fn new(file: &Path, line: Option<usize>, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, message: message.into(), unknown: None, help: None }
    }

    pub(super) fn unknown(file: &Path, line: usize, variable: &str) -> Self {
        let problem = Self::new(file, Some(line), format!("unknown variable `{variable}`"));
        Self { unknown: Some(variable.to_owned()), ..problem }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

impl fmt::Display for TemplateProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(out, ":{line}")?;
        }
        write!(out, ": {}", self.message)
    }
}

/// A command that could not be rendered. Holds no data of the command but the template's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderError {
    /// The template's name.
    pub template: String,
    /// The part; none if it is not about one.
    pub part: Option<Part>,
    /// The line of the part's file, from 1, where the fault has one.
    pub line: Option<usize>,
    /// What went wrong.
    pub fault: RenderFault,
}

impl fmt::Display for RenderError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "template `{}`", self.template)?;
        if let Some(part) = self.part {
            write!(out, ", {}", part.file())?;
        }
        if let Some(line) = self.line {
            write!(out, ":{line}")?;
        }
        write!(out, ": {}", self.fault)
    }
}

impl std::error::Error for RenderError {}

impl RenderError {
    /// Why the command is rejected.
    pub fn reason(&self) -> RejectReason {
        match self.fault {
            RenderFault::BadAddress(_) => RejectReason::BadAddress,
            RenderFault::TooLarge => RejectReason::TooLarge,
            RenderFault::NoTemplate
            | RenderFault::NoPart
            | RenderFault::Failed
            | RenderFault::TooLong
            | RenderFault::Endless
            | RenderFault::Costly
            | RenderFault::TextTooLong
            | RenderFault::TooManyItems
            | RenderFault::ValueTooLarge
            | RenderFault::ValueTooDeep
            | RenderFault::KeptTooMuch
            | RenderFault::Empty
            | RenderFault::NotJson
            | RenderFault::Defect => RejectReason::BadRequest,
        }
    }
}

/// Why a command could not be rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum RenderFault {
    /// No such template.
    #[error("there is no such template")]
    NoTemplate,
    /// The template cannot be sent on the command's channel.
    #[error("the template has no such part")]
    NoPart,
    /// The recipient's address is none.
    #[error("the recipient's address cannot be used: {0}")]
    BadAddress(AddressError),
    /// A tag failed on this command's data: a list or an object is used as a name in brackets.
    #[error(
        "a list or an object stands where a name or a number must: in brackets behind a variable"
    )]
    Failed,
    /// A range that goes on for too long.
    #[error("a range is longer than {} numbers", limits::MAX_RANGE)]
    TooLong,
    /// Loops in loops that would go on for too long.
    #[error("its loops take more than {} rounds", limits::MAX_ROUNDS)]
    Endless,
    /// Too much work in all.
    #[error("it takes more than {} steps", limits::MAX_STEPS)]
    Costly,
    /// A text that a filter or `capture` makes has grown too long.
    #[error("a text is longer than {} KiB", limits::MAX_TEXT / 1024)]
    TextTooLong,
    /// A list that a filter makes, or that is gone over, is too long.
    #[error("a list has more than {} items", limits::MAX_ITEMS)]
    TooManyItems,
    /// A list or an object that a filter or `assign` makes takes too much memory.
    #[error("a value takes more than {} KiB, and more than all that the message may show", limits::MAX_VALUE / 1024)]
    ValueTooLarge,
    /// Lists and objects in one another.
    #[error("a value is nested more than {} deep", limits::MAX_VALUE_DEPTH)]
    ValueTooDeep,
    /// The variables together take too much memory.
    #[error("its variables take more than {} KiB together", limits::MAX_KEPT / 1024)]
    KeptTooMuch,
    /// Longer than [`MAX_OUTPUT`](super::MAX_OUTPUT).
    #[error("the output is longer than {} KiB", limits::MAX_OUTPUT / 1024)]
    TooLarge,
    /// An empty subject.
    #[error("the output is empty")]
    Empty,
    /// A webhook's body that is not JSON.
    #[error("the output is not JSON")]
    NotJson,
    /// The template engine panicked.
    #[error("the template engine failed; this is a defect of Cartwheel")]
    Defect,
}
