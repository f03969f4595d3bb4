//! Customers by whom a recovery is told to be over: of each partition one whose cart is the first that came while the engine was dead, and one whose cart is
//! the last. Their carts are two hours old when they are written, so the message of each is due at once, and the reference model says which it is.

use crate::Error;
use crate::expected::differs;
use crate::scripted::{cart, sign_up};
use crate::sends::{AcceptedTurn, Fact, read_commands};
use crate::setup::Setup;
use cartwheel_core::command::Command;
use cartwheel_core::id::CommandId;
use cartwheel_core::partitioner::Partitioner;
use cartwheel_core::time::{HOUR, Millis};
use cartwheel_workload::Shopped;
use cartwheel_workload::names::{customer_key, customer_name};
use std::collections::{HashMap, HashSet};

/// How old a cart is when it is written: older than the journey waits.
const OLD: Millis = 2 * HOUR;

/// The probes of one round, by partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Probes {
    first: Vec<u32>,
    last: Vec<u32>,
}

/// When the broker had the probes' messages, by partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answered {
    pub(super) first: Vec<Millis>,
    pub(super) last: Vec<Millis>,
}

impl Probes {
    /// For so many rounds, customers from this number on.
    pub(super) fn choose(from: u32, partitions: i32, rounds: u32) -> Vec<Self> {
        let mut of: Vec<_> = (0..partitions)
            .map(|partition| {
                (from..).filter(move |&customer| {
                    Partitioner::Murmur2.partition_of(&customer_key(customer), partitions)
                        == partition
                })
            })
            .collect();
        let mut one_each = || of.iter_mut().filter_map(Iterator::next).collect::<Vec<u32>>();
        (0..rounds).map(|_| Self { first: one_each(), last: one_each() }).collect()
    }

    /// All sign up.
    pub(super) fn sign_ups(&self, time: Millis) -> impl Iterator<Item = Shopped> {
        self.first.iter().chain(&self.last).map(move |&customer| sign_up(customer, time))
    }

    /// What comes while the engine is dead: `now`, the carts around `others`.
    pub(super) fn around(
        &self,
        now: Millis,
        others: impl Iterator<Item = Shopped>,
    ) -> impl Iterator<Item = Shopped> {
        let carts = move |customers: &[u32]| {
            customers.iter().map(|&customer| cart(customer, now - OLD)).collect::<Vec<_>>()
        };
        carts(&self.first).into_iter().chain(others).chain(carts(&self.last))
    }

    /// What each of them has done, where the carts were written at `now`, by customer.
    pub(super) fn scripts(
        &self,
        signed_up: Millis,
        now: Millis,
    ) -> impl Iterator<Item = (String, [Shopped; 2])> {
        let script = move |&customer: &u32| {
            (customer_name(customer), [sign_up(customer, signed_up), cart(customer, now - OLD)])
        };
        self.first.iter().chain(&self.last).map(script)
    }

    /// When the broker had their messages; void if one is missing.
    pub(super) fn answered(&self, sent: &HashMap<String, Millis>) -> Result<Answered, Error> {
        let at = |customer: &u32| {
            let name = customer_name(*customer);
            sent.get(&name)
                .copied()
                .ok_or_else(|| Error::Void(format!("the message of {name} is missing")))
        };
        let all = |customers: &[u32]| customers.iter().map(at).collect::<Result<Vec<_>, _>>();
        Ok(Answered { first: all(&self.first)?, last: all(&self.last)? })
    }
}

/// Reads all that was sent: when the broker had the message of each of these customers, who have done this. Void if two messages have one id, or one of
/// theirs is not what the reference sends.
pub(super) fn read(
    setup: &Setup,
    partitions: i32,
    scripts: &HashMap<String, [Shopped; 2]>,
) -> Result<HashMap<String, Millis>, Error> {
    let (mut ids, mut sent, mut wrong) = (HashSet::<CommandId>::new(), HashMap::new(), None);
    for partition in 0..partitions {
        read_commands(&setup.kafka, partition, |_: &mut AcceptedTurn, at, value| {
            let command: Command =
                serde_json::from_slice(value).map_err(|error| error.to_string())?;
            if !ids.insert(command.command_id) {
                let twice = format!("two messages have the id {}", command.command_id);
                wrong = wrong.take().or(Some(twice));
            }
            if let Some(script) = scripts.get(command.customer.as_str()) {
                let fact = Fact::from(command);
                wrong = wrong.take().or(differs(&setup.plan, *script, &fact));
                sent.insert(fact.customer, at);
            }
            Ok(())
        })?;
    }
    wrong.map_or(Ok(sent), |wrong| Err(Error::Void(wrong)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_round_has_two_customers_of_its_own_in_each_partition() {
        let rounds = Probes::choose(1_000, 3, 2);
        let partition =
            |customer: &u32| Partitioner::Murmur2.partition_of(&customer_key(*customer), 3);
        let mut seen = HashSet::new();
        for probes in &rounds {
            for customers in [&probes.first, &probes.last] {
                assert_eq!(customers.iter().map(partition).collect::<Vec<_>>(), [0, 1, 2]);
                assert!(
                    customers.iter().all(|customer| *customer >= 1_000 && seen.insert(*customer))
                );
            }
        }
        assert_eq!(seen.len(), 12);
    }

    #[test]
    fn their_carts_stand_around_what_else_comes() {
        let probes = Probes { first: vec![1, 2], last: vec![3, 4] };
        let now = 1_772_445_600_000;
        let between = sign_up(9, now);
        let customers: Vec<u32> =
            probes.around(now, [between].into_iter()).map(|event| event.customer).collect();
        assert_eq!(customers, [1, 2, 9, 3, 4]);
        let sent = HashMap::from([("c0000000001".to_owned(), now)]);
        assert!(probes.answered(&sent).unwrap_err().to_string().contains("c0000000002 is missing"));
    }
}
