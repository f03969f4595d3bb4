use super::*;
use cartwheel_core::journey::load::{SourceFile, load};
use cartwheel_core::policy::Policy;

const CART: &str = "\
journey: cart
tags: [recovery]
trigger: { event: cart_updated, when: event.cart.total >= 20, quiet_for: 1h, moved_by: [product_viewed, cart_viewed] }
key: event.cart.id
while: profile.vip != true
exit:
  - on: order_placed
  - { on: cart_emptied, when: event.cart.total == 0 }
goal: { on: order_placed, within: 5d }
steps:
  - send: reminder
    channels: [email, { sms: { if_no: opened, within: 4h } }]
  - branch:
      - when: cart.total >= 500
        steps:
          - { send: concierge, channels: [email] }
      - else:
        steps:
          - { send: reviews, channels: [email] }
  - wait: 23h
";

const BIRTHDAY: &str = "\
journey: birthday
trigger: { at: next(profile.birthday), zone: customer }
steps:
  - split: arm
    arms:
      a: { share: 50%, steps: [ { send: wish, channels: [email] } ] }
      b: { share: 50%, steps: [] }
";

fn both() -> Vec<JourneyGraph> {
    let source = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
    let sources = [source("cart.yaml", CART), source("birthday.yaml", BIRTHDAY)];
    graphs(&load(&Policy::default(), &sources[..]).unwrap())
}

fn text(graph: &JourneyGraph) -> Vec<String> {
    let line = |step: &StepView| {
        let way = |edge: &Edge| match &edge.when {
            Some(when) => format!("{} ({when})", edge.to.as_deref().unwrap_or("end")),
            None => edge.to.clone().unwrap_or_else(|| "end".into()),
        };
        let next: Vec<String> = step.next.iter().map(way).collect();
        format!("{} {} [{}] -> {}", step.kind, step.step, step.says, next.join(", "))
    };
    graph.steps.iter().map(line).collect()
}

#[test]
fn arms_meet_behind_the_branch_and_say_when_they_are_taken() {
    let cart = &both()[1];
    assert_eq!(
        text(cart),
        [
            "send reminder [email, sms if not opened within 4h] -> branch-2",
            "branch branch-2 [2 arms] -> concierge (cart.total >= 500), reviews (else)",
            "send concierge [email] -> wait-5",
            "send reviews [email] -> wait-5",
            "wait wait-5 [23h] -> end",
        ]
    );
    assert_eq!(
        (cart.first.as_deref(), cart.quiet_for.as_deref(), cart.tags.as_slice()),
        (Some("reminder"), Some("1h"), &["recovery".to_owned()][..])
    );
}

#[test]
fn what_begins_it_and_what_ends_it_stand_in_it() {
    let [birthday, cart] = &both()[..] else { panic!("two journeys") };
    assert_eq!(
        cart.begins,
        Begins {
            events: vec!["cart_updated".into()],
            when: Some("event.cart.total >= 20".into()),
            moved_by: vec!["cart_viewed".into(), "product_viewed".into()],
        }
    );
    let exits: Vec<_> =
        cart.exits.iter().map(|exit| (exit.on.as_str(), exit.when.as_deref())).collect();
    assert_eq!(exits, [("order_placed", None), ("cart_emptied", Some("event.cart.total == 0"))]);
    assert_eq!(cart.goal, Some(GoalView { on: "order_placed".into(), within: "5d".into() }));
    assert_eq!(cart.while_.as_deref(), Some("profile.vip != true"));
    assert_eq!(birthday.at.as_deref(), Some("next(profile.birthday)"));
    assert_eq!((birthday.begins.events.len(), birthday.goal.as_ref()), (0, None));
    assert_eq!(text(birthday)[0], "split arm [2 arms] -> wish (a (50%)), end (b (50%))");
}
