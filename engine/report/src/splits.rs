//! Splits: what each arm has come to, and how sure one can be that it is the best.

use crate::counts::Counts;
use crate::statistics::{Proportion, best};
use crate::summary::StepSummary;
use serde::Serialize;
use std::collections::BTreeMap;

/// A split.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SplitSummary {
    /// Its name.
    pub split: String,
    /// The arms that have messages, by name. Of one without any nothing is known.
    pub arms: Vec<ArmSummary>,
}

/// An arm of a split.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmSummary {
    /// Its name.
    pub arm: String,
    /// All its messages.
    #[serde(flatten)]
    pub counts: Counts,
    /// About how many runs it has written to: the messages of that of its steps that has sent most.
    pub recipients: u64,
    /// The probability that a recipient of this arm reaches the goal more often than one of any other; none with one arm, and before the first goal.
    pub win_probability: Option<f64>,
}

/// The splits in which these messages stand.
pub fn splits(steps: &[StepSummary]) -> Vec<SplitSummary> {
    let mut found: BTreeMap<&str, BTreeMap<&str, (Counts, u64)>> = BTreeMap::new();
    for step in steps {
        let Some((split, arm)) = step.variant.as_deref().and_then(|it| it.split_once(':')) else {
            continue;
        };
        let (counts, most) = found.entry(split).or_default().entry(arm).or_default();
        (*counts, *most) = (counts.and(&step.counts), step.counts.sent.max(*most));
    }
    found.into_iter().map(|(split, arms)| summary(split, arms)).collect()
}

fn summary(split: &str, arms: BTreeMap<&str, (Counts, u64)>) -> SplitSummary {
    // Goals of messages from before the time that is asked for may have no recipient.
    let reached = |(counts, most): &(Counts, u64)| Proportion {
        hits: counts.converted,
        of: counts.converted.max(*most),
    };
    let all: Vec<Proportion> = arms.values().map(reached).collect();
    let known = all.len() > 1 && all.iter().any(|arm| arm.hits > 0);
    let wins = if known { best(&all) } else { Vec::new() };
    let arms = arms.into_iter().enumerate();
    let arms = arms.map(|(place, (arm, (counts, recipients)))| ArmSummary {
        arm: arm.to_owned(),
        counts,
        recipients,
        win_probability: wins.get(place).copied(),
    });
    SplitSummary { split: split.to_owned(), arms: arms.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(step: &str, variant: Option<&str>, sent: u64, converted: u64) -> StepSummary {
        StepSummary {
            step: Some(step.into()),
            variant: variant.map(str::to_owned),
            counts: Counts { sent, converted, ..Counts::default() },
            revenue_per_recipient: None,
        }
    }

    #[test]
    fn the_steps_of_an_arm_are_counted_together_and_its_people_once() {
        let steps = [
            step("hello", None, 900, 3),
            step("gift", Some("offer:gift"), 400, 20),
            step("gift_again", Some("offer:gift"), 300, 30),
            step("percent", Some("offer:percent"), 410, 22),
            step("lone", Some("other:lone"), 7, 1),
        ];
        let found = splits(&steps);
        let [offer, other] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((offer.split.as_str(), other.split.as_str()), ("offer", "other"));
        let arms =
            offer.arms.iter().map(|it| (it.arm.as_str(), it.recipients, it.counts.converted));
        assert_eq!(arms.collect::<Vec<_>>(), [("gift", 400, 50), ("percent", 410, 22)]);
        let wins = |place: usize| offer.arms[place].win_probability.expect("two arms and a goal");
        assert!(wins(0) > 0.999 && (wins(0) + wins(1) - 1.0).abs() < 1e-9);
        assert_eq!(other.arms[0].win_probability, None);
        let none = splits(&[step("a", Some("s:a"), 9, 0), step("b", Some("s:b"), 9, 0)]);
        assert!(none[0].arms.iter().all(|arm| arm.win_probability.is_none()));
    }
}
