//! The facts for which a history is read in.

use crate::failure::{Failure, Fault};
use cartwheel_core::fact::{Definition, Layout};
use cartwheel_sim::trace::suggest;
use std::collections::{BTreeMap, BTreeSet};

/// What conditions read of the last order that every shop has is made of this fact.
const LAST_ORDER: (&str, &str) = ("customer.days_since_order", "customer.last_order");

/// The facts, each with the types of the events that feed it.
pub type Facts = BTreeMap<String, BTreeSet<String>>;

/// The facts of these names. Errors: each that events cannot be read in for.
pub fn named(layout: &Layout, names: &[String]) -> Result<Facts, Failure> {
    let (mut facts, mut faults) = (Facts::new(), Vec::new());
    for name in names {
        match one(layout, name.trim()) {
            Ok(fact) => _ = facts.insert(fact.name.to_string(), kinds(fact)),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(facts) } else { Err(Failure::Data(faults)) }
}

fn one<'l>(layout: &'l Layout, name: &str) -> Result<&'l Definition, Fault> {
    let (asked, made_of) = LAST_ORDER;
    let found = layout.named(if name == asked { made_of } else { name });
    match found {
        Some((_, fact)) if !kinds(fact).is_empty() => Ok(fact),
        Some(_) => {
            let message = format!("no event feeds `{name}`: it follows from other facts");
            let help = "read events in for the facts that its conditions read";
            Err(Fault::new(message, Some(help.into())))
        }
        None => {
            let fed = layout.iter().map(|(_, fact)| fact).filter(|fact| !kinds(fact).is_empty());
            let names: Vec<&str> = fed.map(|fact| fact.name.as_str()).collect();
            let help = suggest::help(name, names);
            let message = format!("there is no fact `{name}` in facts.yaml");
            Err(Fault::new(message, Some(help)))
        }
    }
}

/// The types of the events that a fact is made of.
fn kinds(fact: &Definition) -> BTreeSet<String> {
    let feeds = fact.roles().filter_map(|role| fact.feed(role));
    feeds
        .flat_map(|feed| &feed.on)
        .filter(|kind| !kind.is_empty())
        .map(ToString::to_string)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_core::journey::load::{SourceFile, Sources, load};
    use cartwheel_core::policy::Policy;

    const FACTS: &str = "facts:
  orders: { count: order_placed, key: event.order.id, undo: order_cancelled }
  points: { ledger: {}, earn: [{ on: review_submitted, add: 5 }], spend: [{ on: points_redeemed, take: event.points.amount }] }
  tier: { level: [{ gold: orders > 3 }, { member: 'true' }] }
";

    fn named(names: &[&str]) -> Result<Facts, Failure> {
        let facts = SourceFile { path: "facts.yaml".into(), text: FACTS.into() };
        let sources = Sources { journeys: &[], facts: Some(&facts) };
        let plan = load(&Policy::default(), sources).expect("sound facts");
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        super::named(&plan.facts, &names)
    }

    #[test]
    fn a_fact_is_known_by_its_name_and_what_feeds_it() {
        let facts = named(&["points", "orders", "customer.days_since_order"]).expect("facts");
        let of = |name: &str| facts[name].iter().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(of("orders"), ["order_cancelled", "order_placed"]);
        assert_eq!(of("points"), ["points_redeemed", "review_submitted"]);
        assert_eq!(of("customer.last_order"), ["order_placed"]);
    }

    #[test]
    fn what_no_event_feeds_is_refused_with_a_remedy() {
        let Err(Failure::Data(faults)) = named(&["order", "tier"]) else { panic!("refused") };
        let told: Vec<_> = faults.iter().map(|fault| fault.message.as_str()).collect();
        assert_eq!(
            told,
            [
                "there is no fact `order` in facts.yaml",
                "no event feeds `tier`: it follows from other facts"
            ]
        );
        assert_eq!(faults[0].help.as_deref(), Some("did you mean `orders`?"));
    }
}
