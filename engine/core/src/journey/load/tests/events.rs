//! What the shop says of its events: slips in journeys and facts are found by it, and nothing else changes.

use super::*;

const SHIPPED: &str = include_str!("../../../../../../config/events.yaml");

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.into(), text: text.into() }
}

/// Each problem as `file:line:column level `place`: message | help`.
fn shown(events: Option<&str>, facts: &str, journey: &str) -> Vec<String> {
    let files = [
        file("events.yaml", events.unwrap_or_default()),
        file("facts.yaml", facts),
        file("0.yaml", journey),
    ];
    let journeys = [files[2].clone()];
    let sources = Sources { journeys: &journeys, facts: Some(&files[1]) };
    let checked = check_declared(&Policy::default(), sources, events.map(|_| &files[0]));
    let show = |problem: &Problem| {
        let text = &files.iter().find(|file| file.path == problem.path).unwrap().text;
        let (line, column) = problem.position(text);
        let level = if problem.severity == Severity::Error { "error" } else { "warning" };
        let place = text[problem.span.clone()].lines().next().unwrap_or("");
        let help = problem.help.as_deref().unwrap_or("");
        format!("{}:{line}:{column} {level} `{place}`: {} | {help}", problem.path, problem.message)
    };
    checked.problems.iter().map(show).collect()
}

const NO_FACTS: &str = "facts: {}\n";
const SHOP: &str = "events:
  quiz_answered: { quiz.id: id, quiz.score: number, quiz.passed: boolean, answers: list, extra: object }
  cart_updated: { cart.gift: boolean }
  gift_bought: { order: object }
profile: { birthday: text, points: number }
";

/// A journey that begins with this event under this condition.
fn journey(event: &str, when: &str) -> String {
    format!(
        "journey: j\ntrigger:\n  event: {event}\n  when: {when}\nsteps:\n  - send: x\n    channels: [email]\n"
    )
}

#[test]
fn what_is_declared_is_known() {
    for (event, when) in [
        ("quiz_answered", "event.quiz.score > 3 && event.quiz.passed && size(event.answers) > 0"),
        ("quiz_answered", "event.quiz.id == 'q1' && event.extra.of.any.kind == 7"),
        ("quiz_answered", "event.profile.birthday == 'x' && profile.points > 3"),
        ("cart_updated", "event.cart.gift && event.cart.total > 3"),
        ("gift_bought", "event.order.total > 3 && event.order.number == 7"),
        ("[quiz_answered, cart_updated]", "event.quiz.score > 3 || event.cart.total > 3"),
        ("order_placed", "event.channel == 'x' && event.id != 'y' && event.time < now"),
    ] {
        assert_eq!(shown(Some(SHOP), NO_FACTS, &journey(event, when)), [""; 0], "{event} {when}");
    }
}

#[test]
fn what_is_not_is_refused_with_the_nearest_name() {
    let one = |event: &str, when: &str, expected: &str| {
        assert_eq!(
            shown(Some(SHOP), NO_FACTS, &journey(event, when)),
            [expected],
            "{event} {when}"
        );
    };
    one(
        "quiz_answerd",
        "profile.points > 1",
        "0.yaml:3:10 error `quiz_answerd`: `quiz_answerd` is not an event type that Cartwheel knows | did you mean `quiz_answered`? Or if it is one of your own, declare it in events.yaml: `quiz_answerd: {}`",
    );
    one(
        "something_else",
        "profile.points > 1",
        "0.yaml:3:10 error `something_else`: `something_else` is not an event type that Cartwheel knows | if it is one of your own, declare it in events.yaml: `something_else: {}`",
    );
    one(
        "orders/create",
        "profile.points > 1",
        "0.yaml:3:10 error `orders/create`: `orders/create` is what Shopify calls `order_placed` | write `order_placed`; if events of this type come, send them as `order_placed`",
    );
    one(
        "quiz_answered",
        "event.quiz.scor > 3",
        "0.yaml:4:9 error `event.quiz.scor`: `quiz_answered` has no field `quiz.scor` | did you mean `event.quiz.score`? If there is such a field, declare it in events.yaml: `quiz_answered: { quiz.scor: any }`",
    );
    one(
        "quiz_answered",
        "event.quiz.score > '3'",
        "0.yaml:4:26 error `>`: `event.quiz.score` is a number and `'3'` is a string: this is never true | write 3 without quotes instead of '3'",
    );
    one(
        "cart_updated",
        "event.order.total > 3",
        "0.yaml:4:9 error `event.order.total`: `cart_updated` carries no `order` | it has: cart.currency, cart.gift, cart.id, cart.items, cart.total, cart.url, product.category, product.id, product.name, product.price, product.url. If there is such a field, declare it in events.yaml: `cart_updated: { order.total: any }`",
    );
    one(
        "cart_updated",
        "profile.points == 'many'",
        "0.yaml:4:24 error `==`: `profile.points` is a number and `'many'` is a string: this is never equal | compare two strings or two numbers",
    );
    one(
        "cart_updated",
        "profile.birthdy == 'x'",
        "0.yaml:4:9 warning `profile.birthdy`: `birthdy` is not a field that Cartwheel knows | did you mean `birthday`? If it is a field of your own, all is well",
    );
}

#[test]
fn every_place_that_names_an_event_or_a_field_is_looked_at() {
    let text = "journey: j
trigger: { event: cart_updated, quiet_for: 1h, moved_by: [cart_seen] }
key: { cart_updated: event.cart.id, cart_emptied: event.crat.id }
exit: [{ on: cart_emptied, when: event.order.id == 'x' }, { on: order_plced }]
goal: { on: order_payd, within: 1d }
steps:
  - wait: { for: [quiz_answered, quiz_left], where: event.quiz.scoore > 3, at_most: 1d }
  - branch:
      - when: waited.event.quiz.passd
        steps: []
  - emit: { event: quiz_won, with: { quiz.id: waited.event.quiz.idd } }
";
    let told: Vec<String> = shown(Some(SHOP), NO_FACTS, text)
        .into_iter()
        .map(|told| told.split(" | ").next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        told,
        [
            "0.yaml:2:59 error `cart_seen`: `cart_seen` is not an event type that Cartwheel knows",
            "0.yaml:3:51 error `event.crat.id`: `cart_emptied` has no field `crat.id`",
            "0.yaml:4:34 error `event.order.id`: `cart_emptied` carries no `order`",
            "0.yaml:4:65 error `order_plced`: `order_plced` is not an event type that Cartwheel knows",
            "0.yaml:5:13 error `order_payd`: `order_payd` is not an event type that Cartwheel knows",
            "0.yaml:7:34 error `quiz_left`: `quiz_left` is not an event type that Cartwheel knows",
        ]
    );
    let text = text.replace(", quiz_left]", "]");
    let told = shown(Some(SHOP), NO_FACTS, &text);
    for part in ["no field `quiz.scoore`", "no field `quiz.passd`", "no field `quiz.idd`"] {
        assert!(told.iter().any(|told| told.contains(part)), "{part}: {told:#?}");
    }
}

#[test]
fn what_a_journey_emits_is_known() {
    let text = "journey: j
trigger: { event: quiz_won, when: event.quiz.id == 'x' }
reentry: never
steps:
  - emit: { event: quiz_won, with: { quiz.id: event.quiz.id } }
";
    assert_eq!(shown(Some(SHOP), NO_FACTS, text), [""; 0]);
    let told =
        shown(Some(SHOP), NO_FACTS, &text.replace("when: event.quiz.id", "when: event.quiz.name"));
    assert!(told[0].contains("`quiz_won` has no field `quiz.name`"), "{told:?}");
}

#[test]
fn facts_are_looked_at_by_their_own_events() {
    let facts = "facts:
  quizzes: { count: quiz_answerd, key: event.quiz.id }
  orders: { count: order_placed, key: event.order.idd, undo: ticket_closed }
  net: { sum: order_placed, key: event.order.id, add: event.order.total, undo: { on: order_refunded, add: event.refund.amount } }
  good: { count: quiz_answered, when: event.quiz.passed, key: event.quiz.id }
";
    let told: Vec<String> = shown(Some(SHOP), facts, &journey("cart_updated", "quizzes > 3"))
        .into_iter()
        .filter(|told| told.starts_with("facts"))
        .map(|told| told.split(" | ").next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        told,
        [
            "facts.yaml:2:21 error `quiz_answerd`: `quiz_answerd` is not an event type that Cartwheel knows",
            "facts.yaml:3:39 error `event.order.idd`: `order_placed` has no field `order.idd`",
            "facts.yaml:3:39 error `event.order.idd`: `ticket_closed` has no field `order.idd`",
            "facts.yaml:4:107 error `event.refund.amount`: `order_refunded` has no field `refund.amount`",
        ]
    );
}

#[test]
fn without_the_file_what_events_carry_is_a_warning() {
    assert_eq!(
        shown(None, NO_FACTS, &journey("cart_updated", "event.order.total > 3")),
        [
            "0.yaml:4:9 warning `event.order.total`: `cart_updated` carries no `order` | it has: cart.currency, cart.id, cart.items, cart.total, cart.url, product.category, product.id, product.name, product.price, product.url. If your events have it, all is well"
        ]
    );
    for (event, when) in [
        ("go", "event.order.total > 3 && event.quiz.score > 3"),
        ("cart_updated", "event.cart.gift && event.quiz.score > 3"),
    ] {
        assert_eq!(shown(None, NO_FACTS, &journey(event, when)), [""; 0], "{event} {when}");
    }
}

#[test]
fn the_file_itself_is_checked() {
    let told = |events: &str| {
        let told = shown(Some(events), NO_FACTS, &journey("cart_updated", "event.cart.total > 3"));
        told.into_iter().filter(|told| told.starts_with("events")).collect::<Vec<_>>()
    };
    for (events, expected) in [
        (
            "events: [a]\n",
            "events.yaml:1:9 error `[a]`: here stands a list | write loyalty_joined: { points.balance: number }",
        ),
        (
            "evnts: {}\n",
            "events.yaml:1:1 error `evnts`: `evnts` is not a field of the events file | did you mean `events`?",
        ),
        (
            "events: { a: { b: txt } }\n",
            "events.yaml:1:19 error `txt`: `txt` is not a type | did you mean `text`?",
        ),
        (
            "events: { a: { b..c: text } }\n",
            "events.yaml:1:16 error `b..c`: `b..c` is not the name of a field | write names joined by dots, such as `order.gift`",
        ),
        (
            "events: { a: { time: text } }\n",
            "events.yaml:1:16 error `time`: every event has `time` | leave it out",
        ),
        (
            "events: { a: { cart.total: text } }\n",
            "events.yaml:1:28 error `text`: `cart.total` is known: its type is `number` | write `number`, or leave the field out",
        ),
        (
            "events: { a: { profile.x: text } }\n",
            "events.yaml:1:16 error `profile.x`: the profile's attributes are the same in all events | declare it below `profile:`, such as `x: text`",
        ),
        (
            "events: { a: { b: text, b.c: text } }\n",
            "events.yaml:1:19 error `text`: `b` is text, and `b.c` lies in it | write `object`, or remove one of them",
        ),
        (
            "profile: { a.b: text }\n",
            "events.yaml:1:12 error `a.b`: `a.b` is not the name of an attribute | write one name, such as `birthday`: a profile is flat",
        ),
        (
            "profile: { email: number }\n",
            "events.yaml:1:19 error `number`: `email` is known: its type is `text` | write `text`, or leave the field out",
        ),
        (
            "events: { \"a\\eb\": {} }\n",
            "events.yaml:1:11 error `\"a\\eb\"`: `a\\u{1b}b` is not an event type | write the text of the event's `type`, such as cart_updated",
        ),
    ] {
        assert_eq!(told(events), [expected], "{events}");
    }
}

#[test]
fn the_shipped_file_knows_what_the_shipped_journeys_read() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config");
    let text = |path: &std::path::Path| std::fs::read_to_string(path).unwrap();
    let entries = std::fs::read_dir(format!("{folder}/journeys")).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    let journeys: Vec<SourceFile> =
        paths.iter().map(|path| file(&path.display().to_string(), &text(path))).collect();
    let facts = file("facts.yaml", &text(format!("{folder}/facts.yaml").as_ref()));
    let sources = Sources { journeys: &journeys, facts: Some(&facts) };
    let pools = ["comeback10", "birthday10", "friend10", "winback15", "survey10"];
    let coupons = pools.map(str::to_owned).into();
    let policy = Policy { coupons, ..Policy::default() };
    let declared = check_declared(&policy, sources, Some(&file("events.yaml", SHIPPED)));
    assert_eq!(declared.problems, []);
    // It is for checking alone.
    let without = check(&policy, sources);
    assert_eq!(without.problems, []);
    let (with, without) = (declared.plan.unwrap(), without.plan.unwrap());
    assert_eq!(with.hash, without.hash);
    assert_eq!(format!("{:?}", with.journeys), format!("{:?}", without.journeys));
}
