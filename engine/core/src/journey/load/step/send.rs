//! `send: TEMPLATE` with its channels.

use super::layout::Layout;
use crate::channel::Channel;
use crate::journey::at::At;
use crate::journey::definition::{ChannelChoice, Engagement, Fallback, Step};
use crate::journey::load::fields::Reader;
use crate::journey::load::names::{self, NameOf};
use crate::journey::load::yaml::{Kind, Node};
use crate::journey::op::{Choice, Send};
use crate::journey::shown::Subjects;
use std::ops::Range;

/// Reads one.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node, _: usize) -> Option<Step> {
    if let Kind::Map(entries) = &node.kind
        && let Some(coupon) = entries.iter().find(|entry| entry.key == "coupon")
    {
        reader.error(
            coupon.at.clone(),
            "`coupon` is not yet supported",
            "leave it out; write a fixed code into the template",
        );
        return None;
    }
    let fields = reader.fields(node, "a send step", &["send", "channels", "id"])?;
    let send =
        reader.required(&fields, "send").and_then(|node| reader.text(node, "the template's name"));
    let channels = reader
        .required(&fields, "channels")
        .and_then(|node| reader.list(node, "[email]", 8, channel_choice));
    let id = reader.id(&fields);
    Some(Step::Send { send: send?, channels: channels?, id: id? })
}

fn channel_choice(reader: &mut Reader<'_>, node: &Node) -> Option<At<ChannelChoice>> {
    let channels = Channel::ALL.map(|channel| (channel.name(), channel));
    let Kind::Map(entries) = &node.kind else {
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
    let name = Node { span: entry.at.clone(), kind: Kind::Text(entry.key.clone()) };
    let channel = reader.word(&name, "a channel", &channels);
    let fallback = fallback(reader, &entry.value);
    let choice = ChannelChoice::Fallback([(channel?.value, fallback?)].into());
    Some(At::new(choice, node.span.clone()))
}

fn fallback(reader: &mut Reader<'_>, node: &Node) -> Option<Fallback> {
    let fields = reader.fields(node, "a fallback", &["if_no", "within"])?;
    let if_no = reader
        .required(&fields, "if_no")
        .and_then(|node| reader.word(node, "an engagement", &[("opened", Engagement::Opened)]));
    let within = reader.required(&fields, "within").and_then(|node| reader.span(node));
    Some(Fallback { if_no: if_no?.value, within: within? })
}

/// Lays it out.
pub(super) fn lay_out(
    layout: &mut Layout<'_, '_>,
    template: &At<String>,
    channels: &[At<ChannelChoice>],
    id: Option<&At<String>>,
) {
    names::check(layout.compiler.source, template, NameOf::Template, layout.compiler.problems);
    let step = layout.name(id, &template.value, &template.span);
    let channels = self::channels(layout, channels, &template.span);
    let template = template.as_str().into();
    // Until somebody says what it reads.
    layout.push(Send { step, template, channels, shows: Subjects::ALL });
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
        ChannelChoice::Plain(channel) => {
            Some(Choice { channel: *channel, if_no_engagement_within: None })
        }
        ChannelChoice::Fallback(map) => {
            let (channel, fallback) = map.iter().next()?;
            layout.compiler.positive(&fallback.within);
            Some(Choice { channel: *channel, if_no_engagement_within: Some(fallback.within.value) })
        }
    }
}

fn check_order(layout: &mut Layout<'_, '_>, written: &[At<ChannelChoice>], choices: &[Choice]) {
    for (at, choice) in choices.iter().enumerate() {
        let Some(place) = written.get(at) else { return };
        let fallback = choice.if_no_engagement_within.is_some();
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
