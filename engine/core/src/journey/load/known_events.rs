//! What a configuration knows of events, for whoever writes some by hand: traces. Events that come may be of any type and have any field; one that is
//! made up for the journeys and that nothing knows is a slip.

use super::foreign;
use crate::channel::Channel;
use crate::event::Subject;
use crate::event::vocabulary::CONSENT;
use crate::journey::catalogue::{Catalogue, Found, declare};
use crate::suggest::closest;
use std::collections::BTreeSet;
use std::sync::Arc;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct KnownEvents {
    catalogue: Arc<Catalogue>,
    /// The types that journeys and facts hear of.
    heard: BTreeSet<String>,
}

/// Fields that stand below no subject.
const OUTSIDE: [&str; 5] = ["channel", "customer", "id", "time", "type"];

/// What is wrong, and what to do.
pub type Slip = (String, String);

impl KnownEvents {
    /// Of what is declared and made, and of what is heard of.
    pub(super) fn new(catalogue: &Arc<Catalogue>, heard: BTreeSet<String>) -> Self {
        Self { catalogue: Arc::clone(catalogue), heard }
    }

    /// Whether an event of this type means something here: Cartwheel knows it, the shop declares it, a journey lets it happen, or a journey or a fact hears of it.
    pub fn knows(&self, kind: &str) -> bool {
        self.catalogue.knows(kind) || self.heard.contains(kind)
    }

    /// Says that there is no such type, with the nearest one.
    pub fn no_type(&self, kind: &str) -> Slip {
        let message = format!("nobody knows events of the type `{kind}`");
        if let Some((system, ours)) = foreign::of(kind) {
            let message = format!("{message}: it is what {system} calls `{ours}`");
            return (message, format!("write `{ours}`"));
        }
        let heard = closest(kind, self.heard.iter().map(String::as_str));
        let near = self.catalogue.near(kind, true).or(heard);
        let own = declare(kind);
        let help = match near {
            Some(near) => format!("did you mean `{near}`? Or {own}"),
            None => format!("neither the journeys nor the facts hear of it; {own}"),
        };
        (message, help)
    }

    /// Says that events of this type have no such field, where one that they have is written nearly so. Others may be the shop's own.
    pub fn misspelt(&self, kind: &str, path: &[&str]) -> Option<Slip> {
        if let Some(slip) = self.misspelt_root(kind, path) {
            return Some(slip);
        }
        let [outer @ .., last] = path else { return None };
        let names = self.names(kind, outer);
        if names.contains(*last) || !self.is_missing(kind, path) {
            return None;
        }
        let near = closest(last, names.iter().map(String::as_str))?;
        let (written, near) = (path.join("."), [outer, &[near]].concat().join("."));
        let message = format!("`{kind}` has no field `{written}`");
        let declare = match outer {
            [root] if *root == Subject::Profile.name() => format!("`profile: {{ {last}: any }}`"),
            _ => format!("`{kind}: {{ {written}: any }}`"),
        };
        let help = format!(
            "did you mean `{near}`? If there is such a field, declare it in events.yaml: {declare}"
        );
        Some((message, help))
    }

    /// The same of where the path begins: what Cartwheel knows stands below a subject, or is one of few fields that do not.
    fn misspelt_root(&self, kind: &str, path: &[&str]) -> Option<Slip> {
        let (root, rest) = path.split_first()?;
        let mut known = self.names(kind, &[]);
        known.extend(Subject::ALL.map(|subject| subject.name().to_owned()));
        known.extend(OUTSIDE.map(ToOwned::to_owned));
        let near =
            closest(root, known.iter().map(String::as_str)).filter(|_| !known.contains(*root))?;
        let (written, near) = (path.join("."), [&[near], rest].concat().join("."));
        let help = format!(
            "did you mean `{near}`? If there is such a field, declare it in events.yaml: `{kind}: {{ {written}: any }}`"
        );
        Some((format!("`{kind}` has no field `{written}`"), help))
    }

    /// Whether it is known which fields lie there, and this is none of them.
    fn is_missing(&self, kind: &str, path: &[&str]) -> bool {
        match path {
            [profile, name] if *profile == Subject::Profile.name() => *name != CONSENT,
            [profile, consent, _] if *profile == Subject::Profile.name() => *consent == CONSENT,
            _ => match self.catalogue.find(&[kind.to_owned()], path) {
                Found::Missing(_) => true,
                Found::Field(_) | Found::Unsaid => false,
            },
        }
    }

    /// The names that lie in this of an event.
    fn names(&self, kind: &str, outer: &[&str]) -> BTreeSet<String> {
        if *outer == [Subject::Profile.name()] {
            let known = Subject::Profile.fields().iter().map(|(name, _)| *name);
            return known.chain(self.catalogue.attributes()).map(ToOwned::to_owned).collect();
        }
        if *outer == [Subject::Profile.name(), CONSENT] {
            return Channel::PERSONAL.map(|channel| channel.name().to_owned()).into();
        }
        let inside = |name: &String| {
            let parts: Vec<&str> = name.split('.').collect();
            let name = parts.strip_prefix(outer)?.first()?;
            Some((*name).to_owned())
        };
        self.catalogue.fields(kind).iter().filter_map(inside).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::journey::load::{SourceFile, check_declared};
    use crate::policy::Policy;

    const JOURNEY: &str = "journey: j
trigger: { event: wish_made, when: event.wish.id == 'w' }
steps:
  - emit: wish_granted
  - send: a
    channels: [email]
";
    const EVENTS: &str =
        "events: { wish_made: { wish.id: text, cart.gift: text } }\nprofile: { vip: boolean }\n";

    fn source(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.into(), text: text.into() }
    }

    #[test]
    fn what_is_known_is_what_means_something_and_slips_are_told() {
        let journeys = [source("j.yaml", JOURNEY)];
        let events = source("events.yaml", EVENTS);
        let checked = check_declared(&Policy::default(), &journeys, Some(&events));
        let known = checked.known;
        for kind in ["wish_made", "wish_granted", "cart_updated", "unsubscribed"] {
            assert!(known.knows(kind), "{kind}: {:?}", checked.problems);
        }
        assert!(!known.knows("tick"));
        for (kind, help) in [
            ("cart_updatd", "did you mean `cart_updated`? Or if"),
            ("wish_mad", "did you mean `wish_made`?"),
            ("tick", "declare it in events.yaml: `tick: {}`"),
            ("orders/create", "write `order_placed`"),
            ("stage_changed", "a level or a segment `stage` changes: declare it in facts.yaml"),
        ] {
            assert!(known.no_type(kind).1.contains(help), "{:?}", known.no_type(kind));
        }
        let misspelt = |kind: &str, path: &str| {
            let path: Vec<&str> = path.split('.').collect();
            known.misspelt(kind, &path).map(|(_, help)| help)
        };
        for (kind, path, near) in [
            ("cart_updated", "cart.totl", "cart.total"),
            ("wish_made", "wish.ids", "wish.id"),
            ("wish_made", "cart.gifd", "cart.gift"),
            ("seen", "profile.emial", "profile.email"),
            ("seen", "profile.vib", "profile.vip"),
            ("seen", "crat.id", "cart.id"),
            ("cart_updated", "profle.email", "profile.email"),
            ("seen", "chanel", "channel"),
            ("seen", "profile.consent.emial", "profile.consent.email"),
        ] {
            let help = misspelt(kind, path).unwrap_or_default();
            assert!(help.contains(&format!("did you mean `{near}`?")), "{path}: {help}");
        }
        for (kind, path) in [
            ("cart_updated", "cart.total"),
            ("cart_updated", "cart.colour"),
            ("seen", "cart.totl"),
            ("cart_updated", "profile.consent.email"),
            ("cart_updated", "profile.nickname"),
        ] {
            assert_eq!(misspelt(kind, path), None, "{path}");
        }
    }
}
