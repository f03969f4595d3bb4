//! What a `profile` object changes in the hot state.

use super::hot::{Attribute, Customer};
use super::permission::ADDRESSES;
use super::places::principal_zone;
use super::register::{Change, Of};
use super::tight::push_tightly;
use super::zone::Zones;
use crate::channel::Channel;
use crate::event::vocabulary::{COUNTRY, ProfileField, REGION, TIME_ZONE, ZONE};
use crate::event::{Raw, object_entries, only};
use crate::time::Millis;
use crate::value::ValueRef;
use std::borrow::Cow;

/// The stored name of an attribute.
pub fn attribute_hash(name: &str) -> u32 {
    xxhash_rust::xxh3::xxh3_64(name.as_bytes()) as u32
}

/// What a `profile` object says, as an event brought it.
pub struct Patch {
    /// Event time.
    pub at: Millis,
    /// The register of the consents that it grants.
    pub grants: Of,
    /// The register of those that it denies.
    pub denials: Of,
}

impl Patch {
    /// Merges it: consent, addresses, time zone, and the attributes whose hashes are `kept`, each unless something newer is known. Null removes.
    /// The object without the fields for which the customer has no room, and whether there were any. Those that the product reads, and those
    /// whose hashes are `kept`, have room in any case.
    pub fn merge<'p>(
        &self,
        object: Cow<'p, str>,
        customer: &mut Customer,
        kept: &[u32],
        zones: &Zones,
        changed: &mut Vec<Change>,
    ) -> (Cow<'p, str>, bool) {
        let (mut fit, mut zone_changed, mut consent) = (true, false, None);
        for (name, value) in object_entries(Raw(&object)) {
            let Some(field) = ProfileField::parse(name.as_bytes()) else {
                let hash = attribute_hash(&name);
                if kept.contains(&hash) {
                    set_attribute(customer, Attribute::read(hash, self.at, value));
                } else {
                    fit &= customer.names.admit(hash);
                }
                continue;
            };
            if field == ProfileField::Consent {
                consent = Some(value);
            }
            if let Some((_, channels)) = ADDRESSES.iter().find(|(address, _)| *address == field) {
                let there = value.string().is_some_and(|text| !text.is_empty());
                customer.address(channels, self.at, there);
            }
            let of_zone = ZONE.contains(&field.name());
            zone_changed |= of_zone;
            // Hardly any other is kept.
            if of_zone || !kept.is_empty() {
                let hash = attribute_hash(&name);
                if of_zone || kept.contains(&hash) {
                    set_attribute(customer, Attribute::read(hash, self.at, value));
                }
            }
        }
        if let Some(consent) = consent {
            self.merge_consent(customer, consent, changed);
        }
        if zone_changed {
            customer.zone = zone_of(customer, zones);
        }
        if fit { (object, false) } else { (Cow::Owned(with_room(customer, &object, kept)), true) }
    }

    /// In the order of the channels; of repeated names the last counts.
    fn merge_consent(&self, customer: &mut Customer, consent: Raw<'_>, changed: &mut Vec<Change>) {
        let mut said = [None; Channel::PERSONAL.len()];
        for (name, flag) in object_entries(consent) {
            let place = Channel::PERSONAL.iter().position(|channel| channel.name() == name);
            if let Some(said) = place.and_then(|place| said.get_mut(place)) {
                *said = flag.boolean();
            }
        }
        for (channel, granted) in Channel::PERSONAL.into_iter().zip(said) {
            let Some(granted) = granted else { continue };
            let of = if granted { self.grants } else { self.denials };
            changed.extend(customer.consent(of, channel, self.at, granted));
        }
    }
}

/// The object without the fields for which the customer has no room. Whatever has room was admitted before.
#[cold]
fn with_room(customer: &Customer, object: &str, kept: &[u32]) -> String {
    only(Raw(object), |name| {
        let hash = attribute_hash(name);
        let read = ProfileField::parse(name.as_bytes()).is_some();
        read || kept.contains(&hash) || customer.names.contains(&hash)
    })
}

impl Customer {
    /// An attribute that was stored with the profile, while no condition read it.
    pub fn recall(&mut self, attribute: Attribute) {
        set_attribute(self, attribute);
    }
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

fn set_attribute(customer: &mut Customer, attribute: Attribute) {
    match customer.attributes.iter_mut().find(|known| known.name == attribute.name) {
        Some(known) if attribute.at >= known.at => *known = attribute,
        Some(_) => {}
        None => push_tightly(&mut customer.attributes, attribute),
    }
}
