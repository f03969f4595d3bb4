//! Known fields that are odd: of another type than the product reads. An event is applied without them, and says which they were.

use super::vocabulary::{Known, Subject};
use crate::channel::Channel;
use crate::closed::closed;

closed! {
    /// A field whose type the product relies on: the names of `vocabulary`, in the order of [`OddFields`]. `time` is not among them (an event
    /// without a readable time is none), nor are `type` and `customer`.
    OddField {
        /// `id`.
        Id "id",
        /// `channel`.
        Channel "channel",
        /// `cart`.
        Cart "cart",
        /// `order`.
        Order "order",
        /// `checkout`.
        Checkout "checkout",
        /// `product`.
        Product "product",
        /// `review`.
        Review "review",
        /// `ticket`.
        Ticket "ticket",
        /// `points`.
        Points "points",
        /// `profile`.
        Profile "profile",
        /// `message`.
        Message "message",
        /// `cart.id`.
        CartId "cart.id",
        /// `cart.total`.
        CartTotal "cart.total",
        /// `cart.items`.
        CartItems "cart.items",
        /// `order.id`.
        OrderId "order.id",
        /// `order.total`.
        OrderTotal "order.total",
        /// `checkout.total`.
        CheckoutTotal "checkout.total",
        /// `product.price`.
        ProductPrice "product.price",
        /// `review.rating`.
        ReviewRating "review.rating",
        /// `message.command_id`.
        MessageCommandId "message.command_id",
        /// `message.channel`.
        MessageChannel "message.channel",
        /// `message.bounce`.
        MessageBounce "message.bounce",
        /// `message.address`.
        MessageAddress "message.address",
        /// `profile.email`.
        ProfileEmail "profile.email",
        /// `profile.phone`.
        ProfilePhone "profile.phone",
        /// `profile.first_name`.
        ProfileFirstName "profile.first_name",
        /// `profile.last_name`.
        ProfileLastName "profile.last_name",
        /// `profile.time_zone`.
        ProfileTimeZone "profile.time_zone",
        /// `profile.country`.
        ProfileCountry "profile.country",
        /// `profile.region`.
        ProfileRegion "profile.region",
        /// `profile.locale`.
        ProfileLocale "profile.locale",
        /// `profile.push_token`.
        ProfilePushToken "profile.push_token",
        /// `profile.consent`.
        ProfileConsent "profile.consent",
        /// `profile.consent.email`.
        ProfileConsentEmail "profile.consent.email",
        /// `profile.consent.sms`.
        ProfileConsentSms "profile.consent.sms",
        /// `profile.consent.push`.
        ProfileConsentPush "profile.consent.push",
        /// `profile.consent.whatsapp`.
        ProfileConsentWhatsapp "profile.consent.whatsapp",
        /// Fields of the profile that the product does not read and that are too long, or too many.
        ProfileSurplus "profile.*",
        /// An amount in another currency than the policy's, wherever it stands.
        Currency "currency",
    }
}

/// The odd fields of an event; few events have any. A bit is a place in [`OddField::ALL`]: what is known of the event, the subjects, their
/// fields that the product reads, the profile's texts, its consent and the flags in that, whatever else a profile has too much of, and amounts in
/// another currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OddFields(u64);

const SUBJECTS: usize = 2;
const KNOWN: usize = SUBJECTS + Subject::ALL.len();
const TEXTS: usize = KNOWN + Known::ALL.len();
const CONSENT: usize = TEXTS + Subject::Profile.fields().len();
const FLAGS: usize = CONSENT + 1;
const SURPLUS: usize = FLAGS + Channel::PERSONAL.len();

const _: () = assert!(OddField::ALL.len() <= u64::BITS as usize);

impl OddFields {
    /// The id.
    pub(super) const ID: Self = Self(1);
    /// The channel at the top.
    pub(super) const CHANNEL: Self = Self(1 << 1);
    /// The profile's consent as a whole.
    pub(super) const CONSENT: Self = Self(1 << CONSENT);
    /// All that the profile says of itself.
    pub(super) const OF_PROFILE: Self = Self((2 << SURPLUS) - (1 << TEXTS));

    /// A subject as a whole.
    pub(super) const fn subject(subject: Subject) -> Self {
        Self(1 << (SUBJECTS + subject as usize))
    }

    /// A field of a subject.
    pub(super) const fn known(field: Known) -> Self {
        Self(1 << (KNOWN + field as usize))
    }

    /// A text of the profile, by its place among the profile's fields.
    pub(super) const fn profile_text(place: usize) -> Self {
        Self(1 << (TEXTS + place))
    }

    /// A flag of the consent, by its channel's place among those that have one.
    pub(super) const fn flag(place: usize) -> Self {
        Self(1 << (FLAGS + place))
    }

    /// The flags of the consent.
    pub(super) const FLAGS: Self = Self((1 << SURPLUS) - (1 << FLAGS));

    /// Fields of the profile for which there is no room.
    pub const SURPLUS: Self = Self(1 << SURPLUS);

    /// Amounts that facts leave out because they are in another currency.
    pub const CURRENCY: Self = Self(2 << SURPLUS);

    /// As [`OddFields::bits`] told it.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// For a checkpoint.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Whether there is none, as in nearly every event.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether one of the others is among them.
    pub const fn meets(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// These and the others.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// These without the others.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Each of them, in order.
    pub fn iter(self) -> impl Iterator<Item = OddField> {
        OddField::ALL
            .into_iter()
            .enumerate()
            .filter_map(move |(place, field)| (self.0 >> place & 1 == 1).then_some(field))
    }

    /// Whether this path of names leads to one of them, or into one.
    #[inline]
    pub(super) fn cover<S: AsRef<str>>(self, path: &[S]) -> bool {
        !self.is_empty() && self.iter().any(|field| leads_into(path, field))
    }
}

#[cold]
fn leads_into<S: AsRef<str>>(path: &[S], field: OddField) -> bool {
    if matches!(field, OddField::ProfileSurplus | OddField::Currency) {
        return false; // the event has them all the same
    }
    let mut parts = path.iter();
    field.name().split('.').all(|name| parts.next().is_some_and(|part| part.as_ref() == name))
}

#[cfg(test)]
mod tests {
    use super::super::vocabulary::{self, Envelope};
    use super::*;

    #[test]
    fn the_fields_are_those_of_the_vocabulary() {
        let profile = Subject::Profile.name();
        let mut names: Vec<(String, OddFields)> = vec![
            (Envelope::Id.name().into(), OddFields::ID),
            (Envelope::Channel.name().into(), OddFields::CHANNEL),
        ];
        names.extend(
            Subject::ALL.map(|subject| (subject.name().into(), OddFields::subject(subject))),
        );
        names.extend(Known::ALL.map(|field| (field.name().into(), OddFields::known(field))));
        let texts = Subject::Profile.fields().iter().enumerate();
        names.extend(texts.map(|(place, (name, _))| {
            (format!("{profile}.{name}"), OddFields::profile_text(place))
        }));
        let consent = format!("{profile}.{}", vocabulary::CONSENT);
        names.push((consent.clone(), OddFields::CONSENT));
        let flags = Channel::PERSONAL.into_iter().enumerate();
        names.extend(
            flags.map(|(place, channel)| (format!("{consent}.{channel}"), OddFields::flag(place))),
        );
        names.push((format!("{profile}.*"), OddFields::SURPLUS));
        names.push(("currency".into(), OddFields::CURRENCY));
        assert_eq!(names.len(), OddField::ALL.len());
        for ((name, odd), field) in names.iter().zip(OddField::ALL) {
            assert_eq!(
                (name.as_str(), odd.iter().collect::<Vec<_>>()),
                (field.name(), vec![field])
            );
        }
        let of_profile: Vec<_> = OddField::ALL
            .into_iter()
            .filter(|field| field.name().starts_with("profile."))
            .collect();
        assert_eq!(
            OddFields(u64::MAX >> (64 - OddField::ALL.len()))
                .without(OddFields(!OddFields::OF_PROFILE.0))
                .iter()
                .collect::<Vec<_>>(),
            of_profile
        );
    }

    #[test]
    fn what_lies_in_an_odd_field_is_covered() {
        let odd = OddFields::known(Known::CartTotal).and(OddFields::CONSENT).and(OddFields::ID);
        for (path, covered) in [
            (&["cart", "total"][..], true),
            (&["cart", "total", "net"], true),
            (&["cart"], false),
            (&["cart", "totals"], false),
            (&["profile", "consent", "email"], true),
            (&["profile"], false),
            (&["id"], true),
            (&["order", "id"], false),
        ] {
            assert_eq!(
                (odd.cover(path), OddFields::default().cover(path)),
                (covered, false),
                "{path:?}"
            );
        }
    }
}
