//! Numbers for whose sake nothing would ever happen, whoever the customer is: a budget for nobody, points that nobody earns. Refused where somebody wants them
//! to be in force: what was in force is replayed.

use crate::fact::EntryKind;
use crate::journey::at::At;
use crate::journey::condition::Alone;
use crate::journey::definition::Definition;
use crate::journey::plan::Journey;
use crate::journey::problem::{Problem, SourceFile};
use crate::policy::Policy;
use crate::value::ValueRef;

/// Less of a ledger counts for nothing: it has ten-thousandths.
const LEAST_AMOUNT: f64 = 0.000_05;

/// Says so of policy and triggers. What ledgers enter is looked at as they are read ([`amount`]).
pub(super) fn check(
    policy: &Policy,
    (read, journeys): (&[(&SourceFile, Definition)], &[Journey]),
    problems: &mut Vec<Problem>,
) {
    if policy.max_products == 0 {
        let message = "`max_products` is 0: no product would ever be known";
        let help = "write at least 1; 1000000 is the default";
        problems.push(Problem::error("policy.max_products", 0..0, message).help(help));
    }
    if policy.low_stock == 0 {
        let message = "`low_stock` is 0: no stock is above 0 and at most that";
        let help = "write at least 1; 5 is the default";
        problems.push(Problem::error("policy.low_stock", 0..0, message).help(help));
    }
    for journey in journeys {
        let of_journey = |(_, it): &&(&SourceFile, Definition)| it.journey.as_str() == journey.name;
        if let Some((source, definition)) = read.iter().find(of_journey) {
            check_line(source, definition, journey, problems);
        }
    }
}

/// For how many a journey begins, and who comes first.
fn check_line(
    source: &SourceFile,
    definition: &Definition,
    journey: &Journey,
    problems: &mut Vec<Problem>,
) {
    let Some(fan_out) = &journey.fan_out else { return };
    let budget = fan_out.budget.as_ref().and_then(|budget| budget.constant());
    if let (Some(value), Some(written)) = (budget, &definition.trigger.budget)
        && !matches!(value, ValueRef::Number(number) if number >= 1.0)
    {
        let message = format!("with the budget `{}` it begins for nobody", written.value);
        let help = "write a number from 1 on, or what the product says, such as `event.product.stock * 3`; without `budget` it begins for all whom `who` names";
        problems.push(error(source, written, message, help));
    }
    let order = fan_out.order.as_ref().and_then(|order| order.constant());
    if let (Some(_), Some(written)) = (order, &definition.trigger.order) {
        let message =
            format!("by `{}` nobody comes before anybody: it is the same of all", written.value);
        let help = "read the customer, such as `order: tier.rank`, or leave `order` out";
        let warning = Problem::warning(&source.path, written.span.clone(), message);
        problems.push(warning.help(help));
    }
}

fn error(source: &SourceFile, written: &At<String>, message: String, help: &str) -> Problem {
    Problem::error(&source.path, written.span.clone(), message).help(help)
}

/// What is to be said of a number that a line of a ledger enters, if it says the same of every event: what is below 0 counts as 0, which may be meant of a balance alone.
pub(super) fn amount(
    source: &SourceFile,
    written: &At<String>,
    (entry, amount): (EntryKind, &Alone),
) -> Option<Problem> {
    let value = amount.constant()?;
    let is_at_least = |least: f64| matches!(value, ValueRef::Number(number) if number >= least);
    let (message, help) = match entry {
        EntryKind::Earn if !is_at_least(LEAST_AMOUNT) => (
            "nothing is ever earned",
            "write a number above 0, such as `add: 50`; what is taken away is a line of `spend`",
        ),
        EntryKind::Spend if !is_at_least(LEAST_AMOUNT) => (
            "nothing is ever spent",
            "write a number above 0, such as `take: event.points.amount`; what is added is a line of `earn`",
        ),
        EntryKind::Reset if !is_at_least(0.0) => {
            ("no balance is below 0", "write the balance, such as `to: event.points.balance`")
        }
        EntryKind::Earn | EntryKind::Spend | EntryKind::Reset | EntryKind::Undo => return None,
    };
    Some(error(source, written, format!("`{}`: {message}", written.value), help))
}
