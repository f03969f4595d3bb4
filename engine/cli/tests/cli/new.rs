//! `cartwheel new`: what it writes works.

use super::{cartwheel, expect, told};
use std::path::Path;

/// The names of the journeys that ship.
fn journeys() -> Vec<String> {
    let entries = std::fs::read_dir(super::shipped().join("journeys")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let yaml = paths.filter(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    yaml.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

fn new(dir: &Path, more: &[&str]) -> std::process::Output {
    let args = [&["new", dir.to_str().unwrap()], more].concat();
    cartwheel(Path::new("/nowhere"), &args, &[])
}

#[test]
fn a_new_shop_is_right_and_its_traces_pass() {
    let dir = tempfile::tempdir().unwrap();
    let shop = dir.path().join("shop");
    expect(
        &new(&shop, &[]),
        0,
        &["3 journeys (cart_abandonment, order_updates, welcome)", "cartwheel check"],
    );
    let config = shop.join("config");
    expect(&cartwheel(&config, &["check"], &[]), 0, &["3 journeys and "]);
    expect(&cartwheel(&config, &["test"], &[]), 0, &["ok  ", " 0 failed"]);
    let before = std::fs::read_to_string(config.join("facts.yaml")).unwrap();
    expect(&new(&shop, &[]), 65, &["is not empty", "name a folder that is not there yet"]);
    assert_eq!(std::fs::read_to_string(config.join("facts.yaml")).unwrap(), before);
    expect(&new(&shop.join("config/facts.yaml"), &[]), 65, &["cannot be read"]);
    let other = dir.path().join("other");
    expect(&new(&other, &["--journeys", "welcom"]), 65, &["did you mean `welcome`?"]);
    assert!(!other.exists(), "nothing is made for a wrong name");
}

#[test]
fn every_journey_that_ships_stands_alone() {
    let dir = tempfile::tempdir().unwrap();
    let all = journeys();
    assert!(all.len() >= 17, "{all:?}");
    let failed = all.iter().filter_map(|name| {
        let shop = dir.path().join(name);
        expect(&new(&shop, &["--journeys", name]), 0, &["1 journey "]);
        let config = shop.join("config");
        let found = [&["check"], &["test"]].map(|args| cartwheel(&config, args, &[]));
        let bad = found.iter().find(|output| !output.status.success())?;
        Some(format!("{name}: {}", told(bad)))
    });
    let failed: Vec<String> = failed.collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn all_journeys_together_pass_too() {
    let dir = tempfile::tempdir().unwrap();
    let shop = dir.path().join("all");
    expect(&new(&shop, &["--journeys", &journeys().join(",")]), 0, &["journeys"]);
    expect(&cartwheel(&shop.join("config"), &["check"], &[]), 0, &[" are right"]);
}

#[test]
fn what_is_to_be_typed_next_can_be_typed() {
    let dir = tempfile::tempdir().unwrap();
    let shop = dir.path().join("ann's shop");
    let quoted = format!("  cd '{}'\n", shop.display().to_string().replace('\'', "'\\''"));
    expect(&new(&shop, &["--journeys", "welcome"]), 0, &[&quoted]);
    let nowhere = Path::new("/proc/no_such_shop");
    expect(&new(nowhere, &[]), 74, &["/proc/no_such_shop", "help: name one that is there"]);
}
