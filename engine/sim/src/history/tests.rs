//! The generator itself: repeatable, and nasty enough that every reason is met.

use super::*;
use cartwheel_core::channel::Side;
use cartwheel_core::decision::Reason;
use cartwheel_core::sends::{DeadReason, Poison};
use std::collections::BTreeSet;

fn plan(setup: &Setup) -> Arc<Plan> {
    setup.plan().unwrap_or_else(|error| panic!("{}: {error:#?}", setup.name))
}

#[test]
fn a_seed_gives_one_history_and_one_course_of_decisions() {
    for setup in setups() {
        let plan = plan(&setup);
        let steps = generate(7, &plan, 300);
        assert_eq!(steps.len(), 300);
        assert_eq!(steps, generate(7, &plan, 300), "{}", setup.name);
        assert_ne!(steps, generate(8, &plan, 300), "{}", setup.name);
        assert_eq!(decide(&plan, &steps), decide(&plan, &steps), "{}", setup.name);
    }
}

#[test]
fn histories_meet_every_reason() {
    let mut reasons = BTreeSet::new();
    let mut poison = BTreeSet::new();
    let (mut commands, mut suppressions, mut copies) = (0, 0, 0);
    let (mut held_out, mut sides) = ([0, 0], BTreeSet::new());
    for setup in setups() {
        let plan = plan(&setup);
        for seed in 0..60 {
            for outcome in decide(&plan, &generate(seed, &plan, 250)) {
                match outcome {
                    Effect::Decision(decision) => drop(reasons.insert(decision.reason)),
                    Effect::Dead { reason: DeadReason::Poison(reason), .. } => {
                        poison.insert(reason);
                    }
                    Effect::Dead { reason: DeadReason::Applied(_), .. } => copies += 1,
                    Effect::Command(_) => commands += 1,
                    Effect::Suppression(_) => suppressions += 1,
                    Effect::HeldOut(told) => held_out[usize::from(told.first)] += 1,
                    Effect::Converted(told) => drop(sides.insert(told.side.map(Side::name))),
                }
            }
        }
    }
    let missing: Vec<_> = Reason::ALL.iter().filter(|reason| !reasons.contains(reason)).collect();
    // The first needs nine runs of one journey, the second a change of configuration; random configurations have the first and the last six.
    assert_eq!(
        missing,
        [
            &Reason::Limit,
            &Reason::JourneyChanged,
            &Reason::Restarted,
            &Reason::NotActive,
            &Reason::Paused,
            &Reason::Stopped,
            &Reason::Winner,
            &Reason::NoCoupon
        ]
    );
    let unpoisoned: Vec<_> = Poison::ALL.iter().filter(|reason| !poison.contains(reason)).collect();
    // Records of more than 128 KiB would be slow to draw; where a record stands, how many customers there are and what a clock says is the shard's to check.
    let shards = [&Poison::Misplaced, &Poison::TooManyCustomers, &Poison::RecordInFuture];
    assert_eq!(unpoisoned, [&[&Poison::TooLarge][..], &shards].concat());
    assert!(commands > 1000 && suppressions > 100, "{commands} {suppressions}");
    assert!(copies > 1000, "{copies}");
    assert!(held_out.iter().all(|count| *count > 50), "later and first: {held_out:?}");
    assert_eq!(sides, [Some("held_out"), Some("treated")].into());
}

#[test]
fn what_a_history_may_never_do() {
    for setup in setups() {
        let plan = plan(&setup);
        for seed in 100..140 {
            let outcomes = decide(&plan, &generate(seed, &plan, 200));
            let mut sent = BTreeSet::new();
            for (place, outcome) in outcomes.iter().enumerate() {
                if let Effect::Command(command) = outcome {
                    assert!(
                        command.due_at <= command.decided_at
                            && command.decided_at < command.not_after,
                        "{command:?}"
                    );
                    sent.insert(command.command_id);
                    let before = &outcomes[place - 1];
                    assert!(
                        matches!(before, Effect::Decision(decision) if decision.command_id == Some(command.command_id)),
                        "{before:?}"
                    );
                }
            }
        }
    }
}
