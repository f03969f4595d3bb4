//! `cartwheel control`: what is to be done with a journey, on every shard.

use super::origins;
use crate::failure::{Failure, Fault, count};
use crate::flags::{AgainFlags, ControlCommand, Flags, LookFlags, Output, ResumeFlags};
use crate::known::Known;
use crate::settings::Loaded;
use crate::streams::{Session, now};
use cartwheel_core::journey::plan::Journey;
use cartwheel_sim::trace::known;
use cartwheel_streams::record::Control;
use cartwheel_streams::{Entry, Stream};
use serde_json::json;

/// Writes it, if there is such a journey.
pub fn run(flags: &Flags, command: &ControlCommand) -> Result<(), Failure> {
    let loaded = Loaded::read(&origins(flags, &flags.config_dir))?;
    let (again, asked) = asked(command);
    if let Some(Asked { control, what, look }) = &asked {
        let known = Known::find(&loaded, &look.admin)?;
        must_exist(&known, *control)?;
        if look.dry_run {
            would_be(flags.output, &known, *control, what);
            return Ok(());
        }
    }
    let mut session = Session::open(&loaded, Stream::Control, again, None)?;
    let (mut told, mut written) = (String::new(), 0);
    if let Some(Asked { control, what, .. }) = asked {
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

/// What is to be written.
struct Asked<'a> {
    control: Control<'a>,
    /// In words.
    what: String,
    look: &'a LookFlags,
}

fn asked(command: &ControlCommand) -> (AgainFlags, Option<Asked<'_>>) {
    match command {
        ControlCommand::Pause(asked) => {
            let (journey, look) = (&asked.journey, &asked.look);
            let (control, what) = (Control::Pause(journey), format!("pause {journey}"));
            (asked.again, Some(Asked { control, what, look }))
        }
        ControlCommand::Resume(ResumeFlags { of, missed_within }) => {
            let (journey, look) = (&of.journey, &of.look);
            let control = Control::Resume { journey, missed_within: missed_within.as_deref() };
            (of.again, Some(Asked { control, what: format!("resume {journey}"), look }))
        }
        ControlCommand::Stop(asked) => {
            let (journey, look) = (&asked.journey, &asked.look);
            let (control, what) = (Control::Stop(journey), format!("stop {journey}"));
            (asked.again, Some(Asked { control, what, look }))
        }
        ControlCommand::Winner(asked) => {
            let (journey, split, arm) = (&asked.journey, &asked.split, asked.arm.as_deref());
            let what = format!("winner {journey} {split} {}", arm.unwrap_or("(none)"));
            let (control, look) = (Control::Winner { journey, split, arm }, &asked.look);
            (asked.again, Some(Asked { control, what, look }))
        }
        ControlCommand::Finish(again) => (*again, None),
    }
}

/// Says what would be done.
fn would_be(output: Output, known: &Known, control: Control<'_>, what: &str) {
    let journey = match control {
        Control::Pause(journey) | Control::Stop(journey) => journey,
        Control::Resume { journey, .. } | Control::Winner { journey, .. } => journey,
    };
    let engine = known.engine.as_ref();
    let counts = engine.and_then(|engine| {
        engine.overview.journeys.iter().find(|counts| counts.journey == journey)
    });
    if output == Output::Json {
        let (runs, windows) = counts.map(|counts| (counts.runs, counts.windows)).unzip();
        println!(
            "{}",
            json!({ "ok": true, "dry_run": true, "control": control.content(), "runs": runs, "windows": windows })
        );
        return;
    }
    println!("{what} would be written");
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    match (engine, counts) {
        (Some(engine), Some(counts)) => println!(
            "{} and {} of it are in the engine at {}",
            count(number(counts.runs), "run"),
            count(number(counts.windows), "open window"),
            engine.address
        ),
        (Some(engine), None) => println!("the engine at {} does not have it yet", engine.address),
        (None, _) => println!("how many are in it is not known: no engine was asked"),
    }
    println!("nothing is written");
}

/// A slip would pause nothing and say nothing. Where no journeys are known, nobody can tell: a pause may be wanted just then.
fn must_exist(known: &Known, control: Control<'_>) -> Result<(), Failure> {
    if known.plans().next().is_none() {
        eprintln!("warning: nobody looks whether there is such a journey");
        return Ok(());
    }
    let journeys: Vec<&Journey> = known.plans().flat_map(|plan| &plan.journeys).collect();
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
