//! A small shop, made of what ships: some journeys, and what these need.
//!
//! What is needed is what the loader misses when it is taken away: there is no second list of who reads what.

mod thin;

use crate::failure::Fault;
use crate::preview;
use crate::settings::Settings;
use crate::shipped::{self, Missing};
use cartwheel_core::journey::load::{Checked, SourceFile, Sources, check, check_declared};
use cartwheel_core::policy::Policy;
use cartwheel_sim::trace::suggest;
use std::collections::BTreeSet;
use thin::{Section, with_list};

/// The folder of a shop that its configuration stands in.
pub const FOLDER: &str = "config";

const SETTINGS: &str = "cartwheel.yaml";
const FACTS: &str = "facts.yaml";
const EVENTS: &str = "events.yaml";
/// The line of cartwheel.yaml that names pools of coupons, as it begins.
const COUPONS: &str = "  coupons: ";

/// The files of a shop.
pub struct Shop {
    /// The names of its journeys, in order.
    pub journeys: Vec<String>,
    /// How many templates it has.
    pub templates: usize,
    /// How many facts and segments it has.
    pub facts: usize,
    /// The pools of coupons that its messages give codes of.
    pub pools: Vec<String>,
    /// Path below [`FOLDER`], and text.
    pub files: Vec<(String, String)>,
}

impl Shop {
    /// Takes the journeys of these names with all that they need, and nothing else. The policy is whole, but for its groups, which are of journeys that are
    /// there, and its pools of coupons, of which some message gives codes.
    ///
    /// # Errors
    /// A journey does not ship; the fault names the nearest that does.
    pub fn of(names: &[String]) -> Result<Self, Fault> {
        let names: BTreeSet<&str> = names.iter().map(|name| name.trim()).collect();
        let known = journeys();
        if let Some(name) = names.iter().find(|name| !known.iter().any(|known| known == *name)) {
            let help = suggest::help(name, known.iter().map(String::as_str));
            return Err(Fault::new(format!("no journey `{name}` ships"), Some(help)));
        }
        Self::made(&names).map_err(|missing| missing.fault())
    }

    fn made(names: &BTreeSet<&str>) -> Result<Self, Missing> {
        let settings = grouped(&shipped::text(SETTINGS)?, names);
        let mut journeys = Vec::new();
        for name in names {
            let path = format!("journeys/{name}.yaml");
            journeys.push(SourceFile { text: shipped::text(&path)?, path });
        }
        let texts = Texts {
            policy: policy(&settings)?,
            facts: shipped::text(FACTS)?,
            events: shipped::text(EVENTS)?,
            journeys,
        };
        let texts = texts.thinned();
        let pools = texts.pools();
        let settings = with_list(&settings, COUPONS, &pools);
        let mut files = vec![(SETTINGS.to_owned(), settings)];
        let sends = texts.check(&texts.facts, &texts.events).sends;
        let templates: BTreeSet<String> = sends.into_iter().map(|sent| sent.template).collect();
        let paths = shipped::paths().into_iter();
        let belongs = |path: &String| {
            let parts: Vec<&str> = path.split('/').collect();
            match parts.as_slice() {
                ["journeys", file] => {
                    file.strip_suffix(".trace").is_some_and(|name| names.contains(name))
                }
                ["templates", name, _] => templates.contains(*name),
                ["schema", _] | [preview::SAMPLE] => true,
                _ => false,
            }
        };
        for path in paths.filter(belongs) {
            files.push((path.clone(), shipped::text(&path)?));
        }
        let facts = texts.count_facts();
        files.extend(texts.journeys.into_iter().map(|source| (source.path, source.text)));
        files.extend([(FACTS.to_owned(), texts.facts), (EVENTS.to_owned(), texts.events)]);
        files.sort();
        let journeys = names.iter().map(|name| (*name).to_owned()).collect();
        Ok(Self { journeys, templates: templates.len(), facts, pools, files })
    }
}

/// The names of the journeys that ship, in order.
pub fn journeys() -> Vec<String> {
    let name =
        |path: String| Some(path.strip_prefix("journeys/")?.strip_suffix(".yaml")?.to_owned());
    shipped::paths().into_iter().filter_map(name).collect()
}

fn policy(settings: &str) -> Result<Policy, Missing> {
    let settings: Settings =
        serde_saphyr::from_str(settings).map_err(|_| Missing(SETTINGS.to_owned()))?;
    Ok(settings.policy)
}

/// What decides which journeys need what.
struct Texts {
    policy: Policy,
    journeys: Vec<SourceFile>,
    facts: String,
    events: String,
}

impl Texts {
    fn check(&self, facts: &str, events: &str) -> Checked {
        let source = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
        let facts = source(FACTS, facts);
        let sources = Sources { journeys: &self.journeys, facts: Some(&facts) };
        check_declared(&self.policy, sources, Some(&source(EVENTS, events)))
    }

    /// Without the facts, segments and declarations that nothing misses. What others are made of stands before them, so the last go first.
    fn thinned(mut self) -> Self {
        let most = self.check(&self.facts, &self.events).problems.len();
        for section in [Section::SEGMENTS, Section::FACTS] {
            for name in section.names(&self.facts).iter().rev() {
                let without = section.without(&self.facts, name);
                if self.check(&without, &self.events).problems.len() <= most {
                    self.facts = without;
                }
            }
        }
        for section in [Section::PROFILE, Section::EVENTS] {
            for name in section.names(&self.events).iter().rev() {
                let without = section.without(&self.events, name);
                if self.check(&self.facts, &without).problems.len() <= most {
                    self.events = without;
                }
            }
        }
        self
    }

    /// The pools of coupons that some journey misses where they are gone.
    fn pools(&self) -> Vec<String> {
        let all = &self.policy.coupons;
        let facts = SourceFile { path: FACTS.into(), text: self.facts.clone() };
        let is_missed = |name: &&String| {
            let others = all.iter().filter(|other| other != name).cloned().collect();
            let policy = Policy { coupons: others, ..self.policy.clone() };
            let sources = Sources { journeys: &self.journeys, facts: Some(&facts) };
            check(&policy, sources).plan.is_none()
        };
        all.iter().filter(is_missed).cloned().collect()
    }

    fn count_facts(&self) -> usize {
        [Section::SEGMENTS, Section::FACTS]
            .map(|section| section.names(&self.facts).len())
            .iter()
            .sum()
    }
}

/// The text of cartwheel.yaml in which the groups are of these journeys. One journey is no group.
fn grouped(settings: &str, names: &BTreeSet<&str>) -> String {
    let groups = policy(settings).map(|policy| policy.groups).unwrap_or_default();
    groups.iter().fold(settings.to_owned(), |text, group| {
        let order: Vec<&str> =
            group.order.iter().map(String::as_str).filter(|name| names.contains(name)).collect();
        if order.len() == group.order.len() {
            return text;
        }
        if order.len() < 2 {
            return Section::GROUPS.without(&text, &group.name);
        }
        let keys =
            order.iter().filter_map(|name| Some(format!("{name}: {}", group.keys.get(*name)?)));
        let keys = keys.collect::<Vec<_>>().join(", ");
        let body = format!("      keys: {{ {keys} }}\n      order: [{}]\n", order.join(", "));
        Section::GROUPS.with_body(&text, &group.name, &body)
    })
}

#[cfg(test)]
mod tests;
