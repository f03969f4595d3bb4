//! What came: each message of a sign-up with the broker's time, and what is missing.

use super::load::SignUps;
use super::schedule::{Micros, by_the_end_of};
use crate::Error;
use crate::sends::{Fact, commands, each};
use crate::setup::Setup;
use cartwheel_core::time::Millis;
use cartwheel_workload::names::customer_number;

/// The journey that sends at once.
pub(super) const AT_ONCE: &str = "welcome";
/// The journey that sends after a wait.
pub(super) const BY_TIMER: &str = "check_in";
/// Where the type stands in an event: behind `{"id":"`, sixteen digits, `","type":"`.
const TYPE: usize = 33;

/// Which of its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    AtOnce,
    ByTimer,
}

/// A message that came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Message {
    pub(super) kind: Kind,
    pub(super) customer: u32,
    /// When its timer was due; of one at once, when the event happened.
    pub(super) due: Millis,
    /// By then the broker had it.
    pub(super) appended: Micros,
}

impl Message {
    /// None of a message that another journey sends.
    fn of(fact: &Fact, appended: Millis) -> Result<Option<Self>, Error> {
        let kind = match fact.journey.as_str() {
            AT_ONCE => Kind::AtOnce,
            BY_TIMER => Kind::ByTimer,
            _ => return Ok(None),
        };
        let customer = customer_number(&fact.customer).ok_or_else(|| {
            Error::Void(format!("a message went to {:?}, whom nobody made up", fact.customer))
        })?;
        Ok(Some(Self { kind, customer, due: fact.due_at, appended: by_the_end_of(appended) }))
    }
}

/// The messages of the sends topic up to its present end.
pub(super) fn read(setup: &Setup, partitions: i32) -> Result<Vec<Message>, Error> {
    let (mut all, mut outcome) = (Vec::new(), Ok(()));
    for partition in 0..partitions {
        commands(&setup.kafka, partition, |fact, appended| match Message::of(&fact, appended) {
            Ok(message) => all.extend(message),
            Err(error) => outcome = Err(error),
        })?;
    }
    outcome.map(|()| all)
}

/// By when the broker had the event of each customer's sign-up.
pub(super) fn sign_ups_appended(
    setup: &Setup,
    partitions: i32,
    customers: usize,
) -> Result<SignUps, Error> {
    let mut appended = SignUps::new(u32::try_from(customers).unwrap_or(u32::MAX));
    for partition in 0..partitions {
        each(&setup.kafka, &setup.kafka.topics().events, partition, |record| {
            let key = record.key().and_then(|key| std::str::from_utf8(key).ok());
            if is_sign_up(record.value().unwrap_or_default())
                && let Some(customer) = key.and_then(customer_number)
            {
                appended.note(customer, by_the_end_of(record.timestamp_ms()));
            }
            Ok(())
        })?;
    }
    Ok(appended)
}

fn is_sign_up(value: &[u8]) -> bool {
    value.get(TYPE..).is_some_and(|rest| rest.starts_with(b"customer_created\""))
}

/// What is wrong with messages, by count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Faults {
    /// Sign-ups whose message at once did not come, and whose message by a timer did not.
    pub(super) missing: [u64; 2],
    /// Messages that came again.
    pub(super) twice: u64,
    /// Messages to customers who were to get none.
    pub(super) unasked: u64,
}

impl Faults {
    /// Each sign-up must have led to one message of each kind, and nothing else may have.
    pub(super) fn of(messages: &[Message], sign_ups: &SignUps) -> Self {
        let mut came = vec![[false; 2]; sign_ups.customers()];
        let mut faults = Faults::default();
        for message in messages {
            let asked = sign_ups.at(message.customer).is_some();
            let Some(slot) = came.get_mut(message.customer as usize).filter(|_| asked) else {
                faults.unasked += 1;
                continue;
            };
            let slot = &mut slot[message.kind as usize];
            faults.twice += u64::from(*slot);
            *slot = true;
        }
        for (customer, came) in (0u32..).zip(&came) {
            if sign_ups.at(customer).is_some() {
                faults.missing[0] += u64::from(!came[0]);
                faults.missing[1] += u64::from(!came[1]);
            }
        }
        faults
    }

    /// Why the run is void; none if it is not.
    pub(super) fn void(&self, expected: u64) -> Option<String> {
        let told = [
            (self.missing[0], "messages at once did not come"),
            (self.missing[1], "messages by a timer did not come"),
            (self.twice, "messages came twice"),
            (self.unasked, "messages went to customers who were to get none"),
        ];
        let told: Vec<_> = told
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        (!told.is_empty()).then(|| {
            format!("{}; {expected} sign-ups with consent ask for one of each", told.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_workload::{Options, Workload};

    fn message(kind: Kind, customer: u32) -> Message {
        Message { kind, customer, due: 0, appended: 0 }
    }

    fn sign_ups(customers: &[u32]) -> SignUps {
        let mut all = SignUps::new(10);
        customers.iter().for_each(|customer| all.note(*customer, 1));
        all
    }

    #[test]
    fn every_sign_up_asks_for_one_message_of_each_kind() {
        let all = [message(Kind::AtOnce, 1), message(Kind::ByTimer, 1)];
        assert_eq!(Faults::of(&all, &sign_ups(&[1])), Faults::default());
        assert_eq!(Faults::default().void(1), None);
        let some = [
            message(Kind::AtOnce, 1),
            message(Kind::AtOnce, 1),
            message(Kind::AtOnce, 5),
            message(Kind::ByTimer, 99),
        ];
        let faults = Faults::of(&some, &sign_ups(&[1, 2]));
        assert_eq!(faults, Faults { missing: [1, 2], twice: 1, unasked: 2 });
        let void = faults.void(2).unwrap();
        assert!(
            void.starts_with("1 messages at once did not come, 2 messages by a timer"),
            "{void}"
        );
    }

    #[test]
    fn the_type_stands_where_it_is_looked_for() {
        let options = Options { events: 5_000, sends: 0.1, ..Options::default() };
        let (mut line, mut found) = (Vec::new(), 0);
        for event in Workload::new(options).unwrap() {
            line.clear();
            event.encode(&mut line);
            assert_eq!(is_sign_up(&line), event.kind.name() == "customer_created");
            found += u32::from(is_sign_up(&line));
        }
        assert!(found > 100);
        assert!(!is_sign_up(b"{}"));
    }
}
