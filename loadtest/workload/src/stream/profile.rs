//! What a stream is like: who is in it, and when.

use super::Options;
use super::disorder::Disorder;
use cartwheel_core::time::Millis;

/// Customers of a [`Profile::Shop`] stream who consent to e-mail when they sign up, per mille.
const SHOP_CONSENTING: u64 = 900;
/// The same of a [`Profile::Peers`] stream: with it there are ten messages for a hundred events, as its journey decides them.
const PEERS_CONSENTING: u64 = 750;
/// Sessions in progress: few enough to stay in the processor's cache.
const SESSIONS: u64 = 4_096;
/// Of a [`Profile::Peers`] stream a session lasts for so many events of its own on average, and for so long.
const SESSION_EVENTS: u64 = 5;
const SESSION_LASTS: u64 = 600_000;
/// Of a [`Profile::Peers`] stream so many events have one time.
const EVENTS_A_TICK: u64 = 64;
/// The length of a tick divides the shortest time that the journey waits, an hour.
const HOUR: u64 = 3_600_000;

/// Which of the streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// A shop that is visited; few messages.
    #[default]
    Shop,
    /// The job by which engines are compared: everybody signs up, with a name, in the first half; three of four consent then, a few change their mind
    /// later. As in a shop's topic one record in a hundred is a copy, and one event in a hundred comes late.
    ///
    /// Times are whole ticks, of which each has some dozens of events and each hour is a multiple. So a deadline an hour or a day after an event
    /// is the time of events, too, in every partition: whatever waits for time sees exactly its deadline, in an engine that looks at each
    /// event's time and in one that looks now and then.
    Peers,
}

impl Profile {
    /// Sessions in progress at a time, at most.
    pub(super) fn sessions(self, options: &Options) -> u32 {
        let sessions = match self {
            Profile::Shop => SESSIONS,
            Profile::Peers => {
                let begun = u128::from(options.rate) * u128::from(SESSION_LASTS)
                    / (u128::from(options.every.max(1)) * u128::from(SESSION_EVENTS));
                u64::try_from(begun).unwrap_or(SESSIONS).clamp(16, SESSIONS)
            }
        };
        options.customers.min(sessions as u32)
    }

    /// The share of those who sign up that consents to e-mail, per mille.
    pub(super) fn consenting(self) -> u64 {
        match self {
            Profile::Shop => SHOP_CONSENTING,
            Profile::Peers => PEERS_CONSENTING,
        }
    }

    /// Sign-ups an event, in units of 2^-32.
    pub(super) fn sign_ups(self, options: &Options) -> u64 {
        match self {
            Profile::Shop => {
                (options.sends * (1_000 * (1u64 << 32) / SHOP_CONSENTING) as f64) as u64
            }
            Profile::Peers => {
                let all = u128::from(options.customers) << 33;
                u64::try_from(all / u128::from(options.events.max(1)))
                    .unwrap_or(u64::MAX)
                    .min(1 << 32)
            }
        }
    }

    /// How long after the start the event with this index happens, if it would happen after `passed` ms in an even stream.
    pub(super) fn passed(self, options: &Options, passed: i128) -> i128 {
        match self {
            Profile::Shop => passed,
            Profile::Peers => passed - passed % i128::from(tick(options)),
        }
    }

    /// Whether a sign-up says the customer's first name.
    pub(super) fn names(self) -> bool {
        match self {
            Profile::Shop => false,
            Profile::Peers => true,
        }
    }

    /// What happens to events on their way; nothing, where they come once and in order.
    pub(super) fn disorder(self, options: &Options) -> Option<Disorder> {
        match self {
            Profile::Shop => None,
            Profile::Peers => Some(Disorder::new(options, tick(options))),
        }
    }
}

/// The shortest length of time, whole seconds that divide an hour, in which [`EVENTS_A_TICK`] events happen; an hour, if that is too short.
fn tick(options: &Options) -> Millis {
    let needed = (u128::from(EVENTS_A_TICK) * u128::from(options.every))
        .div_ceil(u128::from(options.rate.max(1)));
    let fits = |seconds: &u64| HOUR.is_multiple_of(seconds * 1_000);
    let long = |seconds: &u64| u128::from(seconds * 1_000) >= needed;
    (1..HOUR / 1_000).filter(fits).find(long).map_or(HOUR, |seconds| seconds * 1_000) as Millis
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peers(events: u64, customers: u32) -> Options {
        let every = 7 * 24 * HOUR;
        Options {
            events,
            customers,
            profile: Profile::Peers,
            rate: events,
            every,
            ..Options::default()
        }
    }

    #[test]
    fn a_tick_has_events_enough_and_divides_an_hour() {
        assert_eq!(tick(&peers(20_000_000, 1_000_000)), 2_000);
        assert_eq!(tick(&peers(200_000, 10_000)), 200_000);
        assert_eq!(tick(&peers(10, 10)), HOUR as Millis);
    }

    #[test]
    fn sessions_are_as_long_in_a_small_stream() {
        assert_eq!(Profile::Peers.sessions(&peers(20_000_000, 1_000_000)), 3_968);
        assert_eq!(Profile::Peers.sessions(&peers(200_000, 10_000)), 39);
        assert_eq!(Profile::Shop.sessions(&peers(200_000, 10_000)), 4_096);
    }
}
