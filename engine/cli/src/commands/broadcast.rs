//! `cartwheel broadcast`: something that every partition is told.

use super::origins;
use crate::failure::{Failure, Fault};
use crate::flags::{BroadcastFlags, Flags, Output};
use crate::journeys;
use crate::settings::Loaded;
use crate::streams::{Session, now};
use cartwheel_core::journey::plan::{By, Plan};
use cartwheel_core::time::format_rfc3339;
use cartwheel_sim::trace::suggest;
use cartwheel_streams::record::{broadcast, broadcast_id};
use cartwheel_streams::{Entry, Stream};

/// Writes it, unless the journal has one with its id.
pub fn run(flags: &Flags, asked: &BroadcastFlags) -> Result<(), Failure> {
    let id = asked.id.as_ref().or(asked.name.as_ref());
    let content = match (&asked.name, id) {
        (Some(name), Some(id)) => Some((id, broadcast(name, id, &asked.with).map_err(wrong)?)),
        _ => None,
    };
    let loaded = Loaded::read(&origins(flags, &flags.config_dir))?;
    if let Some(warning) = asked.name.as_ref().and_then(|name| unheard(&loaded, name)) {
        eprintln!("warning: {warning}");
    }
    let mut session = Session::open(&loaded, Stream::Broadcast, asked.going_on.again, None)?;
    let mut told = String::new();
    let mut written = 0;
    if let Some((id, content)) = content {
        match session.find(|content| broadcast_id(content).as_ref() == Some(id))? {
            Some(at) => {
                told = format!(
                    "`{id}` was broadcast at {} and is not written again; --id OTHER makes it another one\n",
                    format_rfc3339(at)
                );
            }
            None => {
                let last =
                    session.write(&[Entry::new(Stream::Broadcast, now(), &content).value()])?;
                (told, written) = (format!("`{id}` is broadcast with sequence {last}\n"), 1);
            }
        }
    }
    match flags.output {
        Output::Json => println!("{}", session.json(written)),
        Output::Text => print!("{told}{}", session.text()),
    }
    Ok(())
}

/// Why perhaps nobody hears of it. It is written nevertheless: whether the engine has these journeys, nobody knows here.
fn unheard(loaded: &Loaded, name: &str) -> Option<String> {
    let Ok(compiled) = journeys::compile(loaded) else {
        return Some("the configuration here does not load (`cartwheel check`), so nobody looks whether a journey begins by it".into());
    };
    let names = names(&compiled.plan);
    if names.contains(&name) {
        return None;
    }
    let help = match names.is_empty() {
        true => format!("one does that says `trigger: {{ broadcast: {name}, who: ... }}`"),
        false => suggest::help(name, names),
    };
    Some(format!("no journey of the configuration here begins by a broadcast `{name}`; {help}"))
}

/// The broadcasts by which journeys begin.
fn names(plan: &Plan) -> Vec<&str> {
    let journeys = plan.broadcasts.iter().filter_map(|it| plan.journeys.get(usize::from(*it)));
    let heard = journeys.filter_map(|journey| match &journey.fan_out.as_deref()?.by {
        By::Broadcast(name) => Some(name.as_str()),
        By::Product(_) => None,
    });
    heard.collect()
}

fn wrong(problem: String) -> Failure {
    Failure::Data(vec![Fault::new(problem, None)])
}
