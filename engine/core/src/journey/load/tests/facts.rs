//! Facts files good and bad, with every message as a person sees it, and conditions that read facts.

use super::*;
use crate::fact::{Kind, Role};
use crate::journey::bundle::{ConfigBundle, JourneyText};

const SHIPPED: &str = include_str!("../../../../../../config/facts.yaml");

fn file(text: &str) -> SourceFile {
    SourceFile { path: "facts.yaml".into(), text: text.into() }
}

fn checked(facts: &str, journeys: &[&str]) -> Checked {
    let (journeys, facts) = (sources(journeys), file(facts));
    check(&Policy::default(), Sources { journeys: &journeys, facts: Some(&facts) })
}

/// Each problem as `line:column `place`: message | help`.
fn shown(facts: &str, journeys: &[&str]) -> Vec<String> {
    let show = |problem: &Problem| {
        let text = if problem.path == "facts.yaml" { facts } else { journeys[0] };
        let (line, column) = problem.position(text);
        let place = text[problem.span.clone()].lines().next().unwrap_or("");
        let help = problem.help.as_deref().unwrap_or("");
        format!("{line}:{column} `{place}`: {} | {help}", problem.message)
    };
    checked(facts, journeys).problems.iter().map(show).collect()
}

/// The fact has exactly one problem.
fn one(fact: &str, expected: &str) {
    assert_eq!(shown(&format!("facts:\n  f: {{ {fact} }}\n"), &[]), [expected], "{fact}");
}

/// A journey with this condition on an event of the shop's own.
fn asks(when: &str) -> String {
    format!(
        "journey: asks\ntrigger: {{ event: question_put, when: \"{when}\" }}\nsteps:\n  - send: x\n    channels: [email]\n"
    )
}

#[test]
fn the_shipped_facts_load_and_have_room() {
    let checked = checked(SHIPPED, &[CART, WELCOME]);
    assert_eq!(checked.problems, []);
    let plan = checked.plan.unwrap();
    let names: Vec<&str> = plan.facts.own().map(|(_, fact)| fact.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "carted",
            "categories",
            "discounted",
            "in_cart",
            "last_order",
            "last_seen",
            "looked_at",
            "net_value",
            "orders",
            "points",
            "returns",
            "signed_up",
            "spend_12m",
            "tickets",
            "views",
            "wishes",
            "stage",
            "tier"
        ]
    );
    assert!(plan.facts.most_bytes() < 6_000, "{}", plan.facts.most_bytes());
}

#[test]
fn a_fact_says_what_it_is_made_of() {
    let text = "facts:
  wishes: { set: [stock_alert_requested], each: event.cart.items as item, key: item.product, for: 30d, keys: 8, drop: { on: order_placed, each: event.order.items as item } }
  net: { sum: order_placed, key: event.order.id, add: event.order.total, undo: { on: order_refunded, add: event.refund.amount, id: event.refund.id }, up_to: 8 }
";
    let plan = checked(text, &[]).plan.unwrap();
    let (_, net) = plan.facts.named("net").unwrap();
    assert!(matches!(net.kind, Kind::Sum(_)) && net.bounds.up_to == 8 && net.folds());
    let (number, wishes) = plan.facts.named("wishes").unwrap();
    assert_eq!((wishes.kind.clone(), wishes.bounds.keys), (Kind::Set, 8));
    assert_eq!(wishes.takes.as_ref().unwrap().feed.key, wishes.adds.key, "of the fact");
    let fed = |kind: &str| {
        let facts = plan.events[kind].facts.iter().map(|feeding| (feeding.fact, feeding.role));
        facts.filter(|(fact, _)| *fact >= 3).collect::<Vec<_>>()
    };
    assert_eq!(fed("order_placed"), [(3, Role::Adds), (number, Role::Takes)]);
    assert_eq!(fed("order_refunded"), [(3, Role::Takes)]);
    assert!(!plan.events.contains_key("product_viewed"), "nobody wants it");
}

#[test]
fn facts_are_checked() {
    for (fact, expected) in [
        (
            "cout: order_placed",
            "2:8 `cout`: `cout` is not a field of a fact | did you mean `count`?",
        ),
        (
            "key: event.order.id",
            "2:3 `f`: the fact does not say what it is | add one of count, sum, last, set, ledger and level, such as `count: order_placed`",
        ),
        (
            "count: a, last: b",
            "2:3 `f`: a fact is `count` or `last`, not both | make two facts of it",
        ),
        (
            "indexed: true",
            "2:3 `f`: the fact does not say what it is | add one of count, sum, last, set, ledger and level, such as `count: order_placed`",
        ),
        ("count: a, indexed: true", "2:3 `f`: a `count` has no `indexed` | leave it out"),
        (
            "sum: order_placed",
            "2:3 `f`: a `sum` lacks `add` | add a path, such as `add: event.order.total`",
        ),
        (
            "set: ticket_opened",
            "2:3 `f`: a `set` lacks `key` | add a path, such as `key: event.ticket.id`",
        ),
        (
            "count: order_placed, undo: order_cancelled",
            "2:3 `f`: `undo` needs a key | add `key:`, such as `key: event.order.id`: it says what is undone",
        ),
        (
            "count: order_placed, drop: order_cancelled",
            "2:3 `f`: a `count` has no `drop` | write `undo:`",
        ),
        (
            "set: ticket_opened, key: event.ticket.id, over: 3d",
            "2:3 `f`: a `set` has no `over` | write `for:`",
        ),
        (
            "count: product_viewed, by: event.product.id",
            "2:3 `f`: `by` needs a window | add `over:`, such as `over: 30d`: of each key only the newest events are kept",
        ),
        (
            "count: product_viewed, keys: 3",
            "2:3 `f`: `keys` needs `by` | add `by:`, such as `by: event.product.id`, or leave it out",
        ),
        (
            "count: product_viewed, over: 1d, up_to: 65",
            "2:48 `65`: `65` is not a number from 1 to 64 | write a whole number from 1 to 64",
        ),
        (
            "count: product_viewed, over: 0s",
            "2:37 `0s`: the duration is zero | write a longer one, such as 1h",
        ),
        (
            "count: order_placed, key: order.id",
            "2:34 `order.id`: `order.id` is not a path of the event | write a path such as `event.order.id`",
        ),
        (
            "count: order_placed, each: event.order.items, key: event.order.id",
            "2:35 `event.order.items`: `event.order.items` is not a list with a name for its items | write it so: `each: event.order.items as item`",
        ),
        (
            "count: order_placed, each: event.order.items as item, key: line.id",
            "2:67 `line.id`: `line.id` is not a path of the event | write `event.X`, or `item.X` of an item",
        ),
        (
            "count: order_placed, key: event.order.id, undo: { on: order_refunded, add: event.refund.amount }",
            "2:83 `event.refund.amount`: here something is taken away as a whole | leave `add` out: only a `sum` is undone in part",
        ),
        (
            "count: order_placed, when: profile.vip",
            "2:35 `profile.vip`: `profile.vip` is not of the event: what a fact says must not depend on what is known when its events come | read `event.X` alone; ask for the rest where the fact is used",
        ),
        (
            "sum: order_placed, add: event.order.id",
            "2:32 `event.order.id`: `event.order.id` is a string | name a number, such as `event.order.total`",
        ),
        (
            "count: cart_updated, key: event.cart",
            "2:34 `event.cart`: `event.cart` is an object | name a text, a number or a boolean, such as `event.order.id`",
        ),
        (
            "count: cart_updated, each: event.cart.total as item",
            "2:35 `event.cart.total as item`: `event.cart.total` is a number | name a list, such as `event.order.items`",
        ),
        (
            "last: order_placed, keep: [event.time]",
            "2:35 `event.time`: the time of an event is no field of it | leave it out: every fact goes by it, and the last one's is `NAME.at`",
        ),
        (
            "count: order_placed, key: event.ordr.id",
            "2:34 `event.ordr.id`: `ordr` is not a field that Cartwheel knows | did you mean `order`? If it is a field of your own, all is well",
        ),
        (
            "count: order_placed, each: event.order.items as line, key: line.produkt",
            "2:67 `line.produkt`: `produkt` is not a field that Cartwheel knows | did you mean `product`? If it is a field of your own, all is well",
        ),
        (
            "count: order_placd",
            "2:15 `order_placd`: `order_placd` is not an event type that Cartwheel knows | did you mean `order_placed`? If it is an event of your own, all is well",
        ),
    ] {
        one(fact, expected);
    }
    assert_eq!(
        shown("facts:\n  event: { count: order_placed }\n  Orders: { count: order_placed }\n", &[]),
        [
            "2:3 `event`: the name `event` is reserved | choose another name",
            "3:3 `Orders`: `Orders` is not the name of a fact | a name has at most 64 lower case letters, digits and `_` and starts with a letter",
        ]
    );
}

/// What may be the shop's own is a fact all the same.
#[test]
fn a_warning_takes_no_fact_away() {
    let checked = checked(
        "facts:\n  f: { count: order_placd, key: event.ordr.id }\n",
        &[&asks("f >= 1 && event.cart.total > 1")],
    );
    assert_eq!(checked.problems.len(), 2, "{:?}", checked.problems);
    assert!(checked.plan.unwrap().events.contains_key("order_placd"));
}

#[test]
fn the_facts_of_a_customer_have_an_end() {
    let fact =
        "{ sum: order_placed, key: event.order.id, add: event.order.total, undo: order_cancelled }";
    let text = format!("facts:\n  a: {fact}\n  b: {fact}\n  c: {fact}\n");
    assert_eq!(
        shown(&text, &[]),
        [
            "4:3 `c`: the facts of a customer could take 8200 bytes; at most 8192 are allowed, and this one has the largest part, 2704 | lower its `up_to` or `keys`, or keep less: without `up_to` 64 contributions stay open"
        ]
    );
}

#[test]
fn segments_are_made_of_facts_and_of_each_other() {
    let text = "facts:
  orders: { count: order_placed }
segments:
  dear: repeat && profile.vip == true
  repeat: orders >= 2
";
    let plan = checked(text, &[&asks("dear && event.cart.total > 1")]).plan.unwrap();
    let names: Vec<&str> = plan.journeys[0]
        .when
        .iter()
        .flat_map(|when| &when.fields)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["orders", "profile.vip", "event.cart.total"]);
    let text = "facts: {}\nsegments:\n  one: two\n  two: three || profile.x == 1\n  three: two\n  orders: event.cart.total > 1\n";
    assert_eq!(
        shown(text, &[]),
        [
            "4:3 `two`: the segment `two` is made of itself: two → three → two | a segment is made of facts and of other segments and levels that do not need it",
            "6:11 `event.cart.total`: a segment or a level may not read an event: it is to be known at any time | read facts, `profile.X` or `customer.X`; a fact can be made of what events say",
        ]
    );
}

#[test]
fn conditions_read_facts_in_their_way() {
    let facts = "facts:
  orders: { count: order_placed }
  views: { count: product_viewed, by: event.product.id, over: 7d, up_to: 3, keys: 4 }
  seen: { last: product_viewed, by: event.product.id, keys: 4 }
  last_order: { last: order_placed, keep: [event.order.id, event.order.total] }
  tickets: { set: ticket_opened, key: event.ticket.id, keys: 4 }
";
    for good in [
        "orders > 1 && views[event.product.id] >= 2 && views['p1'] == 0",
        "size(views) > 1 && size(tickets) == 0 && tickets.size() == 0",
        "top(views) == event.product.id && event.ticket.id in tickets && profile.ticket in tickets",
        "last_order.at > now - 7d && age(last_order) >= 60d && age(last_order) < 1h30m && age(seen['p1']) > 4h",
        "last_order.order.id == 'o1' && last_order.total > 5 && has(last_order.id) && seen[event.product.id] > now - 1d",
    ] {
        assert_eq!(shown(facts, &[&asks(good)]), [""; 0], "{good}");
    }
    for (bad, expected) in [
        ("order > 1", "`order` is unknown | did you mean `event.order`?"),
        ("ordrs > 1", "`ordrs` is unknown | did you mean `orders`?"),
        (
            "orders.x > 1",
            "`orders.x` cannot be read so: the fact `orders` is a number | write `orders` alone",
        ),
        (
            "orders['x'] > 1",
            "`orders['x']` cannot be read so: the fact `orders` is a number | write `orders` alone",
        ),
        (
            "views > 1",
            "`views` cannot be read so: the fact `views` is counted by key | write `views[event.product.id]`, `size(views)` or `top(views)`",
        ),
        (
            "tickets > 1",
            "`tickets` cannot be read so: the fact `tickets` is a set | write `size(tickets)`, or `event.product.id in tickets`",
        ),
        (
            "1 in views",
            "`1 in views` cannot be read so: the fact `views` is counted by key | write `views[event.product.id]`, `size(views)` or `top(views)`",
        ),
        (
            "last_order > 1",
            "`last_order` cannot be read so: the fact `last_order` is an event | write `age(last_order)` or `last_order.at`",
        ),
        (
            "age(orders) > 1d",
            "`age(orders)` cannot be read so: the fact `orders` is a number | write `orders` alone",
        ),
        (
            "last_order.number == 1",
            "the fact `last_order` does not keep `number` | add it to its `keep:`, such as `keep: [event.number]`; it has last_order.at, last_order.order.id, last_order.order.total",
        ),
        (
            "views[1 + 1] > 1",
            "a key is a path or a text | write a path such as `event.product.id`, or a text in quotes",
        ),
        (
            "views[event.product.id] > 'x'",
            "`views[event.product.id]` is a number and `'x'` is a string: this is never true | compare two strings or two numbers",
        ),
    ] {
        let problems = shown(facts, &[&asks(bad)]);
        let [problem] = &problems[..] else { panic!("{bad}: {problems:?}") };
        assert!(problem.ends_with(expected), "{bad}: {problem}");
    }
}

#[test]
fn facts_are_part_of_what_a_configuration_is_called() {
    let text = |path: &str, text: &str| JourneyText { path: path.into(), text: text.into() };
    let bundle = |facts: Option<&str>| ConfigBundle {
        journeys: vec![text("welcome.yaml", WELCOME)],
        facts: facts.map(|facts| text("facts.yaml", facts)),
        ..ConfigBundle::default()
    };
    let hash = |facts| bundle(facts).load().unwrap().hash;
    assert_eq!(hash(None), load(&Policy::default(), &sources(&[WELCOME])).unwrap().hash);
    let counted = "facts:\n  orders: { count: order_placed }\n";
    assert_ne!(hash(None), hash(Some(counted)));
    assert_ne!(hash(Some(counted)), hash(Some("facts:\n  orders: { count: order_paid }\n")));
    let stored = bundle(Some(counted)).stored().unwrap();
    let stored = crate::journey::bundle::StoredBundle::read(&stored).unwrap();
    let plan = stored.compile(hash(Some(counted)), None).unwrap();
    assert!(plan.facts.named("orders").is_some());
    let without = String::from_utf8(bundle(None).stored().unwrap()).unwrap();
    assert!(!without.contains("facts"), "as before: {without}");
}
