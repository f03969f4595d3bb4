//! The command of a decision to send. What the message may show stands in it as the events brought it, text for text.

use crate::checkpoint::{Fields, Shown, Stored};
use crate::frames::{Frame, Frames};
use crate::json::{Object, string};
use cartwheel_core::channel::Channel;
use cartwheel_core::command::{COUPON, LEFT_OUT, MAX_BYTES};
use cartwheel_core::customer::{Document, DocumentKey};
use cartwheel_core::effect::Draft;
use cartwheel_core::event::Subject;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::journey::shown::BROWSED;
use cartwheel_core::time::write_rfc3339;
use std::borrow::Cow;

/// Whether a command may show it: the name and the profile, and the documents that its draft names.
pub(crate) fn shows(draft: &Draft, document: Document, content: &[u8]) -> bool {
    match document {
        Document::Name | Document::Profile => true,
        Document::Cart | Document::Order | Document::Checkout | Document::Product => {
            let key = DocumentKey::of_entry(content);
            let browsed = draft.browsed.iter().flatten();
            draft.shows.contains(&key) || browsed.copied().map(Some).any(|shown| shown == key)
        }
        Document::Decision | Document::Degraded | Document::Folded => false,
    }
}

/// What the message may show, by name, and the names of what the command has no room for.
struct Data<'a> {
    profile: Option<Fields<'a>>,
    /// In the order of [`Subject::KEPT`].
    documents: [Option<Shown<'a>>; Subject::KEPT.len()],
    /// What the customer looked at, where the template reads that.
    browsed: Option<Vec<Shown<'a>>>,
    /// The code of its coupon.
    coupon: Option<&'a str>,
    left_out: Vec<&'static str>,
}

impl<'a> Data<'a> {
    fn of(draft: &'a Draft, stored: &'a Stored, profile: Fields<'a>) -> Self {
        let all =
            |keys: &Vec<DocumentKey>| keys.iter().filter_map(|key| stored.document(*key)).collect();
        Self {
            profile: Some(profile),
            documents: draft.shows.map(|key| stored.document(key?)),
            browsed: draft.browsed.as_ref().map(all),
            coupon: draft.coupon.as_deref(),
            left_out: Vec::new(),
        }
    }

    /// Leaves out what the customer looked at, then the last of what is shown. Whether there was something.
    #[cold]
    fn leave_out(&mut self) -> bool {
        let browsed = self.browsed.take().map(|_| BROWSED);
        let mut documents = Subject::KEPT.into_iter().zip(&mut self.documents).rev();
        let document = || documents.find_map(|(kept, shown)| shown.take().map(|_| kept.name()));
        let profile = &mut self.profile;
        let profile = || profile.take().map(|_| Subject::Profile.name());
        let name = browsed.or_else(document).or_else(profile);
        self.left_out.extend(name);
        name.is_some()
    }

    fn write(&self, out: &mut Vec<u8>) {
        let mut object = Object::begin(out);
        if let Some(profile) = &self.profile {
            profile.write(object.name(Subject::Profile.name()));
        }
        for (subject, shown) in Subject::KEPT.into_iter().zip(&self.documents) {
            if let Some(shown) = shown {
                shown.write(object.name(subject.name()));
            }
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
    frame: &'a Frame,
    customer: &'a str,
    to: Cow<'a, str>,
    data: Data<'a>,
}

impl Parts<'_> {
    /// As [`cartwheel_core::command::Command`] says, field by field.
    fn write(&self, out: &mut Vec<u8>) {
        let Self { draft, frame, customer, to, data } = self;
        out.extend_from_slice(b"{\"command_id\":\"");
        out.extend_from_slice(&draft.command_id.hex());
        out.extend_from_slice(b"\",\"run_id\":\"");
        out.extend_from_slice(&draft.run_id.hex());
        out.push(b'"');
        out.extend_from_slice(&frame.before_customer);
        string(out, customer);
        out.extend_from_slice(b",\"channel\":\"");
        out.extend_from_slice(draft.channel.name().as_bytes());
        out.extend_from_slice(&frame.before_to);
        string(out, to);
        out.extend_from_slice(b",\"data\":");
        data.write(out);
        out.extend_from_slice(&frame.behind_data);
        if let Some(side) = draft.side {
            Object::go_on(out).text("side", side.name());
        }
        out.extend_from_slice(b",\"due_at\":\"");
        let due_at = out.len();
        write_rfc3339(out, draft.due_at);
        let due_at = due_at..out.len();
        out.extend_from_slice(b"\",\"decided_at\":\"");
        if draft.decided_at == draft.due_at {
            out.extend_from_within(due_at);
        } else {
            write_rfc3339(out, draft.decided_at);
        }
        out.extend_from_slice(b"\",\"not_after\":\"");
        write_rfc3339(out, draft.not_after);
        out.extend_from_slice(b"\"}");
    }
}

/// Appends the command (JSON) with what is known of the customer to `out`; whether there is one: there is none if the draft names no send of the plan. Until it
/// fits into [`MAX_BYTES`] there is left out what the customer looked at, then the documents, the last of [`Subject::KEPT`] first, and the profile at the end.
pub(crate) fn encode(
    plan: &Plan,
    frames: &Frames,
    draft: &Draft,
    stored: &Stored,
    customer: &str,
    out: &mut Vec<u8>,
) -> bool {
    let Some(frame) = frames.get(draft.journey, draft.op) else { return false };
    let profile = stored.profile();
    let to = to(plan, frame.team.as_deref(), &profile, draft.channel);
    let data = Data::of(draft, stored, profile);
    let mut parts = Parts { draft, frame, customer, to, data };
    let begin = out.len();
    parts.write(out);
    while out.len() - begin > MAX_BYTES && parts.data.leave_out() {
        out.truncate(begin);
        parts.write(out);
    }
    true
}

/// Where the message goes: the team's address, or the customer's; empty where there is none on this channel.
fn to<'a>(
    plan: &'a Plan,
    team: Option<&str>,
    profile: &Fields<'a>,
    channel: Channel,
) -> Cow<'a, str> {
    let own = |team: &str| plan.policy.teams.get(team).map(|team| team.email.as_str().into());
    let address = match team {
        Some(team) => own(team).filter(|_| channel == Channel::Email),
        None => address(profile, channel),
    };
    address.unwrap_or_default()
}

/// The address on a channel; none where the profile has none, or an empty one.
pub(crate) fn address<'a>(profile: &Fields<'a>, channel: Channel) -> Option<Cow<'a, str>> {
    let address = profile.get(channel.address_field()?)?.value.string()?;
    Some(address).filter(|address| !address.is_empty())
}
