//! What good journeys become.

use super::*;
use crate::channel::Class;
use crate::journey::condition::{Capture, Field, Local};
use crate::journey::definition::Definition;
use crate::journey::op::{Given, Op};
use crate::journey::plan::{Journey, Key, Reentry};
use crate::policy::{Percent, Team};
use crate::time::{DAY, HOUR, Span};
use crate::value::Value;

fn plan(texts: &[&str]) -> Plan {
    let texts = sources(texts);
    let checked = check(&Policy::default(), &texts);
    assert_eq!(checked.problems, []);
    checked.plan.unwrap_or_else(|| panic!("no plan and no problem"))
}

/// One line an operation: what it is, where it leads, and which messages may be sent at once from there.
fn listing(journey: &Journey) -> Vec<String> {
    let line = |(at, op): (u16, &Op)| {
        let name = op.step().map_or("", |step| step.as_str());
        let ways = op.successors(at).into_iter().map(|way| match way.when {
            Some(when) => format!("{} if {when}", way.to),
            None => way.to.to_string(),
        });
        let ways = ways.collect::<Vec<_>>().join(", ");
        let line = format!("{name}: {} ({}) to {ways}", op.kind(), op.words());
        format!("{line}; {:?}", journey.opening(at))
    };
    (0..).zip(&journey.ops).map(line).collect()
}

#[test]
fn a_journey_that_is_gone_is_named() {
    let (both, one) = (plan(&[WELCOME, CART]), plan(&[WELCOME]));
    assert_eq!(both.gone_in(&one), ["cart_abandonment"]);
    assert!(one.gone_in(&both).is_empty() && both.gone_in(&both).is_empty());
}

#[test]
fn the_shipped_journeys_are_laid_out_flat() {
    let plan = plan(&[WELCOME, CART]);
    let [cart, welcome] = plan.journeys.as_slice() else {
        panic!("two journeys in order of names")
    };
    assert_eq!((cart.name.as_str(), welcome.name.as_str()), ("cart_abandonment", "welcome"));
    assert_eq!(
        listing(cart),
        [
            "cart_reminder: send (email, sms if not opened within 4h) to 1; [0]",
            "wait-2: wait (23h) to 2; []",
            "branch-3: branch (2 arms) to 3 if cart.total >= 500, 5 if else; [3, 5]",
            "cart_concierge: send (email) to 4; [3]",
            ": jump () to 6; []",
            "cart_reviews: send (email) to 6; [5]",
            "wait-6: wait (1d) to 7; []",
            "cart_incentive: send (email) to 8; [7]",
            ": end () to ; []",
        ]
    );
    assert_eq!(
        listing(welcome),
        [
            "branch-1: branch (2 arms) to 1 if customer.orders == 0, 3 if else; [1, 3]",
            "welcome_offer: send (email, sms) to 2; [1]",
            ": jump () to 4; []",
            "welcome_thanks: send (email, sms) to 4; [3]",
            "wait-4: wait (2d) to 5; []",
            "brand_story: send (email) to 6; [5]",
            "wait-6: wait (1d) to 7; []",
            "branch-7: branch (2 arms) to 8 if customer.orders == 0, 10 if else; [8, 10]",
            "bestsellers_offer: send (email) to 9; [8]",
            ": jump () to 11; []",
            "bestsellers: send (email) to 11; [10]",
            ": end () to ; []",
        ]
    );
    assert_eq!((cart.reentry, welcome.reentry), (Reentry::After(Span(7 * DAY)), Reentry::Never));
    assert_eq!(
        (cart.quiet_for, cart.goal_within, cart.holdout),
        (Some(Span(HOUR)), Some(Span(5 * DAY)), 500)
    );
    assert_eq!(cart.opening(0), [0]);
    assert_eq!(
        cart.captures
            .iter()
            .map(|capture| match capture {
                Capture::Field(at) => plan.fields[usize::from(*at)].path.join("."),
                Capture::List(at) => plan.lists[usize::from(*at)].text.to_string(),
            })
            .collect::<Vec<_>>(),
        ["cart.total"]
    );
}

#[test]
fn the_index_names_who_wants_an_event_and_what_of_it() {
    let plan = plan(&[CART, WELCOME]);
    let want = |event: &str| {
        let interest = &plan.events[event];
        let fields: Vec<String> = interest
            .fields
            .iter()
            .map(|at| &plan.fields[usize::from(*at)])
            .map(|field| format!("{}{}", field.path.join("."), if field.size { "#" } else { "" }))
            .collect();
        let journeys: Vec<String> = interest
            .journeys
            .iter()
            .map(|one| {
                let marks = [
                    (one.trigger, "trigger"),
                    (one.moves, "moves"),
                    (one.goal, "goal"),
                    (!one.exits.is_empty(), "exits"),
                ];
                let marks: Vec<&str> =
                    marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark).collect();
                format!("{} {}", one.journey, marks.join("+"))
            })
            .collect();
        (fields.join(" "), journeys.join(", "))
    };
    assert_eq!(want("cart_updated"), ("cart.total cart.items#".into(), "0 trigger".into()));
    assert_eq!(want("product_viewed"), (String::new(), "0 moves".into()));
    assert_eq!(want("order_placed"), ("type".into(), "1 trigger+goal, 0 goal+exits".into()));
    assert_eq!(want("subscribed"), ("type".into(), "1 trigger".into()));
    assert!(!plan.events.contains_key("page_viewed"));
}

#[test]
fn the_reader_agrees_with_serde_on_the_shipped_files() {
    for text in [CART, WELCOME] {
        let (source, mut problems) = (&sources(&[text])[0], Vec::new());
        let tree = yaml::read(&source.path, text, &mut problems);
        let read = tree.and_then(|tree| read::definition(source, &tree, &mut problems));
        let by_serde: Definition = serde_saphyr::from_str(text).unwrap();
        assert_eq!((read, problems), (Some(by_serde), Vec::new()));
    }
}

#[test]
fn defaults_follow_the_semantics_page() {
    let plain = small("plain", "", "  - send: hello\n    channels: [email]\n");
    let keyed = small("keyed", "key: event.cart.id\n", "  - exit: true\n");
    let plan = plan(&[&plain, &keyed]);
    let [keyed, plain] = plan.journeys.as_slice() else { panic!("two journeys") };
    assert_eq!(
        (plain.reentry, keyed.reentry),
        (Reentry::After(Span(7 * DAY)), Reentry::OncePerKey)
    );
    assert_eq!((plain.priority, plain.max_event_age, plain.holdout), (50, Span(DAY), 0));
    assert_eq!(listing(keyed), ["exit-1: exit () to ; []", ": end () to ; []",]);
    assert_eq!(plain.version.len(), 8);
}

#[test]
fn a_key_has_a_path_for_all_types_or_for_each() {
    let head = "key: { cart_updated: event.cart.id, order_placed: event.order.cart_id }
exit: [{ on: order_placed }, { on: stop }]
max_runs: 3
reentry: { once_per_key: { after: 2d } }
";
    let trigger = "trigger: { event: cart_updated, quiet_for: 1h, moved_by: [seen] }";
    let text = |name: &str, head: &str| {
        format!("journey: {name}\n{trigger}\n{head}steps: [{{ exit: true }}]\n")
    };
    let texts =
        [text("a", head), text("b", "key: event.cart.id\nreentry: restart\n"), text("c", "")];
    let plan = plan(&[&texts[0], &texts[1], &texts[2]]);
    let keys = |event: &str| {
        let journeys = plan.events[event].journeys.iter();
        let path = |field: u16| plan.fields[usize::from(field)].path.join(".");
        journeys.map(|of| of.key.map_or(String::new(), path)).collect::<Vec<_>>()
    };
    assert_eq!(keys("cart_updated"), ["cart.id", "cart.id", ""]);
    assert_eq!(keys("order_placed"), ["order.cart_id"]);
    assert_eq!(
        (keys("seen"), keys("stop")),
        (vec!["".into(), "cart.id".into(), "".into()], vec!["".into()])
    );
    let [a, b, c] = plan.journeys.as_slice() else { panic!("three journeys") };
    assert_eq!((a.max_runs, b.max_runs), (3, 8));
    assert_eq!((a.reentry, b.reentry), (Reentry::OncePerKeyAfter(Span(2 * DAY)), Reentry::Restart));
    assert_eq!(c.key, Key::None);
}

/// Rules are the same for all journeys that find the runs by the same path.
#[test]
fn an_exit_rule_is_kept_by_event_condition_and_key() {
    let journey = |name: &str, head: &str| {
        small(name, &format!("{head}exit: [{{ on: order_placed }}]\n"), "  - exit: true\n")
    };
    let texts = [
        journey("a", ""),
        journey("b", "key: event.cart.id\n"),
        journey("c", "key: { cart_updated: event.k, order_placed: event.cart.id }\n"),
        journey("d", "key: { cart_updated: event.k }\n"),
        journey("e", "key: event.k\n"),
    ];
    let plan = plan(&texts.each_ref().map(String::as_str));
    let ids: Vec<_> = plan.journeys.iter().map(|journey| journey.exits[0].latest).collect();
    assert_eq!((ids[0], ids[1]), (ids[3], ids[2]));
    assert!(ids[0] != ids[1] && ids[1] != ids[4] && ids[0] != ids[4]);
}

#[test]
fn branches_nest_and_waits_see_what_may_come() {
    let steps = "  - wait: { until: \"10:00\", zone: customer, at_most: 24h }
  - branch:
      - when: customer.orders > 5
        steps:
          - branch:
              - when: profile.consent.sms
                steps: [{ send: vip, channels: [sms, { push: { if_no: opened, within: 30m } }] }]
      - when: customer.orders > 1
        steps: []
      - else:
        steps: [{ exit: true, id: done }]
    id: size
  - send: all
    channels: [email, webhook]
";
    let plan = plan(&[&small("nested", "", steps)]);
    assert_eq!(
        listing(&plan.journeys[0]),
        [
            "wait-1: wait_until (10:00 local time, at most 1d) to 1; []",
            "size: branch (3 arms) to 2 if customer.orders > 5, 5 if customer.orders > 1, 6 if else; [3, 7]",
            "branch-3: branch (1 arms) to 3 if profile.consent.sms, 4 if none of these; [3, 7]",
            "vip: send (sms, push if not opened within 30m) to 4; [3]",
            ": jump () to 7; [7]",
            ": jump () to 7; [7]",
            "done: exit () to ; []",
            "all: send (email, webhook) to 8; [7]",
            ": end () to ; []",
        ]
    );
}

#[test]
fn every_other_step_is_laid_out() {
    let steps = "  - send: hello
    class: transactional
    channels: [email, { sms: { if: bounced, within: 1d } }, { push: { if_no: clicked, within: 30m } }]
  - wait: { for: [paid, message_clicked], where: event.sum > 5, at_most: 3d }
  - set: { level: gold, seen: waited.event.sum, n: 3, text: '3', gone: null }
  - split: offer
    arms:
      twenty: { share: 12.5%, steps: [{ send: twenty, channels: [email] }] }
      ten: { share: 87.5%, steps: [{ wait: { days: 2 } }] }
  - emit: { event: won, with: { cart.id: event.cart.id } }
  - send: lead
    to: team:sales
    channels: [webhook]
";
    let teams = [("sales".to_owned(), Team { email: "sales@shop.example".into() })].into();
    let policy = Policy { teams, ..Policy::default() };
    let checked = check(&policy, &sources(&[&small("all_of_them", "", steps)]));
    assert_eq!(checked.problems, []);
    let plan = checked.plan.unwrap();
    let journey = &plan.journeys[0];
    assert_eq!(
        listing(journey),
        [
            "hello: send (email, sms if bounced within 1d, push if not clicked within 30m) to 1; []",
            "wait-2: wait_for (paid or message_clicked, at most 3d) to 2; []",
            "set-3: set (gone, level, n, seen, text) to 3; [4]",
            "offer: split (2 arms) to 6 if ten (87.50%), 4 if twenty (12.50%); [4]",
            "twenty: send (email) to 5; [4]",
            ": jump () to 7; []",
            "wait-6: wait (2 days, at the same local time) to 7; []",
            "emit-7: emit (won) to 8; []",
            "lead: send (webhook to sales) to 9; []",
            ": end () to ; []",
        ]
    );
    let sends = journey.sends().map(|send| (send.class, send.variant.as_deref()));
    assert_eq!(
        sends.collect::<Vec<_>>(),
        [
            (Class::Transactional, None),
            (Class::Marketing, Some("offer:twenty")),
            (Class::Transactional, None)
        ]
    );
    let wants: Vec<(&[u16], usize)> = ["paid", "message_clicked"]
        .map(|event| {
            let interest = &plan.events[event];
            (&interest.journeys[0].waits[..], interest.fields.len())
        })
        .into();
    assert_eq!(wants, [(&[1][..], 1), (&[1][..], 1)]);
    assert_eq!((journey.waited.len(), journey.captures.len()), (1, 1));
}

#[test]
fn what_lies_behind_a_branch_with_an_else_does_not_come_at_once() {
    let steps = |last: &str| {
        format!(
            "  - branch:
      - when: customer.orders > 5
        steps: [{{ send: vip, channels: [sms] }}]
      - {last}
        steps: [{{ wait: 1h }}]
  - send: all
    channels: [email]
"
        )
    };
    let opening = |last: &str| {
        let plan = plan(&[&small("opening", "", &steps(last))]);
        let sends = plan.journeys[0].opening(0).iter();
        let steps = sends.filter_map(|op| Some(plan.journeys[0].send(*op)?.step.clone()));
        steps.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(opening("else:"), "vip");
    assert_eq!(opening("when: customer.orders > 1"), "vip all");
}

#[test]
fn many_empty_branches_are_looked_through_quickly() {
    let branch = "  - branch:\n      - when: customer.orders > 5\n        steps: []\n      - else:\n        steps: []\n";
    let plan = plan(&[&small(
        "wide",
        "",
        &format!("  - wait: 1h\n{}  - exit: true\n", branch.repeat(30)),
    )]);
    assert_eq!(plan.journeys[0].ops.len(), 63);
    assert!(plan.journeys[0].opening(0).is_empty());
}

#[test]
fn the_hash_follows_everything_that_decides() {
    let hash = |policy: &Policy, texts: &[&str]| {
        load(policy, &sources(texts)).map(|plan| plan.hash).unwrap()
    };
    let policy = Policy::default();
    let base = hash(&policy, &[CART, WELCOME]);
    assert_eq!(base, hash(&policy, &[WELCOME, CART]), "the order of files does not count");
    assert_ne!(base, hash(&policy, &[CART]));
    assert_ne!(base, hash(&policy, &[&CART.replace("23h", "22h"), WELCOME]));
    assert_ne!(base, hash(&Policy { holdout: Percent(100), ..policy }, &[CART, WELCOME]));
}

#[test]
fn the_checked_in_schemas_are_those_of_the_types() {
    for (name, schema) in
        [("journey", journey_schema()), ("facts", facts_schema()), ("events", events_schema())]
    {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/schema");
        let path = format!("{folder}/{name}.json");
        let schema = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("CARTWHEEL_UPDATE_SCHEMA").is_some() {
            std::fs::write(&path, &schema).unwrap();
        }
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            stored == schema,
            "config/schema/{name}.json is old: run this test with CARTWHEEL_UPDATE_SCHEMA=1"
        );
    }
}

#[test]
fn what_stands_in_quotes_is_a_text_and_what_does_not_may_be_read() {
    let set = "  - set: { a: now, b: \"now\", c: local.hour, d: 'local.hour', e: \"007\", f: 7 }\n";
    let plan = plan_with_warnings(&small("s", "", set));
    let Some(Op::Set(set)) = plan.journeys[0].ops.first() else { panic!("a set") };
    let text = |text: &str| Given::Value(Value::Text(text.into()));
    let given: Vec<Given> = set.values.iter().map(|(_, given)| given.clone()).collect();
    assert_eq!(
        given,
        [
            Given::Path("now".into(), Field::Now),
            text("now"),
            Given::Path("local.hour".into(), Field::Local(Local::Hour)),
            text("local.hour"),
            text("007"),
            Given::Value(Value::Number(7.0)),
        ]
    );
}

fn plan_with_warnings(text: &str) -> Plan {
    load(&Policy::default(), &sources(&[text])).unwrap_or_else(|wrong| panic!("{wrong:?}"))
}
