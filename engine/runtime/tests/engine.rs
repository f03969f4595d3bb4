//! An engine against a real broker: decides, goes on after a restart, shares its partitions, explains, and says why it does not start.

#[path = "common/commands.rs"]
mod commands;
mod common;

use cartwheel_core::partitioner::Partitioner;
use cartwheel_kafka::{Error, KafkaConfig};
use cartwheel_runtime::admin::{AdminSource, SourceError};
use cartwheel_runtime::engine::{ConfigBundle, Engine, EngineError, EngineOptions, JourneyText};
use commands::Commands;
use common::{PARTITIONS, Shop, kafka, options, start, until};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn all_running(engines: &[&Engine]) {
    until("all partitions are running", || {
        let mut running: Vec<i32> = engines.iter().flat_map(|engine| engine.running()).collect();
        running.sort_unstable();
        running == (0..PARTITIONS).collect::<Vec<_>>()
    });
}

#[test]
fn goes_on_where_it_stopped() {
    let (kafka, dir) = (kafka(), tempfile::tempdir().unwrap());
    let engine = start(&kafka, dir.path()).unwrap();
    all_running(&[&engine]);
    let (mut shop, mut commands) = (Shop::open(&kafka), Commands::open(&kafka));
    let customers = ["ana", "bob", "cleo", "dan", "eve", "finn"];
    customers[..3].iter().for_each(|customer| shop.order(customer));
    assert_eq!(commands.wait(3), customers[..3]);
    engine.stop();

    let engine = start(&kafka, dir.path()).unwrap();
    customers[3..].iter().for_each(|customer| shop.order(customer));
    assert_eq!(commands.wait(6), customers, "each once, also those before the restart");
    engine.stop();
    commands.read();
    assert_eq!((commands.customers.len(), commands.leaders), (6, 4));

    // Without its disk it decides the same again and publishes nothing twice.
    let empty = tempfile::tempdir().unwrap();
    let engine = start(&kafka, empty.path()).unwrap();
    all_running(&[&engine]);
    shop.order("gus");
    assert_eq!(commands.wait(7).last().unwrap(), "gus");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let found = runtime.block_on(engine.source().customer("ana")).unwrap();
    assert_eq!(found.profile.orders, 1);
    assert_eq!(engine.quarantined(), [] as [i32; 0]);
}

#[test]
fn two_engines_share_and_one_inherits() {
    let (kafka, dirs) = (kafka(), [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()]);
    let first = start(&kafka, dirs[0].path()).unwrap();
    all_running(&[&first]);
    let (mut shop, mut commands) = (Shop::open(&kafka), Commands::open(&kafka));
    shop.order("ana");
    commands.wait(1);

    let second = start(&kafka, dirs[1].path()).unwrap();
    until("shared", || first.running().len() == 1 && second.running().len() == 1);
    all_running(&[&first, &second]);
    ["bob", "cleo", "dan", "eve"].iter().for_each(|customer| shop.order(customer));
    assert_eq!(commands.wait(5), ["ana", "bob", "cleo", "dan", "eve"]);

    // A customer on the other engine: the answer names the partition.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (here, there) = (Partitioner::Murmur2.partition_of(b"ana", PARTITIONS), [&first, &second]);
    let owner = there.iter().position(|engine| engine.running() == [here]).unwrap();
    let known = runtime.block_on(there[owner].source().customer("ana")).unwrap();
    assert_eq!((known.shard, known.profile.orders), (here.unsigned_abs(), 1));
    match runtime.block_on(there[1 - owner].source().customer("ana")) {
        Err(SourceError::Unavailable(why)) => {
            assert!(why.contains(&format!("partition {here}")), "{why}")
        }
        other => panic!("{other:?}"),
    }

    first.stop();
    all_running(&[&second]);
    shop.order("finn");
    shop.order("gus");
    assert_eq!(commands.wait(7), ["ana", "bob", "cleo", "dan", "eve", "finn", "gus"]);
    second.stop();
    commands.read();
    assert_eq!(commands.customers.len(), 7, "nobody twice");
}

#[test]
fn a_later_leader_record_deposes_and_nothing_is_decided_twice() {
    let (kafka, dir) = (kafka(), tempfile::tempdir().unwrap());
    let engine = start(&kafka, dir.path()).unwrap();
    all_running(&[&engine]);
    let (mut shop, mut commands) = (Shop::open(&kafka), Commands::open(&kafka));
    shop.order("ana");
    commands.wait(1);
    for partition in 0..PARTITIONS {
        shop.lead(&kafka, partition);
    }
    until("led again", || {
        commands.read();
        commands.leaders == 6
    });
    all_running(&[&engine]);
    shop.order("bob");
    shop.order("cleo");
    assert_eq!(commands.wait(3), ["ana", "bob", "cleo"]);
    engine.stop();
    commands.read();
    assert_eq!(commands.customers.len(), 3, "nobody twice");
}

#[test]
fn a_disk_that_is_ahead_of_the_log_is_quarantined() {
    let (first, dir) = (kafka(), tempfile::tempdir().unwrap());
    let engine = start(&first, dir.path()).unwrap();
    all_running(&[&engine]);
    engine.stop();
    // The same disk beside empty logs, as after a broker that lost its data.
    let engine = start(&kafka(), dir.path()).unwrap();
    until("quarantined", || engine.quarantined().len() == PARTITIONS as usize);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let readiness = runtime.block_on(engine.source().readiness());
    assert!(!readiness.ready && readiness.failing == ["shard-0", "shard-1"], "{readiness:?}");
}

#[test]
fn explains_and_counts() {
    let (kafka, dir) = (kafka(), tempfile::tempdir().unwrap());
    let engine = start(&kafka, dir.path()).unwrap();
    let (mut shop, mut commands) = (Shop::open(&kafka), Commands::open(&kafka));
    shop.order("ana");
    commands.wait(1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let source = engine.source();
    let found = runtime.block_on(source.customer("ana")).unwrap();
    let words: Vec<_> = found.decisions.iter().map(|decision| decision.decision.name()).collect();
    assert!(words.starts_with(&["entered", "sent"]), "{words:?}");
    assert!(matches!(runtime.block_on(source.customer("nobody")), Err(SourceError::NotFound(_))));
    until("the overview", || {
        let overview = runtime.block_on(source.overview()).unwrap();
        overview.totals.events == 2 && overview.totals.sends == 1 && overview.totals.customers == 1
    });
    assert!(source.alive() && runtime.block_on(source.readiness()).ready);
}

/// The clock of the first engine stands still: it asks for the end of its partitions once, when it starts, and then not for an hour. (With a
/// timer in each partition, since a shard without any would not look up before the hour is over.)
#[test]
fn a_timer_that_is_due_and_does_not_fire_is_counted() {
    let (kafka, dir) = (kafka(), tempfile::tempdir().unwrap());
    let options = || {
        let text = common::WELCOME.replace("steps:", "steps:\n  - wait: 1s");
        let bundle = ConfigBundle {
            journeys: vec![JourneyText { path: "thanks.yaml".into(), text }],
            ..options(&kafka, dir.path()).bundle
        };
        EngineOptions {
            plan: Arc::new(bundle.load().unwrap()),
            bundle,
            ..options(&kafka, dir.path())
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let due = |engine: &Engine| {
        let overview = runtime.block_on(engine.source().overview()).unwrap();
        let late = overview
            .shards
            .iter()
            .filter(|shard| shard.timers_due > 0 && shard.timer_lag_seconds > 0.0)
            .count();
        (late, overview.totals.timers_due)
    };

    let mut still = options();
    still.settings.tick = Duration::from_secs(3_600);
    let engine = Engine::start(still).unwrap();
    all_running(&[&engine]);
    let (mut shop, mut commands) = (Shop::open(&kafka), Commands::open(&kafka));
    for partition in 0..PARTITIONS {
        let of_it = ["ana", "bob", "cleo", "dan", "eve", "finn"].into_iter().find(|customer| {
            Partitioner::Murmur2.partition_of(customer.as_bytes(), PARTITIONS) == partition
        });
        shop.order(of_it.unwrap());
    }
    until("timers to be due", || due(&engine) == (2, 2));
    engine.stop();
    commands.read();
    assert!(commands.customers.is_empty());

    let engine = Engine::start(options()).unwrap();
    commands.wait(2);
    until("no timer to be due", || due(&engine) == (0, 0));
    engine.stop();
}

#[test]
fn a_data_directory_belongs_to_one_process_and_must_be_writable() {
    let (kafka, dir) = (kafka(), tempfile::tempdir().unwrap());
    let engine = start(&kafka, dir.path()).unwrap();
    assert!(matches!(start(&kafka, dir.path()), Err(EngineError::DataDirInUse { .. })));
    engine.stop();
    // A file stands where the directory should be: not writable for anybody, root included.
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(start(&kafka, &file), Err(EngineError::DataDir { .. })));
}

#[test]
fn says_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let without_topics = EngineOptions { create_topics: None, ..options(&kafka(), dir.path()) };
    assert!(matches!(
        Engine::start(without_topics),
        Err(EngineError::Kafka(Error::NoTopic { .. }))
    ));

    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = KafkaConfig {
        bootstrap: socket.local_addr().unwrap().to_string(),
        ..KafkaConfig::default()
    };
    drop(socket);
    let mut unreachable = options(&nobody, dir.path());
    unreachable.settings.start_timeout = Duration::from_secs(1);
    let asked = Instant::now();
    assert!(matches!(Engine::start(unreachable), Err(EngineError::Kafka(Error::Transient { .. }))));
    assert!(asked.elapsed() < common::LONG);
}
