//! A journey's plan as a graph for people: steps, what they do, what follows.

use super::view::{Edge, JourneyGraph, StepView};
use cartwheel_core::journey::plan::{Choice, Journey, Op};

/// The graph of a journey.
pub fn graph(journey: &Journey) -> JourneyGraph {
    let steps = (0u16..).zip(&journey.ops).filter_map(|(at, op)| step(journey, at, op)).collect();
    JourneyGraph {
        journey: journey.name.to_string(),
        version: journey.version.to_string(),
        class: journey.class,
        priority: journey.priority,
        tags: journey.tags.iter().map(ToString::to_string).collect(),
        quiet_for: journey.quiet_for.map(|span| span.to_string()),
        first: named(journey, 0),
        steps,
    }
}

fn step(journey: &Journey, at: u16, op: &Op) -> Option<StepView> {
    let after = || vec![Edge { to: named(journey, at.saturating_add(1)), when: None }];
    let (kind, says, next) = match op {
        Op::Send { channels, .. } => {
            ("send", channels.iter().map(choice).collect::<Vec<_>>().join(", "), after())
        }
        Op::Wait { delay, .. } => ("wait", delay.to_string(), after()),
        Op::WaitUntil { until, at_most, .. } => {
            ("wait_until", format!("{until} local time, at most {at_most}"), after())
        }
        Op::Branch { arms, otherwise, .. } => {
            ("branch", format!("{} arms", arms.len()), branch(journey, arms, *otherwise))
        }
        Op::Exit { .. } => ("exit", String::new(), Vec::new()),
        Op::Jump(_) | Op::End => return None,
    };
    Some(StepView { step: op.step()?.to_string(), kind: kind.to_owned(), says, next })
}

type Arm = (Option<cartwheel_core::journey::condition::Condition>, u16);

/// The plan keeps what a condition reads, not its text: the edge is labelled with that.
fn branch(journey: &Journey, arms: &[Arm], otherwise: u16) -> Vec<Edge> {
    let mut edges = Vec::with_capacity(arms.len() + 1);
    for (condition, target) in arms {
        let when = condition.as_ref().map_or_else(
            || "else".to_owned(),
            |condition| {
                condition
                    .fields
                    .iter()
                    .map(|(name, _)| name.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            },
        );
        edges.push(Edge { to: named(journey, *target), when: Some(when) });
    }
    if arms.iter().all(|(condition, _)| condition.is_some()) {
        edges.push(Edge { to: named(journey, otherwise), when: Some("none of these".into()) });
    }
    edges
}

fn choice(choice: &Choice) -> String {
    match choice.if_no_engagement_within {
        None => choice.channel.to_string(),
        Some(span) => format!("{} if not opened within {span}", choice.channel),
    }
}

/// The step at `at`, or the one that jumps from there lead to; none at the end. Jumps only go forward, so this ends.
fn named(journey: &Journey, mut at: u16) -> Option<String> {
    loop {
        match journey.ops.get(usize::from(at))? {
            Op::Jump(target) if *target > at => at = *target,
            op => return op.step().map(ToString::to_string),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_core::channel::{Channel, Class};
    use cartwheel_core::journey::plan::Reentry;
    use cartwheel_core::time::{DAY, HOUR, Span};

    fn email() -> Choice {
        Choice { channel: Channel::Email, if_no_engagement_within: None }
    }

    fn journey(ops: Vec<Op>) -> Journey {
        Journey {
            name: "cart".into(),
            version: "0123abcd".into(),
            class: Class::Marketing,
            priority: 50,
            tags: vec!["recovery".into()],
            when: None,
            quiet_for: Some(Span(HOUR)),
            key: None,
            reentry: Reentry::Always,
            exits: Vec::new(),
            while_: None,
            holdout: 0,
            goal_within: None,
            max_event_age: Span(DAY),
            captures: Vec::new(),
            ops,
        }
    }

    #[test]
    fn arms_meet_behind_the_branch() {
        let sms = Choice { channel: Channel::Sms, if_no_engagement_within: Some(Span(4 * HOUR)) };
        let send =
            |step: &str, channels| Op::Send { step: step.into(), template: step.into(), channels };
        let graph = graph(&journey(vec![
            send("reminder", vec![email(), sms]),
            Op::Branch { step: "branch-2".into(), arms: vec![(None, 4)], otherwise: 5 },
            send("concierge", vec![email()]),
            Op::Jump(5),
            send("reviews", vec![email()]),
            Op::Wait { step: "wait-5".into(), delay: Span(23 * HOUR), then: None },
            Op::Jump(7),
            Op::End,
        ]));
        let text: Vec<_> = graph
            .steps
            .iter()
            .map(|step| {
                let next: Vec<_> =
                    step.next.iter().map(|edge| edge.to.as_deref().unwrap_or("end")).collect();
                format!("{} {} [{}] -> {}", step.kind, step.step, step.says, next.join(" "))
            })
            .collect();
        assert_eq!(
            text,
            [
                "send reminder [email, sms if not opened within 4h] -> branch-2",
                "branch branch-2 [1 arms] -> reviews",
                "send concierge [email] -> wait-5",
                "send reviews [email] -> wait-5",
                "wait wait-5 [23h] -> end",
            ]
        );
        assert_eq!(
            (graph.first.as_deref(), graph.quiet_for.as_deref()),
            (Some("reminder"), Some("1h"))
        );
    }
}
