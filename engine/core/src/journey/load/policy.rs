//! Checks of the policy, alone and against the journeys.

use super::coupons;
use super::step::TEAM;
use crate::address::Address;
use crate::channel::Channel;
use crate::customer::ZoneTables;
use crate::journey::definition::{Definition, Step};
use crate::journey::problem::{Problem, SourceFile};
use crate::policy::{Cap, CapLimit, CapScope, MAX_LIMIT, Policy};
use crate::suggest::closest;
use crate::time::{DAY, Span};

/// Greatest `max_event_bytes`: an event's documents fit into a chunk of the journal (1 MiB), and brokers take no more by default.
const MAX_EVENT_BYTES: usize = 1_000_000;

/// Longest rolling window of a cap: as long as touches are remembered at most.
pub(super) const MAX_WINDOW: Span = Span(366 * DAY);

/// Says what is wrong with the policy. The policy has no text here: the problems name the key in place of a file.
pub(super) fn check(
    policy: &Policy,
    tables: &ZoneTables,
    read: &[(&SourceFile, Definition)],
    problems: &mut Vec<Problem>,
) {
    for (source, definition) in read {
        check_addressees(policy, source, &definition.steps, problems);
        coupons::check_steps(policy, source, &definition.steps, problems);
    }
    let mut say = |key: &str, message: String, help: String| {
        problems.push(Problem::error(&format!("policy.{key}"), 0..0, message).help(help))
    };
    check_zone(policy, tables, &mut say);
    check_quiet_hours(policy, &mut say);
    check_numbers(policy, &mut say);
    check_teams(policy, &mut say);
    coupons::check(policy, &mut say);
    for (number, cap) in policy.caps.iter().enumerate() {
        let key = format!("caps.{number}");
        check_cap(&key, cap, read, &mut say);
        if policy.caps[..number].iter().any(|earlier| earlier.name == cap.name) {
            say(
                &format!("{key}.name"),
                format!("a second cap is called `{}`", cap.name),
                "names are shown in decisions: give each cap its own".into(),
            );
        }
    }
}

fn check_zone(policy: &Policy, tables: &ZoneTables, say: &mut impl FnMut(&str, String, String)) {
    if tables.named(&policy.zone).is_some() {
        return;
    }
    let near = closest(&policy.zone, tables.names());
    let near = near.map_or_else(
        || "write an IANA name such as Europe/Berlin".into(),
        |name| format!("did you mean `{name}`?"),
    );
    say("zone", format!("`{}` is not a time zone", policy.zone), near);
}

fn check_quiet_hours(policy: &Policy, say: &mut impl FnMut(&str, String, String)) {
    for (number, quiet) in policy.quiet_hours.iter().enumerate() {
        let key = format!("quiet_hours.{number}");
        if quiet.channels.is_empty() {
            say(
                &format!("{key}.channels"),
                format!("the quiet hours from {} to {} name no channel", quiet.from, quiet.to),
                "add some, such as `channels: [sms]`".into(),
            );
        }
        if quiet.from == quiet.to {
            let message = format!("the quiet hours start and end at {}", quiet.from);
            say(
                &format!("{key}.to"),
                message,
                "write different times; a channel that is never used is left out of the journeys"
                    .into(),
            );
        }
    }
}

fn check_teams(policy: &Policy, say: &mut impl FnMut(&str, String, String)) {
    for (name, team) in &policy.teams {
        if Address::parse(Channel::Email, &team.email).is_err() {
            let message = format!("the team `{name}` has the address `{}`", team.email);
            let key = format!("teams.{name}.email");
            say(&key, message, "write an address of mail, such as sales@shop.example".into());
        }
    }
}

/// Says which messages go to teams that the policy does not have.
fn check_addressees(
    policy: &Policy,
    source: &SourceFile,
    steps: &[Step],
    problems: &mut Vec<Problem>,
) {
    for step in steps {
        step.inner()
            .into_iter()
            .for_each(|steps| check_addressees(policy, source, steps, problems));
        let Step::Send { to: Some(to), .. } = step else { continue };
        let Some(name) = to.strip_prefix(TEAM).filter(|name| !policy.teams.contains_key(*name))
        else {
            continue;
        };
        let help = match closest(name, policy.teams.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{TEAM}{near}`?"),
            None => format!("add it to the policy: `teams: {{ {name}: {{ email: ... }} }}`"),
        };
        let message = format!("the policy has no team `{name}`");
        problems.push(Problem::error(&source.path, to.span.clone(), message).help(help));
    }
}

fn check_numbers(policy: &Policy, say: &mut impl FnMut(&str, String, String)) {
    let spans =
        [("marketing_ttl", policy.marketing_ttl), ("transactional_ttl", policy.transactional_ttl)];
    for (name, span) in spans.into_iter().filter(|(_, span)| span.millis() == 0) {
        say(
            name,
            format!("`{name}` is {span}: every message would be too late"),
            "write a longer duration, such as 24h".into(),
        );
    }
    let all = spans
        .into_iter()
        .chain([("max_defer", policy.max_defer), ("max_event_ahead", policy.max_event_ahead)]);
    for (name, span) in all.filter(|(_, span)| *span > MAX_WINDOW) {
        say(
            name,
            format!("`{name}` is {span}: longer than a year"),
            "write a shorter duration".into(),
        );
    }
    let is_code =
        |code: &String| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if let Some(code) = policy.currency.as_ref().filter(|code| !is_code(code)) {
        say(
            "currency",
            format!("`{code}` is not a currency"),
            "write its ISO 4217 code, three capitals such as EUR".into(),
        );
    }
    if !(256..=MAX_EVENT_BYTES).contains(&policy.max_event_bytes) {
        say(
            "max_event_bytes",
            format!("`max_event_bytes` is {}", policy.max_event_bytes),
            format!("write a number from 256 to {MAX_EVENT_BYTES}; 131072 is the default"),
        );
    }
}

fn check_cap(
    key: &str,
    cap: &Cap,
    read: &[(&SourceFile, Definition)],
    say: &mut impl FnMut(&str, String, String),
) {
    if cap.name.is_empty() || cap.name.len() > 64 {
        say(
            &format!("{key}.name"),
            format!("`{}` is not the name of a cap", cap.name),
            "write 1 to 64 letters".into(),
        );
    }
    if let CapLimit::Fixed(limit) = cap.limit
        && !(1..=MAX_LIMIT).contains(&limit)
    {
        let message = format!("the cap `{}` has the limit {limit}", cap.name);
        say(&format!("{key}.limit"), message, format!("write 1 to {MAX_LIMIT}"));
    }
    if let crate::policy::CapWindow::Rolling(span) = cap.per
        && span > MAX_WINDOW
    {
        say(
            &format!("{key}.per"),
            format!("the cap `{}` has a window of {span}", cap.name),
            format!("write at most {MAX_WINDOW}"),
        );
    }
    let (kind, name, known) = match &cap.scope {
        CapScope::All | CapScope::Channel(_) => return,
        CapScope::Tag(tag) => (
            "tag",
            tag,
            read.iter().flat_map(|(_, definition)| &definition.tags).collect::<Vec<_>>(),
        ),
        CapScope::Journey(journey) => {
            ("journey", journey, read.iter().map(|(_, definition)| &definition.journey).collect())
        }
    };
    if known.iter().any(|known| known.value == *name) {
        return;
    }
    let near = closest(name, known.iter().map(|known| known.as_str()));
    let help = near.map_or_else(
        || format!("no journey that was read has this {kind}"),
        |near| format!("did you mean `{kind}:{near}`?"),
    );
    say(
        &format!("{key}.scope"),
        format!("the cap `{}` counts the {kind} `{name}`, which does not exist", cap.name),
        help,
    );
}
