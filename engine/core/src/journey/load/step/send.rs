//! `send: TEMPLATE` with its channels.

use super::layout::Layout;
use super::with;
use crate::channel::{Channel, Class};
use crate::journey::at::At;
use crate::journey::definition::{ChannelChoice, Engagement, Failure, Fallback, Step, With};
use crate::journey::load::fields::Reader;
use crate::journey::load::names::{self, NameOf};
use crate::journey::load::yaml::{self, Node};
use crate::journey::op::{self, Choice, MAX_CHANNELS, Send, When};
use crate::journey::shown::Subjects;
use compact_str::CompactString;
use std::ops::Range;

/// What stands before a team's name.
pub(in crate::journey::load) const TEAM: &str = "team:";

/// Reads one.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node, _: usize) -> Option<Step> {
    with::place_coupon(reader, node)?;
    let known = ["send", "channels", "class", "to", "with", "id"];
    let fields = reader.fields(node, "a send step", &known)?;
    let send =
        reader.required(&fields, "send").and_then(|node| reader.text(node, "the template's name"));
    let channels = reader
        .required(&fields, "channels")
        .and_then(|node| reader.list(node, "[email]", MAX_CHANNELS, channel_choice));
    let class = reader.optional(&fields, "class", Reader::class);
    let to = reader
        .optional(&fields, "to", |reader, node| reader.text(node, "a team such as team:sales"));
    let with = reader.optional(&fields, "with", with::read);
    let id = reader.id(&fields);
    Some(Step::Send {
        send: send?,
        channels: channels?,
        class: class?,
        to: to?,
        with: with?,
        id: id?,
    })
}

fn channel_choice(reader: &mut Reader<'_>, node: &Node) -> Option<At<ChannelChoice>> {
    let channels = Channel::ALL.map(|channel| (channel.name(), channel));
    let yaml::Kind::Map(entries) = &node.kind else {
        let channel = reader.word(node, "a channel", &channels)?;
        return Some(At::new(ChannelChoice::Plain(channel.value), channel.span));
    };
    let [entry] = entries.as_slice() else {
        return reader.fail(
            node,
            "a fallback names exactly one channel",
            "write `{ sms: { if_no: opened, within: 4h } }`",
        );
    };
    let name = Node { span: entry.at.clone(), kind: yaml::Kind::Text(entry.key.clone()) };
    let channel = reader.word(&name, "a channel", &channels);
    let fallback = fallback(reader, &entry.value);
    let choice = ChannelChoice::Fallback([(channel?.value, fallback?)].into());
    Some(At::new(choice, node.span.clone()))
}

fn fallback(reader: &mut Reader<'_>, node: &Node) -> Option<Fallback> {
    let fields = reader.fields(node, "a fallback", &["if_no", "if", "within"])?;
    let within = reader.required(&fields, "within").and_then(|node| reader.span(node));
    let Some(happened) = fields.get("if") else {
        let if_no = reader.required(&fields, "if_no").and_then(|node| engagement(reader, node));
        return Some(Fallback::Missing { if_no: if_no?, within: within? });
    };
    if fields.get("if_no").is_some() {
        return reader.fail(node, "a fallback has `if_no` or `if`, not both", "remove one of them");
    }
    let if_ = reader.word(happened, "what may happen", &[("bounced", Failure::Bounced)]);
    Some(Fallback::Happened { if_: if_?.value, within: within? })
}

fn engagement(reader: &mut Reader<'_>, node: &Node) -> Option<Engagement> {
    let words = [
        ("opened", Engagement::Opened),
        ("clicked", Engagement::Clicked),
        ("delivered", Engagement::Delivered),
    ];
    Some(reader.word(node, "an engagement", &words)?.value)
}

/// What is written of a send beside its template and its name.
pub(super) struct Written<'s> {
    pub class: Option<&'s At<Class>>,
    pub to: Option<&'s At<String>>,
    pub with: Option<&'s At<With>>,
    pub channels: &'s [At<ChannelChoice>],
}

/// Lays it out.
pub(super) fn lay_out(
    layout: &mut Layout<'_, '_>,
    template: &At<String>,
    written: Written<'_>,
    id: Option<&At<String>>,
) {
    names::check(layout.compiler.source, template, NameOf::Template, layout.compiler.problems);
    let step = layout.name(id, &template.value, &template.span);
    refuse_behind_fallbacks(layout, written.channels);
    let channels = channels(layout, written.channels, &template.span);
    let team = written.to.and_then(|to| team(layout, to, &written));
    let answers = with::answers(layout, written.with, written.to.is_some());
    let coupon = with::coupon(layout, written.with, written.to.is_some());
    let class = match &team {
        Some(_) => Class::Transactional,
        None => written.class.map_or(layout.class, |class| class.value),
    };
    let variant = layout.variant.clone();
    let template = template.as_str().into();
    // Until somebody says what it reads.
    let shows = Subjects::ALL;
    layout.push(Send { step, template, class, team, variant, channels, answers, coupon, shows });
}

/// A channel behind a fallback would be used where the fallback may not be, hours after the others: nobody can mean that.
fn refuse_behind_fallbacks(layout: &mut Layout<'_, '_>, channels: &[At<ChannelChoice>]) {
    let plain = |choice: &&At<ChannelChoice>| matches!(choice.value, ChannelChoice::Plain(_));
    let behind = channels.iter().skip_while(plain);
    if let Some(choice) = behind.into_iter().find(plain) {
        let message = "a channel without a condition stands behind a fallback";
        let remedy = "write it before the fallbacks, or give it `if_no` or `if` and `within`";
        layout.compiler.error(choice, message, remedy);
    }
}

/// The name of the team to which the message goes. Whether the policy has it is checked with the policy.
fn team(
    layout: &mut Layout<'_, '_>,
    to: &At<String>,
    written: &Written<'_>,
) -> Option<CompactString> {
    let compiler = &mut *layout.compiler;
    let Some(team) = to.strip_prefix(TEAM) else {
        let message = format!("`{}` is no team", to.value);
        compiler.error(
            to,
            message,
            "write `team:NAME`, or leave `to` out: then the customer gets it",
        );
        return None;
    };
    if let Some(class) = written.class {
        let message = "a message to a team has no class: it is none to the customer";
        compiler.error(class, message, "remove `class:`");
    }
    for choice in written.channels {
        let one = matches!(choice.value, ChannelChoice::Plain(Channel::Email | Channel::Webhook));
        if !one || written.channels.len() > 1 {
            let message = "a team is reached by `email` or by `webhook`, one of them";
            compiler.error(choice, message, "write `channels: [email]`");
            break;
        }
    }
    Some(team.into())
}

fn channels(
    layout: &mut Layout<'_, '_>,
    written: &[At<ChannelChoice>],
    send: &Range<usize>,
) -> Vec<Choice> {
    if written.is_empty() {
        layout.compiler.error(
            &At::new((), send.clone()),
            "the send has no channel",
            "add one, such as `channels: [email]`",
        );
    }
    let choices: Vec<Choice> =
        written.iter().filter_map(|choice| read_choice(layout, choice)).collect();
    check_order(layout, written, &choices);
    choices
}

fn read_choice(layout: &mut Layout<'_, '_>, written: &At<ChannelChoice>) -> Option<Choice> {
    match &written.value {
        ChannelChoice::Plain(channel) => Some(Choice { channel: *channel, fallback: None }),
        ChannelChoice::Fallback(map) => {
            let (channel, fallback) = map.iter().next()?;
            layout.compiler.positive(fallback.within());
            let fallback = op::Fallback { when: when(fallback), within: fallback.within().value };
            Some(Choice { channel: *channel, fallback: Some(fallback) })
        }
    }
}

fn when(fallback: &Fallback) -> When {
    match fallback {
        Fallback::Missing { if_no: Engagement::Delivered, .. } => When::NotDelivered,
        Fallback::Missing { if_no: Engagement::Opened, .. } => When::NotOpened,
        Fallback::Missing { if_no: Engagement::Clicked, .. } => When::NotClicked,
        Fallback::Happened { if_: Failure::Bounced, .. } => When::Bounced,
    }
}

fn check_order(layout: &mut Layout<'_, '_>, written: &[At<ChannelChoice>], choices: &[Choice]) {
    for (at, choice) in choices.iter().enumerate() {
        let Some(place) = written.get(at) else { return };
        let fallback = choice.fallback.is_some();
        let before = &choices[..at];
        if at == 0 && fallback {
            layout.compiler.error(
                place,
                "the first channel cannot be a fallback: nothing was sent before it",
                "put a plain channel first, such as `email`",
            );
        } else if before.iter().any(|earlier| earlier.channel == Channel::Webhook) {
            let message =
                "no channel can follow `webhook`: it is always reachable and nobody opens it";
            layout.compiler.error(
                place,
                message,
                "put `webhook` last, or into a send step of its own",
            );
        } else if !fallback && before.iter().any(|earlier| earlier == choice) {
            layout.compiler.error(
                place,
                format!("`{}` is given twice", choice.channel),
                "remove one of them",
            );
        }
    }
}
