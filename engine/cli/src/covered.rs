//! What the traces have taken of the journeys, for people and for programs.

use crate::failure::Fault;
use cartwheel_core::journey::load::{Part, SourceFile};
use cartwheel_sim::trace::Coverage;
use serde_json::{Value, json};

/// A fault for each part that nothing has taken, of the journeys of which less than so many percent have been.
pub fn faults(journeys: &[Coverage], least: u8, sources: &[SourceFile]) -> Vec<Fault> {
    let poor = journeys.iter().filter(|journey| journey.percent() < least);
    poor.flat_map(|journey| &journey.missing).map(|part| fault(part, sources)).collect()
}

fn fault(part: &Part, sources: &[SourceFile]) -> Fault {
    let message = format!("no trace takes this part of `{}`: {}", part.journey, part.what);
    let help = "write a scenario in which it happens".to_owned();
    match sources.iter().find(|source| source.path == part.path) {
        Some(source) => Fault::at(&part.path, &source.text, part.span.clone(), message, Some(help)),
        None => Fault::new(message, Some(help)),
    }
}

/// One line a journey, and one for each part that nothing has taken.
pub fn text(journeys: &[Coverage]) -> String {
    let width = journeys.iter().map(|of| of.journey.len()).max().unwrap_or_default();
    let line = |of: &Coverage| {
        let missing = of.missing.iter();
        let missing: String =
            missing.map(|part| format!("  {}:{}: {}\n", part.path, part.line, part.what)).collect();
        format!(
            "{:width$}  {} of {} parts taken, {} %\n{missing}",
            of.journey,
            of.taken(),
            of.parts,
            of.percent()
        )
    };
    journeys.iter().map(line).collect()
}

/// One journey.
pub fn json(of: &Coverage) -> Value {
    let missing = of.missing.iter();
    let missing: Vec<Value> = missing
        .map(|part| json!({ "path": part.path, "line": part.line, "what": part.what.to_string() }))
        .collect();
    json!({ "journey": of.journey, "parts": of.parts, "taken": of.taken(), "missing": missing })
}
