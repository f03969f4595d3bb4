//! `cartwheel broadcast`: something that every partition is told.

use super::origins;
use crate::failure::{Failure, Fault, count};
use crate::flags::{BroadcastFlags, Flags, Output};
use crate::known::Known;
use crate::settings::Loaded;
use crate::streams::{Session, Written, journal, now};
use cartwheel_core::journey::plan::{By, Plan};
use cartwheel_core::time::format_rfc3339;
use cartwheel_sim::trace::known::broadcast_field;
use cartwheel_sim::trace::suggest;
use cartwheel_streams::record::{broadcast, broadcast_id};
use cartwheel_streams::{Entry, Stream};
use serde_json::json;
use serde_json::value::RawValue;

/// What nobody hears of is written nevertheless with this flag.
const UNHEARD: &str = "--unheard writes it nevertheless, and takes its id for 30 days";

/// Writes it, unless nobody hears of it, or the journal has one with its id.
pub fn run(flags: &Flags, asked: &BroadcastFlags) -> Result<(), Failure> {
    let told = match &asked.name {
        Some(name) => Some(Told::of(name, asked)?),
        None => None,
    };
    let loaded = Loaded::read(&origins(flags, &flags.config_dir))?;
    let Some(told) = told else {
        let session = Session::open(&loaded, Stream::Broadcast, asked.going_on.again, None)?;
        say(flags.output, "", &session, 0);
        return Ok(());
    };
    let known = Known::find(&loaded, &asked.admin)?;
    let journeys = told.heard_by(&known, asked.unheard)?;
    if asked.dry_run {
        let there = journal::find(&loaded, Stream::Broadcast, |content| told.has_id_of(content))?;
        told.would_be(flags.output, &known, &journeys, there.as_ref())?;
        return Ok(());
    }
    let mut session = Session::open(&loaded, Stream::Broadcast, asked.going_on.again, None)?;
    let there = session.find(|content| told.has_id_of(content))?;
    let is_there = there.as_ref().map(|there| told.is_there(there)).transpose()?;
    match is_there {
        Some(already) => say(flags.output, &format!("{already}\n"), &session, 0),
        None => {
            let entry = Entry::new(Stream::Broadcast, now(), &told.content).value();
            let last = session.write(&[entry])?;
            let id = told.id;
            say(flags.output, &format!("`{id}` is broadcast with sequence {last}\n"), &session, 1);
        }
    }
    Ok(())
}

fn say(output: Output, told: &str, session: &Session<'_>, written: u64) {
    match output {
        Output::Json => println!("{}", session.json(written)),
        Output::Text => print!("{told}{}", session.text()),
    }
}

/// What everybody is to be told.
struct Told<'a> {
    name: &'a str,
    id: &'a str,
    content: Box<RawValue>,
}

impl<'a> Told<'a> {
    fn of(name: &'a str, asked: &'a BroadcastFlags) -> Result<Self, Failure> {
        let id = asked.id.as_deref().unwrap_or(name);
        let content = broadcast(name, id, &asked.with).map_err(|wrong| data(wrong, None))?;
        Ok(Self { name, id, content })
    }

    fn has_id_of(&self, content: &str) -> bool {
        broadcast_id(content).as_deref() == Some(self.id)
    }

    /// The journeys that begin by it. Errors: there is none, or nobody can tell.
    fn heard_by<'k>(&self, known: &'k Known, unheard: bool) -> Result<Vec<&'k str>, Failure> {
        let name = self.name;
        let Some((plan, whose)) = known.in_force() else {
            if unheard {
                return Ok(Vec::new());
            }
            let help = format!(
                "name an engine that runs: --admin URL; or mend the configuration; {UNHEARD}"
            );
            let message = format!("nobody can tell whether a journey begins by `{name}`");
            return Err(data(message, Some(help)));
        };
        let heard: Vec<&str> = begun_by(plan)
            .into_iter()
            .filter_map(|(journey, by)| (by == name).then_some(journey))
            .collect();
        if !unheard && !heard.is_empty() {
            self.fields_are_read(plan)?;
        }
        if unheard || !heard.is_empty() {
            return Ok(heard);
        }
        let has_it = |plan: &Plan| begun_by(plan).iter().any(|(_, by)| *by == name);
        let help = match (known.folder.as_ref().is_some_and(has_it), begun_by(plan).is_empty()) {
            (true, _) => "the configuration here has one: cartwheel publish".to_owned(),
            (false, true) => {
                format!("one does that says `trigger: {{ broadcast: {name}, who: ... }}`")
            }
            (false, false) => suggest::help(name, begun_by(plan).into_iter().map(|(_, by)| by)),
        };
        let message = format!("no journey of {whose} begins by a broadcast `{name}`");
        let mark = if help.ends_with('?') { "" } else { ";" };
        Err(data(message, Some(format!("{help}{mark} {UNHEARD}"))))
    }

    /// A field that is nearly one that is read would be read as absent.
    fn fields_are_read(&self, plan: &Plan) -> Result<(), Failure> {
        let content: serde_json::Value =
            serde_json::from_str(self.content.get()).map_err(|error| Failure::Io(error.into()))?;
        let fields = content.as_object().into_iter().flatten();
        let slip = fields.into_iter().find_map(|(name, _)| match name.as_str() {
            "name" | "id" => None,
            name => broadcast_field(plan, name),
        });
        slip.map_or(Ok(()), |(message, help)| {
            Err(data(message, Some(format!("{help}; {UNHEARD}"))))
        })
    }

    /// That it is there already, in words. Errors: what is there under its id is something else.
    fn is_there(&self, there: &Written) -> Result<String, Failure> {
        let (id, at) = (self.id, format_rfc3339(there.time));
        if there.content == self.content.get() {
            return Ok(format!(
                "`{id}` was broadcast at {at}, with the same content: it is not written again; --id OTHER makes it another one"
            ));
        }
        let message =
            format!("`{id}` was broadcast at {at} with another content: {}", there.content);
        let help = format!("an id is acted on once: name another one, such as --id {id}_2");
        Err(data(message, Some(help)))
    }

    /// Says what would be done.
    fn would_be(
        &self,
        output: Output,
        known: &Known,
        journeys: &[&str],
        there: Option<&Written>,
    ) -> Result<(), Failure> {
        let already = there.map(|there| self.is_there(there)).transpose()?;
        let customers = known.engine.as_ref().map(|engine| engine.overview.totals.customers);
        if output == Output::Json {
            let said = json!({
                "ok": true, "dry_run": true, "broadcast": self.content, "journeys": journeys, "customers": customers,
                "already": there.map(|there| format_rfc3339(there.time)),
            });
            println!("{said}");
            return Ok(());
        }
        match already {
            Some(already) => println!("{already}"),
            None => println!("would be broadcast: {}", self.content),
        }
        let whose = known.in_force().map_or_else(|| "nobody knows whom".into(), |(_, whose)| whose);
        println!(
            "{} of {whose} would begin by it: {}",
            count(journeys.len(), "journey"),
            if journeys.is_empty() { "none".to_owned() } else { journeys.join(", ") }
        );
        match &known.engine {
            Some(engine) => println!(
                "it would go to {} that {} of that engine know",
                count(
                    usize::try_from(engine.overview.totals.customers).unwrap_or(usize::MAX),
                    "customer"
                ),
                count(engine.overview.shards.len(), "shard"),
            ),
            None => println!("how many customers it would go to is not known: no engine was asked"),
        }
        println!("nothing is written");
        Ok(())
    }
}

/// The journeys that begin by broadcasts, each with the name of its own.
fn begun_by(plan: &Plan) -> Vec<(&str, &str)> {
    let journeys = plan.broadcasts.iter().filter_map(|it| plan.journeys.get(usize::from(*it)));
    let heard = journeys.filter_map(|journey| match &journey.fan_out.as_deref()?.by {
        By::Broadcast(name) => Some((journey.name.as_str(), name.as_str())),
        By::Product(_) => None,
    });
    heard.collect()
}

fn data(problem: String, help: Option<String>) -> Failure {
    Failure::Data(vec![Fault::new(problem, help)])
}
