use super::*;
use cartwheel_core::channel::{Channel, Class};
use cartwheel_core::customer::LatestId;
use cartwheel_core::journey::load::{SourceFile, load};
use cartwheel_core::journey::op::{
    Arm, Branch, Choice, End, Fallback, Jump, Send, Until, Wait, When,
};
use cartwheel_core::journey::plan::{Key, Reentry};
use cartwheel_core::journey::shown::Subjects;
use cartwheel_core::policy::Policy;
use cartwheel_core::time::{DAY, HOUR, Millis, Span};

#[test]
fn what_begins_or_waits_until_an_instant_says_which() {
    let text = "journey: j\nclass: transactional\ntrigger: { event: x, at: event.time + 2d }\nsteps: [{ wait: { at: event.time + 5d } }]\n";
    let by_time = "journey: b\nclass: transactional\ntrigger: { at: next(profile.birthday) - 3d }\nsteps: [{ wait: 1h }]\n";
    let source = |text: &str| SourceFile { path: "x.yaml".into(), text: text.into() };
    let plan = load(&Policy::default(), &[source(text), source(by_time)]).expect("a plan");
    let graphs: Vec<_> = plan.journeys.iter().map(graph).collect();
    let told = |graph: &JourneyGraph| (graph.at.clone(), graph.steps[0].says.clone());
    let told: Vec<_> = graphs.iter().map(told).collect();
    let at = |text: &str| Some(text.to_owned());
    assert_eq!(
        told,
        [
            (at("next(profile.birthday) - 3d"), "1h".into()),
            (at("event.time + 2d"), "event.time + 5d".into())
        ]
    );
}

fn email() -> Choice {
    Choice { channel: Channel::Email, fallback: None }
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
        at: None,
        each: None,
        by_time: None,
        key: Key::None,
        reentry: Reentry::Always,
        max_runs: 8,
        exits: Vec::new(),
        filtered: LatestId(2),
        moved: LatestId(3),
        while_: None,
        holdout: 0,
        goal_within: None,
        max_event_age: Span(DAY),
        active_from: Millis::MIN,
        group: None,
        own: Subjects::of([]),
        captures: Vec::new(),
        waited: Vec::new(),
        openings: Journey::openings(&ops),
        ops,
    }
}

#[test]
fn arms_meet_behind_the_branch() {
    let fallback = Fallback { when: When::NotOpened, within: Span(4 * HOUR) };
    let sms = Choice { channel: Channel::Sms, fallback: Some(fallback) };
    let send = |step: &str, channels| {
        let template = step.into();
        let class = Class::Marketing;
        Op::from(Send {
            step: step.into(),
            template,
            class,
            team: None,
            variant: None,
            channels,
            answers: Vec::new(),
            shows: Subjects::ALL,
        })
    };
    let graph = graph(&journey(vec![
        send("reminder", vec![email(), sms]),
        Branch { step: "branch-2".into(), arms: vec![Arm { when: None, target: 4 }], otherwise: 5 }
            .into(),
        send("concierge", vec![email()]),
        Jump { to: 5 }.into(),
        send("reviews", vec![email()]),
        Wait { step: "wait-5".into(), until: Until::Elapsed(Span(23 * HOUR)) }.into(),
        Jump { to: 7 }.into(),
        End.into(),
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
