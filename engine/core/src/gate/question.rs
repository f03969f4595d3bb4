//! What is asked of the gate.

use crate::channel::Class;
use crate::coupon::Pools;
use crate::customer::{PutOff, Run, Zones};
use crate::journey::condition::Reader;
use crate::journey::op::Choice;
use crate::journey::plan::Plan;
use crate::journey::shown::Subjects;
use crate::time::Millis;

/// What the gate needs to know.
pub struct Question<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The zones.
    pub zones: &'a Zones,
    /// Of whom, and when.
    pub reader: Reader<'a>,
    /// The run that asks; not among the customer's.
    pub run: &'a Run,
    /// What the send is.
    pub class: Class,
    /// What the message shows.
    pub shows: Subjects,
    /// It goes to a team: nobody is asked for consent.
    pub internal: bool,
    /// The coupon that the message has: which of the journey's pools.
    pub coupon: Option<u8>,
    /// The pools.
    pub pools: &'a Pools,
    /// The channels of the send.
    pub choices: &'a [Choice],
    /// Index of the channel to begin with.
    pub from: usize,
    /// When the send was first reached.
    pub due: Millis,
    /// What has put it off until now, if a hold or a group has.
    pub put_off_by: Option<PutOff>,
}
