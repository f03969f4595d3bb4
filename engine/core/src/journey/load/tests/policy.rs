//! What the policy asks of customers and journeys, with every message as a person sees it.

use super::*;

const CART: &str =
    "journey: cart\ntrigger: { event: cart_updated }\nsteps: [{ send: x, channels: [email] }]\n";
const CHECKOUT: &str = "journey: checkout\ntrigger: { event: checkout_started }\nsteps: [{ send: y, channels: [email] }]\n";
const FACTS: &str = "facts:\n  tickets: { set: ticket_opened, key: event.ticket.id, for: 21d, keys: 4 }\nsegments:\n  troubled: size(tickets) > 1\n";

fn checked(policy: &str) -> Checked {
    let policy: Policy = serde_saphyr::from_str(policy).unwrap();
    let facts = SourceFile { path: "facts.yaml".into(), text: FACTS.into() };
    check(&policy, Sources { journeys: &sources(&[CART, CHECKOUT]), facts: Some(&facts) })
}

/// Each problem as `path: message | help`.
fn shown(policy: &str) -> Vec<String> {
    let problems = checked(policy).problems;
    let show = |problem: &Problem| {
        let help = problem.help.as_deref().unwrap_or("");
        format!("{}: {} | {help}", problem.path, problem.message)
    };
    problems.iter().map(show).collect()
}

#[test]
fn a_policy_reads_the_customer() {
    let policy = "
quiet_hours: [{ channels: [sms], where: \"profile.region in ['FL', 'US-FL']\", from: '20:00', to: '08:00' }]
holds:
  - { name: service, while: size(tickets) > 0 && !troubled }
  - { name: paused, while: profile.pause_until > now || local.weekday == 'sun', at_most: 5d, missed_within: 2h }
caps:
  - { name: two, limit: 2, per: 7d, reserve: horizon }
  - { name: chosen, limit: profile.max_per_week, per: week }
  - { name: more, limit: \"troubled ? 0 : customer.orders + 1\", per: day }
groups: [{ name: recovery, keys: { cart: event.cart.id }, order: [checkout, cart] }]
";
    assert_eq!(shown(policy), [] as [&str; 0]);
    let plan = checked(policy).plan.unwrap();
    assert_eq!(plan.rules.holds.len(), 2);
    assert_eq!(
        plan.rules.limits.iter().map(Option::is_some).collect::<Vec<_>>(),
        [false, true, true]
    );
    let place = |name: &str| {
        let journey = plan.journeys.iter().find(|journey| journey.name == name).unwrap();
        let group = journey.group.as_ref().unwrap();
        (group.rank, group.key.is_some(), journey.captures.len())
    };
    assert_eq!((place("checkout"), place("cart")), ((0, false, 0), (1, true, 1)));
}

#[test]
fn what_is_not_written_changes_no_hash() {
    let hash = |policy: &str| checked(policy).plan.unwrap().hash;
    let plain = "caps: [{ name: a, limit: 2, per: 7d }]\n";
    assert_eq!(hash(plain), hash(&format!("{plain}holds: []\ngroups: []\n")));
    assert_ne!(hash(plain), hash("caps: [{ name: a, limit: '2', per: 7d }]\n"));
}

#[test]
fn wrong_policies_are_refused_with_a_remedy() {
    let long = "holds: [{ name: a, while: size(tickets) > 0, at_most: 0s, missed_within: 9000d }]";
    for (policy, expected) in [
        (
            "holds: [{ name: a, while: size(tikets) > 0 }]",
            &[
                "policy.holds.0.while: `tikets` is unknown (in `size(tikets) > 0`) | did you mean `tickets`?",
            ][..],
        ),
        (
            "holds: [{ name: a, while: size(ticket) > 0 }]",
            &[
                "policy.holds.0.while: `ticket` is unknown (in `size(ticket) > 0`) | did you mean `tickets`?",
            ],
        ),
        (
            "holds: [{ name: a, while: event.x == 1 }]",
            &[
                "policy.holds.0.while: the policy may not read an event: it is asked before every send, whatever has begun the journey (in `event.x == 1`) | read `profile.X`, `customer.X`, or a fact that remembers the event (facts.yaml)",
            ],
        ),
        (
            "holds: [{ name: a, while: (now - instant(0)) / 1h % 2 < 1 }]",
            &[
                "policy.holds.0.while: when `(now - instant(0)) / 1h % 2 < 1` ends cannot be foreseen | what changes with time, such as `now` and `age(x)`, is compared, added, or multiplied with what does not",
            ],
        ),
        (
            long,
            &[
                "policy.holds.0.at_most: the hold `a` holds for 0s at most | write a longer duration, such as 21d",
                "policy.holds.0.missed_within: `missed_within` of the hold `a` is 9000d | write at most 366d",
            ],
        ),
        (
            "holds: [{ name: '', while: troubled }, { name: a, while: troubled }, { name: a, while: true }]",
            &[
                "policy.holds.0.name: `` is not the name of a hold | write 1 to 64 letters",
                "policy.holds.2.name: a second hold is called `a` | names are shown in decisions: give each hold its own",
                "policy.holds.2.while: `true` is always true: it reads nothing (in `true`) | leave it out, or compare with what you meant",
            ],
        ),
        (
            "quiet_hours: [{ channels: [sms], where: profile.region, from: '20:00', to: '08:00' }]",
            &[
                "policy.quiet_hours.0.where: `profile.region` is a string, not a condition (in `profile.region`) | compare it, such as `profile.region == \"...\"`",
            ],
        ),
        (
            "caps: [{ name: a, limit: profile.region, per: 7d }, { name: b, limit: troubled, per: 7d }]",
            &[
                "policy.caps.0.limit: `profile.region` is a string, not a number (in `profile.region`) | write a number, such as `profile.max_per_week`",
                "policy.caps.1.limit: `troubled` is a boolean, not a number (in `troubled`) | write a number, such as `profile.max_per_week`",
            ],
        ),
        (
            "groups: [{ name: g, keys: { cart: event.cart, crt: event.cart.id }, order: [checkout, cart, chekout] }]",
            &[
                "policy.groups.0.keys.cart: `event.cart` is an object: it has no value (in `event.cart`) | name a field that is a text, a number or a boolean",
                "policy.groups.0.order.2: the group `g` has no journey `chekout` | did you mean `checkout`?",
                "policy.groups.0.keys.crt: the group `g` has a key of `crt`, but no place for it | add it to `order:`",
            ],
        ),
        (
            "groups: [{ name: g, keys: { cart: profile.x }, order: [cart] }, { name: g, order: [cart, checkout] }]",
            &[
                "policy.groups.0.order: the group `g` has 1 journeys | write 2 to 250, the most important first",
                "policy.groups.0.keys.cart: `profile.x` is not a path of the event | write a path such as `event.cart.id`",
                "policy.groups.1.name: a second group is called `g` | names are shown in decisions: give each group its own",
                "policy.groups.1.order.0: `cart` stands in a group already | a journey stands once, and in one group",
            ],
        ),
    ] {
        assert_eq!(shown(policy), expected, "{policy}");
    }
}
