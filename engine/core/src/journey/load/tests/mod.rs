//! Journeys good and bad, with every message as a person sees it.

mod begins;
mod broadcasts;
mod catalogue;
mod changes;
mod contradictions;
mod events;
mod facts;
mod fans_out;
mod hostile;
mod in_vain;
mod ledgers;
mod levels;
mod loops;
mod plans;
mod policy;
mod problems;
mod robust;
mod warnings;

use super::*;

const CART: &str = include_str!("../../../../../../loadtest/config/journeys/cart_abandonment.yaml");
const WELCOME: &str = include_str!("../../../../../../loadtest/config/journeys/welcome.yaml");

fn sources(texts: &[&str]) -> Vec<SourceFile> {
    texts
        .iter()
        .enumerate()
        .map(|(at, text)| SourceFile { path: format!("{at}.yaml"), text: (*text).into() })
        .collect()
}

/// The smallest journey, with more lines before its steps.
fn small(name: &str, more: &str, steps: &str) -> String {
    format!("journey: {name}\ntrigger: {{ event: cart_updated }}\n{more}steps:\n{steps}")
}
