//! Names: of journeys, steps, templates, tags and events.

use super::foreign;
use crate::event::vocabulary::EVENT_TYPES;
use crate::journey::at::At;
use crate::journey::definition::Definition;
use crate::journey::problem::{Problem, SourceFile};
use crate::suggest::closest;

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
    let dash = of != NameOf::Journey;
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

/// Event types may be a retailer's own; one that is nearly a known one gets a warning.
pub(super) fn check_event(source: &SourceFile, name: &At<String>, problems: &mut Vec<Problem>) {
    let good = |letter: char| letter.is_ascii_alphanumeric() || "_-.:/ ".contains(letter);
    if name.len() > 256 || !name.chars().all(good) || name.trim().len() != name.len() {
        let problem = Problem::error(
            &source.path,
            name.span.clone(),
            format!("`{}` is not an event type", name.value),
        );
        problems.push(problem.help("write the text of the event's `type`, such as cart_updated"));
    } else if let Some((system, ours)) = foreign::of(name) {
        let message = format!("`{}` is what {system} calls `{ours}`", name.value);
        let help = format!("write `{ours}`; if events of this type come, send them as `{ours}`");
        problems.push(Problem::warning(&source.path, name.span.clone(), message).help(help));
    } else if !EVENT_TYPES.contains(&name.as_str())
        && let Some(near) = closest(name, EVENT_TYPES)
    {
        let message = format!("`{}` is not an event type that Cartwheel knows", name.value);
        let help = format!("did you mean `{near}`? If it is an event of your own, all is well");
        problems.push(Problem::warning(&source.path, name.span.clone(), message).help(help));
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
