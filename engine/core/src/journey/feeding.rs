//! What an event type does to a fact, and under which condition.

use super::condition::Alone;
use crate::fact::Role;

/// What an event type does to a fact.
#[derive(Clone, Debug)]
pub struct Feeding {
    /// The fact's number.
    pub fact: u16,
    /// Whether it adds or takes away.
    pub role: Role,
    /// Under which condition.
    pub when: Option<Alone>,
    /// Of a line of a ledger: how much.
    pub amount: Option<Box<Alone>>,
}
