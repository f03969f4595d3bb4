//! How journeys begin, and deadlines: what is refused, with line, column and remedy.

use super::problems::one;
use super::*;

fn begins(trigger: &str, more: &str) -> String {
    format!("journey: j\ntrigger: {trigger}\n{more}steps: [{{ exit: true }}]\n")
}

#[test]
fn what_may_not_stand_together_is_refused() {
    one(
        &begins("{ event: go, at: event.time + 1d, quiet_for: 1h }", ""),
        "2:55 error `1h`: `quiet_for` and `at` both say when a run enters | remove one of them",
    );
    one(
        &begins("{ event: go, zone: customer }", ""),
        "2:29 error `customer`: `zone` is the zone of `at`, and there is none | remove `zone`",
    );
    one(
        &begins("{ event: go, backlog: { since: 1d, spread: 1h } }", ""),
        "2:32 error `{ since: 1d, spread: 1h }`: a backlog is of instants that follow from facts: this journey begins by an event | remove `backlog`, or `event`",
    );
    one(
        &begins("{ at: profile.day, backlog: { since: yore, spread: 1h } }", ""),
        "2:47 error `yore`: `yore` is neither an age nor an instant | write how old they may be, such as 180d, or from when they count, such as 2026-01-01T00:00:00Z",
    );
    one(
        &begins("{ at: profile.day, each: event.order.items as item }", ""),
        "2:35 error `event.order.items as item`: there is no event that could have items | remove `each`, or add `event:`",
    );
    one(
        &begins("{ at: profile.day }", "key: event.cart.id\n"),
        "3:6 error `event.cart.id`: a journey that begins by time has no key: what it begins by is its key | remove `key`",
    );
    one(
        &begins("{ at: profile.day }", "reentry: restart\n"),
        "3:10 error `restart`: `restart` needs a trigger event | remove `reentry`: each newer base begins a run; let an exit end the one before",
    );
    one(
        &begins("{ at: profile.day, when: event.cart.total > 1 }", ""),
        "2:35 error `event.cart.total`: there is no event: this journey begins by time | read facts and `profile.X`; or give the trigger an `event:`",
    );
}

#[test]
fn an_instant_follows_from_facts_and_profile_alone() {
    for moving in
        ["now + 1d", "customer.days_since_order > 1 ? profile.a : profile.b", "local.date"]
    {
        one(
            &begins(&format!("{{ at: \"{moving}\" }}"), ""),
            &format!(
                "2:16 error `\"{moving}\"`: `{moving}` changes as time passes: it says no instant | read facts without `over` or `for`, and `profile.X`; ask for what changes with time in `when`, which is judged when the run enters"
            ),
        );
    }
    one(
        &begins("{ at: instant('2026-12-24') }", ""),
        "2:16 error `instant('2026-12-24')`: `instant('2026-12-24')` reads nothing of the customer | begin by a fact or an attribute, such as `last_order.at + 60d` or `next(profile.birthday)`",
    );
}

#[test]
fn a_deadline_is_an_instant() {
    let wait = |at: &str| small("w", "", &format!("  - wait: {{ at: {at} }}\n"));
    one(
        &wait("23h"),
        "4:17 error `23h`: `23h` is a duration, not an instant | say from when, such as `event.time + 23h`",
    );
    one(
        &wait("event.cart.total"),
        "4:17 error `event.cart.total`: `event.cart.total` is a number, not an instant | write an instant and durations, such as `last_order.at + 60d`",
    );
    one(
        &wait("event.time + 5"),
        "4:28 error `+`: `event.time` is an instant and `5` is a number: together they are no instant | write an instant and durations, such as `last_order.at + 60d` or `event.time + days(item.supply_days)`",
    );
    one(
        &wait("next(event.cart.total)"),
        "4:22 error `event.cart.total`: `event.cart.total` is a number, not a date | next() takes a date, such as `profile.birthday`, or an instant",
    );
    one(
        &small(
            "n",
            "",
            "  - branch: [{ when: next(profile.day) < now, steps: [{ exit: true }] }]\n",
        ),
        "4:22 error `next(profile.day)`: `next` is no part of a condition | it stands in `at:`, where it means the next day of a date, such as `at: next(profile.birthday)`",
    );
    one(
        &small("f", "", "  - wait: { at: profile.day, at_most: 3d }\n"),
        "4:30 error `at_most`: `at_most` is not a field of a wait until an instant | known are: at",
    );
}

#[test]
fn items_need_a_list_a_name_and_a_key() {
    let each =
        |each: &str, key: &str| begins(&format!("{{ event: order_placed, each: {each} }}"), key);
    one(
        &each("event.order.items", "key: event.order.id\n"),
        "2:39 error `event.order.items`: `event.order.items` is not a list with a name for its items | write it so: `each: event.order.items as item`",
    );
    one(
        &each("event.order.total as item", "key: event.order.id\n"),
        "2:39 error `event.order.total as item`: `event.order.total` is no list of the event | name a list, such as `event.order.items`",
    );
    for key in ["", "key: event.order.id\n"] {
        one(
            &each("event.order.items as item", key),
            "2:39 error `event.order.items as item`: `each` needs a key of the item: it tells the runs apart | add `key:`, such as `key: item.product`",
        );
    }
    one(
        &each(
            "event.order.items as item",
            "key: item.product\nexit: [{ on: stop, when: item.product == 1 }]\n",
        ),
        "4:26 error `item.product`: `item.product` is unknown | a condition reads `event.X`, `profile.X`, `customer.X`, `local.X`, `now`, and facts and segments by their names; strings stand in quotes",
    );
}

#[test]
fn what_is_good_loads() {
    for trigger in [
        "{ at: \"customer.orders > 2 ? profile.a : profile.b\" }",
        "{ at: next(profile.birthday) - 3d + 9h, zone: customer, when: local.hour < 12 }",
        "{ at: 2h + instant(profile.seen), backlog: { since: 2026-01-01T00:00:00Z, spread: 30d } }",
        "{ event: go, at: event.time + days(event.days) }",
    ] {
        assert!(
            check(&Policy::default(), &sources(&[&begins(trigger, "")])).problems.is_empty(),
            "{trigger}"
        );
    }
}
