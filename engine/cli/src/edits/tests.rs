//! What is said of an edit is what activating it does: both ask the same mapping; here is how it is said.

use super::{Preview, Running};
use cartwheel_core::channel::Class;
use cartwheel_core::journey::load::{SourceFile, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use cartwheel_runtime::admin::view::{JourneyCounts, StepCounts};
use std::sync::Arc;

fn plan(files: &[&str]) -> Arc<Plan> {
    let file = |text: &&str| SourceFile { path: "journey.yaml".into(), text: (*text).into() };
    let files: Vec<SourceFile> = files.iter().map(file).collect();
    Arc::new(load(&Policy::default(), &files[..]).unwrap())
}

const CART: &str = "journey: cart
trigger: { event: cart_updated, quiet_for: 1h }
steps:
  - { send: first, channels: [email] }
  - { wait: 1d, id: pause }
  - { send: second, channels: [email] }
";
const OLD: &str = "journey: old
trigger: { event: order_placed }
steps: [{ wait: 1d, id: pause }, { send: thanks, channels: [email] }]
";

fn counts(journey: &str, windows: u64, steps: &[(&str, u64)]) -> JourneyCounts {
    let step = |(step, runs): &(&str, u64)| StepCounts {
        step: (*step).into(),
        runs: *runs,
        decisions: Vec::new(),
    };
    JourneyCounts {
        journey: journey.into(),
        version: String::new(),
        class: Class::Marketing,
        runs: 0,
        windows,
        decisions: Vec::new(),
        steps: steps.iter().map(step).collect(),
    }
}

fn said(new: &[&str]) -> String {
    let counts = vec![
        counts("cart", 3, &[("first", 1), ("pause", 20), ("second", 4)]),
        counts("old", 0, &[("pause", 7)]),
        // Of another engine.
        counts("cart", 1, &[("pause", 2)]),
    ];
    let running = Running::here(plan(&[CART, OLD]), Some(counts));
    let said = Preview::of(&running, &plan(new)).to_string();
    said.lines().skip(1).map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[test]
fn each_step_says_what_becomes_of_those_before_it() {
    let new = CART.replace("send: second,", "send: last,").replace("1d", "2d");
    assert_eq!(
        said(&[&new]),
        "  cart: changed
    4 windows: go on
    1 run at first: go on
    22 runs at pause: go on
    4 runs at second: exit, there is no step of that name and kind any more (if it has another name: `renamed: { second: NEW }`)
  old: gone
    7 runs at pause: exit, there is no journey of that name any more
    0 runs at thanks: exit, there is no journey of that name any more
27 windows and runs go on, 11 exit
"
    );
    let renamed = new.replace("steps:", "renamed: { second: last }\nsteps:");
    let said = said(&[&renamed, OLD]);
    assert!(said.contains("4 runs at second: go on at last"), "{said}");
    assert!(!said.contains("warning"), "{said}");
    assert!(said.contains("  old: as it was\n38 windows and runs go on, 0 exit"), "{said}");
}

#[test]
fn names_that_are_not_in_force_are_told_of() {
    let new = CART.replace("send: second,", "send: last,");
    let slip = said(&[&new.replace("steps:", "renamed: { secnd: last }\nsteps:"), OLD]);
    let warning = "    warning: `renamed: secnd`: the version in force has no step of that name, so nobody goes on by it; did you mean the step `second`?\n";
    assert!(slip.contains("4 runs at second: exit") && slip.contains(warning), "{slip}");
    let done = said(&[&CART.replace("steps:", "renamed: { zero: second }\nsteps:"), OLD]);
    assert!(!done.contains("warning"), "it has its new name already: {done}");
    let other = new.replace("journey: cart", "journey: carts");
    let other = said(&[&other.replace("steps:", "renamed: { second: last }\nsteps:"), OLD]);
    let warning = "  carts: new\n    warning: `renamed: second`: no journey `carts` is in force, so nobody is at its steps; did you mean the journey `cart`?\n";
    assert!(other.contains(warning), "{other}");
}

#[test]
fn a_comment_is_no_change_and_a_change_may_end_all_runs() {
    let exit = CART.replace("steps:", "on_change: exit\nsteps:");
    let old = || Running::here(plan(&[&exit]), None);
    let commented = format!("# Better.\n{exit}");
    let said = Preview::of(&old(), &plan(&[&commented])).to_string();
    assert!(said.contains("cart: as it was"), "{said}");
    let said = Preview::of(&old(), &plan(&[&exit.replace("1d", "2d")])).to_string();
    assert!(said.contains("windows: go on"), "{said}");
    assert!(said.contains("runs at pause: exit, as `on_change: exit` says"), "{said}");
}
