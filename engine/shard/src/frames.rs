//! What all commands of a send have in common, as it stands in them: written once for a configuration, and copied into each.

use crate::json::Object;
use cartwheel_core::journey::op::Send;
use cartwheel_core::journey::plan::{Journey, Plan};

/// Those of a configuration, by journey and operation; none where an operation sends nothing.
pub(crate) struct Frames(Vec<Vec<Option<Frame>>>);

/// One send's. Between its parts stand the customer, the channel's name, and the address with what the message may show.
pub(crate) struct Frame {
    /// The team that gets it; none: the customer.
    pub team: Option<Box<str>>,
    /// From behind the ids to the value of `customer`.
    pub before_customer: Box<[u8]>,
    /// From behind the channel's name to the value of `to`.
    pub before_to: Box<[u8]>,
    /// From behind the value of `data` to what differs between messages of the send.
    pub behind_data: Box<[u8]>,
}

impl Frames {
    /// Of this configuration.
    pub fn of(plan: &Plan) -> Self {
        let frame = |journey: &Journey| {
            let sends = journey.ops.iter().map(|op| op.send());
            sends.map(|send| send.map(|send| Frame::of(journey, send))).collect()
        };
        Self(plan.journeys.iter().map(frame).collect())
    }

    /// That of the operation of a journey, by their numbers.
    pub fn get(&self, journey: u16, op: u16) -> Option<&Frame> {
        self.0.get(usize::from(journey))?.get(usize::from(op))?.as_ref()
    }
}

impl Frame {
    fn of(journey: &Journey, send: &Send) -> Self {
        let mut before_customer = Vec::new();
        let mut object = Object::go_on(&mut before_customer);
        object.text("journey", &journey.name);
        object.text("version", &journey.version);
        object.text("step", &send.step);
        object.name("customer");
        let mut before_to = b"\"".to_vec();
        let mut object = Object::go_on(&mut before_to);
        object.text("class", send.class.name());
        object.text("template", &send.template);
        object.name("to");
        let mut behind_data = Vec::new();
        let mut object = Object::go_on(&mut behind_data);
        match &send.variant {
            Some(variant) => object.text("variant", variant),
            None => object.name("variant").extend_from_slice(b"null"),
        }
        if let Some(team) = &send.team {
            object.text("team", team);
        }
        if !send.answers.is_empty() {
            object.texts("answers", send.answers.iter().map(AsRef::as_ref));
        }
        Self {
            team: send.team.as_deref().map(Into::into),
            before_customer: before_customer.into(),
            before_to: before_to.into(),
            behind_data: behind_data.into(),
        }
    }
}
