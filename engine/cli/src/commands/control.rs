//! `cartwheel control`: what is to be done with a journey, on every shard.

use super::origins;
use crate::failure::{Failure, Fault};
use crate::flags::{AgainFlags, ControlCommand, Flags, Output};
use crate::journeys;
use crate::settings::Loaded;
use crate::streams::{Session, now};
use cartwheel_core::journey::plan::Journey;
use cartwheel_sim::trace::known;
use cartwheel_streams::record::Control;
use cartwheel_streams::{Entry, Stream};

/// Writes it.
pub fn run(flags: &Flags, command: &ControlCommand) -> Result<(), Failure> {
    let loaded = Loaded::read(&origins(flags, &flags.config_dir))?;
    let (again, asked) = asked(command);
    if let Some((control, _)) = asked {
        must_exist(&loaded, control)?;
    }
    let mut session = Session::open(&loaded, Stream::Control, again, None)?;
    let (mut told, mut written) = (String::new(), 0);
    if let Some((control, what)) = asked {
        let content = control.content();
        let last = session.write(&[Entry::new(Stream::Control, now(), &content).value()])?;
        (told, written) = (format!("{what} is written with sequence {last}\n"), 1);
    }
    match flags.output {
        Output::Json => println!("{}", session.json(written)),
        Output::Text => print!("{told}{}", session.text()),
    }
    Ok(())
}

/// What is to be written, with its name in words.
fn asked(command: &ControlCommand) -> (AgainFlags, Option<(Control<'_>, String)>) {
    match command {
        ControlCommand::Pause(asked) => {
            let journey = &asked.journey;
            (asked.again, Some((Control::Pause(journey), format!("pause {journey}"))))
        }
        ControlCommand::Resume(asked) => {
            let (journey, missed_within) = (&asked.of.journey, asked.missed_within.as_deref());
            let control = Control::Resume { journey, missed_within };
            (asked.of.again, Some((control, format!("resume {journey}"))))
        }
        ControlCommand::Stop(asked) => {
            let journey = &asked.journey;
            (asked.again, Some((Control::Stop(journey), format!("stop {journey}"))))
        }
        ControlCommand::Winner(asked) => {
            let (journey, split, arm) = (&asked.journey, &asked.split, asked.arm.as_deref());
            let told = format!("winner {journey} {split} {}", arm.unwrap_or("(none)"));
            (asked.again, Some((Control::Winner { journey, split, arm }, told)))
        }
        ControlCommand::Finish(again) => (*again, None),
    }
}

/// A slip would pause nothing and say nothing. Where the journeys here do not load, nobody can tell: a pause may be wanted just then.
fn must_exist(loaded: &Loaded, control: Control<'_>) -> Result<(), Failure> {
    let Ok(compiled) = journeys::compile(loaded) else {
        eprintln!(
            "warning: the configuration here does not load (`cartwheel check`), so nobody looks whether there is such a journey"
        );
        return Ok(());
    };
    let journeys: Vec<&Journey> = compiled.plan.journeys.iter().collect();
    let told = match control {
        Control::Pause(journey) | Control::Stop(journey) | Control::Resume { journey, .. } => {
            known::journey(&journeys, journey).map(drop)
        }
        Control::Winner { journey, split, arm } => known::winner(&journeys, journey, split, arm),
    };
    told.map_err(|known::Stranger { message, help, .. }| {
        Failure::Data(vec![Fault::new(message, Some(help))])
    })
}
