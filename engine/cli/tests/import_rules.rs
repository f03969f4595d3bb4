//! Who may import whom, and what stands at the top of the repository: design.md's house, proven from `cargo metadata`.
//!
//! Dev-dependencies are free: a test may use what it wants.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const CORE: &str = "cartwheel-core";
const CONNECTORS: [&str; 4] =
    ["cartwheel-kafka", "cartwheel-codec", "cartwheel-inbound", "cartwheel-providers"];
/// Everything of ours that is a library.
const PARTS: [&str; 13] = [
    CORE,
    "cartwheel-shard",
    "cartwheel-delivery",
    "cartwheel-runtime",
    "cartwheel-sim",
    "cartwheel-report",
    "cartwheel-streams",
    "cartwheel-workload",
    "cartwheel-broker",
    CONNECTORS[0],
    CONNECTORS[1],
    CONNECTORS[2],
    CONNECTORS[3],
];

/// For each package of ours, those that it may depend on. A package that is not here is not allowed.
fn allowed(package: &str) -> Option<Vec<&'static str>> {
    Some(match package {
        CORE | "cartwheel-broker" => vec![],
        "cartwheel-shard" | "cartwheel-delivery" | "cartwheel-report" | "cartwheel-streams" => {
            vec![CORE]
        }
        connector if CONNECTORS.contains(&connector) => vec![CORE],
        "cartwheel-runtime" => {
            [&[CORE, "cartwheel-shard", "cartwheel-delivery"][..], &CONNECTORS].concat()
        }
        // The shoppers are one model for demo, simulation, load and benches.
        "cartwheel-workload" => vec![CORE],
        "cartwheel-sim" => {
            vec![CORE, "cartwheel-shard", "cartwheel-delivery", "cartwheel-workload"]
        }
        // The binary wires concrete parts; what measures may reach them too.
        "cartwheel" | "cartwheel-loadtest" | "cartwheel-benches" => PARTS.to_vec(),
        // Counts what an event costs, without RocksDB and librdkafka.
        "cartwheel-counted" => {
            vec![CORE, "cartwheel-shard", "cartwheel-providers", "cartwheel-workload"]
        }
        _ => return None,
    })
}

/// Crates of others that belong to one room: nobody else may depend on them.
const ROOMS: [(&str, &[&str]); 4] = [
    ("rocksdb", &["cartwheel-shard", "cartwheel-benches"]),
    (
        "rdkafka",
        &["cartwheel-kafka", "cartwheel-loadtest", "cartwheel-broker", "cartwheel-benches"],
    ),
    ("lettre", &["cartwheel-providers"]),
    // Only a test asks it something.
    ("bincode", &[]),
];

/// What would make the core impure: I/O, clocks, threads, randomness, logs, metrics.
const IMPURE: [&str; 14] = [
    "tokio",
    "rdkafka",
    "rocksdb",
    "reqwest",
    "axum",
    "hyper",
    "tracing",
    "log",
    "metrics",
    "rand",
    "getrandom",
    "crossbeam-channel",
    "rayon",
    "chrono",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata")
}

/// The names that a package depends on when it is built, optional ones included.
fn dependencies(package: &Package) -> impl Iterator<Item = &str> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development)
        .map(|dependency| &*dependency.name)
}

#[test]
fn packages_of_ours_import_only_whom_they_may() {
    let metadata = metadata();
    let ours: BTreeSet<&str> =
        metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let Some(allowed) = allowed(&package.name) else {
            wrong.push(format!(
                "{} has no rule: add it to `allowed` and to design.md",
                package.name
            ));
            continue;
        };
        let imports =
            dependencies(package).filter(|name| ours.contains(name) && !allowed.contains(name));
        wrong.extend(imports.map(|name| format!("{} must not import {name}", package.name)));
    }
    assert!(ours.len() >= 14, "the workspace is read: {ours:?}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_core_is_pure_and_each_outside_library_has_its_room() {
    let mut wrong = Vec::new();
    for package in &metadata().packages {
        for name in dependencies(package) {
            if package.name.as_str() == CORE && IMPURE.contains(&name) {
                wrong.push(format!("the core must not depend on {name}"));
            }
            let room = ROOMS.iter().find(|(library, _)| *library == name);
            if room.is_some_and(|(_, owners)| !owners.contains(&package.name.as_str())) {
                wrong.push(format!("{} must not depend on {name}", package.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_package_stands_in_its_room_and_shares_the_lints() {
    let rooms = BTreeMap::from([
        ("cartwheel", "engine/cli"),
        ("cartwheel-codec", "connectors/codec"),
        ("cartwheel-inbound", "connectors/inbound"),
        ("cartwheel-kafka", "connectors/kafka"),
        ("cartwheel-providers", "connectors/providers"),
        ("cartwheel-loadtest", "loadtest/driver"),
        ("cartwheel-workload", "loadtest/workload"),
        ("cartwheel-broker", "loadtest/kafka"),
        ("cartwheel-benches", "benches"),
        ("cartwheel-counted", "benches/counted"),
    ]);
    for package in &metadata().packages {
        let folder = package.manifest_path.parent().expect("a folder");
        let name = package.name.as_str();
        let engine = format!("engine/{}", name.trim_start_matches("cartwheel-"));
        let expected = rooms.get(name).copied().unwrap_or(&engine);
        assert!(
            folder.as_str().ends_with(expected),
            "{name} stands in {folder}, not in {expected}"
        );
        let manifest = std::fs::read_to_string(&package.manifest_path).expect("a manifest");
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{name} does not share the workspace's lints"
        );
    }
}

#[test]
fn the_top_level_is_fixed() {
    const TOP: [&str; 9] = [
        "Cargo.toml",
        "README.md",
        "Makefile",
        "engine",
        "connectors",
        "benches",
        "loadtest",
        "config",
        "dashboards",
    ];
    // What tools look for only here; `target` is cargo's.
    const BESIDE: [&str; 7] = [
        "Cargo.lock",
        "CONTRIBUTING.md",
        "LICENSE",
        "deny.toml",
        "rust-toolchain.toml",
        "rustfmt.toml",
        "target",
    ];
    for entry in std::fs::read_dir(root()).expect("the repository") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let known = name.starts_with('.') || TOP.contains(&&*name) || BESIDE.contains(&&*name);
        assert!(known, "`{name}` does not belong at the top");
    }
}
