//! Which channel may be used: consent, suppression, reachability.

use crate::channel::{Channel, Class};
use crate::customer::Customer;
use crate::decision::Reason;
use crate::journey::op::Choice;

/// The index of the first channel at or behind `from` that may be used; else the first one and why not.
/// A fallback is considered only where it stands first (its turn has come), never as an alternative.
pub fn choose(
    customer: &Customer,
    class: Class,
    choices: &[Choice],
    from: usize,
) -> Result<usize, (Channel, Reason)> {
    let mut first = None;
    for (index, choice) in choices.iter().enumerate().skip(from) {
        if index > from && choice.fallback.is_some() {
            break;
        }
        match permitted(customer, class, choice.channel) {
            Ok(()) => return Ok(index),
            Err(reason) => first = first.or(Some((choice.channel, reason))),
        }
    }
    Err(first.unwrap_or((Channel::Email, Reason::Unreachable)))
}

fn permitted(customer: &Customer, class: Class, channel: Channel) -> Result<(), Reason> {
    let bit = channel.bit();
    if class == Class::Marketing && channel != Channel::Webhook && customer.granted & bit == 0 {
        return Err(Reason::NoConsent);
    }
    if (customer.bounced | customer.complained) & bit != 0 {
        return Err(Reason::Suppressed);
    }
    if customer.reachable & bit == 0 {
        return Err(Reason::Unreachable);
    }
    Ok(())
}
