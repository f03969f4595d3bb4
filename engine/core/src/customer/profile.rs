//! What a `profile` object changes in the hot state.

use super::hot::{Attribute, Customer};
use super::permission::ADDRESSES;
use super::places::principal_zone;
use super::register::{Change, Of};
use super::tight::push_tightly;
use super::zone::Zones;
use crate::channel::Channel;
use crate::event::vocabulary::{CONSENT, COUNTRY, REGION, TIME_ZONE, ZONE};
use crate::event::{Raw, is_read, object_entries, only};
use crate::time::Millis;
use crate::value::ValueRef;
use std::borrow::Cow;

/// The stored name of an attribute.
pub fn attribute_hash(name: &str) -> u32 {
    xxhash_rust::xxh3::xxh3_64(name.as_bytes()) as u32
}

/// A `profile` object without the fields for which the customer has no room, and whether there were any. Those that the product reads, and those
/// whose hashes are `kept`, have room in any case.
pub fn fitting<'p>(
    customer: &mut Customer,
    object: Cow<'p, str>,
    kept: &[u32],
) -> (Cow<'p, str>, bool) {
    let names = &mut customer.names;
    let mut fits = |name: &str| {
        let hash = attribute_hash(name);
        is_read(name) || kept.contains(&hash) || names.admit(hash)
    };
    let mut fit = true;
    object_entries(Raw(&object)).for_each(|(name, _)| fit &= fits(&name));
    if fit { (object, false) } else { (Cow::Owned(only(Raw(&object), fits)), true) }
}

/// A `profile` object as an event brought it.
pub struct Patch<'p> {
    /// The object.
    pub object: Raw<'p>,
    /// Event time.
    pub at: Millis,
    /// The register of the consents that it grants.
    pub grants: Of,
    /// The register of those that it denies.
    pub denials: Of,
}

impl Patch<'_> {
    /// Merges it: consent, addresses, time zone, and the attributes whose hashes are `kept`, each unless something newer is known. Null removes.
    pub fn merge(
        &self,
        customer: &mut Customer,
        kept: &[u32],
        zones: &Zones,
        changed: &mut Vec<Change>,
    ) {
        let (mut zone_changed, mut consent) = (false, None);
        for (name, value) in object_entries(self.object) {
            if name == CONSENT {
                consent = Some(value);
            }
            if let Some((_, channels)) = ADDRESSES.iter().find(|(field, _)| *field == name) {
                let there = value.string().is_some_and(|text| !text.is_empty());
                customer.address(channels, self.at, there);
            }
            let of_zone = ZONE.contains(&name.as_ref());
            let hash = attribute_hash(&name);
            if of_zone || kept.contains(&hash) {
                set_attribute(customer, Attribute::read(hash, self.at, value));
            }
            zone_changed |= of_zone;
        }
        if let Some(consent) = consent {
            self.merge_consent(customer, consent, changed);
        }
        if zone_changed {
            customer.zone = zone_of(customer, zones);
        }
    }

    /// In the order of the channels; of repeated names the last counts.
    fn merge_consent(&self, customer: &mut Customer, consent: Raw<'_>, changed: &mut Vec<Change>) {
        for channel in Channel::PERSONAL {
            let flags = object_entries(consent).filter(|(name, _)| name == channel.name());
            if let Some(granted) = flags.last().and_then(|(_, flag)| flag.boolean()) {
                let of = if granted { self.grants } else { self.denials };
                changed.extend(customer.consent(of, channel, self.at, granted));
            }
        }
    }
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
