//! What may be sent to a customer, and where. An older word that comes late changes nothing (`docs/semantics.md`, "Consent").

use super::hot::Customer;
use super::register::{Change, Of, Register};
use super::tight::push_tightly;
use crate::channel::Channel;
use crate::event::vocabulary::ProfileField;
use crate::time::Millis;

impl Customer {
    /// A word on consent, `of` what the customer said or of what a profile carried. Of one event time a denial counts.
    pub fn consent(&mut self, of: Of, channel: Channel, at: Millis, yes: bool) -> Option<Change> {
        let denied = |customer: &Self| {
            customer.register(Of::Explicit, channel).is_some_and(|register| !register.yes)
        };
        let before = denied(self);
        let newest = Register { at, of, channel, yes };
        let counts = self.write(newest, |old| at > old.at || at == old.at && !yes);
        if of == Of::Explicit && (before || !yes) {
            self.write(Register { of: Of::Refusal, yes: false, ..newest }, |old| at > old.at);
        }
        self.derive_consent(channel);
        match (before, denied(self)) {
            (false, true) => Some(Change::Denied(channel)),
            (true, false) => Some(Change::Lifted(channel)),
            // The denial may have been told of another address.
            (false, false) if of == Of::Explicit && counts && self.has_refused(channel) => {
                Some(Change::Lifted(channel))
            }
            (false, false) | (true, true) => None,
        }
    }

    fn has_refused(&self, channel: Channel) -> bool {
        self.register(Of::Refusal, channel).is_some()
    }

    /// Whether the newest word of the customer's own on this channel grants consent.
    pub fn has_granted(&self, channel: Channel) -> bool {
        self.register(Of::Explicit, channel).is_some_and(|register| register.yes)
    }

    /// A word on the address that these channels share. Of one event time the later word counts.
    pub fn address(&mut self, channels: &[Channel], at: Millis, yes: bool) {
        let Some(channel) = channels.first().copied() else { return };
        self.write(Register { at, of: Of::Address, channel, yes }, |old| at >= old.at);
        self.derive_address(channels);
    }

    /// The bits of consent and reachability as the registers say.
    pub fn derive_permissions(&mut self) {
        Channel::PERSONAL.into_iter().for_each(|channel| self.derive_consent(channel));
        ADDRESSES.iter().for_each(|(_, channels)| self.derive_address(channels));
    }

    /// An explicit denial stands until an explicit grant; otherwise the newer word, of two at one time the denial.
    fn derive_consent(&mut self, channel: Channel) {
        let (explicit, profile) =
            (self.register(Of::Explicit, channel), self.register(Of::Profile, channel));
        let granted = match (explicit, profile) {
            (Some(said), _) if !said.yes => Some(false),
            (Some(said), Some(profile)) if profile.at >= said.at => Some(profile.yes),
            (Some(said), _) => Some(said.yes),
            (None, Some(profile)) => Some(profile.yes),
            (None, None) => None,
        };
        let bit = channel.bit();
        set(&mut self.granted, bit, granted == Some(true));
        set(&mut self.denied, bit, granted == Some(false));
    }

    fn derive_address(&mut self, channels: &[Channel]) {
        let register = channels.first().and_then(|channel| self.register(Of::Address, *channel));
        let bits = channels.iter().fold(0, |bits, channel| bits | channel.bit());
        set(&mut self.reachable, bits, register.is_some_and(|register| register.yes));
    }

    fn register(&self, of: Of, channel: Channel) -> Option<Register> {
        self.registers.iter().copied().find(|other| other.of == of && other.channel == channel)
    }

    /// Whether it counts.
    fn write(&mut self, new: Register, replaces: impl Fn(&Register) -> bool) -> bool {
        let same = |other: &&mut Register| other.of == new.of && other.channel == new.channel;
        match self.registers.iter_mut().find(same) {
            Some(old) if replaces(old) => *old = new,
            Some(_) => return false,
            None => push_tightly(&mut self.registers, new),
        }
        true
    }
}

/// The profile's addresses with the channels that use them.
pub(super) const ADDRESSES: [(ProfileField, &[Channel]); 3] = [
    (ProfileField::Email, &[Channel::Email]),
    (ProfileField::Phone, &[Channel::Sms, Channel::Whatsapp]),
    (ProfileField::PushToken, &[Channel::Push]),
];

fn set(bits: &mut u8, bit: u8, on: bool) {
    if on {
        *bits |= bit;
    } else {
        *bits &= !bit;
    }
}

#[cfg(test)]
mod tests;
