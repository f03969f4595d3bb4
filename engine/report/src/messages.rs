//! Which message a receipt is about, and what is known to have become of it already.

use cartwheel_core::event::Meaning;
use cartwheel_core::id::CommandId;
use cartwheel_core::receipt::Receipt;
use std::collections::{HashMap, VecDeque};

/// What may become of a message, each once. The numbers are places in a bit set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Taken over by a provider.
    Taken,
    /// Reached the recipient.
    Delivered,
    /// Opened.
    Opened,
    /// A link was followed.
    Clicked,
    /// The address refused it for good.
    Bounced,
    /// The recipient complained.
    Complained,
    /// Given up.
    Failed,
    /// The recipient unsubscribed by it.
    Unsubscribed,
}

impl Fate {
    /// What an event of this type tells; none if it tells nothing of a message. A soft bounce is not for good.
    pub fn of(kind: &str, soft: bool) -> Option<Self> {
        if Meaning::of(kind) == Meaning::Unsubscribed {
            return Some(Self::Unsubscribed);
        }
        // Its answers are links.
        if Meaning::of(kind) == Meaning::Answered {
            return Some(Self::Clicked);
        }
        let receipt = Receipt::ALL.into_iter().find(|receipt| receipt.name() == kind)?;
        Some(match receipt {
            Receipt::Sent => Self::Taken,
            Receipt::Delivered => Self::Delivered,
            Receipt::Opened => Self::Opened,
            Receipt::Clicked => Self::Clicked,
            Receipt::Bounced if soft => return None,
            Receipt::Bounced => Self::Bounced,
            Receipt::Complained => Self::Complained,
            Receipt::Failed => Self::Failed,
        })
    }
}

/// The messages of the period, by 64 bits of their ids. Of too many the oldest are forgotten.
pub struct Messages {
    known: HashMap<u64, (u32, u8)>,
    order: VecDeque<u64>,
    most: usize,
    forgotten: u64,
}

impl Messages {
    /// At most so many.
    pub fn new(most: usize) -> Self {
        Self { known: HashMap::new(), order: VecDeque::new(), most: most.max(1), forgotten: 0 }
    }

    /// A message whose fate counts in this row.
    pub fn add(&mut self, command: CommandId, row: u32) {
        let id = command.0 as u64;
        if self.known.insert(id, (row, 0)).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
            self.forgotten += 1;
        }
    }

    /// The row in which this counts; none of a message that is not among them, or of which it is known already.
    pub fn told(&mut self, command: CommandId, fate: Fate) -> Option<u32> {
        let (row, fates) = self.known.get_mut(&(command.0 as u64))?;
        let bit = 1 << fate as u8;
        let new = *fates & bit == 0;
        *fates |= bit;
        new.then_some(*row)
    }

    /// Messages that had no room: of what became of them nothing is counted.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Those of another partition come next, and receipts of these no more.
    pub fn clear(&mut self) {
        self.known.clear();
        self.order.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fate_counts_once_and_the_oldest_message_is_forgotten() {
        let mut messages = Messages::new(2);
        messages.add(CommandId(1), 7);
        messages.add(CommandId(2), 8);
        assert_eq!(messages.told(CommandId(1), Fate::Opened), Some(7));
        assert_eq!(messages.told(CommandId(1), Fate::Opened), None);
        assert_eq!(messages.told(CommandId(1), Fate::Clicked), Some(7));
        messages.add(CommandId(3), 9);
        assert_eq!(messages.told(CommandId(1), Fate::Bounced), None);
        assert_eq!(
            (messages.told(CommandId(3), Fate::Bounced), messages.forgotten()),
            (Some(9), 1)
        );
    }

    #[test]
    fn every_receipt_has_a_fate_and_a_soft_bounce_none() {
        assert!(Receipt::ALL.into_iter().all(|told| Fate::of(told.name(), false).is_some()));
        assert_eq!(Fate::of("message_bounced", true), None);
        assert_eq!(Fate::of("unsubscribed", false), Some(Fate::Unsubscribed));
        assert_eq!(Fate::of("survey_answered", false), Some(Fate::Clicked));
        assert_eq!(Fate::of("order_placed", false), None);
    }
}
