//! What is in force: a plan, and how many windows and runs stand where, if an engine was asked.

use super::restart::{Started, started};
use crate::failure::{Failure, Fault};
use crate::flags::{AdminFlags, CheckFlags};
use crate::journeys;
use crate::settings::{Loaded, at_start};
use crate::wire::ask::Engine;
use cartwheel_core::journey::bundle::StoredBundle;
use cartwheel_core::journey::plan::Plan;
use cartwheel_runtime::admin::view::{ConfigurationView, JourneyCounts, Overview, ShardView};
use std::path::Path;
use std::sync::Arc;

/// See the module.
pub struct Running {
    plan: Arc<Plan>,
    /// Of each engine that was asked; none for a folder.
    counts: Option<Vec<JourneyCounts>>,
    /// What each was started with, or would be.
    started: Vec<Started>,
}

impl Running {
    /// What `--against` names: one folder, which `read` reads, or engines that have the same configuration.
    ///
    /// # Errors
    /// [`Failure::Config`] for a mixture of both, else what asking or reading says.
    pub fn named(
        check: &CheckFlags,
        read: impl FnOnce(&Path) -> Result<Loaded, Failure>,
    ) -> Result<Self, Failure> {
        let is_url = |name: &&String| name.starts_with("http://") || name.starts_with("https://");
        let (urls, folders): (Vec<_>, Vec<_>) = check.against.iter().partition(is_url);
        match (&urls[..], &folders[..]) {
            ([], [folder]) => {
                let loaded = read(Path::new(folder.as_str()))?;
                let plan = Arc::new(journeys::compile(&loaded)?.plan);
                let started = vec![((*folder).clone(), at_start::of(&loaded))];
                Ok(Self { plan, counts: None, started })
            }
            (urls, []) => Self::of(&engines(urls, check.token_file.as_deref())?),
            _ => Err(Failure::config(Fault::new(
                "--against names several folders, or folders and engines",
                Some("name one folder, or each engine by its URL".into()),
            ))),
        }
    }

    /// What these engines have in force, and what is in it.
    ///
    /// # Errors
    /// [`Failure::Temporary`] if they, or their shards, differ, else what asking says.
    pub fn of(engines: &[Engine]) -> Result<Self, Failure> {
        let (mut found, mut counts) = (None::<(&Engine, ConfigurationView)>, Vec::new());
        let mut said = Vec::new();
        for engine in engines {
            let has: ConfigurationView = engine.get(&["configuration"], &[])?;
            if let Some((other, known)) = &found
                && known.configuration != has.configuration
            {
                let (one, other) = (engine.address(), other.address());
                return Err(changing(format!("{one} has another configuration than {other}")));
            }
            let overview: Overview = engine.get(&["overview"], &[])?;
            let decides_by_another = |shard: &&ShardView| {
                shard.configuration.as_ref().is_some_and(|hash| *hash != has.configuration)
            };
            if let Some(shard) = overview.shards.iter().find(decides_by_another) {
                let (address, shard) = (engine.address(), shard.shard);
                return Err(changing(format!(
                    "shard {shard} of {address} still decides by another configuration"
                )));
            }
            counts.extend(overview.journeys);
            said.extend(started(engine.address(), &has));
            found = Some((engine, has));
        }
        let (_, found) = found.ok_or_else(no_engine)?;
        Ok(Self { plan: Arc::new(compiled(&found)?), counts: Some(counts), started: said })
    }

    /// As if it had been asked.
    #[cfg(test)]
    pub fn here(plan: Arc<Plan>, counts: Option<Vec<JourneyCounts>>) -> Self {
        Self { plan, counts, started: Vec::new() }
    }

    /// What each of them was started with, or would be.
    pub fn started(&self) -> &[Started] {
        &self.started
    }

    /// The plan in force.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// How many runs of the journey stand before the step; without a step, how many of its windows are open. None where no engine was asked.
    pub fn count(&self, journey: &str, step: Option<&str>) -> Option<u64> {
        let of_journey = self.counts.as_ref()?.iter().filter(|counts| counts.journey == journey);
        Some(match step {
            None => of_journey.map(|counts| counts.windows).sum(),
            Some(step) => {
                let steps = of_journey.flat_map(|counts| &counts.steps);
                steps.filter(|counts| counts.step == step).map(|counts| counts.runs).sum()
            }
        })
    }
}

/// The engines at these addresses.
///
/// # Errors
/// [`Failure::Config`] for an address or token file that cannot be used.
pub fn engines(urls: &[impl AsRef<str>], token: Option<&Path>) -> Result<Vec<Engine>, Failure> {
    let named = |url: &str| {
        let (admin, token_file) = (Some(url.to_owned()), token.map(Path::to_owned));
        Engine::named(&AdminFlags { admin, token_file }, || Err(no_engine()))
    };
    urls.iter().map(|url| named(url.as_ref())).collect()
}

fn no_engine() -> Failure {
    let help = "name one by its URL, such as http://127.0.0.1:9464";
    Failure::config(Fault::new("no engine is named", Some(help.into())))
}

fn changing(message: String) -> Failure {
    let help =
        "wait until a change has reached all shards of all engines, or ask the engines one by one";
    Failure::Temporary(Fault::new(message, Some(help.into())))
}

/// The plan that an engine shows.
///
/// # Errors
/// [`Failure::Data`] if this build cannot read it.
pub fn compiled(view: &ConfigurationView) -> Result<Plan, Failure> {
    let unusable = |why: String| {
        Failure::Data(vec![Fault::new(
            format!("the engine's configuration {} cannot be read here: {why}", view.configuration),
            Some("check with the build that runs there, or against its folder".into()),
        )])
    };
    let hash = u128::from_str_radix(&view.configuration, 16);
    let hash = hash.map_err(|error| unusable(error.to_string()))?;
    let stored = StoredBundle::read(view.content.get().as_bytes());
    let plan = stored.and_then(|stored| stored.compile(hash, None));
    plan.map_err(|error| unusable(error.to_string()))
}
