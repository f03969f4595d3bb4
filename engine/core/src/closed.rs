//! Closed lists: enums whose members have one name each in records, JSON, logs and metrics.

/// Declares one. Where members have numbers, those are stored: never renumber.
macro_rules! closed {
    ($(#[$about:meta])* $list:ident { $($(#[$doc:meta])* $member:ident $(= $number:literal)? $name:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[repr(u8)]
        pub enum $list { $($(#[$doc])* #[serde(rename = $name)] $member $(= $number)?,)* }

        impl $list {
            /// Every member, in order.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$member),*];

            /// The name in records, JSON, logs and metrics.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$member => $name,)* }
            }
        }

        impl std::fmt::Display for $list {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { out.write_str(self.name()) }
        }

        closed!(@numbers $list { $($member $(= $number)?,)* });
    };
    (@numbers $list:ident { $($member:ident,)* }) => {};
    (@numbers $list:ident { $($member:ident = $number:literal,)* }) => {
        impl $list {
            /// The member with this stored number.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$member),)* _ => None }
            }
        }
    };
}

pub(crate) use closed;
