//! `cartwheel publish`: what stands in the configuration folder comes into force in the engine that runs there; what waits for a start is named.

use super::asked;
use super::check::{Checked, checked};
use crate::edits::restart::{self, Restart};
use crate::edits::{Preview, Running, engines, short};
use crate::failure::{Failure, Fault, count, warn};
use crate::flags::{AdminFlags, Flags, Output, PublishFlags};
use crate::settings::{Loaded, at_start};
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
    let views = engines.iter().map(view).collect::<Result<Vec<_>, _>>()?;
    let restarts = restarts(&engines, &views, &loaded);
    let before: Vec<String> = views.into_iter().map(|view| view.configuration).collect();
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
            let said = json!({ "configuration": wanted, "shards": shards, "against": preview, "restart": restarts });
            format!("{said}\n")
        }
        Output::Text => {
            let verb = if shards == 1 { "decides" } else { "decide" };
            let (shards, hash) = (count(shards, "shard"), short(&wanted));
            restart::text(&restarts) + &format!("{shards} {verb} by configuration {hash}\n")
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

/// What the engine has.
fn view(engine: &Engine) -> Result<ConfigurationView, Failure> {
    engine.get(&["configuration"], &[])
}

/// The settings that no engine reads while it runs, and that are others here.
fn restarts(engines: &[Engine], views: &[ConfigurationView], loaded: &Loaded) -> Vec<Restart> {
    let started = |(engine, view): (&Engine, _)| restart::started(engine.address(), view);
    let started: Vec<_> = engines.iter().zip(views).filter_map(started).collect();
    restart::restarts(&started, &at_start::of(loaded))
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
            let (address, has) = (engine.address(), view(engine)?.configuration);
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
