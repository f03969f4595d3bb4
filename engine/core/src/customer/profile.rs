//! What a `profile` object and the subscription events change in the hot state.

use super::hot::{Customer, push_tightly};
use super::places::principal_zone;
use super::zone::Zones;
use crate::channel::Channel;
use crate::event::vocabulary::{
    CONSENT, COUNTRY, EMAIL, PHONE, PUSH_TOKEN, REGION, TIME_ZONE, ZONE,
};
use crate::event::{Raw, object_entries};
use crate::value::{Value, ValueRef};

/// A change of what may be sent to a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Consent was denied and had not been.
    Denied(Channel),
    /// Consent was granted after a denial.
    Lifted(Channel),
}

/// The stored name of an attribute.
pub fn attribute_hash(name: &str) -> u32 {
    xxhash_rust::xxh3::xxh3_64(name.as_bytes()) as u32
}

/// Merges a `profile` object: consent, addresses, time zone, and the attributes whose hashes are `kept`. Null removes.
pub fn merge_profile(
    customer: &mut Customer,
    profile: Raw<'_>,
    kept: &[u32],
    zones: &Zones,
    changed: &mut Vec<Change>,
) {
    let mut zone_changed = false;
    for (name, value) in object_entries(profile) {
        match name.as_ref() {
            CONSENT => merge_consent(customer, value, changed),
            EMAIL => reach(customer, Channel::Email.bit(), value),
            PHONE => reach(customer, Channel::Sms.bit() | Channel::Whatsapp.bit(), value),
            PUSH_TOKEN => reach(customer, Channel::Push.bit(), value),
            _ => {}
        }
        let of_zone = ZONE.contains(&name.as_ref());
        let hash = attribute_hash(&name);
        if of_zone || kept.contains(&hash) {
            set_attribute(customer, hash, value.scalar());
        }
        zone_changed |= of_zone;
    }
    if zone_changed {
        customer.zone = zone_of(customer, zones);
    }
}

/// Grants or denies consent; none if nothing that matters to others changed.
pub fn set_consent(customer: &mut Customer, channel: Channel, granted: bool) -> Option<Change> {
    let bit = channel.bit();
    let was_denied = customer.denied & bit != 0;
    if granted {
        customer.granted |= bit;
        customer.denied &= !bit;
        return was_denied.then_some(Change::Lifted(channel));
    }
    customer.granted &= !bit;
    customer.denied |= bit;
    (!was_denied).then_some(Change::Denied(channel))
}

/// The zone by the attributes: a known `time_zone`, else the country's principal one, else 0.
pub fn zone_of(customer: &Customer, zones: &Zones) -> u16 {
    let text = |name| match customer.attribute(attribute_hash(name)) {
        ValueRef::Text(text) => Some(text),
        _ => None,
    };
    text(TIME_ZONE)
        .and_then(|name| zones.number(name))
        .or_else(|| zones.number(principal_zone(text(COUNTRY)?, text(REGION))?))
        .unwrap_or(0)
}

/// In the order of the channels; of repeated names the last counts.
fn merge_consent(customer: &mut Customer, consent: Raw<'_>, changed: &mut Vec<Change>) {
    for channel in Channel::PERSONAL {
        let flags = object_entries(consent).filter(|(name, _)| name == channel.name());
        if let Some(granted) = flags.last().and_then(|(_, flag)| flag.boolean()) {
            changed.extend(set_consent(customer, channel, granted));
        }
    }
}

fn reach(customer: &mut Customer, bits: u8, address: Raw<'_>) {
    match address.string() {
        Some(text) if !text.is_empty() => customer.reachable |= bits,
        _ => customer.reachable &= !bits,
    }
}

fn set_attribute(customer: &mut Customer, hash: u32, value: Value) {
    let place = customer.attributes.iter().position(|(name, _)| *name == hash);
    match (place, value) {
        (Some(place), Value::Null) => {
            customer.attributes.remove(place);
        }
        (Some(place), value) => customer.attributes[place].1 = value,
        (None, Value::Null) => {}
        (None, value) => push_tightly(&mut customer.attributes, (hash, value)),
    }
}
