//! The `profile` object: which of its fields are odd, and the object without them.

use super::odd::OddFields;
use super::raw::{Raw, object_entries};
use super::vocabulary::{CONSENT, Subject};
use crate::channel::Channel;

/// The fields that are not what the vocabulary says. Of repeated names the last counts; null removes and is never odd.
pub fn odd_fields(profile: Raw<'_>) -> OddFields {
    let mut odd = OddFields::default();
    for (name, value) in object_entries(profile) {
        let (field, found) = if name == CONSENT {
            (OddFields::CONSENT.and(OddFields::FLAGS), odd_consent(value))
        } else if let Some((place, fits)) = text(&name, value) {
            let field = OddFields::profile_text(place);
            (field, if fits { OddFields::default() } else { field })
        } else {
            continue;
        };
        odd = odd.without(field).and(found);
    }
    odd
}

/// The place of a text among the profile's fields, and whether the value may stand there; none for a field that the product does not read.
fn text(name: &str, value: Raw<'_>) -> Option<(usize, bool)> {
    let fields = Subject::Profile.fields();
    let place = fields.iter().position(|(known, _)| *known == name)?;
    Some((place, value.is_null() || fields[place].1.fits(value.0.as_bytes())))
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
    let mut kept = String::with_capacity(profile.0.len());
    kept.push('{');
    for (name, value) in object_entries(profile) {
        let field = match Subject::Profile.fields().iter().position(|(known, _)| *known == name) {
            Some(place) => OddFields::profile_text(place),
            None if name == CONSENT => OddFields::CONSENT,
            None => OddFields::default(),
        };
        if odd.meets(field) {
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
