//! `cartwheel explain CUSTOMER`: what was decided about a customer, and why.

use super::asked;
use crate::failure::{Failure, Fault};
use crate::flags::{ExplainFlags, Flags, Output};
use crate::show::timeline::timeline;
use cartwheel_runtime::admin::view::{CustomerView, Overview};
use cartwheel_sim::trace::suggest;
use serde_json::json;
use std::io::Write;

/// Asks the running engine; prints a timeline, or one decision a line as JSON.
pub fn run(flags: &Flags, explain: &ExplainFlags) -> Result<(), Failure> {
    if explain.customer.is_empty() {
        let help = "name one, by the id that events have: cartwheel explain c0001234567";
        return Err(Failure::Data(vec![Fault::new("the customer is empty", Some(help.into()))]));
    }
    let journey = explain.journey.as_ref().map(|journey| ("journey", journey.as_str()));
    let engine = asked(flags, &explain.admin)?;
    let found = engine.get(&["customers", &explain.customer], journey.as_slice());
    let view: CustomerView = found.map_err(|failure| unknown(failure, &explain.customer))?;
    if let Some(journey) = &explain.journey
        && view.decisions.is_empty()
        && view.runs.is_empty()
    {
        // Nothing to show, because nothing happened there, or because there is no such journey.
        let overview: Overview = engine.get(&["overview"], &[])?;
        let known = overview.journeys.iter().map(|counts| counts.journey.as_str());
        is_known(journey, &known.collect::<Vec<_>>())?;
    }
    let text = match flags.output {
        Output::Text => timeline(&view),
        Output::Json => lines(&view)?,
    };
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

/// One decision a line, oldest first; of somebody of whom there is none one object that says so, with how they stand to the journey that was asked for.
fn lines(view: &CustomerView) -> Result<String, Failure> {
    if view.decisions.is_empty() {
        let message = "nothing was decided about this customer, as far back as decisions are kept";
        let mut told = json!({ "customer": view.customer, "decision": null, "message": message });
        if !view.outlooks.is_empty() {
            told["outlooks"] = json!(view.outlooks);
        }
        return Ok(format!("{told}\n"));
    }
    let line = |decision| {
        serde_json::to_string(decision)
            .map(|line| line + "\n")
            .map_err(|error| Failure::Io(error.into()))
    };
    view.decisions.iter().map(line).collect()
}

/// A journey that is in force; one that was and is no more has decisions.
fn is_known(journey: &str, known: &[&str]) -> Result<(), Failure> {
    if known.contains(&journey) {
        return Ok(());
    }
    let help = suggest::help(journey, known.iter().copied());
    let message = format!("there is no journey `{journey}`, and nothing was decided in one");
    Err(Failure::Data(vec![Fault::new(message, Some(help))]))
}

/// Says who is not known.
fn unknown(failure: Failure, customer: &str) -> Failure {
    match failure {
        Failure::Data(_) => {
            let help = "ids are those of the field `customer` of events; an event that is under way shows after a moment";
            Failure::Data(vec![Fault::new(
                format!("the customer `{customer}` has never been seen"),
                Some(help.into()),
            )])
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journey_that_nobody_knows_is_told() {
        let known = ["cart_abandonment", "welcome"];
        assert!(is_known("welcome", &known).is_ok());
        for (name, help) in [
            ("welcom", "did you mean `welcome`?"),
            ("zzz", "known here: cart_abandonment, welcome"),
        ] {
            match is_known(name, &known) {
                Err(Failure::Data(faults)) => assert_eq!(faults[0].help.as_deref(), Some(help)),
                other => panic!("{other:?}"),
            }
        }
    }
}
