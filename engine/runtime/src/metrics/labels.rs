//! The closed lists that metric labels are drawn from. A label never holds a customer, an address, a URL or a raw error.

use cartwheel_core::channel::Channel;
use cartwheel_core::coupon::NotTaken;
use cartwheel_core::customer::Forgotten;
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::event::OddField;
use cartwheel_core::product::LeftOut;
use cartwheel_core::receipt::Receipt;
use cartwheel_core::sends::Poison;
use cartwheel_core::stream::Order;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A closed list: every member, each with its name in metrics and JSON.
pub trait Closed: Copy + PartialEq + 'static {
    /// Every member; a member's index is its place here.
    const ALL: &'static [Self];

    /// The value of the label.
    fn name(self) -> &'static str;

    /// The member's place in [`Closed::ALL`].
    fn index(self) -> usize {
        Self::ALL.iter().position(|member| *member == self).unwrap_or_default()
    }

    /// The member with this name.
    fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|member| member.name() == name)
    }
}

macro_rules! closed {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant,)* }

        impl Closed for $name {
            const ALL: &'static [Self] = &[$($name::$variant),*];
            fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }
        }
    };
}

macro_rules! closed_in_core {
    ($($name:ident)*) => {
        $(impl Closed for $name {
            const ALL: &'static [Self] = &$name::ALL;
            fn name(self) -> &'static str { $name::name(self) }
        })*
    };
}

closed_in_core! { Channel Verdict Reason Poison OddField Order LeftOut NotTaken Forgotten Receipt }

closed! {
    /// What became of a record of the events topic.
    Intake {
        /// It changed its customer or a journey.
        Applied "applied",
        /// Its id was among the customer's last eight.
        Duplicate "duplicate",
        /// No journey wants its type (it may still have updated the profile).
        Unwanted "unwanted",
        /// It could not be applied; see the poison reasons.
        Poison "poison",
    }
}

closed! {
    /// Where a clock jumped to.
    Direction {
        /// A later time.
        Forward "forward",
        /// An earlier one.
        Back "back",
    }
}

closed! {
    /// What a shard is doing.
    ShardState {
        /// Taking over: leader record, checkpoint.
        Starting "starting",
        /// Re-executing the events under the turn records.
        Replaying "replaying",
        /// Deciding.
        Running "running",
        /// Failed; restarts with back-off.
        Stopped "stopped",
        /// Failed in a way that a restart cannot heal; a person must look.
        Quarantined "quarantined",
        /// Owned by another process.
        Away "away",
    }
}

closed! {
    /// A provider of messages.
    Provider {
        /// Any SMTP server.
        Smtp "smtp",
        /// Resend.
        Resend "resend",
        /// Klaviyo.
        Klaviyo "klaviyo",
        /// Mailchimp Transactional.
        Mailchimp "mailchimp",
        /// Twilio.
        Twilio "twilio",
        /// Firebase Cloud Messaging.
        Fcm "fcm",
        /// WhatsApp Cloud.
        Whatsapp "whatsapp",
        /// The retailer's own endpoint.
        Webhook "webhook",
        /// The demo's inbox, which takes its text messages.
        LetterBox "letter_box",
        /// One that this list does not name.
        Other "other",
    }
}

impl Provider {
    /// The label of a provider that calls itself so; its hyphens are underscores here.
    pub fn of(name: &str) -> Self {
        Self::parse(&name.replace('-', "_")).unwrap_or(Self::Other)
    }
}

closed! {
    /// Why the commands of a shard are not delivered.
    Stopped {
        /// The committed offset is not in the log: nothing is read until a person has looked.
        OutOfLog "out_of_log",
        /// The ledger of attempts or the committed position cannot be used; tried again every few seconds.
        Unusable "unusable",
    }
}

closed! {
    /// What one call to a provider came to; the variants of `cartwheel_core::receipt::Outcome`.
    CallOutcome {
        /// The provider took the message over.
        Accepted "accepted",
        /// It never will.
        Rejected "rejected",
        /// Certainly not taken; a later call may succeed.
        Retry "retry",
        /// Nobody knows.
        Ambiguous "ambiguous",
    }
}

closed! {
    /// Why delivery gave up a command without (another) call.
    Withheld {
        /// The address is suppressed.
        Suppressed "suppressed",
        /// `not_after` has passed.
        Expired "expired",
        /// The ledger has it as sent already.
        AlreadySent "already_sent",
        /// The attempts are used up.
        Exhausted "exhausted",
        /// The template or the command cannot be rendered.
        Unrenderable "unrenderable",
    }
}

closed! {
    /// What delivery keeps in memory up to a limit, at which it stops sending.
    Kept {
        /// Words of the suppression view: one for each address, source partition and reason.
        Suppressions "suppressions",
        /// Commands in the ledgers of attempts.
        Commands "commands",
    }
}

closed! {
    /// State of the circuit breaker of a provider and channel.
    Breaker {
        /// Calls pass.
        Closed "closed",
        /// One call probes.
        HalfOpen "half_open",
        /// No calls.
        Open "open",
    }
}

closed! {
    /// A listener for HTTP.
    Listener {
        /// Health, metrics, API and console.
        Admin "admin",
        /// Links in messages: to unsubscribe, and answers.
        Unsubscribe "unsubscribe",
    }
}

closed! {
    /// What came of a configuration that was read anew.
    Reload {
        /// It came into force.
        Applied "applied",
        /// It is wrong: the one before stays.
        Refused "refused",
    }
}

closed! {
    /// What came of a click on an unsubscribe link.
    Click {
        /// Its event is in the events topic.
        Applied "applied",
        /// No shard would make anything of it.
        Refused "refused",
        /// The event could not be written: the click must come again.
        Failed "failed",
    }
}

closed! {
    /// What came of an answer to what a message asks.
    AnswerGiven {
        /// Its event is in the events topic.
        Applied "applied",
        /// Its time was over.
        Expired "expired",
        /// No shard would make anything of it.
        Refused "refused",
        /// The event could not be written: the answer must come again.
        Failed "failed",
    }
}

closed! {
    /// Who wrote a dead letter.
    DeadSource {
        /// A record that could not be applied, or a copy of one that was applied in part.
        Intake "intake",
        /// A command that could not be delivered.
        Delivery "delivery",
    }
}

/// One counter for each member of a closed list, indexed by the member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts<L> {
    values: Vec<u64>,
    list: PhantomData<L>,
}

impl<L: Closed> Default for Counts<L> {
    fn default() -> Self {
        Self { values: vec![0; L::ALL.len()], list: PhantomData }
    }
}

impl<L: Closed> Counts<L> {
    /// Every member with its count, in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = (L, u64)> + '_ {
        L::ALL.iter().copied().zip(self.values.iter().copied())
    }

    /// The sum of all counts.
    pub fn total(&self) -> u64 {
        self.values.iter().sum()
    }
}

impl<L: Closed> Index<L> for Counts<L> {
    type Output = u64;
    fn index(&self, member: L) -> &u64 {
        &self.values[member.index()]
    }
}

impl<L: Closed> IndexMut<L> for Counts<L> {
    fn index_mut(&mut self, member: L) -> &mut u64 {
        &mut self.values[member.index()]
    }
}
