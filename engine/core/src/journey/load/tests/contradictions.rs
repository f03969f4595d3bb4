//! Journeys and policy that contradict each other.

use super::*;

/// Each warning as `place: message`, of one journey with these steps.
fn told(policy: &str, steps: &str) -> Vec<String> {
    let policy: Policy = serde_saphyr::from_str(policy).unwrap();
    let text = small("j", "tags: [t]\n", steps);
    let source = SourceFile { path: "j.yaml".into(), text };
    let checked = check(&policy, std::slice::from_ref(&source));
    assert!(checked.plan.is_some(), "{:?}", checked.problems);
    let show = |problem: &Problem| {
        assert_eq!((problem.severity, problem.help.is_some()), (Severity::Warning, true));
        let place = match problem.path == source.path {
            true => source.text[problem.span.clone()].to_owned(),
            false => problem.path.clone(),
        };
        format!("{place}: {}", problem.message)
    };
    checked.problems.iter().map(show).collect()
}

const NONE: [&str; 0] = [];
const HI: &str = "  - { send: hi, channels: [email] }\n";

#[test]
fn quiet_hours_that_never_open_are_told_of() {
    let quiet = |spans: &str| told(&format!("quiet_hours: [{spans}]"), HI);
    let night = "{ channels: [sms, push], from: '20:00', to: '08:00' }";
    let day = "{ channels: [sms], from: '08:00', to: '20:00' }";
    let always = "it is always quiet on sms: no marketing leaves that way";
    assert_eq!(quiet(&format!("{night}, {day}")), [format!("policy.quiet_hours.1.to: {always}")]);
    let most = "{ channels: [sms], from: '00:00', to: '23:59' }";
    assert_eq!(
        quiet(&format!("{most}, {{ channels: [sms], from: '23:59', to: '00:00' }}")).len(),
        1
    );
    assert_eq!(
        quiet(&format!("{night}, {most}, {day}")),
        [format!("policy.quiet_hours.1.to: {always}")]
    );
    assert_eq!(quiet(&format!("{night}, {{ channels: [sms], from: '08:01', to: '20:00' }}")), NONE);
    // For some.
    let some = "{ channels: [push], where: profile.a == 1, from: '08:00', to: '20:00' }";
    assert_eq!(
        quiet(&format!("{night}, {some}")),
        [
            "policy.quiet_hours.1.to: it is always quiet on push where `profile.a == 1`: no marketing leaves that way"
        ]
    );
    let others = some.replace("a == 1", "a == 2").replace("08:00", "10:00");
    assert_eq!(quiet(&format!("{}, {others}", some.replace("20:00", "10:00"))), NONE);
}

#[test]
fn messages_that_a_cap_always_drops_are_told_of() {
    let send =
        |name: &str, more: &str| format!("  - {{ send: {name}, channels: [email]{more} }}\n");
    let week = "quiet_hours: []\ncaps: [{ name: one, scope: 'channel:email', limit: 1, per: 7d }]";
    let dropped = "b: the cap `one` (1 per 7d) drops `b` whenever the messages before it were sent";
    let two = format!("{}  - wait: 3d\n{}", send("a", ""), send("b", ""));
    assert_eq!(told(week, &two), [dropped]);
    // It may wait for the place.
    assert_eq!(told(&format!("{week}\nmax_defer: 4d"), &two), NONE);
    let skips = format!("{}\nmax_defer: 4d", week.replace("per: 7d", "per: 7d, blocked: skip"));
    assert_eq!(told(&skips, &two), [dropped]);
    assert_eq!(told(week, &two.replace("3d", "6d")), NONE);
    // Put off once, it comes too soon before the next.
    let three = format!("{two}  - wait: 1d\n{}", send("c", ""));
    assert_eq!(told(week, &three.replace("3d", "6d")).len(), 1);
    // Others are not counted.
    for policy in [
        week.replace("limit: 1", "limit: 2"),
        week.replace("channel:email", "channel:sms"),
        week.replace("channel:email", "tag:t").replace("7d", "2d"),
        week.replace("7d", "week"),
        week.replace("limit: 1", "limit: profile.most"),
    ] {
        assert_eq!(told(&policy, &two), NONE, "{policy}");
    }
    assert_eq!(told(&week.replace("channel:email", "journey:j"), &two).len(), 1);
    for (from, to) in [
        ("  - wait: 3d\n", "  - wait: { for: x, at_most: 1h }\n"),
        ("send: b", "class: transactional, send: b"),
        ("channels: [email]", "channels: [email, sms]"),
        ("channels: [email]", "channels: [email, { sms: { if_no: opened, within: 1h } }]"),
    ] {
        let steps = two.replacen(from, to, 1);
        assert_ne!(steps, two);
        assert_eq!(told(week, &steps), NONE, "{steps}");
    }
    let arm = format!(
        "  - branch:\n      - when: profile.a == 1\n        steps:\n        {}        {}",
        send("a", ""),
        send("b", "")
    );
    assert_eq!(told(week, &arm), [dropped]);
}

#[test]
fn a_message_that_waits_for_a_quiet_time_is_told_of() {
    let steps = |time: &str, channels: &str| {
        format!(
            "  - wait: {{ until: '{time}', at_most: 24h }}\n  - {{ send: hi, channels: [{channels}] }}\n"
        )
    };
    let policy = "quiet_hours: [{ channels: [sms], from: '21:00', to: '08:00' }]";
    assert_eq!(
        told(policy, &steps("22:00", "sms")),
        ["{ until: '22:00', at_most: 24h }: this waits until 22:00, when it is quiet on sms"]
    );
    for (time, channels) in
        [("08:00", "sms"), ("20:59", "sms"), ("22:00", "email"), ("22:00", "sms, email")]
    {
        assert_eq!(told(policy, &steps(time, channels)), NONE);
    }
}

#[test]
fn a_limit_that_lets_nobody_through_is_refused() {
    for limit in ["0", "'0'", "'2 - 2'", "'\"no\"'", "'-1'", "65", "'65'"] {
        let policy = format!("caps: [{{ name: a, limit: {limit}, per: 7d }}]");
        let policy: Policy = serde_saphyr::from_str(&policy).unwrap();
        let problems = check(&policy, &sources(&[&small("j", "", HI)])).problems;
        assert_eq!(problems.len(), 1, "{limit} {problems:?}");
        assert_eq!(problems[0].path, "policy.caps.0.limit");
    }
}
