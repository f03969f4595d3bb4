//! The command of a decision to send. What the message may show stands in it as the events brought it, text for text.

use crate::checkpoint::{Documents, Fields, Shown};
use crate::decisions::json;
use cartwheel_core::channel::Channel;
use cartwheel_core::command::{COUPON, Command, MAX_BYTES};
use cartwheel_core::customer::DocumentKey;
use cartwheel_core::effect::Draft;
use cartwheel_core::event::Subject;
use cartwheel_core::journey::op::Send;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::journey::shown::BROWSED;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// What the message may show, by name, and the names of what the command has no room for.
struct Data<'a> {
    shown: Vec<(Subject, Shown<'a>)>,
    /// What the customer looked at, where the template reads that.
    browsed: Option<Vec<Shown<'a>>>,
    /// The code of its coupon.
    coupon: Option<String>,
    left_out: Vec<&'static str>,
}

impl<'a> Data<'a> {
    fn of(draft: &Draft, documents: &Documents<'a>, profile: Fields<'a>) -> Self {
        let shown = Subject::KEPT.into_iter().zip(draft.shows);
        let documents_shown =
            shown.filter_map(|(subject, key)| Some((subject, documents.document(key?)?)));
        let profile = (Subject::Profile, Shown::Fields(profile));
        let shown = std::iter::once(profile).chain(documents_shown).collect();
        let all = |keys: &Vec<DocumentKey>| {
            keys.iter().filter_map(|key| documents.document(*key)).collect()
        };
        let browsed = draft.browsed.as_ref().map(all);
        let coupon = draft.coupon.as_deref().map(str::to_owned);
        Self { shown, browsed, coupon, left_out: Vec::new() }
    }

    /// Leaves out what the customer looked at, then the last of what is shown. Whether there was something.
    fn leave_out(&mut self) -> bool {
        let browsed = self.browsed.take().map(|_| BROWSED);
        let name = browsed.or_else(|| self.shown.pop().map(|(subject, _)| subject.name()));
        self.left_out.extend(name);
        name.is_some()
    }
}

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (subject, shown) in &self.shown {
            map.serialize_entry(subject.name(), shown)?;
        }
        if let Some(browsed) = &self.browsed {
            map.serialize_entry(BROWSED, browsed)?;
        }
        if let Some(code) = &self.coupon {
            map.serialize_entry(COUPON, code)?;
        }
        if !self.left_out.is_empty() {
            map.serialize_entry("left_out", &self.left_out)?;
        }
        map.end()
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
    let mut command = command(plan, draft, documents, customer)?;
    let mut value = json(&command);
    while value.len() > MAX_BYTES && command.data.leave_out() {
        value = json(&command);
    }
    Some(value)
}

fn command<'a>(
    plan: &Plan,
    draft: &Draft,
    documents: &Documents<'a>,
    customer: &str,
) -> Option<Command<Data<'a>>> {
    let journey = plan.journeys.get(usize::from(draft.journey))?;
    let Send { step, template, class, team, variant, answers, .. } = journey.send(draft.op)?;
    let profile = documents.profile();
    Some(Command {
        command_id: draft.command_id,
        run_id: draft.run_id,
        journey: journey.name.to_string(),
        version: journey.version.to_string(),
        step: step.to_string(),
        customer: customer.to_owned(),
        channel: draft.channel,
        class: *class,
        template: template.to_string(),
        to: to(plan, team.as_deref(), &profile, draft.channel),
        data: Data::of(draft, documents, profile),
        variant: variant.as_ref().map(ToString::to_string),
        team: team.as_ref().map(ToString::to_string),
        answers: answers.iter().map(ToString::to_string).collect(),
        side: draft.side,
        due_at: draft.due_at,
        decided_at: draft.decided_at,
        not_after: draft.not_after,
    })
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
    let text = profile.get(channel.address_field()?)?;
    serde_json::from_str(text.get()).ok().filter(|address: &String| !address.is_empty())
}
