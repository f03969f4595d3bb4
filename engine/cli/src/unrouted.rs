//! Channels on which journeys send and that no provider serves: their commands become dead letters, so somebody should know before.

use crate::failure::Fault;
use crate::settings::Loaded;
use cartwheel_core::channel::Channel;
use cartwheel_core::journey::plan::Plan;
use std::collections::{BTreeMap, BTreeSet};

/// A warning for each such channel, at `providers.route`.
pub fn warnings(loaded: &Loaded, plan: &Plan) -> Vec<Fault> {
    let served = &loaded.settings.providers.route;
    let unserved = senders(plan).into_iter().filter(|(channel, _)| !served.contains_key(channel));
    unserved.map(|(channel, journeys)| warning(loaded, channel, &journeys)).collect()
}

/// The journeys that send on each channel.
fn senders(plan: &Plan) -> BTreeMap<Channel, BTreeSet<&str>> {
    let mut senders: BTreeMap<Channel, BTreeSet<&str>> = BTreeMap::new();
    for journey in &plan.journeys {
        for choice in journey.sends().flat_map(|send| &send.channels) {
            senders.entry(choice.channel).or_default().insert(&journey.name);
        }
    }
    senders
}

fn warning(loaded: &Loaded, channel: Channel, journeys: &BTreeSet<&str>) -> Fault {
    let names: Vec<String> = journeys.iter().map(|name| format!("`{name}`")).collect();
    let message = format!(
        "{channel} goes nowhere: {} send by it and no provider serves it",
        names.join(", ")
    );
    let help = format!(
        "set providers.route.{channel}, or take {channel} out of the steps; until then such commands become dead letters (no_provider)"
    );
    loaded.fault(&["providers", "route"], message, Some(help))
}
