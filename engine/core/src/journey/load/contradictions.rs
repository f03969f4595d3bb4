//! Warnings of journeys and policy that contradict each other: messages which the gate never lets through.

use super::Asked;
use crate::channel::{Channel, Class};
use crate::journey::at::At;
use crate::journey::condition::Condition;
use crate::journey::definition::{ChannelChoice, Definition, Step, WaitFor};
use crate::journey::problem::{Problem, SourceFile};
use crate::journey::rules::Rules;
use crate::policy::{
    Cap, CapLimit, CapScope, CapWindow, LocalTime, MAX_LIMIT, Policy, QuietHours, WhenBlocked,
};
use crate::time::{DAY, HOUR, Millis, Span};
use crate::value::ValueRef;

/// Minutes of a day.
const MINUTES: u16 = 24 * 60;

/// Tells of them, where somebody wants these journeys to be in force under this policy.
pub(super) fn check(
    policy: &Policy,
    rules: &Rules,
    read: &[(&SourceFile, Definition)],
    asked: Asked<'_>,
    problems: &mut Vec<Problem>,
) {
    let Asked::Anew(_) = asked else { return };
    no_limits(policy, rules, problems);
    always_quiet(policy, problems);
    for (source, definition) in read {
        let line = Line { policy, source, definition };
        line.walk(&definition.steps, problems);
    }
}

/// Limits that come to what a limit cannot be, whoever the customer is.
fn no_limits(policy: &Policy, rules: &Rules, problems: &mut Vec<Problem>) {
    let least = 1.0;
    let most = f64::from(MAX_LIMIT);
    for (number, limit) in rules.limits.iter().enumerate() {
        let Some(value) = limit.as_ref().and_then(Condition::constant) else { continue };
        if matches!(value, ValueRef::Number(limit) if (least..=most).contains(&limit)) {
            continue;
        }
        let name = policy.caps.get(number).map_or("", |cap| cap.name.as_str());
        let message = format!("the limit of the cap `{name}` is no number from 1 to {MAX_LIMIT}");
        let help = format!(
            "write 1 to {MAX_LIMIT}, or what a customer has chosen, such as `profile.max_per_week`"
        );
        let key = format!("policy.caps.{number}.limit");
        problems.push(Problem::error(&key, 0..0, message).help(help));
    }
}

/// Quiet hours that leave no minute of the day, alone or together with those before them.
fn always_quiet(policy: &Policy, problems: &mut Vec<Problem>) {
    for channel in Channel::ALL {
        let of_channel = |quiet: &QuietHours| quiet.channels.contains(&channel);
        let known = policy.quiet_hours.iter().enumerate().find(|(place, last)| {
            let before = policy.quiet_hours[..*place].iter().chain([*last]);
            let together: Vec<&QuietHours> = before
                .filter(|quiet| of_channel(quiet))
                .filter(|quiet| quiet.where_.is_none() || quiet.where_ == last.where_)
                .collect();
            of_channel(last) && (0..MINUTES).all(|minute| is_quiet(&together, minute))
        });
        let Some((place, last)) = known else { continue };
        let whom = last.where_.as_ref().map_or(String::new(), |text| format!(" where `{text}`"));
        let message = format!(
            "it is always quiet on {channel}{whom}: no marketing leaves that way",
            channel = channel.name()
        );
        let help =
            "quiet hours add up: leave some hours open; or remove the channel from the journeys";
        let key = format!("policy.quiet_hours.{place}.to");
        problems.push(Problem::warning(&key, 0..0, message).help(help));
    }
}

fn is_quiet(spans: &[&QuietHours], minute: u16) -> bool {
    spans.iter().any(|quiet| quiet.has(minute))
}

/// A journey under the policy.
struct Line<'l> {
    policy: &'l Policy,
    source: &'l SourceFile,
    definition: &'l Definition,
}

/// How far a straight line of steps has come, as counted by one cap.
#[derive(Default)]
struct Count {
    /// At the latest, since the line began.
    now: Millis,
    /// When messages were sent that the cap counts.
    sent: Vec<Millis>,
}

impl<'l> Line<'l> {
    fn walk(&self, steps: &'l [Step], problems: &mut Vec<Problem>) {
        for cap in &self.policy.caps {
            self.count(cap, steps, problems);
        }
        self.at_quiet_times(steps, problems);
        for step in steps {
            step.inner().into_iter().for_each(|inner| self.walk(inner, problems));
        }
    }

    /// Which messages of a line the cap drops for those before them, whoever the customer is.
    fn count(&self, cap: &Cap, steps: &'l [Step], problems: &mut Vec<Problem>) {
        let (CapLimit::Fixed(limit), CapWindow::Rolling(window)) = (&cap.limit, cap.per) else {
            return;
        };
        let limit = usize::from(*limit);
        let mut count = Count::default();
        for step in steps {
            match (step, self.marketing(step)) {
                (Step::Send { send, .. }, Some(channels)) => {
                    if self.is_counted(cap, channels) {
                        self.send(cap, (limit, window), send, &mut count, problems);
                    }
                    // When the next step comes depends on the customer.
                    if channels.iter().any(is_fallback) {
                        count = Count::default();
                    }
                }
                (Step::Wait { wait, .. }, _) => match longest(wait) {
                    Some(takes) => count.now = count.now.saturating_add(takes),
                    None => count = Count::default(),
                },
                (Step::Branch { .. } | Step::Split { .. }, _) => count = Count::default(),
                (
                    Step::Send { .. } | Step::Set { .. } | Step::Emit { .. } | Step::Exit { .. },
                    _,
                ) => {}
            }
        }
    }

    fn send(
        &self,
        cap: &Cap,
        (limit, window): (usize, Span),
        send: &At<String>,
        count: &mut Count,
        problems: &mut Vec<Problem>,
    ) {
        let since = count.now.saturating_sub(window.millis());
        let counted: Vec<Millis> = count.sent.iter().copied().filter(|at| *at > since).collect();
        let blocked = counted.len().checked_sub(limit).and_then(|place| counted.get(place));
        let Some(first) = blocked else { return count.sent.push(count.now) };
        let until = first.saturating_add(window.millis());
        let skips = cap.blocked == WhenBlocked::Skip;
        if !skips && until - count.now <= self.policy.max_defer.millis() {
            count.now = until;
            return count.sent.push(until);
        }
        let message = format!(
            "the cap `{}` ({limit} per {window}) drops `{}` whenever the messages before it were sent",
            cap.name, send.value
        );
        let help = match skips {
            true => {
                "wait longer before it, or let the cap have a higher `limit`, or `blocked: defer`"
                    .into()
            }
            false => format!(
                "wait longer before it: it would be put off for {}, and `max_defer` is {}; or let the cap have a higher `limit`",
                Span(until - count.now),
                self.policy.max_defer
            ),
        };
        problems.push(Problem::warning(&self.source.path, send.span.clone(), message).help(help));
    }

    /// The channels of a marketing message to the customer.
    fn marketing(&self, step: &'l Step) -> Option<&'l [At<ChannelChoice>]> {
        let Step::Send { channels, class, to: None, .. } = step else { return None };
        let class = class.as_ref().map_or(self.definition.class, |class| class.value);
        (class == Class::Marketing).then_some(channels.as_slice())
    }

    /// Whether the cap counts the message by whichever channel it leaves.
    fn is_counted(&self, cap: &Cap, channels: &[At<ChannelChoice>]) -> bool {
        match &cap.scope {
            CapScope::All => true,
            CapScope::Channel(channel) => plain(channels).all(|other| other == *channel),
            CapScope::Tag(tag) => self.definition.tags.iter().any(|other| other.value == *tag),
            CapScope::Journey(name) => self.definition.journey.value == *name,
        }
    }

    /// Messages directly behind a wait until a time of day at which all their channels are quiet for everybody.
    fn at_quiet_times(&self, steps: &'l [Step], problems: &mut Vec<Problem>) {
        let mut waited: Option<(LocalTime, &At<WaitFor>)> = None;
        for step in steps {
            match step {
                Step::Wait { wait, .. } => waited = until(wait).map(|time| (time, wait)),
                Step::Set { .. } | Step::Emit { .. } => {}
                Step::Send { .. } => {
                    if let (Some(waited), Some(channels)) = (waited.take(), self.marketing(step)) {
                        problems.extend(self.quiet_then(waited, channels));
                    }
                }
                Step::Branch { .. } | Step::Split { .. } | Step::Exit { .. } => waited = None,
            }
        }
    }

    fn quiet_then(
        &self,
        (time, wait): (LocalTime, &At<WaitFor>),
        channels: &[At<ChannelChoice>],
    ) -> Option<Problem> {
        let quiet = |channel: Channel| {
            let all = self.policy.quiet_hours.iter();
            let of_all = all.filter(|quiet| quiet.where_.is_none());
            let spans: Vec<&QuietHours> =
                of_all.filter(|quiet| quiet.channels.contains(&channel)).collect();
            is_quiet(&spans, time.0)
        };
        let names: Vec<&str> = plain(channels).map(Channel::name).collect();
        if names.is_empty() || !plain(channels).all(quiet) {
            return None;
        }
        let message =
            format!("this waits until {time}, when it is quiet on {}", names.join(" and "));
        let help = "the message is put off to the end of the quiet hours: wait until then, or until a time that is open";
        Some(Problem::warning(&self.source.path, wait.span.clone(), message).help(help))
    }
}

fn is_fallback(channel: &At<ChannelChoice>) -> bool {
    matches!(channel.value, ChannelChoice::Fallback(_))
}

/// The channels by which a message may leave first.
fn plain(channels: &[At<ChannelChoice>]) -> impl Iterator<Item = Channel> {
    channels.iter().filter_map(|channel| match &channel.value {
        ChannelChoice::Plain(channel) => Some(*channel),
        ChannelChoice::Fallback(_) => None,
    })
}

/// The time of day until which it waits, where no limit ends it before.
fn until(wait: &WaitFor) -> Option<LocalTime> {
    match wait {
        WaitFor::Until(until) if until.at_most.millis() >= DAY => Some(until.until),
        WaitFor::Until(_)
        | WaitFor::Delay(_)
        | WaitFor::Days(_)
        | WaitFor::Event(_)
        | WaitFor::At(_) => None,
    }
}

/// The most that a wait takes; none where that is not known.
fn longest(wait: &WaitFor) -> Option<Millis> {
    /// By so much a day of the calendar may be longer: a clock that is put back, or another zone's.
    const CLOCK: Millis = 2 * HOUR;
    match wait {
        WaitFor::Delay(span) => Some(span.millis()),
        WaitFor::Days(days) => Some(Millis::from(days.days.value) * DAY + CLOCK),
        WaitFor::Until(until) => Some(until.at_most.millis()),
        WaitFor::Event(_) | WaitFor::At(_) => None,
    }
}
