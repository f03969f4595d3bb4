//! The `profile` object: which of its fields are odd or too long, and the object without them.

use super::odd::OddFields;
use super::raw::{Raw, object_entries};
use super::vocabulary::{ProfileField, Type};
use crate::channel::Channel;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Longest field of a profile as JSON, in bytes, and longest text that a run keeps of an event. Whatever a profile has then fits into a command.
pub const MAX_VALUE: usize = 4 * 1024;
/// Longest name of a field, in bytes.
const MAX_FIELD_NAME: usize = 256;

/// The fields that are not what the vocabulary says, or too long. Of repeated names the last counts; null removes and is never odd.
pub fn odd_fields(profile: Raw<'_>) -> OddFields {
    let (mut odd, mut long) = (OddFields::default(), false);
    for (name, value) in object_entries(profile) {
        let (field, fits) = match ProfileField::parse(name.as_bytes()) {
            None => {
                long |= is_long(&name, value);
                continue;
            }
            Some(ProfileField::Consent) => {
                let consent = OddFields::CONSENT.and(OddFields::FLAGS);
                odd = odd.without(consent).and(odd_consent(value));
                continue;
            }
            Some(field) => (OddFields::profile_text(field as usize), may_be_text(value)),
        };
        odd = if fits { odd.without(field) } else { odd.and(field) };
    }
    if long && long_fields(profile).values().any(|long| *long) {
        odd = odd.and(OddFields::SURPLUS);
    }
    odd
}

fn is_long(name: &str, value: Raw<'_>) -> bool {
    name.len() > MAX_FIELD_NAME || value.0.len() > MAX_VALUE
}

/// Of each field whether it is too long.
#[cold]
fn long_fields(profile: Raw<'_>) -> BTreeMap<Cow<'_, str>, bool> {
    let fields = object_entries(profile).map(|(name, value)| {
        let long = is_long(&name, value);
        (name, long)
    });
    fields.collect()
}

/// Whether the value may stand where the product reads a text of the profile.
fn may_be_text(value: Raw<'_>) -> bool {
    Type::Text.fits(value.0.as_bytes()) && value.0.len() <= MAX_VALUE || value.is_null()
}

/// One odd flag does not spoil the others.
fn odd_consent(consent: Raw<'_>) -> OddFields {
    if consent.is_null() {
        return OddFields::default();
    }
    if !consent.is_object() {
        return OddFields::CONSENT;
    }
    let mut odd = OddFields::default();
    for (name, flag) in object_entries(consent) {
        let Some(place) = Channel::PERSONAL.iter().position(|channel| channel.name() == name)
        else {
            continue;
        };
        let field = OddFields::flag(place);
        odd = odd.without(field);
        if flag.boolean().is_none() && !flag.is_null() {
            odd = odd.and(field);
        }
    }
    odd
}

/// The object without its odd fields, the others as they are written. An odd flag stays: who reads consent takes booleans alone.
#[cold]
pub fn without(profile: Raw<'_>, odd: OddFields) -> String {
    let surplus = odd.meets(OddFields::SURPLUS);
    let long = if surplus { long_fields(profile) } else { Default::default() };
    only(profile, |name| {
        let field = match ProfileField::parse(name.as_bytes()) {
            Some(ProfileField::Consent) => OddFields::CONSENT,
            Some(field) => OddFields::profile_text(field as usize),
            None => return long.get(name) != Some(&true),
        };
        !odd.meets(field)
    })
}

/// The object with these fields only, as they are written.
#[cold]
pub fn only(profile: Raw<'_>, mut wanted: impl FnMut(&str) -> bool) -> String {
    let mut kept = String::with_capacity(profile.0.len());
    kept.push('{');
    for (name, value) in object_entries(profile) {
        if !wanted(&name) {
            continue;
        }
        if kept.len() > 1 {
            kept.push(',');
        }
        kept += &serde_json::to_string(&name).unwrap_or_default(); // a string always serialises
        kept.push(':');
        kept += value.0;
    }
    kept.push('}');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_are_too_long_are_left_out() {
        let long = format!("\"{}\"", "x".repeat(MAX_VALUE - 1));
        let fits = &long[1..];
        let fits = format!("\"{}", &fits[1..]);
        assert_eq!((long.len(), fits.len()), (MAX_VALUE + 1, MAX_VALUE));
        let name = "n".repeat(MAX_FIELD_NAME + 1);
        for (profile, odd, kept) in [
            (format!(r#"{{"email":{fits},"a":{fits},"b":1}}"#), "", None),
            (format!(r#"{{"email":{long},"b":1}}"#), "profile.email", Some(r#"{"b":1}"#)),
            (format!(r#"{{"a":{long},"b":1}}"#), "profile.*", Some(r#"{"b":1}"#)),
            (format!(r#"{{"{name}":1,"b":1}}"#), "profile.*", Some(r#"{"b":1}"#)),
            (format!(r#"{{"a":1,"a":{long},"b":1}}"#), "profile.*", Some(r#"{"b":1}"#)),
            (format!(r#"{{"a":{long},"a":1}}"#), "", None),
        ] {
            let found = odd_fields(Raw(&profile));
            let names: Vec<&str> = found.iter().map(|field| field.name()).collect();
            assert_eq!(names.join(" "), odd, "{profile}");
            assert_eq!(without(Raw(&profile), found), kept.unwrap_or(&profile), "{profile}");
        }
    }

    #[test]
    fn odd_fields_are_left_out_and_the_others_stay_as_they_are() {
        for (profile, odd, kept) in [
            (r#"{"email":"a","phone":null,"vip":[1]}"#, "", None),
            (
                r#"{"email":7,"ph\u006fne":{},"x":1.50}"#,
                "profile.email profile.phone",
                Some(r#"{"x":1.50}"#),
            ),
            (r#"{"email":"a","email":7}"#, "profile.email", Some("{}")),
            (r#"{"email":7,"email":"a"}"#, "", None),
            (r#"{"consent":null}"#, "", None),
            (r#"{"consent":{"sms":null,"fax":"yes","email":true}}"#, "", None),
            (r#"{"consent":"all","a":1}"#, "profile.consent", Some(r#"{"a":1}"#)),
            (
                r#"{"consent":[],"consent":{"sms":1}}"#,
                "profile.consent.sms",
                Some(r#"{"consent":[],"consent":{"sms":1}}"#),
            ),
            (
                r#"{"consent":{"sms":1,"sms":true,"push":false,"push":"no"}}"#,
                "profile.consent.push",
                None,
            ),
        ] {
            let found = odd_fields(Raw(profile));
            let names: Vec<&str> = found.iter().map(|field| field.name()).collect();
            assert_eq!(names.join(" "), odd, "{profile}");
            assert_eq!(
                without(Raw(profile), found),
                kept.unwrap_or(&without(Raw(profile), OddFields::default())),
                "{profile}"
            );
        }
    }
}
