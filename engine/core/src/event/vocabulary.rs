//! The vocabulary of events: every name that Cartwheel knows, written once. The decoder, conditions, documents, commands, templates and
//! the loader take theirs from here. A retailer's own names are not in it and pass.
//!
//! Decoding asks it for every name of a record. What it asks (`parse`, [`Known::of`], [`Meaning::of`]) are comparisons with constants:
//! nothing is hashed, allocated or looked up.

use crate::channel::Channel;

/// An enum of things that have names.
macro_rules! names {
    ($(#[$about:meta])* $of:ident { $($(#[$doc:meta])* $variant:ident = $name:expr,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum $of {
            $($(#[$doc])* $variant,)*
        }

        impl $of {
            /// Every one, in order of the numbers.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// The one with this name.
            pub fn parse(name: &[u8]) -> Option<Self> {
                $(if name == $name.as_bytes() {
                    return Some(Self::$variant);
                })*
                None
            }

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

/// The types of events and, behind an arrow, what those mean that mean something to the product.
macro_rules! event_types {
    ($($name:literal $(=> $meaning:ident)?,)*) => {
        /// The event types that Cartwheel knows. A retailer may use others.
        pub const EVENT_TYPES: [&str; [$($name),*].len()] = [$($name),*];

        impl Meaning {
            /// What this type means.
            pub fn of(kind: &str) -> Self {
                match kind {
                    $($($name => Self::$meaning,)?)*
                    _ => Self::None,
                }
            }
        }
    };
}

/// The objects that an event can carry, and the fields of each with their types. Those that are `read as` something are read by the
/// product itself: the decoder notes where they stand, and that they are odd where they are of another type.
macro_rules! subjects {
    ($(
        $(#[$doc:meta])*
        $subject:ident = $name:literal {
            $($field:expr => $kind:ident $(, read as $known:ident)?;)*
        }
    )*) => {
        names! {
            /// The objects that an event can carry.
            Subject { $($(#[$doc])* $subject = $name,)* }
        }

        impl Subject {
            /// The fields of it that Cartwheel knows; others are of unknown type.
            pub const fn fields(self) -> &'static [(&'static str, Type)] {
                match self {
                    $(Self::$subject => &[$(($field, Type::$kind)),*],)*
                }
            }

            /// Those that the product itself reads.
            pub const fn known(self) -> &'static [Known] {
                match self {
                    $(Self::$subject => &[$($(Known::$known,)?)*],)*
                }
            }
        }

        names! {
            /// The fields of subjects that the product itself reads, by their full names.
            Known {
                $($($(
                    #[doc = concat!("`", $name, ".", $field, "`.")]
                    $known = concat!($name, ".", $field),
                )?)*)*
            }
        }

        impl Known {
            /// The one of this subject with this name.
            #[inline(always)]
            pub fn of(subject: Subject, name: &[u8]) -> Option<Self> {
                match subject {
                    $(Subject::$subject => {
                        $($(if name == $field.as_bytes() {
                            return Some(Self::$known);
                        })?)*
                    })*
                }
                None
            }

            /// What it must be.
            pub const fn kind(self) -> Type {
                match self {
                    $($($(Self::$known => Type::$kind,)?)*)*
                }
            }
        }
    };
}

event_types! {
    "customer_created",
    "customer_updated",
    "identified",
    "subscribed" => Subscribed,
    "unsubscribed" => Unsubscribed,
    "consent_changed" => ConsentChanged,
    "page_viewed",
    "products_searched",
    "product_list_viewed",
    "product_viewed",
    "product_added",
    "product_removed",
    "cart_viewed",
    "cart_updated",
    "cart_emptied" => CartEmptied,
    "checkout_started",
    "checkout_step_completed",
    "payment_info_entered",
    "order_placed",
    "order_paid",
    "order_fulfilled",
    "order_shipped",
    "order_delivered",
    "order_cancelled",
    "order_refunded",
    "return_requested",
    "review_submitted",
    "survey_answered" => Answered,
    "coupon_applied",
    "wishlist_added",
    "ticket_opened",
    "ticket_closed",
    "points_earned",
    "product_restocked",
    "product_price_changed",
    "message_sent",
    "message_delivered" => Delivered,
    "message_opened" => Opened,
    "message_clicked" => Clicked,
    "message_bounced" => Bounced,
    "message_complained" => Complained,
    "message_failed",
    "erase_requested",
}

/// What the product itself makes of an event's type, whatever the journeys make of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Meaning {
    /// Grants consent.
    Subscribed,
    /// Denies consent.
    Unsubscribed,
    /// Denials in its profile suppress.
    ConsentChanged,
    /// An address that does not work.
    Bounced,
    /// Somebody called it spam.
    Complained,
    /// A message reached its recipient.
    Delivered,
    /// A message was opened.
    Opened,
    /// A link in a message was followed.
    Clicked,
    /// One of the answers that a message offered was given: a link in it was followed.
    Answered,
    /// The cart is gone.
    CartEmptied,
    /// Nothing more than profile and documents.
    #[default]
    None,
}

names! {
    /// What every event may say of itself, beside its subjects.
    Envelope {
        /// For deduplication.
        Id = "id",
        /// What happened.
        Type = "type",
        /// To whom.
        Customer = "customer",
        /// When.
        Time = "time",
        /// Which medium, in events of subscriptions.
        Channel = "channel",
    }
}

subjects! {
    /// A cart.
    Cart = "cart" {
        "id" => Id, read as CartId;
        "total" => Number, read as CartTotal;
        "currency" => Text;
        "items" => List, read as CartItems;
        "url" => Text;
    }
    /// An order.
    Order = "order" {
        "id" => Id, read as OrderId;
        "total" => Number, read as OrderTotal;
        "currency" => Text;
        "items" => List;
        "number" => Any;
    }
    /// A checkout.
    Checkout = "checkout" {
        "id" => Text;
        "total" => Number, read as CheckoutTotal;
        "currency" => Text;
        "items" => List;
        "url" => Text;
    }
    /// A product.
    Product = "product" {
        "id" => Text;
        "name" => Text;
        "category" => Text;
        "price" => Number, read as ProductPrice;
        "url" => Text;
    }
    /// A review.
    Review = "review" {
        "rating" => Number, read as ReviewRating;
    }
    /// A support ticket.
    Ticket = "ticket" {
        "id" => Any;
        "satisfaction" => Number;
    }
    /// Loyalty points.
    Points = "points" {}
    /// What is known of the customer: null removes a field. Beside these it has [`CONSENT`].
    Profile = "profile" {
        EMAIL => Text;
        PHONE => Text;
        FIRST_NAME => Text;
        LAST_NAME => Text;
        TIME_ZONE => Text;
        COUNTRY => Text;
        REGION => Text;
        LOCALE => Text;
        PUSH_TOKEN => Text;
    }
    /// A message that was sent.
    Message = "message" {
        "command_id" => Text, read as MessageCommandId;
        "channel" => Text, read as MessageChannel;
        "bounce" => Text, read as MessageBounce;
        "address" => Text, read as MessageAddress;
    }
}

/// The fields that Cartwheel knows of the items of a cart, an order or a checkout.
pub const ITEM_FIELDS: [(&str, Type); 3] =
    [("product", Type::Any), ("quantity", Type::Number), ("price", Type::Number)];

impl Subject {
    /// Those that are kept as documents, for messages to show. (The profile is kept as well, but merged.)
    pub const KEPT: [Subject; 4] =
        [Subject::Cart, Subject::Order, Subject::Checkout, Subject::Product];

    /// Whether in events of this type it is the whole document; in others it has some of the document's fields.
    pub fn is_whole_in(self, kind: &str) -> bool {
        match self {
            Subject::Cart => kind == "cart_updated",
            Subject::Order => kind == "order_placed",
            Subject::Checkout => kind == "checkout_started",
            Subject::Product => kind == "product_viewed",
            Subject::Review
            | Subject::Ticket
            | Subject::Points
            | Subject::Profile
            | Subject::Message => false,
        }
    }
}

/// The profile's address of mail.
pub const EMAIL: &str = "email";
/// The profile's number for text messages and WhatsApp.
pub const PHONE: &str = "phone";
/// The profile's first name.
pub const FIRST_NAME: &str = "first_name";
/// The profile's last name.
pub const LAST_NAME: &str = "last_name";
/// The profile's zone, an IANA name.
pub const TIME_ZONE: &str = "time_zone";
/// The profile's country, an ISO 3166 code.
pub const COUNTRY: &str = "country";
/// The profile's region within the country.
pub const REGION: &str = "region";
/// The profile's language.
pub const LOCALE: &str = "locale";
/// The profile's address for push messages.
pub const PUSH_TOKEN: &str = "push_token";
/// The profile's consent: an object of booleans by channel.
pub const CONSENT: &str = "consent";
/// What a customer's zone follows from. These are kept of every profile.
pub const ZONE: [&str; 3] = [TIME_ZONE, COUNTRY, REGION];

// Here and not beside `Channel`, which stands below events and knows nothing of a profile.
impl Channel {
    /// The profile field that holds this channel's address; none for webhook.
    pub const fn address_field(self) -> Option<&'static str> {
        match self {
            Channel::Email => Some(EMAIL),
            Channel::Sms | Channel::Whatsapp => Some(PHONE),
            Channel::Push => Some(PUSH_TOKEN),
            Channel::Webhook => None,
        }
    }
}

names! {
    /// The fields of a profile that the product itself reads: those of [`Subject::Profile`] in their order, and [`CONSENT`].
    ProfileField {
        /// [`EMAIL`].
        Email = EMAIL,
        /// [`PHONE`].
        Phone = PHONE,
        /// [`FIRST_NAME`].
        FirstName = FIRST_NAME,
        /// [`LAST_NAME`].
        LastName = LAST_NAME,
        /// [`TIME_ZONE`].
        TimeZone = TIME_ZONE,
        /// [`COUNTRY`].
        Country = COUNTRY,
        /// [`REGION`].
        Region = REGION,
        /// [`LOCALE`].
        Locale = LOCALE,
        /// [`PUSH_TOKEN`].
        PushToken = PUSH_TOKEN,
        /// [`CONSENT`].
        Consent = CONSENT,
    }
}

names! {
    /// What is counted for every customer.
    Counted {
        /// Orders placed.
        Orders = "orders",
        /// The sum of their totals.
        LifetimeValue = "lifetime_value",
        /// Whole days since the newest.
        DaysSinceOrder = "days_since_order",
    }
}

/// What a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A string.
    Text,
    /// A number, or a string that holds one.
    Number,
    /// An array.
    List,
    /// An object.
    Object,
    /// A string or an integer of 64 bits. Conditions take it for a string.
    Id,
    /// Whatever the shop writes.
    Any,
}

impl Type {
    /// Whether a JSON value (not null) is of this type. A number in a string is for the readers to recognise.
    #[inline]
    pub fn fits(self, value: &[u8]) -> bool {
        if self == Type::Any {
            return true;
        }
        match value.first() {
            Some(b'"') => matches!(self, Type::Text | Type::Id),
            Some(b'[') => self == Type::List,
            Some(b'{') => self == Type::Object,
            Some(b'-' | b'0'..=b'9') => {
                self == Type::Number || self == Type::Id && is_integer(value)
            }
            _ => false,
        }
    }
}

fn is_integer(number: &[u8]) -> bool {
    std::str::from_utf8(number).is_ok_and(|text| text.parse::<i64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_agree() {
        for (number, subject) in Subject::ALL.into_iter().enumerate() {
            assert_eq!(
                (subject as usize, Subject::parse(subject.name().as_bytes())),
                (number, Some(subject))
            );
        }
        for (number, known) in Known::ALL.into_iter().enumerate() {
            let (subject, name) = known.name().split_once('.').unwrap();
            let subject = Subject::parse(subject.as_bytes()).unwrap();
            assert_eq!(
                (known as usize, Known::of(subject, name.as_bytes())),
                (number, Some(known))
            );
            assert!(subject.known().contains(&known));
            assert!(subject.fields().contains(&(name, known.kind())));
        }
        assert_eq!(Known::of(Subject::Order, b"items"), None);
        let texts = Subject::Profile.fields().iter().map(|(name, _)| *name);
        let profile: Vec<&str> = texts.chain([CONSENT]).collect();
        assert_eq!(ProfileField::ALL.map(ProfileField::name), *profile);
    }

    #[test]
    fn nothing_has_two_names_and_no_name_means_two_things() {
        let once = |names: &[&str]| names.iter().collect::<std::collections::BTreeSet<_>>().len();
        assert_eq!((EVENT_TYPES.len(), once(&EVENT_TYPES)), (43, 43));
        let meant = EVENT_TYPES.iter().filter(|kind| Meaning::of(kind) != Meaning::None);
        assert_eq!((meant.count(), Meaning::of("of_their_own")), (10, Meaning::None));
        let top: Vec<&str> = Subject::ALL
            .map(Subject::name)
            .into_iter()
            .chain(Envelope::ALL.map(Envelope::name))
            .collect();
        assert_eq!(once(&top), top.len());
        for subject in Subject::ALL {
            let fields: Vec<&str> = subject.fields().iter().map(|(name, _)| *name).collect();
            assert_eq!(once(&fields), fields.len(), "{subject:?}");
        }
    }
}
