//! `cartwheel publish`: what stands in the configuration folder comes into force in the engine that runs there.

use super::asked;
use super::check::{Checked, checked};
use crate::edits::{Preview, Running, engines, short};
use crate::failure::{Failure, Fault, count, warn};
use crate::flags::{AdminFlags, Flags, Output, PublishFlags};
use crate::wire::ask::Engine;
use crate::wire::hangup;
use cartwheel_core::journey::plan::Plan;
use cartwheel_runtime::admin::view::{ConfigurationView, ShardView};
use cartwheel_runtime::metrics::labels::ShardState;
use serde_json::json;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often engines are asked.
const LOOK: Duration = Duration::from_millis(250);

/// Checks, tells, waits; prints what becomes of windows and runs before it tells.
pub fn run(flags: &Flags, publish: &PublishFlags) -> Result<(), Failure> {
    let Checked { loaded, compiled, templates, .. } = checked(flags, &flags.config_dir)?;
    if flags.output == Output::Text {
        warn(&compiled.warnings);
    }
    let plan = Arc::new(compiled.plan.showing(&templates.shown()));
    let engines = asked_for(flags, publish)?;
    let wanted = format!("{:032x}", plan.hash);
    let before = engines.iter().map(configuration).collect::<Result<Vec<_>, _>>()?;
    let is_news = before.iter().any(|has| *has != wanted);
    let preview = if is_news { preview(&engines, &plan, publish.wait_only)? } else { None };
    if let (Output::Text, Some(preview)) = (flags.output, &preview) {
        std::io::stdout().write_all(preview.to_string().as_bytes())?;
    }
    if is_news && !publish.wait_only {
        hangup::engine(&loaded.settings.data_dir)?;
    }
    let limit = Duration::from_millis(u64::try_from(publish.timeout.millis()).unwrap_or_default());
    let shards = Wait { engines: &engines, before: &before, wanted: &wanted }.all(limit)?;
    let text = match flags.output {
        Output::Json => {
            let said = json!({ "configuration": wanted, "shards": shards, "against": preview });
            format!("{said}\n")
        }
        Output::Text => {
            let verb = if shards == 1 { "decides" } else { "decide" };
            format!("{} {verb} by configuration {}\n", count(shards, "shard"), short(&wanted))
        }
    };
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

fn asked_for(flags: &Flags, publish: &PublishFlags) -> Result<Vec<Engine>, Failure> {
    if publish.admin.is_empty() {
        let admin = AdminFlags { admin: None, token_file: publish.token_file.clone() };
        return Ok(vec![asked(flags, &admin)?]);
    }
    engines(&publish.admin, publish.token_file.as_deref())
}

/// The hash of what the engine has.
fn configuration(engine: &Engine) -> Result<String, Failure> {
    Ok(engine.get::<ConfigurationView>(&["configuration"], &[])?.configuration)
}

/// What becomes of windows and runs; nothing is said of them where only the rest of a change is waited for.
fn preview(
    engines: &[Engine],
    plan: &Arc<Plan>,
    wait_only: bool,
) -> Result<Option<Preview>, Failure> {
    match Running::of(engines) {
        Ok(running) => Ok(Some(Preview::of(&running, plan))),
        Err(Failure::Temporary(_)) if wait_only => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// What is waited for.
struct Wait<'w> {
    engines: &'w [Engine],
    /// What each of them had.
    before: &'w [String],
    /// What all are to have.
    wanted: &'w str,
}

impl Wait<'_> {
    /// Until every shard decides by the new plan; how many there are.
    fn all(&self, limit: Duration) -> Result<usize, Failure> {
        let begun = Instant::now();
        loop {
            let lacking = match self.look()? {
                Ok(shards) => return Ok(shards),
                Err(lacking) => lacking,
            };
            if begun.elapsed() >= limit {
                let help = "if an engine has refused it, its log says why; else it takes longer: `cartwheel inspect` shows which shard decides by which";
                return Err(Failure::Temporary(Fault::new(lacking, Some(help.into()))));
            }
            std::thread::sleep(LOOK);
        }
    }

    /// How many shards decide by it if all do, else which does not.
    fn look(&self) -> Result<Result<usize, String>, Failure> {
        let mut found = 0;
        for (engine, before) in self.engines.iter().zip(self.before) {
            let (address, has) = (engine.address(), configuration(engine)?);
            if has != self.wanted && has == *before {
                return Ok(Err(format!("{address} still has configuration {}", short(&has))));
            }
            if has != self.wanted {
                return Err(other(address, &has, self.wanted));
            }
            let shards: Vec<ShardView> = engine.get(&["shards"], &[])?;
            let decides = |shard: &ShardView| {
                shard.state == ShardState::Running
                    && shard.configuration.as_deref() == Some(self.wanted)
            };
            if let Some(shard) = shards.iter().find(|shard| !decides(shard)) {
                let lacking =
                    format!("shard {} of {address} does not decide by it yet", shard.shard);
                return Ok(Err(lacking));
            }
            found += shards.len();
        }
        Ok(Ok(found))
    }
}

fn other(address: &str, has: &str, wanted: &str) -> Failure {
    let message = format!(
        "{address} has read configuration {}, and this folder has {}",
        short(has),
        short(wanted)
    );
    let help =
        "give the folder, the flags (--config-dir, --set) and the environment that the engine has";
    Failure::config(Fault::new(message, Some(help.into())))
}
