//! The messages that journeys send, with their places: what templates lack is said where it is asked for.

use crate::channel::{Channel, Class};
use crate::journey::definition::{ChannelChoice, Definition, Step};
use crate::journey::problem::SourceFile;
use std::ops::Range;

/// A send step as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// The journey's name.
    pub journey: String,
    /// The file.
    pub path: String,
    /// Where the template's name stands: bytes of the file's text.
    pub span: Range<usize>,
    /// The template's name.
    pub template: String,
    /// Its channels, fallbacks included, in order.
    pub channels: Vec<Channel>,
    /// To the customer it is this; a team's is transactional.
    pub class: Class,
    /// It goes to a team.
    pub to_team: bool,
    /// The answers that it offers.
    pub answers: Vec<String>,
    /// It has a coupon.
    pub coupon: bool,
}

/// Every send, by journey and step.
pub(super) fn all(read: &[(&SourceFile, Definition)]) -> Vec<Sent> {
    let mut sends = Vec::new();
    for (source, definition) in read {
        add(source, definition, &definition.steps, &mut sends);
    }
    sends
}

fn add(source: &SourceFile, definition: &Definition, steps: &[Step], sends: &mut Vec<Sent>) {
    for step in steps {
        if let Step::Send { send, channels, class, to, with, .. } = step {
            let class = class.as_ref().map_or(definition.class, |class| class.value);
            let channels = channels.iter().flat_map(|choice| match &choice.value {
                ChannelChoice::Plain(channel) => vec![*channel],
                ChannelChoice::Fallback(map) => map.keys().copied().collect(),
            });
            sends.push(Sent {
                journey: definition.journey.value.clone(),
                path: source.path.clone(),
                span: send.span.clone(),
                template: send.value.clone(),
                channels: channels.collect(),
                class: if to.is_some() { Class::Transactional } else { class },
                to_team: to.is_some(),
                answers: with.as_ref().map_or_else(Vec::new, |with| {
                    let answers = with.answers.iter().flat_map(|answers| answers.iter());
                    answers.map(|answer| answer.value.clone()).collect()
                }),
                coupon: with.as_ref().is_some_and(|with| with.coupon.is_some()),
            });
        }
        step.inner().into_iter().for_each(|steps| add(source, definition, steps, sends));
    }
}
