//! The rules of `docs/semantics.md` as tables: each `*.trace` beside this file is about one part of the page and holds of the
//! core and of the naive reference. The language is that of `cartwheel test` (`cartwheel test --help`).

use cartwheel_core::decision::Reason;
use cartwheel_core::journey::load::{SourceFile, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use cartwheel_core::sends::Poison;
use cartwheel_shard::ShardError;
use cartwheel_sim::trace::{
    CoreEngine, Expectation, Fault, ReferenceEngine, ScenarioResult, Trace, TraceEngine, What,
    read, run_all,
};
use std::path::Path;
use std::sync::Arc;

/// Every table, in order of the files' names.
fn tables() -> Vec<Trace> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    let files = std::fs::read_dir(dir).expect("the folder of the tables");
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "trace"));
    paths.sort();
    let mut tables = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a table");
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let source = SourceFile { path: name.unwrap_or_default(), text };
        let table = read(&source, &Policy::default());
        tables.push(table.unwrap_or_else(|faults| panic!("{}", told(&faults))));
    }
    tables
}

fn told(faults: &[Fault]) -> String {
    let line = |fault: &Fault| {
        let help = fault.help.as_deref().unwrap_or_default();
        format!("{}:{}: {}\n    {help}\n", fault.path, fault.line(), fault.message)
    };
    faults.iter().map(line).collect()
}

/// Runs all tables; panics with everything that an engine decides otherwise.
fn check(engine: &str, run: impl Fn(&Trace) -> Result<Vec<ScenarioResult>, Fault>) {
    let (mut wrong, mut scenarios) = (String::new(), 0);
    for table in tables() {
        let outcomes = run(&table).unwrap_or_else(|fault| panic!("{}", told(&[fault])));
        scenarios += outcomes.len();
        for outcome in outcomes.iter().filter(|outcome| !outcome.faults.is_empty()) {
            wrong += &format!("{}--- {}\n", told(&outcome.faults), outcome.scenario);
            wrong += &outcome.timeline;
            wrong += "\n";
        }
    }
    assert!(scenarios > 0, "there are tables");
    assert!(wrong.is_empty(), "the {engine} decides otherwise:\n{wrong}");
}

/// The tables bring their journeys; of those beside a trace there are none here.
fn by<E: TraceEngine>(
    engine: impl Fn(Arc<Plan>) -> Result<E, ShardError>,
) -> impl Fn(&Trace) -> Result<Vec<ScenarioResult>, Fault> {
    let none = load(&Policy::default(), &[]).expect("no journey is a plan");
    move |table| run_all(table, &none, &engine)
}

#[test]
fn the_core_meets_every_line() {
    check("core", by(CoreEngine::new));
}

#[test]
fn the_reference_meets_every_line() {
    check("reference", by(|plan| Ok(ReferenceEngine::new(plan))));
}

#[test]
fn the_tables_meet_every_reason() {
    let (mut reasons, mut poisons) = (Vec::new(), Vec::new());
    let tables = tables();
    for entry in tables.iter().flat_map(|table| &table.scenarios).flat_map(|it| &it.entries) {
        match &entry.what {
            What::Expect(Expectation::Decision(wanted)) => reasons.extend(wanted.reason),
            What::Expect(Expectation::Dead(reason)) => poisons.push(*reason),
            _ => {}
        }
    }
    let unmet = |reason: &&Reason| !reasons.contains(reason);
    let unmet: Vec<&Reason> = Reason::ALL.iter().filter(unmet).collect();
    // What a change of the configuration does is told to a shard, not to a trace.
    assert_eq!(unmet, [&Reason::JourneyChanged]);
    // Where a record stands and how many customers there may be is told to a shard as well.
    let unmet = |reason: &&Poison| !poisons.contains(reason);
    let unmet: Vec<&Poison> = Poison::ALL.iter().filter(unmet).collect();
    let shards = [&Poison::Misplaced, &Poison::TooManyCustomers, &Poison::RecordInFuture];
    assert_eq!(unmet, shards);
}
