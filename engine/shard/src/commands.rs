//! The command of a decision to send. What the message may show stands in it as the events brought it, text for text.

use crate::checkpoint::{Documents, Fields, Shown};
use crate::json::Object;
use cartwheel_core::channel::Channel;
use cartwheel_core::command::{COUPON, LEFT_OUT, MAX_BYTES};
use cartwheel_core::customer::DocumentKey;
use cartwheel_core::effect::Draft;
use cartwheel_core::event::Subject;
use cartwheel_core::journey::op::Send;
use cartwheel_core::journey::plan::{Journey, Plan};
use cartwheel_core::journey::shown::BROWSED;

/// Bytes of a command, a little more than most have: room made at once is cheaper than room that grows.
const ROOM: usize = 1_024;

/// What the message may show, by name, and the names of what the command has no room for.
struct Data<'a> {
    shown: Vec<(Subject, Shown<'a>)>,
    /// What the customer looked at, where the template reads that.
    browsed: Option<Vec<Shown<'a>>>,
    /// The code of its coupon.
    coupon: Option<&'a str>,
    left_out: Vec<&'static str>,
}

impl<'a> Data<'a> {
    fn of(draft: &'a Draft, documents: &Documents<'a>, profile: Fields<'a>) -> Self {
        let wanted = Subject::KEPT.into_iter().zip(draft.shows);
        let found = wanted.filter_map(|(subject, key)| Some((subject, documents.document(key?)?)));
        let mut shown = Vec::with_capacity(1 + Subject::KEPT.len());
        shown.push((Subject::Profile, Shown::Fields(profile)));
        shown.extend(found);
        let all = |keys: &Vec<DocumentKey>| {
            keys.iter().filter_map(|key| documents.document(*key)).collect()
        };
        let browsed = draft.browsed.as_ref().map(all);
        Self { shown, browsed, coupon: draft.coupon.as_deref(), left_out: Vec::new() }
    }

    /// Leaves out what the customer looked at, then the last of what is shown. Whether there was something.
    fn leave_out(&mut self) -> bool {
        let browsed = self.browsed.take().map(|_| BROWSED);
        let name = browsed.or_else(|| self.shown.pop().map(|(subject, _)| subject.name()));
        self.left_out.extend(name);
        name.is_some()
    }

    fn write(&self, out: &mut Vec<u8>) {
        let mut object = Object::begin(out);
        for (subject, shown) in &self.shown {
            shown.write(object.name(subject.name()));
        }
        if let Some(browsed) = &self.browsed {
            object.list(BROWSED, browsed, |shown, out| shown.write(out));
        }
        if let Some(code) = self.coupon {
            object.text(COUPON, code);
        }
        if !self.left_out.is_empty() {
            object.texts(LEFT_OUT, self.left_out.iter().copied());
        }
        object.end();
    }
}

/// What makes up a command.
struct Parts<'a> {
    draft: &'a Draft,
    journey: &'a Journey,
    send: &'a Send,
    customer: &'a str,
    to: String,
    data: Data<'a>,
}

impl Parts<'_> {
    /// As [`cartwheel_core::command::Command`] says, field by field.
    fn write(&self) -> Vec<u8> {
        let Self { draft, journey, send, customer, to, data } = self;
        let mut out = Vec::with_capacity(ROOM);
        let mut object = Object::begin(&mut out);
        object.plain("command_id", &draft.command_id.hex());
        object.plain("run_id", &draft.run_id.hex());
        object.text("journey", &journey.name);
        object.text("version", &journey.version);
        object.text("step", &send.step);
        object.text("customer", customer);
        object.text("channel", draft.channel.name());
        object.text("class", send.class.name());
        object.text("template", &send.template);
        object.text("to", to);
        data.write(object.name("data"));
        match &send.variant {
            Some(variant) => object.text("variant", variant),
            None => object.json("variant", "null"),
        }
        if let Some(team) = &send.team {
            object.text("team", team);
        }
        if !send.answers.is_empty() {
            object.texts("answers", send.answers.iter().map(AsRef::as_ref));
        }
        if let Some(side) = draft.side {
            object.text("side", side.name());
        }
        object.time("due_at", draft.due_at);
        object.time("decided_at", draft.decided_at);
        object.time("not_after", draft.not_after);
        object.end();
        out
    }
}

/// The command (JSON) with what is known of the customer; none if the draft names no send of the plan. Until it fits into [`MAX_BYTES`] there is left out what
/// the customer looked at, then the documents, the last of [`Subject::KEPT`] first, and the profile at the end.
pub(crate) fn encode(
    plan: &Plan,
    draft: &Draft,
    documents: &Documents<'_>,
    customer: &str,
) -> Option<Vec<u8>> {
    let journey = plan.journeys.get(usize::from(draft.journey))?;
    let send = journey.send(draft.op)?;
    let profile = documents.profile();
    let to = to(plan, send.team.as_deref(), &profile, draft.channel);
    let data = Data::of(draft, documents, profile);
    let mut parts = Parts { draft, journey, send, customer, to, data };
    let mut value = parts.write();
    while value.len() > MAX_BYTES && parts.data.leave_out() {
        value = parts.write();
    }
    Some(value)
}

/// Where the message goes: the team's address, or the customer's; empty where there is none on this channel.
fn to(plan: &Plan, team: Option<&str>, profile: &Fields<'_>, channel: Channel) -> String {
    let own = |team: &str| plan.policy.teams.get(team).map(|team| team.email.clone());
    let address = match team {
        Some(team) => own(team).filter(|_| channel == Channel::Email),
        None => address(profile, channel),
    };
    address.unwrap_or_default()
}

/// The address on a channel; none where the profile has none, or an empty one.
pub(crate) fn address(profile: &Fields<'_>, channel: Channel) -> Option<String> {
    let address = profile.get(channel.address_field()?)?.value.string()?;
    Some(address.into_owned()).filter(|address| !address.is_empty())
}
