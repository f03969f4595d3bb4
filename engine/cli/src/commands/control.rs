//! `cartwheel control`: what is to be done with a journey, on every shard.

use super::origins;
use crate::failure::{Failure, Fault};
use crate::flags::{AgainFlags, ControlCommand, Flags, Output};
use crate::journeys;
use crate::settings::Loaded;
use crate::streams::{Session, now};
use cartwheel_sim::trace::suggest;
use cartwheel_streams::record::Control;
use cartwheel_streams::{Entry, Stream};

/// Writes it.
pub fn run(flags: &Flags, command: &ControlCommand) -> Result<(), Failure> {
    let loaded = Loaded::read(&origins(flags, &flags.config_dir))?;
    let (again, asked): (AgainFlags, _) = match command {
        ControlCommand::Pause(asked) => (asked.again, Some((Control::Pause, &asked.journey))),
        ControlCommand::Resume(asked) => (asked.again, Some((Control::Resume, &asked.journey))),
        ControlCommand::Stop(asked) => (asked.again, Some((Control::Stop, &asked.journey))),
        ControlCommand::Finish(again) => (*again, None),
    };
    if let Some((_, journey)) = asked {
        must_exist(&loaded, journey)?;
    }
    let mut session = Session::open(&loaded, Stream::Control, again, None)?;
    let (mut told, mut written) = (String::new(), 0);
    if let Some((control, journey)) = asked {
        let content = control.content(journey);
        let last = session.write(&[Entry::new(Stream::Control, now(), &content).value()])?;
        (told, written) =
            (format!("{} {journey} is written with sequence {last}\n", control.name()), 1);
    }
    match flags.output {
        Output::Json => println!("{}", session.json(written)),
        Output::Text => print!("{told}{}", session.text()),
    }
    Ok(())
}

/// A slip would pause nothing and say nothing. Where the journeys here do not load, nobody can tell: a pause may be wanted just then.
fn must_exist(loaded: &Loaded, journey: &str) -> Result<(), Failure> {
    let compiled = match journeys::compile(loaded) {
        Ok(compiled) => compiled,
        Err(_) => {
            eprintln!(
                "warning: the configuration here does not load (`cartwheel check`), so nobody looks whether there is a journey {journey}"
            );
            return Ok(());
        }
    };
    let known: Vec<&str> =
        compiled.plan.journeys.iter().map(|journey| journey.name.as_str()).collect();
    if known.contains(&journey) {
        return Ok(());
    }
    let help = suggest::help(journey, known.iter().copied());
    Err(Failure::Data(vec![Fault::new(format!("there is no journey `{journey}`"), Some(help))]))
}
