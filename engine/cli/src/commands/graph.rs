//! `cartwheel graph JOURNEY`: a journey as a drawing.

use super::origins;
use crate::failure::{Failure, Fault};
use crate::flags::{Flags, GraphFlags, Output};
use crate::journeys;
use crate::settings::Loaded;
use crate::show::mermaid::mermaid;
use cartwheel_runtime::admin::graphs;
use cartwheel_sim::trace::suggest;
use serde_json::json;
use std::io::Write;

/// Prints the journey as it stands in the configuration; no engine is asked.
pub fn run(flags: &Flags, asked: &GraphFlags) -> Result<(), Failure> {
    let loaded = Loaded::read(&origins(flags, &flags.config_dir))?;
    let compiled = journeys::compile(&loaded)?;
    let graphs = graphs(&compiled.plan);
    let Some(graph) = graphs.iter().find(|graph| graph.journey == asked.journey) else {
        let help = suggest::help(&asked.journey, graphs.iter().map(|graph| graph.journey.as_str()));
        let message = format!("there is no journey `{}`", asked.journey);
        return Err(Failure::Data(vec![Fault::new(message, Some(help))]));
    };
    let text = match flags.output {
        Output::Text => mermaid(graph),
        Output::Json => format!("{}\n", json!(graph)),
    };
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}
