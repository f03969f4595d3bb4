use super::*;
use crate::customer::{Heard, Pause};
use crate::journey::load::{SourceFile, Sources, load};
use crate::policy::Policy;
use thin_vec::ThinVec;

fn plan(channels: &str, step: &str) -> Arc<Plan> {
    let text = format!(
        "journey: cart\ntrigger: {{ event: cart_updated }}\nsteps:\n  - send: hello\n    channels: {channels}\n  - {step}\n    id: pause\n"
    );
    let source = SourceFile { path: "cart.yaml".into(), text };
    Arc::new(load(&Policy::default(), &[source]).unwrap())
}

/// The numbers that the shop's own facts, `a` to `e`, have in the new layout.
#[test]
fn a_fact_goes_on_if_it_is_made_of_the_same() {
    let layout = |facts: &str| {
        let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
        let journeys = [file(
            "cart.yaml",
            "journey: cart\ntrigger: { event: cart_updated }\nsteps: [{ send: hello, channels: [email] }]\n",
        )];
        let facts = file("facts.yaml", facts);
        let sources = Sources { journeys: &journeys, facts: Some(&facts) };
        load(&Policy::default(), sources).unwrap().facts
    };
    let old = "facts:
  a: { count: order_placed, key: event.order.id, up_to: 8 }
  b: { count: order_placed, over: 30d }
  c: { set: ticket_opened, key: event.ticket.id, keys: 8 }
  d: { count: order_placed, when: event.order.total > 5 }
  e: { last: order_placed }
";
    let new = "facts:
  a: { count: order_placed, key: event.order.id, up_to: 4 }
  aa: { count: order_placed }
  b: { count: order_placed }
  c: { set: ticket_opened, key: event.ticket.id, keys: 2, for: 3d }
  d: { count: order_placed, when: event.order.total > 6 }
";
    let moved = |new| map_facts(&layout(old), &layout(new))[3..].to_vec();
    assert_eq!(moved(old), [Some(3), Some(4), Some(5), Some(6), Some(7)]);
    assert_eq!(moved(new), [Some(3), None, None, None, None]);
}

fn run(place: Place) -> Run {
    Run {
        id: crate::id::RunId(1),
        sent: None,
        key: 0,
        opened_at: 0,
        newest: 0,
        entered_by: 0,
        deadline: 9,
        anchor: 0,
        place,
        captures: ThinVec::new(),
        about: ThinVec::new(),
        heard: ThinVec::new(),
        journey: 0,
        converted: false,
        pause: Pause::None,
    }
}

/// Where a run at `place` goes on.
fn moved(place: Place, to: &Arc<Plan>) -> Option<Place> {
    let old = plan("[email, { sms: { if_no: opened, within: 4h } }]", "wait: 1d");
    let mut run = run(place);
    map_run(&mut run, &Mapping::new(&old, to)).then_some(run.place)
}

#[test]
fn a_message_that_was_sent_is_not_sent_again_where_its_fallback_is_gone() {
    let waits = Place::Engagement { op: 0, choice: 1, due: 5 };
    let kept = plan("[email, { push: { if_no: opened, within: 1h } }]", "wait: 2d");
    assert_eq!(moved(waits, &kept), Some(waits));
    let gone = plan("[email]", "wait: 1d");
    assert_eq!(moved(waits, &gone), Some(Place::Delay { op: 0 }), "behind the send");
    let first = Place::Gate { op: 0, choice: 0, due: 5, held: true, by: None };
    assert_eq!(moved(first, &gone), Some(first));
}

#[test]
fn a_run_keeps_what_was_made_of_a_list() {
    let branch = |when| plan("[email]", &format!("branch: [{{ when: \"{when}\", steps: [] }}]"));
    let old = branch("cart.items.sum(i, i.price) > 1");
    let new = branch("event.cart.total > 1 && cart.items.sum(i, i.price) > 1 && 5 in event.tags");
    let place = Place::Gate { op: 0, choice: 0, due: 5, held: false, by: None };
    let captures = [Value::Number(5.0)].into_iter().collect();
    let mut run = Run { captures, ..run(place) };
    assert!(map_run(&mut run, &Mapping::new(&old, &new)));
    assert_eq!(*run.captures, [Value::Null, Value::Number(5.0), Value::Null]);
}

#[test]
fn what_a_run_keeps_has_another_place_in_another_plan() {
    let asks = |when: &str| {
        let text = format!(
            "journey: cart\ntrigger: {{ event: cart_updated }}\nsteps:\n  - wait: {{ for: paid, at_most: 1d }}\n  - branch:\n      - when: {when}\n        steps: []\n"
        );
        let source = SourceFile { path: "cart.yaml".into(), text };
        Arc::new(load(&Policy::default(), &[source]).unwrap())
    };
    // A run keeps x, the type, a; then y, x, a, b, the type.
    let old = asks("waited.event.a > 1 && waited.for != null && event.x == 1");
    let new = asks("event.y == event.x && waited.for != null && waited.event.b < waited.event.a");
    let captures = &Mapping::new(&old, &new).captures[0];
    assert_eq!(*captures, [None, Some(0), Some(2), None, Some(1)]);
}

#[test]
fn a_step_of_another_kind_is_another_step() {
    let waits = Place::Delay { op: 1 };
    assert_eq!(moved(waits, &plan("[email]", "wait: 2d")), Some(waits));
    let until = plan("[email]", "wait: { until: \"10:00\", at_most: 24h }");
    assert_eq!(moved(waits, &until), Some(waits), "a wait is a wait");
    assert_eq!(moved(waits, &plan("[email]", "exit: true")), None);
}

#[test]
fn what_a_run_has_heard_of_is_for_the_step_of_the_same_name() {
    let asks = |steps: &str| {
        let text = format!("journey: cart\ntrigger: {{ event: cart_updated }}\nsteps:\n{steps}");
        let source = SourceFile { path: "cart.yaml".into(), text };
        Arc::new(load(&Policy::default(), &[source]).unwrap())
    };
    let wait = |events: &str, id: &str| {
        format!("  - wait: {{ for: [{events}], at_most: 1d }}\n    id: {id}\n")
    };
    let reads = |what: &str| format!("  - branch:\n      - when: {what}\n        steps: []\n");
    let pause = "  - wait: 1h\n    id: pause\n".to_owned();
    let old = asks(
        &[
            pause.clone(),
            wait("paid, seen", "one"),
            wait("paid", "two"),
            wait("seen", "three"),
            reads("waited.event.a > 1 && waited.for != null"),
        ]
        .concat(),
    );
    // One takes another event, two lies further behind, three is gone; the field that is read comes behind another.
    let new = asks(
        &[
            pause,
            wait("seen", "one"),
            reads("waited.event.b > 1 && waited.event.a > 1"),
            wait("paid, seen", "two"),
        ]
        .concat(),
    );
    let heard = |kind: &str, waits| Heard {
        at: 7,
        waits,
        kind: kind.into(),
        values: [Value::Text(kind.into()), Value::Number(5.0)].into_iter().collect(),
    };
    let mut run = run(Place::Delay { op: 0 });
    run.heard.extend([heard("paid", 0b110), heard("seen", 0b1000), heard("seen", 0b10)]);
    assert!(map_run(&mut run, &Mapping::new(&old, &new)));
    let values = || [Value::Number(5.0), Value::Null].into_iter().collect();
    let moved = |kind: &str, waits| Heard { at: 7, waits, kind: kind.into(), values: values() };
    let two = new.journeys[0].ops.iter().position(|op| op.step().is_some_and(|name| name == "two"));
    let two = Heard::bit(u16::try_from(two.unwrap()).unwrap());
    assert_eq!(*run.heard, [moved("paid", two), moved("seen", 0b10)]);
}

#[test]
fn what_is_said_about_changes_is_no_change() {
    let waits = Place::Delay { op: 1 };
    let text = "journey: cart\ntrigger: { event: cart_updated }\non_change: exit\nsteps:\n  # Better.\n  - { channels: [\"email\", { sms: { if_no: opened, within: 4h } }], send: hello }\n  - wait: 1d\n    id: pause\n";
    let to = |text: &str| {
        let source = SourceFile { path: "cart.yaml".into(), text: text.into() };
        Arc::new(load(&Policy::default(), &[source]).unwrap())
    };
    assert_eq!(moved(waits, &to(text)), Some(waits));
    assert_eq!(moved(waits, &to(&text.replace("1d", "2d"))), None);
}

#[test]
fn a_step_that_has_another_name_now_is_the_same_step() {
    let waits = Place::Delay { op: 1 };
    let to = |more: &str| {
        let text = format!(
            "journey: cart\ntrigger: {{ event: cart_updated }}\n{more}steps:\n  - send: hello\n    channels: [email]\n  - wait: 2d\n    id: rest\n"
        );
        let source = SourceFile { path: "cart.yaml".into(), text };
        Arc::new(load(&Policy::default(), &[source]).unwrap())
    };
    assert_eq!(moved(waits, &to("")), None);
    assert_eq!(moved(waits, &to("renamed: { pause: rest }\n")), Some(waits));
    let exit = to("renamed: { pause: rest }\non_change: exit\n");
    assert_eq!(moved(waits, &exit), None);
    // One that has finished waits for its goal still, and one that has not entered will enter what there is then.
    assert_eq!(moved(Place::Window, &exit), Some(Place::Window));
    assert_eq!(moved(Place::Goal, &exit), Some(Place::Goal));
}
