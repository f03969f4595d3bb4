//! Levels: their lines checked and compiled, segments of which somebody wants to hear among them.

use super::checker::{Checker, check_shape};
use super::named::Lines;
use crate::event::vocabulary::EVENT_TYPES;
use crate::fact::{Definition, Distance, Kind, Ladder, Layout, Line};
use crate::journey::at::At;
use crate::journey::condition::{Condition, Field, KeyField, Scope, change_of};
use crate::journey::facts_file::FactText;
use crate::journey::level::{Level, Levels, MAX_LEVELS, bit};
use crate::journey::load::compiler::Compiler;
use compact_str::CompactString;

/// The condition of the last line.
const EVERYBODY: &str = "true";

impl Checker<'_> {
    /// What the level is made of. How much its lines ask for at least is told when they are compiled.
    pub(super) fn level(&mut self, text: &FactText) -> Option<Definition> {
        let lines = text.level.as_deref().unwrap_or_default();
        let (source, problems) = (self.compiler.source, &mut *self.compiler.problems);
        let shaped = lines.iter().filter(|(name, _)| check_shape(source, name, "line", problems));
        let shaped = shaped.count() == lines.len();
        if EVENT_TYPES.contains(&change_of(self.name).as_str()) {
            let message = format!("the name `{}` is reserved", self.name.value);
            self.compiler.error(self.name, message, "choose another name");
        }
        for (place, (name, _)) in lines.iter().enumerate() {
            if lines[..place].iter().any(|(other, _)| other.value == name.value) {
                let message = format!("a second line is called `{}`", name.value);
                self.compiler.error(name, message, "give it another name");
            }
        }
        match lines.last() {
            Some((_, when)) if when.as_str() != EVERYBODY => {
                let message = "the last line is everybody's who stands in no better one";
                let help = "add a line behind it whose condition is `true`, such as `member: true`";
                self.compiler.error(when, message, help);
            }
            Some(_) if lines.len() > 1 => {}
            Some(_) | None => {
                let help =
                    "write two or more: `level: [ { gold: spend_12m >= 1500 }, { member: true } ]`";
                self.compiler.error(self.name, "a level has several lines", help);
            }
        }
        let line = |(name, when): &(At<String>, At<String>)| Line {
            name: name.as_str().into(),
            when: when.as_str().into(),
            least: None,
        };
        let distance = text.distance.as_ref();
        let ladder = Ladder {
            lines: lines.iter().map(line).collect(),
            distance: distance.map(|name| Distance { name: name.as_str().into(), number: 0 }),
            is_segment: false,
        };
        shaped.then(|| Definition::level(self.name, ladder))
    }
}

/// A segment of which somebody wants to hear.
pub(super) fn watched(name: &str, when: &str) -> Definition {
    let line = |name: &str, when: &str| Line { name: name.into(), when: when.into(), least: None };
    let lines = vec![line("in", when), line("out", EVERYBODY)];
    Definition::level(name, Ladder { lines, distance: None, is_segment: true })
}

/// Compiles the conditions of a level's lines, and says in `layout` how much they ask for.
pub(super) fn compile(
    compiler: &mut Compiler<'_>,
    name: &At<String>,
    (lines, distance): (&Lines, Option<&At<String>>),
    layout: &mut Layout,
) -> Option<Level> {
    let (number, _) = layout.named(name)?;
    let conditions = lines.split_last().map_or(&[][..], |(_, better)| better).iter();
    let conditions: Option<Vec<Condition>> = conditions
        .map(|(_, text)| {
            let condition = compiler.condition(Some(text), Scope::Customer);
            condition.inspect(|condition| check_foreseen(compiler, text, condition))
        })
        .collect();
    let conditions = conditions?;
    if let Some(distance) = distance {
        measure(compiler, (number, lines), (distance, &conditions), layout);
    }
    Some(level(name, number, conditions))
}

/// A level that nobody hears of yet.
pub(super) fn level(name: &str, number: u16, conditions: Vec<Condition>) -> Level {
    let event = CompactString::from(change_of(name));
    Level { number, event, heard: false, conditions, readers: 0 }
}

/// A level is judged again when time may have changed it: that must be known before.
pub(super) fn check_foreseen(
    compiler: &mut Compiler<'_>,
    text: &At<String>,
    condition: &Condition,
) {
    if !condition.is_foreseeable() {
        let message = "it cannot be foreseen when time changes this";
        let help = "compare what moves with time by itself, such as `age(last_order) >= 60d` or `last_order.at < now - 60d`";
        compiler.error(text, message, help);
    }
}

/// How much of its fact each line asks for at least.
fn measure(
    compiler: &mut Compiler<'_>,
    (level, lines): (u16, &Lines),
    (distance, conditions): (&At<String>, &[Condition]),
    layout: &mut Layout,
) {
    let Some((number, fact)) = layout.named(distance) else {
        let message = format!("`{}` is not a fact", distance.value);
        return compiler.error(distance, message, "name a `count` or a `sum` of this file");
    };
    if !matches!(fact.kind, Kind::Count | Kind::Sum(_)) || fact.by.is_some() {
        let message = format!("the fact `{}` is not one number", distance.value);
        return compiler.error(distance, message, "name a `count` or a `sum` without `by`");
    }
    let mut leasts = Vec::with_capacity(lines.len());
    for ((_, text), condition) in lines.iter().zip(conditions) {
        let least = condition.least_of(number);
        if least.len() != 1 {
            let message = format!(
                "this asks {} for `{} >= NUMBER`: how far the line is cannot be told",
                if least.is_empty() { "nowhere" } else { "more than once" },
                distance.value
            );
            let help = "write it once, joined to the rest by `&&`, or leave `distance` out";
            compiler.error(text, message, help);
        }
        leasts.push(least.first().copied());
    }
    let Some(ladder) = layout.ladder_mut(level) else { return };
    ladder.distance = Some(Distance { name: distance.as_str().into(), number });
    for (line, least) in ladder.lines.iter_mut().zip(leasts) {
        line.least = least;
    }
}

/// Whether a fact, or what is not one, has the level judged again.
#[derive(Clone, Copy, PartialEq)]
enum Source {
    Fact(u16),
    Profile,
}

/// What is known once all are compiled: which levels read which.
pub(super) fn connect(all: Vec<Level>, layout: &Layout, heard: impl Fn(&str) -> bool) -> Levels {
    let mut levels = Levels { all, ..Levels::default() };
    for place in 0..levels.all.len() {
        let sources: Vec<Source> = sources(&levels.all[place], layout).collect();
        for source in sources {
            match source {
                Source::Profile => levels.of_profile |= bit(place),
                Source::Fact(number) => {
                    if let Some(read) = levels.place(number) {
                        levels.all[read].readers |= bit(place);
                    }
                }
            }
        }
        levels.all[place].heard = heard(&levels.all[place].event);
    }
    levels
}

/// The levels that read a fact.
pub(in crate::journey::load) fn reading(levels: &Levels, layout: &Layout, fact: u16) -> u64 {
    let all = levels.all.iter().enumerate();
    let reads = |level: &Level| sources(level, layout).any(|source| source == Source::Fact(fact));
    all.filter(|(_, level)| reads(level)).fold(0, |set, (place, _)| set | bit(place))
}

/// The levels that read an attribute of the profile.
pub(in crate::journey::load) fn reading_attribute(levels: &Levels, attribute: u16) -> u64 {
    let all = levels.all.iter().enumerate();
    let reads = |field: &Field| field.is_of_attribute(attribute);
    let fields = |level: &Level| {
        level.conditions.iter().flat_map(|of| &of.fields).any(|(_, field)| reads(field))
    };
    all.filter(|(_, level)| fields(level)).fold(0, |set, (place, _)| set | bit(place))
}

fn sources<'l>(level: &'l Level, layout: &'l Layout) -> impl Iterator<Item = Source> + 'l {
    let fields = level.conditions.iter().flat_map(|condition| &condition.fields);
    fields
        .flat_map(|(_, field)| match *field {
            Field::Fact(number, _) => {
                // How far the next line is follows from another fact.
                let ladder = layout.get(number).and_then(Definition::ladder);
                let distance = ladder.and_then(|ladder| ladder.distance.as_ref());
                let distance = distance.map(|distance| Source::Fact(distance.number));
                [Some(Source::Fact(number)), distance]
            }
            Field::FactAt(number, _, key) => {
                let of_profile = matches!(key, KeyField::Attribute(_));
                [Some(Source::Fact(number)), of_profile.then_some(Source::Profile)]
            }
            Field::Attribute(_) | Field::Consent(_) | Field::Local(_) => {
                [Some(Source::Profile), None]
            }
            Field::Event(_)
            | Field::Capture(_)
            | Field::Waited(_)
            // No level reads the catalogue.
            | Field::Product(..)
            | Field::Now
            | Field::EventTime
            | Field::List(_)
            | Field::Item(_) => [None, None],
        })
        .flatten()
}

/// At most so many.
pub(super) fn check_number(compiler: &mut Compiler<'_>, name: &At<String>, number: usize) -> bool {
    if number == MAX_LEVELS {
        let message =
            format!("there are more than {MAX_LEVELS} levels and segments that a journey hears of");
        compiler.error(name, message, "remove some");
    }
    number < MAX_LEVELS
}
