//! What is in force: a plan, and how many windows and runs stand where, if an engine was asked.

use crate::failure::{Failure, Fault};
use crate::flags::{AdminFlags, CheckFlags};
use crate::journeys;
use crate::settings::Loaded;
use crate::wire::ask::Engine;
use cartwheel_core::journey::bundle::StoredBundle;
use cartwheel_core::journey::plan::Plan;
use cartwheel_runtime::admin::view::{ConfigurationView, JourneyCounts, Overview};
use std::path::Path;
use std::sync::Arc;

/// See the module.
pub struct Running {
    plan: Arc<Plan>,
    /// Of each engine that was asked; none for a folder.
    counts: Option<Vec<JourneyCounts>>,
}

impl Running {
    /// What `--against` names: one folder, which `read` reads, or engines that have the same configuration.
    ///
    /// # Errors
    /// [`Failure::Config`] for a mixture of both and for engines that differ, else what asking or reading says.
    pub fn named(
        check: &CheckFlags,
        read: impl FnOnce(&Path) -> Result<Loaded, Failure>,
    ) -> Result<Self, Failure> {
        let is_url = |name: &&String| name.starts_with("http://") || name.starts_with("https://");
        let (urls, folders): (Vec<_>, Vec<_>) = check.against.iter().partition(is_url);
        match (&urls[..], &folders[..]) {
            ([], [folder]) => {
                let plan = journeys::compile(&read(Path::new(folder.as_str()))?)?.plan;
                Ok(Self { plan: Arc::new(plan), counts: None })
            }
            (urls, []) => Self::asked(urls, check),
            _ => Err(Failure::config(Fault::new(
                "--against names several folders, or folders and engines",
                Some("name one folder, or each engine by its URL".into()),
            ))),
        }
    }

    /// As if it had been asked.
    #[cfg(test)]
    pub fn here(plan: Arc<Plan>, counts: Option<Vec<JourneyCounts>>) -> Self {
        Self { plan, counts }
    }

    fn asked(urls: &[&String], check: &CheckFlags) -> Result<Self, Failure> {
        let (mut found, mut counts) = (None::<ConfigurationView>, Vec::new());
        for url in urls {
            let admin = AdminFlags {
                admin: Some((*url).clone()),
                token_file: check.token_file.clone(),
            };
            let engine = Engine::named(&admin, || unreachable_listen())?;
            let has: ConfigurationView = engine.get(&["configuration"], &[])?;
            if found.as_ref().is_some_and(|other| other.configuration != has.configuration) {
                let message = format!("{url} has another configuration than {}", urls[0]);
                let help = "wait until a change has reached all engines, or ask them one by one";
                return Err(Failure::config(Fault::new(message, Some(help.into()))));
            }
            counts.extend(engine.get::<Overview>(&["overview"], &[])?.journeys);
            found = Some(has);
        }
        let found = found.ok_or_else(|| Failure::config(Fault::new("no engine is named", None)))?;
        Ok(Self { plan: Arc::new(compiled(&found)?), counts: Some(counts) })
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

/// The address is always given.
fn unreachable_listen() -> Result<std::net::SocketAddr, Failure> {
    Err(Failure::config(Fault::new("--against names no engine", None)))
}

fn compiled(view: &ConfigurationView) -> Result<Plan, Failure> {
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
