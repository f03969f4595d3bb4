//! Warnings of comparisons whose answer is known before anything is read: a type that the event cannot have, an hour that no clock shows,
//! bounds that leave nothing between them.

use super::Lowering;
use super::constant::{flipped, literal};
use super::syntax::{comparison, quoted, segments};
use crate::journey::condition::fault::Fault;
use crate::journey::condition::operator::Comparison;
use cel::common::ast::{Expr as Syntax, IdedExpr, operators};

/// Hours of a clock.
const HOURS: std::ops::RangeInclusive<f64> = 0.0..=23.0;

/// A path compared with a number.
struct Bound<'n> {
    path: Vec<&'n str>,
    comparison: Comparison,
    number: f64,
}

impl Lowering<'_, '_> {
    /// The comparison of a type with one that the event cannot have, or has always; of the local hour with one that there is not.
    pub(super) fn warn_of_certain(
        &mut self,
        node: &IdedExpr,
        comparison: Comparison,
        (left, right): (&IdedExpr, &IdedExpr),
    ) {
        for (path, other, comparison) in
            [(left, right, comparison), (right, left, flipped(comparison))]
        {
            let Some(path) = segments(path) else { continue };
            if let (Some(text), Some(types)) = (quoted(other), self.types_of(&path)) {
                let only = types.len() == 1 && path[0] == "event";
                let answer = match comparison {
                    Comparison::Equal => type_is(&types, text, only),
                    Comparison::NotEqual => type_is(&types, text, only).map(|is| !is),
                    Comparison::Less
                    | Comparison::LessOrEqual
                    | Comparison::Greater
                    | Comparison::GreaterOrEqual => None,
                };
                if let Some(always) = answer {
                    self.warn_of(node, always, &which(&path, &types));
                }
            }
            if let (["local", "hour"], Some(number)) = (path.as_slice(), literal(other))
                && let Some(always) = of_hours(comparison, number)
            {
                self.warn_of(node, always, "an hour is 0 to 23");
            }
        }
    }

    /// A type among those after `in` that the event cannot have.
    pub(super) fn warn_of_other_type(&mut self, item: &IdedExpr, elements: &[IdedExpr]) {
        let Some(path) = segments(item) else { return };
        let Some(types) = self.types_of(&path) else { return };
        for element in elements {
            if quoted(element).is_some_and(|text| !types.iter().any(|known| known == text)) {
                let message =
                    format!("`{}` never comes: {}", self.text(element), which(&path, &types));
                let fault = Fault::warning(self.parsed.extent(element), message);
                self.resolver.faults.push(fault.help("leave it out"));
            }
        }
    }

    /// What the path may be, where it is the type of an event of which the types are known.
    fn types_of(&self, path: &[&str]) -> Option<Vec<String>> {
        let slots = &self.resolver.slots;
        let types = match path {
            ["event", "type"] => &slots.types,
            ["waited", "for"] => &slots.waits_for,
            _ => return None,
        };
        (!types.is_empty()).then(|| types.clone())
    }

    /// Two comparisons joined by `&&`, one on each side, of which no number meets both.
    pub(super) fn warn_of_contradiction(
        &mut self,
        node: &IdedExpr,
        left: &IdedExpr,
        right: &IdedExpr,
    ) {
        let (mut one, mut other) = (Vec::new(), Vec::new());
        bounds(left, &mut one);
        bounds(right, &mut other);
        let meet = |one: &Bound<'_>| other.iter().any(|other| contradict(one, other));
        if let Some(bound) = one.iter().find(|one| meet(one)) {
            let why = format!("no `{}` is both", bound.path.join("."));
            self.warn_of(node, false, &why);
        }
    }
}

/// Whether the type is this text; none where that depends on the event.
fn type_is(types: &[String], text: &str, only: bool) -> Option<bool> {
    match types.iter().any(|known| known == text) {
        true => only.then_some(true),
        false => Some(false),
    }
}

fn which(path: &[&str], types: &[String]) -> String {
    let types: Vec<String> = types.iter().map(|kind| format!("`{kind}`")).collect();
    let types = types.join(", ");
    match path[0] {
        "waited" => format!("what is waited for here is {types}"),
        _ => format!("what comes here is {types}"),
    }
}

/// What an hour makes of it; none where that depends.
fn of_hours(comparison: Comparison, number: f64) -> Option<bool> {
    let (first, last) = (*HOURS.start(), *HOURS.end());
    let hour = HOURS.contains(&number) && number == number.trunc();
    match comparison {
        Comparison::Equal => (!hour).then_some(false),
        Comparison::NotEqual => (!hour).then_some(true),
        Comparison::Less if number <= first => Some(false),
        Comparison::Less if number > last => Some(true),
        Comparison::LessOrEqual if number < first => Some(false),
        Comparison::LessOrEqual if number >= last => Some(true),
        Comparison::Greater if number >= last => Some(false),
        Comparison::Greater if number < first => Some(true),
        Comparison::GreaterOrEqual if number > last => Some(false),
        Comparison::GreaterOrEqual if number <= first => Some(true),
        Comparison::Less
        | Comparison::LessOrEqual
        | Comparison::Greater
        | Comparison::GreaterOrEqual => None,
    }
}

/// The bounds that must all hold where the node does.
fn bounds<'n>(node: &'n IdedExpr, found: &mut Vec<Bound<'n>>) {
    let Syntax::Call(call) = &node.expr else { return };
    let [left, right] = call.args.as_slice() else { return };
    if call.func_name == operators::LOGICAL_AND {
        bounds(left, found);
        bounds(right, found);
    } else if let Some(comparison) = comparison(&call.func_name) {
        let bound = match (segments(left), literal(right), segments(right), literal(left)) {
            (Some(path), Some(number), ..) => Bound { path, comparison, number },
            (_, _, Some(path), Some(number)) => {
                Bound { path, comparison: flipped(comparison), number }
            }
            _ => return,
        };
        found.push(bound);
    }
}

/// Whether no number meets both.
fn contradict(one: &Bound<'_>, other: &Bound<'_>) -> bool {
    let empty = |low: Option<(f64, bool)>, high: Option<(f64, bool)>| match (low, high) {
        (Some((low, with_low)), Some((high, with_high))) => {
            low > high || low == high && !(with_low && with_high)
        }
        _ => false,
    };
    one.path == other.path && (empty(one.low(), other.high()) || empty(other.low(), one.high()))
}

impl Bound<'_> {
    /// The least number that meets it, and whether it does so itself.
    fn low(&self) -> Option<(f64, bool)> {
        match self.comparison {
            Comparison::Greater => Some((self.number, false)),
            Comparison::GreaterOrEqual | Comparison::Equal => Some((self.number, true)),
            Comparison::Less | Comparison::LessOrEqual | Comparison::NotEqual => None,
        }
    }

    /// The greatest.
    fn high(&self) -> Option<(f64, bool)> {
        match self.comparison {
            Comparison::Less => Some((self.number, false)),
            Comparison::LessOrEqual | Comparison::Equal => Some((self.number, true)),
            Comparison::Greater | Comparison::GreaterOrEqual | Comparison::NotEqual => None,
        }
    }
}
