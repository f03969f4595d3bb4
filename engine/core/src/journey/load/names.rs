//! Names: of journeys, steps, templates, tags and events.

use super::compiler::Compiler;
use super::foreign;
use crate::journey::at::At;
use crate::journey::catalogue::declare;
use crate::journey::definition::Definition;
use crate::journey::problem::{Problem, SourceFile};

/// Journey names that decisions, metrics and holdouts use for themselves.
const RESERVED: [&str; 6] = ["all", "any", "global", "none", "policy", "total"];

/// What a name is for.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum NameOf {
    Journey,
    Step,
    Template,
    Tag,
    Split,
    Arm,
    Answer,
}

impl NameOf {
    fn word(self) -> &'static str {
        match self {
            NameOf::Journey => "a journey",
            NameOf::Step => "a step",
            NameOf::Template => "a template",
            NameOf::Tag => "a tag",
            NameOf::Split => "a split",
            NameOf::Arm => "an arm",
            NameOf::Answer => "an answer",
        }
    }
}

/// Says what is wrong with a name.
pub(super) fn check(
    source: &SourceFile,
    name: &At<String>,
    of: NameOf,
    problems: &mut Vec<Problem>,
) {
    let dash = !matches!(of, NameOf::Journey | NameOf::Answer);
    let good = |letter: char| {
        letter.is_ascii_lowercase()
            || letter.is_ascii_digit()
            || letter == '_'
            || (dash && letter == '-')
    };
    let word = of.word();
    if name.len() > 64
        || !name.starts_with(|first: char| first.is_ascii_lowercase())
        || !name.chars().all(good)
    {
        let letters = if dash {
            "lower case letters, digits, `_` and `-`"
        } else {
            "lower case letters, digits and `_`"
        };
        let problem = Problem::error(
            &source.path,
            name.span.clone(),
            format!("`{}` is not the name of {word}", name.value),
        );
        problems.push(
            problem.help(format!("a name has at most 64 {letters} and starts with a letter")),
        );
    } else if of == NameOf::Journey && RESERVED.contains(&name.as_str()) {
        let problem = Problem::error(
            &source.path,
            name.span.clone(),
            format!("the name `{}` is reserved", name.value),
        );
        problems.push(problem.help("choose another name"));
    }
}

/// Says that this is not the text of an event's `type`. Whether there are events of it is another question.
pub(super) fn check_form(
    source: &SourceFile,
    name: &At<String>,
    problems: &mut Vec<Problem>,
) -> bool {
    let good = |letter: char| letter.is_ascii_alphanumeric() || "_-.:/ ".contains(letter);
    if name.len() <= 256 && name.chars().all(good) && name.trim().len() == name.len() {
        return true;
    }
    let message = format!("`{}` is not an event type", name.value);
    let problem = Problem::error(&source.path, name.span.clone(), message);
    problems.push(problem.help("write the text of the event's `type`, such as cart_updated"));
    false
}

impl Compiler<'_> {
    /// Event types may be a retailer's own. Where it declares its events, one that is not among them is refused; else one that is nearly a known one,
    /// or another system's, gets a warning.
    pub(super) fn check_event(&mut self, name: &At<String>) {
        let known = self.slots.catalogue.knows(name);
        if check_form(self.source, name, self.problems) && !known {
            let near = self.slots.catalogue.near(name, true).map(String::from);
            self.unknown_event(name, near, self.slots.catalogue.is_complete());
        }
    }

    /// One that a journey emits is known by that.
    pub(super) fn check_emitted(&mut self, name: &At<String>) {
        let declared = self.slots.catalogue.declares(name);
        if check_form(self.source, name, self.problems) && !declared {
            let near = self.slots.catalogue.near(name, false).map(String::from);
            self.unknown_event(name, near, false);
        }
    }

    fn unknown_event(&mut self, name: &At<String>, near: Option<String>, is_wrong: bool) {
        let own = declare(name);
        let (message, help) = if let Some((system, ours)) = foreign::of(name) {
            let message = format!("`{}` is what {system} calls `{ours}`", name.value);
            (message, format!("write `{ours}`; if events of this type come, send them as `{ours}`"))
        } else {
            let message = format!("`{}` is not an event type that Cartwheel knows", name.value);
            let help = match (near, is_wrong) {
                (Some(near), true) => format!("did you mean `{near}`? Or {own}"),
                (Some(near), false) => {
                    format!("did you mean `{near}`? If it is an event of your own, all is well")
                }
                (None, true) => own,
                (None, false) => return,
            };
            (message, help)
        };
        match is_wrong {
            true => self.error(name, message, help),
            false => self.warning(&name.span, message, help),
        }
    }
}

/// Refuses a second journey of the same name; the definitions are in order of names.
pub(super) fn unique(read: &[(&SourceFile, Definition)], problems: &mut Vec<Problem>) {
    for pair in read.windows(2) {
        let [(first, one), (second, other)] = pair else { continue };
        if one.journey == other.journey {
            let message = format!("a second journey is called `{}`", other.journey.value);
            let help = format!("the first one stands in {}", first.path);
            problems
                .push(Problem::error(&second.path, other.journey.span.clone(), message).help(help));
        }
    }
}
