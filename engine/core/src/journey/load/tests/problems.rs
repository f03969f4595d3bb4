//! Bad journeys: every message with its line, column and remedy.

use super::*;
use crate::channel::Channel;
use crate::policy::{
    Cap, CapLimit, CapScope, CapWindow, LocalTime, QuietHours, Reserve, Team, WhenBlocked,
};
use crate::time::Span;

/// Each problem as `line:column level: message | help`, and the text that it points at.
pub(super) fn shown(text: &str) -> Vec<String> {
    let checked = check(&Policy::default(), &sources(&[text]));
    let show = |problem: &Problem| {
        let (line, column) = problem.position(text);
        let level = if problem.severity == Severity::Error { "error" } else { "warning" };
        let place = text[problem.span.clone()].lines().next().unwrap_or("");
        format!(
            "{line}:{column} {level} `{place}`: {} | {}",
            problem.message,
            problem.help.as_deref().unwrap_or("")
        )
    };
    checked.problems.iter().map(show).collect()
}

/// The journey has exactly one problem.
pub(super) fn one(text: &str, expected: &str) {
    assert_eq!(shown(text), [expected], "{text}");
}

const SEND: &str = "  - send: hello\n    channels: [email]\n";

#[test]
fn all_problems_come_at_once() {
    let text = "journey: Cart Abandonment
clas: marketing
priority: 101
trigger:
  event: cart_updatd
  when: event.cart.total > \"20\"
  quiet_for: 1 hour
moved_by: [x]
holdout: 500%
steps:
  - send: reminder
    chanels: [email]
  - send: reminder
    channels: [emial, { sms: { if_no: open, within: 4h } }]
  - split: { a: 50%, b: 50% }
  - wait: tomorrow
";
    assert_eq!(
        shown(text),
        [
            "2:1 error `clas`: `clas` is not a field of a journey | did you mean `class`?",
            "3:11 error `101`: `101` is not a priority | write a whole number from 0 to 100; 50 is the default",
            "7:14 error `1 hour`: `1 hour` is not a duration; write a number and a unit (ms s m h d w), such as 90s, 23h, 7d or 1h30m | a duration is a number and a unit without a space, such as 23h",
            "8:1 error `moved_by`: `moved_by` is not a field of a journey | known are: journey, class, priority, tags, trigger, key, reentry, max_runs, exit, while, holdout, goal, max_event_age, active_from, on_change, renamed, steps",
            "9:10 error `500%`: `500%` is not a share | write 0% to 100%, such as 5% or 0.25%",
            "11:5 error `send`: a send step lacks `channels` | add `channels:`",
            "12:5 error `chanels`: `chanels` is not a field of a send step | did you mean `channels`?",
            "14:16 error `emial`: `emial` is not a channel | did you mean `email`?",
            "14:39 error `open`: `open` is not an engagement | known are: opened, clicked, delivered",
            "15:5 error `split`: a split step lacks `arms` | add `arms:`",
            "15:12 error `{ a: 50%, b: 50% }`: a split has a name, from which chance follows | write `- split: NAME` and below it `arms:`, such as `a: { share: 50%, steps: [...] }`",
            "16:11 error `tomorrow`: `tomorrow` is not a duration; write a number and a unit (ms s m h d w), such as 90s, 23h, 7d or 1h30m | a duration is a number and a unit without a space, such as 23h",
        ]
    );
}

#[test]
fn a_condition_is_pointed_into() {
    let text = |when: &str, step: &str| {
        format!(
            "journey: j\ntrigger:\n  event: order_placed\n  when: {when}\nsteps:\n  - branch:\n      - when: {step}\n        steps: []\n{SEND}"
        )
    };
    one(
        &text("age(event.time) > 3", "cart.total > 1"),
        "4:25 error `>`: `age(event.time)` is a duration and `3` is a number: this is never true | write the unit with the number, such as 3d",
    );
    one(
        &text("event.time > now - 1 day", "cart.total > 1"),
        "4:28 error `1 day`: `1 day` is not a duration | a duration is a number and a unit without a space: write 1d",
    );
    one(
        &text("event.order.total > 1", "cart.items.exists(i, i.price > profile.budget)"),
        "7:46 error `profile.budget`: `profile.budget` cannot be read here: what a step makes of a list is made when the trigger event comes | inside of it read the items and `event.X` only; compare with the rest outside, or in `trigger.when`",
    );
    one(
        &text("size(event.order.items) >= 0", "cart.total > 1"),
        "4:9 warning `size(event.order.items) >= 0`: `size(event.order.items) >= 0` is always true: it counts, and is never below 0 | leave it out, or compare with what you meant",
    );
}

#[test]
fn meaning_is_checked_where_the_shape_is_good() {
    let text = "journey: Cart-Abandonment
priority: 10
tags: [Recovery]
trigger:
  event: cart_updatd
  when: event.cart.total > \"20\"
  moved_by: [product_viewed]
reentry: once_per_key
exit: [{ on: order_place }]
while: event.cart.total > 5
goal: { on: order_placed, within: 0s }
steps:
  - send: reminder
    channels: [{ sms: { if_no: opened, within: 0s } }, email, email]
  - send: reminder
    channels: [webhook, email]
  - exit: true
  - wait: 5000d
";
    assert_eq!(
        shown(text),
        [
            "1:10 error `Cart-Abandonment`: `Cart-Abandonment` is not the name of a journey | a name has at most 64 lower case letters, digits and `_` and starts with a letter",
            "3:8 error `Recovery`: `Recovery` is not the name of a tag | a name has at most 64 lower case letters, digits, `_` and `-` and starts with a letter",
            "5:10 warning `cart_updatd`: `cart_updatd` is not an event type that Cartwheel knows | did you mean `cart_updated`? If it is an event of your own, all is well",
            "6:26 error `>`: `event.cart.total` is a number and `\"20\"` is a string: this is never true | write 20 without quotes instead of \"20\"",
            "7:14 error `product_viewed`: `moved_by` moves the abandonment window, and there is none | add `quiet_for:`, such as `quiet_for: 1h`",
            "8:10 error `once_per_key`: `once_per_key` needs a key | add `key:`, such as `key: event.cart.id`, or write `never`",
            "9:14 warning `order_place`: `order_place` is not an event type that Cartwheel knows | did you mean `order_placed`? If it is an event of your own, all is well",
            "10:8 error `event.cart.total`: `while` may not read the event: it is checked before every send, long after the event | read `profile.X` or `customer.X`, or put the condition into `trigger.when` or a `branch`",
            "11:35 error `0s`: the duration is zero | write a longer one, such as 1h",
            "14:16 error `{ sms: { if_no: opened, within: 0s } }`: the first channel cannot be a fallback: nothing was sent before it | put a plain channel first, such as `email`",
            "14:48 error `0s`: the duration is zero | write a longer one, such as 1h",
            "14:56 error `email`: a channel without a condition stands behind a fallback | write it before the fallbacks, or give it `if_no` or `if` and `within`",
            "14:63 error `email`: `email` is given twice | remove one of them",
            "15:11 error `reminder`: a second step is called `reminder` | give one of them an `id:` of its own",
            "16:25 error `email`: no channel can follow `webhook`: it is always reachable and nobody opens it | put `webhook` last, or into a send step of its own",
            "17:11 warning `true`: the steps after `exit` are never reached | remove them, or put `exit` into an arm of a branch",
            "18:11 error `5000d`: the duration is longer than ten years | write a shorter one",
        ]
    );
}

#[test]
fn conditions_point_into_every_style_of_yaml_text() {
    for (when, place) in [
        ("event.cart.total > 'x'", "6:26 error `>`"),
        ("\"event.cart.total > 'x'\"", "6:27 error `>`"),
        ("'event.cart.total > \"x\"'", "6:27 error `>`"),
        ("|\n    true &&\n    event.cart.total > 'x'", "8:22 error `>`"),
        (">-\n    true &&\n    event.cart.total > 'x'", "8:22 error `>`"),
        ("true &&\n    event.cart.total\n    > 'x'", "8:5 error `>`"),
        // An escape: the whole text.
        ("\"event.cart.total\\u0020> 'x'\"", "6:9 error `\"event.cart.total\\u0020> 'x'\"`"),
    ] {
        let text =
            format!("journey: a\nsteps:\n{SEND}trigger:\n  when: {when}\n  event: cart_updated\n");
        let problems = shown(&text);
        assert!(problems.len() == 1 && problems[0].starts_with(place), "{when}: {problems:?}");
    }
}

#[test]
fn branches_are_checked() {
    let branch = |arms: &str| small("b", "", &format!("  - branch:\n{arms}"));
    one(
        &branch(
            "      - else:\n        steps: []\n      - when: customer.orders > 1\n        steps: []\n",
        ),
        "5:9 error `else:`: `else` is not the last arm: those after it are never taken | move it to the end",
    );
    one(
        &branch("      - else:\n          steps: []\n"),
        "6:11 error `steps: []`: `else:` has no value of its own | write `- else:` and below it, in the same column as `else`, `steps:`",
    );
    one(
        &branch("      - steps: []\n"),
        "5:9 error `steps: []`: an arm has neither `when` nor `else` | write `- when: CONDITION` or `- else:`",
    );
    one(
        &branch("      []\n"),
        "5:7 error `[]`: the branch has no arms | add one: `- when: CONDITION` with `steps:`",
    );
    one(
        &branch("      - when: event.cart.total > 5\n        else:\n        steps: []\n"),
        "5:9 error `when: event.cart.total > 5`: an arm has `when` or `else`, not both | make two arms of it",
    );
}

#[test]
fn fallbacks_keys_and_shapes_are_checked() {
    let send =
        |channels: &str| small("s", "", &format!("  - send: hello\n    channels: {channels}\n"));
    one(
        &send(
            "[email, { sms: { if_no: opened, within: 4h }, push: { if_no: opened, within: 4h } }]",
        ),
        "5:23 error `{ sms: { if_no: opened, within: 4h }, push: { if_no: opened, within: 4h } }`: a fallback names exactly one channel | write `{ sms: { if_no: opened, within: 4h } }`",
    );
    one(
        &send("[]"),
        "4:11 error `hello`: the send has no channel | add one, such as `channels: [email]`",
    );
    one(&send("email"), "5:15 error `email`: here stands `email` | write a list: [email]");
    one(
        &small("k", "key: cart.id\n", SEND),
        "3:6 error `cart.id`: a key is a path of the event | write a path such as `event.cart.id`",
    );
    for (path, told) in [
        (
            "event.cart",
            "`event.cart` is an object: it is no key | name one of its fields, such as `event.cart.id`",
        ),
        (
            "event.cart.items",
            "`event.cart.items` is a list: it is no key | name one of its fields, such as `event.cart.id`",
        ),
        (
            "event.time",
            "`event.time` says nothing of what the event is about | name what runs are about, such as `event.cart.id`",
        ),
        (
            "event.type",
            "`event.type` says nothing of what the event is about | name what runs are about, such as `event.cart.id`",
        ),
        (
            "event.id",
            "`event.id` says nothing of what the event is about | name what runs are about, such as `event.cart.id`",
        ),
    ] {
        one(&small("k", &format!("key: {path}\n"), SEND), &format!("3:6 error `{path}`: {told}"));
        let by_type = format!("key: {{ cart_updated: {path} }}\n");
        one(&small("k", &by_type, SEND), &format!("3:22 error `{path}`: {told}"));
    }
    one(
        &small("k", "key: event.cart.idd\n", SEND),
        "3:6 warning `event.cart.idd`: `idd` is not a field that Cartwheel knows | did you mean `id`? If it is a field of your own, all is well",
    );
    one(
        &small("all", "", SEND),
        "1:10 error `all`: the name `all` is reserved | choose another name",
    );
    one(
        &small("s", "", "  []\n"),
        "4:3 error `[]`: the journey has no steps | add one, such as `- send: welcome` with `channels: [email]`",
    );
    one(
        "journey: t\ntrigger: cart_updated\nsteps:\n  - exit: true\n",
        "2:10 error `cart_updated`: a trigger is a mapping, not `cart_updated` | it has the fields event, catalogue, broadcast, who, order, budget, spread, each, when, at, zone, backlog, quiet_for, moved_by",
    );
    one(
        &small("c", "", "  - send: hello\n    channels: [email]\n    coupon: winback10\n"),
        "6:5 error `coupon`: a coupon stands in `with` | write `with: { coupon: NAME }`, NAME one of `coupons` of the policy",
    );
    one(
        &small("h", "class: transactional\nholdout: 5%\n", SEND),
        "1:10 error `h`: a transactional journey has no holdout: everybody gets its messages | remove `holdout:`",
    );
}

#[test]
fn answers_are_checked() {
    let with = |with: &str| {
        small("w", "", &format!("  - send: hello\n    channels: [email]\n    with: {with}\n"))
    };
    assert_eq!(shown(&with("{ answers: [price, \"yes\", n10] }")), Vec::<String>::new());
    one(
        &with("[price]"),
        "6:11 error `[price]`: `with` is a mapping, not a list | it has the fields answers, coupon",
    );
    one(&with("{}"), "6:11 error `{}`: `with` says nothing | add `coupon:` or `answers:`");
    one(
        &with("{ answer: [price] , answers: [price] }"),
        "6:13 error `answer`: `answer` is not a field of `with` | did you mean `answers`?",
    );
    one(
        &with("{ answers: price }"),
        "6:22 error `price`: here stands `price` | write a list: [price, shipping, doubt]",
    );
    one(
        &with("{ answers: [] }"),
        "6:22 error `[]`: there is no answer | write some, such as `[yes, no]`",
    );
    one(
        &with("{ answers: [a, b, c, d, e, f, g, h, i, j, k, l, m] }"),
        "6:22 error `[a, b, c, d, e, f, g, h, i, j, k, l, m]`: the list has 13 items; at most 12 are allowed | make it shorter",
    );
    one(
        &with("{ answers: [price, too-dear] }"),
        "6:30 error `too-dear`: `too-dear` is not the name of an answer | a name has at most 64 lower case letters, digits and `_` and starts with a letter",
    );
    one(
        &with("{ answers: [price, doubt, price] }"),
        "6:37 error `price`: the answer `price` is given twice | remove one of them",
    );
    one(
        &with("{ answers: [size] }"),
        "6:23 error `size`: the name `size` means something else in templates | choose another name",
    );
    one(
        &with("{ coupon: [winback10] }"),
        "6:21 error `[winback10]`: here stands a list | write a pool's name",
    );
}

#[test]
fn coupons_are_of_pools_that_the_policy_has() {
    let told = |coupons: &[&str], coupon: &str, more: &str| -> Vec<String> {
        let coupons = coupons.iter().map(|name| (*name).to_owned()).collect();
        let policy = Policy { coupons, ..Policy::default() };
        let send = format!(
            "  - send: hello\n    channels: [email]\n    with: {{ coupon: {coupon} }}\n{more}"
        );
        let problems = check(&policy, &sources(&[&small("w", "", &send)])).problems;
        let told = |problem: &Problem| {
            let help = problem.help.as_deref().unwrap_or_default();
            format!("{}: {} | {help}", problem.path, problem.message)
        };
        problems.iter().map(told).collect()
    };
    assert_eq!(told(&["spring", "winback20"], "winback20", ""), Vec::<String>::new());
    assert_eq!(
        told(&["spring", "winback20"], "winbakc20", ""),
        ["0.yaml: the policy has no pool `winbakc20` of coupons | did you mean `winback20`?"]
    );
    assert_eq!(
        told(&[], "spring", ""),
        [
            "0.yaml: the policy has no pool `spring` of coupons | add it to the policy: `coupons: [spring]`"
        ]
    );
    let name = "a name has at most 64 lower case letters, digits and `_` and starts with a letter";
    assert_eq!(
        told(&["spring", "Spring", "2x", "spring"], "spring", ""),
        [
            format!("policy.coupons.1: `Spring` is not the name of a pool | {name}"),
            format!("policy.coupons.2: `2x` is not the name of a pool | {name}"),
            "policy.coupons.3: a second pool is called `spring` | remove it".to_owned(),
        ]
    );
    let many: Vec<String> = (0..65).map(|number| format!("p{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(
        told(&many, "p0", ""),
        ["policy.coupons: there are 65 pools of coupons | a shard has room for 64"]
    );
    let mut to_team = told(&["spring"], "spring", "    to: team:sales\n");
    to_team.retain(|told| told.contains("coupon"));
    assert_eq!(
        to_team,
        [
            "0.yaml: a message to a team has no coupon: it would be the customer's | remove `coupon:`, or `to:`"
        ]
    );
}

#[test]
fn a_team_is_asked_nothing() {
    let teams = [("sales".to_owned(), Team { email: "sales@shop.example".into() })].into();
    let policy = Policy { teams, ..Policy::default() };
    let text = small(
        "w",
        "",
        "  - send: hello\n    channels: [email]\n    to: team:sales\n    with: { answers: [price] }\n",
    );
    let found = check(&policy, &sources(&[&text])).problems;
    let messages: Vec<&str> = found.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(messages, ["a message to a team has no answers: they would be the customer's"]);
}

#[test]
fn splits_are_checked() {
    let split = |arms: &str| small("s", "", &format!("  - split: offer\n    arms: {arms}\n"));
    one(
        &split("{ a: { share: 50%, steps: [] }, b: { share: 49.5%, steps: [] } }"),
        "5:11 error `{ a: { share: 50%, steps: [] }, b: { share: 49.5%, steps: [] } }`: the arms' shares are 99.50% together, not 100% | who shall get nothing takes an arm with `steps: []`",
    );
    one(
        &split("{ a: { share: 100%, steps: [] } }"),
        "5:11 error `{ a: { share: 100%, steps: [] } }`: the split has 1 arms | write 2 to 16 of them",
    );
    one(
        &split("{ A: { share: 50%, steps: [] }, b: { share: 50%, steps: [] } }"),
        "5:16 error `{ share: 50%, steps: [] }`: `A` is not the name of an arm | a name has at most 64 lower case letters, digits, `_` and `-` and starts with a letter",
    );
    one(
        &split("{ a: { steps: [] }, b: { share: 50%, steps: [] } }"),
        "5:18 error `steps`: an arm of a split lacks `share` | add `share:`",
    );
    one(
        &split("[]"),
        "5:11 error `[]`: the arms are a mapping, not a list | write `a: { share: 50%, steps: [...] }` for each",
    );
}

#[test]
fn waits_are_checked() {
    let wait = |wait: &str| small("w", "", &format!("  - wait: {wait}\n"));
    one(
        &wait("{ days: 0 }"),
        "4:19 error `0`: `0` is not a number of days | write a whole number from 1 to 3650",
    );
    one(
        &wait("{ days: 2, at: 10 }"),
        "4:22 error `at`: `at` is not a field of a wait of some days | known are: days",
    );
    one(
        &wait("{ for: paid }"),
        "4:13 error `for`: a wait for an event lacks `at_most` | add `at_most:`",
    );
    one(
        &wait("{ for: [], at_most: 1h }"),
        "4:18 error `[]`: the list of event types is empty | name one, such as cart_updated",
    );
    one(
        &wait("{ for: order_place, at_most: 1h }"),
        "4:18 warning `order_place`: `order_place` is not an event type that Cartwheel knows | did you mean `order_placed`? If it is an event of your own, all is well",
    );
    one(
        &wait("{ for: paid, where: event.order.total, at_most: 1h }"),
        "4:31 error `event.order.total`: `event.order.total` is a number, not a condition | compare it, such as `event.order.total > 0`",
    );
    let asks = "  - branch:\n      - when: waited.for == \"paid\"\n        steps: []\n";
    one(
        &small("w", "", asks),
        "5:15 error `waited.for`: no step before this one waits for an event | add one, such as `- wait: { for: message_clicked, at_most: 3d }`",
    );
    let asks = "  - wait: { for: paid, at_most: 1h }\n  - branch:\n      - when: waited.type == \"paid\"\n        steps: []\n";
    one(
        &small("w", "", asks),
        "6:15 error `waited.type`: `waited.type` is unknown | write `waited.for`, the type of the event that came, or `waited.event.X`, a field of it",
    );
}

#[test]
fn what_a_journey_sets_and_emits_is_checked() {
    let set = |values: &str| small("s", "", &format!("  - set: {values}\n"));
    for (name, value) in
        [("email", "a@b.example"), ("consent", "true"), ("time_zone", "UTC"), ("locale", "de")]
    {
        let column = 14 + name.len();
        one(
            &set(&format!("{{ {name}: {value} }}")),
            &format!(
                "4:{column} error `{value}`: `{name}` cannot be set by a journey: it comes from events alone | set an attribute of your own"
            ),
        );
    }
    one(
        &set("{ my level: 1 }"),
        "4:22 error `1`: `my level` is not the name of an attribute | write at most 64 letters, digits and `_`",
    );
    one(&set("{}"), "4:10 error `{}`: here stand 0 values | write 1 to 16: `{ ATTRIBUTE: VALUE }`");
    one(
        &set("{ a: [1] }"),
        "4:15 error `[1]`: a value is no list | write a text, a number, true, false or null",
    );
    one(
        &set("{ a: event.cart.items }"),
        "4:15 error `event.cart.items`: `event.cart.items` is a list: it has no value | name a field that is a text, a number or a boolean",
    );
    one(
        &set("{ a: local.houre }"),
        "4:15 error `local.houre`: `local.houre` is unknown | did you mean `local.hour`? known are: local.weekday, local.hour, local.date",
    );
    for (value, told) in [
        (
            "profil.tier",
            "`profil.tier` is written as a text: nothing is called `profil` | did you mean `profile.tier`? A text that looks so stands in quotes",
        ),
        (
            "order.total",
            "`order.total` is written as a text: nothing is called `order` | did you mean `event.order.total`? A text that looks so stands in quotes",
        ),
        (
            "\"event.cart.id\"",
            "`event.cart.id` stands in quotes: it is this text, not what it names | leave the quotes out to read `event.cart.id`; else all is well",
        ),
        (
            "007",
            "`007` is a number, which does not keep all of its digits | write \"007\" in quotes: then it is a text",
        ),
        (
            "1234567890123456",
            "`1234567890123456` is a number, which does not keep all of its digits | write \"1234567890123456\" in quotes: then it is a text",
        ),
    ] {
        one(&set(&format!("{{ a: {value} }}")), &format!("4:15 warning `{value}`: {told}"));
    }
    let good = "{ a: now, b: local.date, c: \"now\", d: '007', e: shop.example, f: profil, g: 0, h: 0.5, i: v1.2, j: local.weekday }";
    assert_eq!(shown(&set(good)), Vec::<String>::new());
    one(
        &set("{ a: event.x, b: customer.order }"),
        "4:27 error `customer.order`: `customer.order` is unknown | did you mean `customer.orders`? known are: customer.orders, customer.lifetime_value, customer.days_since_order",
    );
    let emit = |emit: &str| small("e", "", &format!("  - emit: {emit}\n"));
    one(
        &emit("order_placed"),
        "4:11 error `order_placed`: `order_placed` happens in the shop: a journey cannot emit it | give the event a type of your own",
    );
    one(
        &emit("{ event: won, with: { profile.vip: true } }"),
        "4:46 error `true`: an emitted event has no `profile` of its own | give the field another name",
    );
    one(
        &emit("{ event: won, with: { cart: 1, cart.id: 2 } }"),
        "4:39 error `1`: `cart` is given as a value and as an object | remove one of them",
    );
    one(
        &small("u", "", "  - update: { a: 1 }\n"),
        "4:5 error `update`: `update` is no kind of step | write `- set: { ATTRIBUTE: VALUE }`",
    );
}

#[test]
fn classes_teams_and_fallbacks_are_checked() {
    let send = |more: &str| small("s", "", &format!("  - send: hello\n{more}"));
    one(
        &send("    channels: [email]\n    class: promo\n"),
        "6:12 error `promo`: `promo` is not a class | known are: marketing, transactional",
    );
    one(
        &send("    channels: [email]\n    to: sales\n"),
        "6:9 error `sales`: `sales` is no team | write `team:NAME`, or leave `to` out: then the customer gets it",
    );
    one(
        &send("    channels: [email]\n    to: team:sales\n"),
        "6:9 error `team:sales`: the policy has no team `sales` | add it to the policy: `teams: { sales: { email: ... } }`",
    );
    let fallback =
        |fallback: &str| send(&format!("    channels: [email, {{ sms: {fallback} }}]\n"));
    one(
        &fallback("{ if: opened, within: 1h }"),
        "5:36 error `opened`: `opened` is not what may happen | known are: bounced",
    );
    one(
        &fallback("{ if: bounced, if_no: opened, within: 1h }"),
        "5:30 error `{ if: bounced, if_no: opened, within: 1h }`: a fallback has `if_no` or `if`, not both | remove one of them",
    );
    one(
        &fallback("{ within: 1h }"),
        "5:32 error `within`: a fallback lacks `if_no` | add `if_no:`",
    );
    let teams = [("sales".to_owned(), Team { email: "sales@shop.example".into() })].into();
    let policy = Policy { teams, ..Policy::default() };
    let text = send("    channels: [sms]\n    class: marketing\n    to: team:sales\n");
    let problems = check(&policy, &sources(&[&text])).problems;
    let told: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(
        told,
        [
            "a team is reached by `email` or by `webhook`, one of them",
            "a message to a team has no class: it is none to the customer",
        ]
    );
}

#[test]
fn yaml_itself_is_checked() {
    one("", "1:1 error ``: the file is empty | a journey starts with `journey: NAME`");
    one(
        &format!("{}class: marketing\nclass: marketing\n", small("d", "", SEND)),
        "7:1 error `class`: `class` is given twice | it stands already in line 6; remove one of them",
    );
    one("a: &x 1\n", "1:7 error `1`: anchors and tags are not supported | ");
    one("a: 1\n---\nb: 1\n", "2:1 error `---`: a file holds one journey, not several documents | ");
    one(
        "- 1\n",
        "1:1 error `- 1`: a journey is a mapping, not a list | it has the fields journey, class, priority, tags, trigger, key, reentry, max_runs, exit, while, holdout, goal, max_event_age, active_from, on_change, renamed, steps",
    );
    let broken = shown("journey: a\n  steps: [\n");
    assert!(broken.len() == 1 && broken[0].contains("this is not valid YAML"), "{broken:?}");
    let choice = shown("journey: a\ntrigger: { at: last_order.at + (vip ? 60d : 90d) }\n");
    assert!(choice.len() == 1 && choice[0].contains("stands in quotes"), "{choice:?}");
    let tab = shown("journey: a\ntrigger:\n\tevent: x\n");
    assert!(tab.len() == 1 && tab[0].contains("indented with spaces, never with tabs"), "{tab:?}");
    let deep = shown(&format!("a: {}{}", "[".repeat(60), "]".repeat(60)));
    assert!(deep.len() == 1 && deep[0].contains("nested deeper than 48 levels"), "{deep:?}");
    let large = shown(&"# comment\n".repeat(30_000));
    assert!(large.len() == 1 && large[0].contains("at most 262144 are allowed"), "{large:?}");
}

#[test]
fn a_journey_has_at_most_64_operations() {
    let many =
        "  - branch:\n      - when: customer.orders > 1\n        steps: [{ wait: 1h }]\n      - else:\n        steps: [{ wait: 1h }]\n"
            .repeat(20);
    let problems = shown(&small("m", "", &many));
    assert!(
        problems.len() == 1 && problems[0].contains("the journey has 81 operations"),
        "{problems:?}"
    );
}

#[test]
fn keys_by_event_type_are_checked() {
    let text = "journey: a
trigger: { event: [cart_updated, go], quiet_for: 1h, moved_by: [product_viewed] }
key: { cart_updated: event.cart.id, order_placd: event.order.id, page: cart.id, product_viewed: event.product.id }
exit: [{ on: order_placed }]
goal: { on: review_submitted, within: 1h }
steps: [{ exit: true }]
";
    assert_eq!(
        shown(text),
        [
            "2:34 error `go`: `key` has no path for `go`, which starts the journey | add one to `key:`, such as `go: event.cart.id`",
            "3:37 error `order_placd`: this journey does not hear of `order_placd` | did you mean `order_placed`?",
            "3:66 error `page`: this journey does not hear of `page` | what it hears of: cart_updated, go, product_viewed, order_placed",
            "3:72 error `cart.id`: a key is a path of the event | write a path such as `event.cart.id`",
        ]
    );
    one(
        &small("k", "key: {}\n", SEND),
        "3:6 error `{}`: `key` names no event type | write a path such as event.cart.id",
    );
    one(
        &small("k", "key: { cart_updated: [a] }\n", SEND),
        "3:22 error `[a]`: here stands a list | write a path such as event.cart.id",
    );
}

#[test]
fn re_entry_and_the_number_of_runs_are_checked() {
    for (head, expected) in [
        (
            "reentry: restarts\n",
            "3:10 error `restarts`: `restarts` is not a re-entry rule (or write `{ after: 7d }`) | did you mean `restart`?",
        ),
        (
            "active_from: 2026-12-01\n",
            "3:14 error `2026-12-01`: `2026-12-01` is not an instant; write date, time and offset, such as 2026-12-01T00:00:00Z or 2026-12-01T09:00:00+01:00 | an instant says its offset: Z, or hours and minutes such as +01:00",
        ),
        (
            "reentry: { after: 7d, per: key }\n",
            "3:10 error `{ after: 7d, per: key }`: `per: key` needs a key | add `key:`, such as `key: event.cart.id`, or remove `per`",
        ),
        (
            "reentry: { once_per_key: { after: 7d } }\n",
            "3:10 error `{ once_per_key: { after: 7d } }`: `once_per_key` needs a key | add `key:`, such as `key: event.cart.id`, or write `{ after: 7d }` alone",
        ),
        (
            "key: event.k\nreentry: { after: 7d, per: cart }\n",
            "4:28 error `cart`: `cart` is not whose last entry counts | known are: key",
        ),
        (
            "key: event.k\nreentry: { once_per_key: 7d }\n",
            "4:26 error `7d`: `once_per_key` is a mapping, not `7d` | it has the fields after",
        ),
        (
            "key: event.k\nreentry: { once_per_key: { after: 0s } }\n",
            "4:35 error `0s`: the duration is zero | write a longer one, such as 1h",
        ),
        (
            "key: event.k\nreentry: { after: 5000d, per: key }\n",
            "4:19 error `5000d`: the duration is longer than ten years | write a shorter one",
        ),
        (
            "max_runs: 0\n",
            "3:11 error `0`: `0` is not a number of runs | write a whole number from 1 to 64; 8 is the default",
        ),
        (
            "max_runs: 65\n",
            "3:11 error `65`: `65` is not a number of runs | write a whole number from 1 to 64; 8 is the default",
        ),
    ] {
        one(&small("r", head, SEND), expected);
    }
}

#[test]
fn two_journeys_have_two_names() {
    let text = small("twice", "", SEND);
    let problems = load(&Policy::default(), &sources(&[&text, &text])).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert_eq!(
        (problems[0].path.as_str(), problems[0].message.as_str()),
        ("1.yaml", "a second journey is called `twice`")
    );
    assert_eq!(problems[0].help.as_deref(), Some("the first one stands in 0.yaml"));
}

#[test]
fn the_policy_is_checked_against_the_journeys() {
    let cap = |name: &str, scope: CapScope, limit: u16| Cap {
        name: name.into(),
        scope,
        limit: CapLimit::Fixed(limit),
        per: CapWindow::Day,
        blocked: WhenBlocked::Defer,
        reserve: Reserve::Next,
    };
    let policy = Policy {
        zone: "Europe/Berlim".into(),
        caps: vec![
            cap("a", CapScope::Tag("recovry".into()), 1),
            cap("b", CapScope::Journey("cart_abandonmnt".into()), 0),
            cap("b", CapScope::All, 65),
            cap("c", CapScope::Tag("recovery".into()), 64),
        ],
        quiet_hours: vec![QuietHours {
            channels: vec![Channel::Sms],
            from: LocalTime(60),
            to: LocalTime(60),
            where_: None,
        }],
        marketing_ttl: Span(0),
        ..Policy::default()
    };
    let problems = load(&policy, &sources(&[CART])).unwrap_err();
    let shown: Vec<String> = problems
        .iter()
        .map(|problem| {
            format!(
                "{}: {} | {}",
                problem.path,
                problem.message,
                problem.help.as_deref().unwrap_or("")
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "policy.zone: `Europe/Berlim` is not a time zone | did you mean `Europe/Berlin`?",
            "policy.quiet_hours.0.to: the quiet hours start and end at 01:00 | write different times; a channel that is never used is left out of the journeys",
            "policy.marketing_ttl: `marketing_ttl` is 0s: every message would be too late | write a longer duration, such as 24h",
            "policy.caps.0.scope: the cap `a` counts the tag `recovry`, which does not exist | did you mean `tag:recovery`?",
            "policy.caps.1.limit: the cap `b` has the limit 0 | write 1 to 64",
            "policy.caps.1.scope: the cap `b` counts the journey `cart_abandonmnt`, which does not exist | did you mean `journey:cart_abandonment`?",
            "policy.caps.2.limit: the cap `b` has the limit 65 | write 1 to 64",
            "policy.caps.2.name: a second cap is called `b` | names are shown in decisions: give each cap its own",
        ]
    );
}
