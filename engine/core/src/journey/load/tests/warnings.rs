//! Journeys that can run and that somebody should look at; and what is listed of them.

use super::problems::shown;
use super::*;
use crate::channel::{Channel, Class};

#[test]
fn what_is_written_twice_is_warned_of() {
    let text = "journey: a
tags: [x, y, x]
trigger: { event: [go, come, go], quiet_for: 1h, moved_by: [look, look] }
exit: [{ on: stop }, { on: stop, when: event.x > 1 }, { on: stop }, { on: go }, { on: come, when: event.x > 1 }]
steps:
  - wait: { for: [paid, paid], at_most: 1h }
";
    assert_eq!(
        shown(text),
        [
            "2:14 warning `x`: `x` is given twice | remove one of them",
            "3:30 warning `go`: `go` is given twice | remove one of them",
            "3:67 warning `look`: `look` is given twice | remove one of them",
            "4:61 warning `stop`: the exit on `stop` is given twice | remove one of them",
            "4:75 warning `go`: `go` begins this journey, and ends its runs: each begins by ending the one before | write `reentry: restart` if that is meant; else give the exit a `when:`, or remove it",
            "6:25 warning `paid`: `paid` is given twice | remove one of them",
        ]
    );
}

#[test]
fn what_others_call_an_event_is_answered_with_ours() {
    let text = "journey: a
trigger: { event: [Order Completed, checkouts/create], quiet_for: 1h, moved_by: [add_to_cart] }
exit: [{ on: Placed Order }]
goal: { on: orders/create, within: 1d }
steps:
  - wait: { for: Opened Email, at_most: 1h }
";
    let told: Vec<String> =
        shown(text).iter().filter_map(|told| Some(told.split_once("`: `")?.1.to_owned())).collect();
    assert_eq!(
        told,
        [
            "Order Completed` is what Segment calls `order_placed` | write `order_placed`; if events of this type come, send them as `order_placed`",
            "checkouts/create` is what Shopify calls `checkout_started` | write `checkout_started`; if events of this type come, send them as `checkout_started`",
            "add_to_cart` is what Google Analytics calls `product_added` | write `product_added`; if events of this type come, send them as `product_added`",
            "Placed Order` is what Klaviyo calls `order_placed` | write `order_placed`; if events of this type come, send them as `order_placed`",
            "orders/create` is what Shopify calls `order_placed` | write `order_placed`; if events of this type come, send them as `order_placed`",
            "Opened Email` is what Klaviyo calls `message_opened` | write `message_opened`; if events of this type come, send them as `message_opened`",
        ]
    );
}

#[test]
fn a_type_that_cannot_come_is_warned_of() {
    let text = "journey: a
trigger: { event: [go, come], when: event.type == 'other' || event.type == 'go' }
exit: [{ on: stop, when: event.type != 'stop' }]
steps:
  - branch:
      - when: event.type in ['go', 'stay']
        steps: []
  - wait: { for: paid, where: event.type == 'go', at_most: 1h }
  - branch:
      - when: waited.for == 'b'
        steps: []
      - when: waited.for == 'paid'
        steps: []
  - wait: { for: b, at_most: 1h }
  - branch:
      - when: waited.for == 'b'
        steps: []
";
    let help = "leave it out, or compare with what you meant";
    assert_eq!(
        shown(text),
        [
            format!("2:37 warning `event.type == 'other'`: `event.type == 'other'` is never true: what comes here is `go`, `come` | {help}"),
            format!("3:26 warning `event.type != 'stop'`: `event.type != 'stop'` is never true: what comes here is `stop` | {help}"),
            "6:36 warning `'stay'`: `'stay'` never comes: what comes here is `go`, `come` | leave it out".to_owned(),
            format!("8:31 warning `event.type == 'go'`: `event.type == 'go'` is never true: what comes here is `paid` | {help}"),
            format!("10:15 warning `waited.for == 'b'`: `waited.for == 'b'` is never true: what is waited for here is `paid` | {help}"),
        ]
    );
}

#[test]
fn every_send_is_listed_with_its_place() {
    let text = small(
        "s",
        "class: transactional\n",
        "  - split: x\n    arms: { a: { share: 50%, steps: [{ send: one, class: marketing, channels: [email, { sms: { if_no: opened, within: 1h } }] }] }, b: { share: 50%, steps: [] } }\n  - { send: two, to: team:sales, channels: [webhook] }\n",
    );
    let sends = check(&Policy::default(), &sources(&[&text])).sends;
    let told: Vec<_> = sends
        .iter()
        .map(|sent| (&text[sent.span.clone()], sent.channels.as_slice(), sent.class, sent.to_team))
        .collect();
    let (one, two) = ([Channel::Email, Channel::Sms], [Channel::Webhook]);
    assert_eq!(
        told,
        [("one", &one[..], Class::Marketing, false), ("two", &two[..], Class::Transactional, true)]
    );
}
