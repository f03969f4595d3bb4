//! `cartwheel coupons`: codes of coupons, to every partition.

use super::origins;
use crate::failure::{Failure, Fault, count};
use crate::flags::{CouponsCommand, Flags, LoadFlags, Output};
use crate::settings::Loaded;
use crate::streams::{Session, now};
use cartwheel_core::coupon::Load;
use cartwheel_core::event::Raw;
use cartwheel_core::time::{Millis, format_rfc3339};
use cartwheel_sim::trace::suggest;
use cartwheel_streams::coupons::{WrongLine, codes, loads};
use cartwheel_streams::{Entry, Stream};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Read};
use std::path::Path;

/// Standard input.
const STDIN: &str = "-";
/// Faults told at most.
const MAX_FAULTS: usize = 20;

/// Checks the file, then writes its codes.
pub fn run(flags: &Flags, command: &CouponsCommand) -> Result<(), Failure> {
    let CouponsCommand::Load(load) = command;
    let name = load.file.display().to_string();
    let text = read(&load.file)?;
    let codes = codes(&text).map_err(|wrong| told(&name, &wrong))?;
    if codes.is_empty() {
        return Err(data(format!("there is no code in {name}"), "write one a line".into()));
    }
    let loaded = Loaded::read(&origins(flags, &flags.config_dir))?;
    must_exist(&loaded, &load.pool)?;
    let number = count(codes.len(), "code");
    if load.dry_run {
        match flags.output {
            Output::Json => {
                println!("{}", json!({ "ok": true, "dry_run": true, "codes": codes.len() }));
            }
            Output::Text => println!("{number} in {name}: every line is right"),
        }
        return Ok(());
    }
    write(flags, &loaded, load, &codes)
}

fn write(flags: &Flags, loaded: &Loaded, load: &LoadFlags, codes: &[&str]) -> Result<(), Failure> {
    let entry = |content: &_| Entry::new(Stream::Control, now(), content).value();
    let entries: Vec<Vec<u8>> =
        loads(&load.pool, codes).iter().map(|content| entry(content)).collect();
    let mut session = Session::open(loaded, Stream::Control, load.again, None)?;
    must_be_new(&session, load, codes)?;
    session.write(&entries).inspect_err(|_| {
        eprintln!(
            "some of the codes may not be in every partition: load the file once more (a pool takes no code twice), or `cartwheel control finish`"
        );
    })?;
    match flags.output {
        Output::Json => println!("{}", session.json(entries.len() as u64)),
        Output::Text => print!(
            "{} written for the pool {}: shards drop those that it has had\n{}",
            count(codes.len(), "code"),
            load.pool,
            session.text()
        ),
    }
    let partitions = session.partitions();
    if codes.len() < partitions {
        eprintln!(
            "warning: each of the {partitions} partitions gets a share of its own, and {} are fewer: where there is none messages wait for a code, and are dropped",
            count(codes.len(), "code")
        );
    }
    Ok(())
}

/// A code of two pools would be given twice. The journal knows what was loaded within 30 days.
fn must_be_new(session: &Session<'_>, load: &LoadFlags, codes: &[&str]) -> Result<(), Failure> {
    let lines: HashMap<&str, usize> = codes.iter().copied().zip(1..).collect();
    // By line: the pool that has had the code, and when.
    let mut others: BTreeMap<usize, (String, Millis)> = BTreeMap::new();
    session.each(|time, content| {
        let Some(Ok(other)) = Load::read(Raw(content)) else { return };
        if other.pool == load.pool || load.also_in.iter().any(|pool| other.pool == pool) {
            return;
        }
        let had = other.codes.iter().filter_map(|code| lines.get(code.as_ref()));
        others.extend(had.map(|line| (*line, (other.pool.to_string(), time))));
    })?;
    if others.is_empty() {
        return Ok(());
    }
    let name = load.file.display().to_string();
    let number = count(others.len(), "code");
    eprintln!("nothing is written: {number} of {name} are in another pool; the first of them:");
    let fault = |(line, (pool, time)): (&usize, &(String, Millis))| {
        let problem = format!("the pool {pool} has had this code, as of {}", format_rfc3339(*time));
        let help = format!(
            "load codes of its own into {}; if both pools are to give the same one: --also-in {pool}",
            load.pool
        );
        Fault::new(format!("{name}:{line}: {problem}"), Some(help))
    };
    Err(Failure::Data(others.iter().take(MAX_FAULTS).map(fault).collect()))
}

fn read(path: &Path) -> Result<String, Failure> {
    let name = path.display();
    let mut bytes = Vec::new();
    let read = match path.as_os_str() == STDIN {
        true => io::stdin().lock().read_to_end(&mut bytes).map(drop),
        false => fs::read(path).map(|read| bytes = read),
    };
    read.map_err(|error| data(format!("{name}: {error}"), "name a file that can be read".into()))?;
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
        data(
            format!("{name}:{line}: the line is not in UTF-8"),
            "write a file of text with one code a line, in UTF-8".into(),
        )
    })
}

fn data(message: String, help: String) -> Failure {
    Failure::Data(vec![Fault::new(message, Some(help))])
}

/// Codes are somebody's: the lines are told by their numbers.
fn told(name: &str, wrong: &[WrongLine]) -> Failure {
    if wrong.len() > MAX_FAULTS {
        eprintln!("{name}: {} lines are wrong; the first of them:", wrong.len());
    }
    let fault = |WrongLine { line, problem, help }: &WrongLine| {
        Fault::new(format!("{name}:{line}: {problem}"), Some((*help).to_owned()))
    };
    Failure::Data(wrong.iter().take(MAX_FAULTS).map(fault).collect())
}

/// A slip would fill a pool of which nothing is sent.
fn must_exist(loaded: &Loaded, pool: &str) -> Result<(), Failure> {
    let known = &loaded.settings.policy.coupons;
    if known.iter().any(|name| name == pool) {
        return Ok(());
    }
    let help = match known.is_empty() {
        true => format!("add it to the policy: `coupons: [{pool}]`"),
        false => suggest::help(pool, known.iter().map(String::as_str)),
    };
    Err(data(format!("the policy has no pool `{pool}` of coupons"), help))
}
