//! The verdict on one call: done, again at a moment, given up, or nobody knows. Pure.

use crate::Now;
use cartwheel_core::channel::Class;
use cartwheel_core::id::CommandId;
use cartwheel_core::receipt::{Outcome, RejectReason};
use cartwheel_core::time::{Millis, SECOND};
use xxhash_rust::xxh3::Xxh3;

/// How often and when to call again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Width of the first back-off, in ms; doubles with every attempt.
    pub base: Millis,
    /// The greatest width, in ms.
    pub cap: Millis,
    /// Calls in all, without those that were refused for the account's sake.
    pub max_attempts: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { base: SECOND, cap: 600 * SECOND, max_attempts: 50 }
    }
}

/// The call that is judged, and what is known of those before it.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// The command.
    pub command: CommandId,
    /// Decides whether to repeat what may already have been taken.
    pub class: Class,
    /// Number of this call, from 1.
    pub number: u32,
    /// Those before it that were refused for the account's sake: they do not count against [`RetryPolicy::max_attempts`].
    pub excused: u32,
    /// An earlier call of this command was ambiguous and nothing has settled it.
    pub uncertain: bool,
    /// When the provider forgets the command's idempotency key (wall); none where it keeps none.
    pub key_until: Option<Millis>,
    /// The message is worthless from here on (wall).
    pub not_after: Millis,
}

/// What follows from an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// The provider has it.
    Accepted,
    /// The provider has had it since a call whose outcome was unknown.
    AlreadySent,
    /// The provider will never take it.
    Rejected {
        /// Why.
        reason: RejectReason,
        /// The address is dead or has opted out.
        suppress: bool,
    },
    /// Call again at this moment (monotonic).
    RetryAt(Millis),
    /// No further call.
    GiveUp(GiveUp),
    /// No further call, and the message may have been taken.
    Ambiguous,
}

/// Why there is no further call of a message that was certainly not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GiveUp {
    /// The next call would come at or after `not_after`.
    Expired,
    /// Called as often as allowed.
    Exhausted,
}

/// Whether a call was refused for the account's sake: a wrong or withdrawn key. That says nothing of the message, which was certainly not
/// taken and will be once somebody has mended the account.
pub const fn refuses_account(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Rejected { reason: RejectReason::Unauthorized, suppress: false })
}

/// Judges the outcome of a call.
///
/// Where the account is refused the message waits for as long as it has any worth.
/// A message that may have been taken is repeated under a key that the provider still honours at the time of the repeat;
/// else only if it is transactional. Giving up such a message is ambiguous too.
pub fn judge(policy: &RetryPolicy, attempt: &Attempt, outcome: &Outcome, now: Now) -> Disposition {
    let (after, uncertain) = match outcome {
        Outcome::Accepted { .. } => return Disposition::Accepted,
        // The key was used with other bytes (a template has changed since): by the call that nobody knew the outcome of.
        Outcome::Rejected { reason: RejectReason::KeyConflict, .. }
            if attempt.uncertain && attempt.key_until.is_some() =>
        {
            return Disposition::AlreadySent;
        }
        refused if refuses_account(refused) => (0, attempt.uncertain),
        Outcome::Rejected { reason, suppress } => {
            return Disposition::Rejected { reason: *reason, suppress: *suppress };
        }
        Outcome::Unsendable { reason, .. } => {
            return Disposition::Rejected { reason: *reason, suppress: false };
        }
        Outcome::Retry { after, .. } => (
            after.map_or(0, |wait| Millis::try_from(wait.as_millis()).unwrap_or(Millis::MAX)),
            attempt.uncertain,
        ),
        Outcome::Ambiguous { .. } => (0, true),
    };
    let give_up =
        |reason| if uncertain { Disposition::Ambiguous } else { Disposition::GiveUp(reason) };
    if !refuses_account(outcome)
        && attempt.number.saturating_sub(attempt.excused) >= policy.max_attempts
    {
        return give_up(GiveUp::Exhausted);
    }
    let delay = backoff(policy, attempt.command, attempt.number).max(after);
    let again = now.wall.saturating_add(delay);
    if again >= attempt.not_after {
        return give_up(GiveUp::Expired);
    }
    if uncertain && !may_repeat(attempt.class, attempt.key_until, again) {
        return Disposition::Ambiguous;
    }
    Disposition::RetryAt(now.mono.saturating_add(delay))
}

/// Whether a message that may have been taken may be sent again at `at` (wall).
pub fn may_repeat(class: Class, key_until: Option<Millis>, at: Millis) -> bool {
    class == Class::Transactional || key_until.is_some_and(|until| at < until)
}

/// Full jitter: anything from 0 to `base * 2^(number - 1)`, at most `cap`; the same for the same command and number.
pub fn backoff(policy: &RetryPolicy, command: CommandId, number: u32) -> Millis {
    let doubled = 1i64.checked_shl(number.saturating_sub(1).min(40)).unwrap_or(i64::MAX);
    let width = policy.base.saturating_mul(doubled).clamp(0, policy.cap.max(0));
    let mut hash = Xxh3::new();
    hash.update(&command.0.to_le_bytes());
    hash.update(&number.to_le_bytes());
    (hash.digest() % (width as u64 + 1)) as Millis
}

#[cfg(test)]
mod tests;
