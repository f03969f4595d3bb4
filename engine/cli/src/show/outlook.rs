//! How somebody stands to a journey that they may never have entered: what begins it, and the conditions with the values that they read now.

use super::timeline::{instant, shown};
use cartwheel_core::control::Standing;
use cartwheel_runtime::admin::view::{ComesView, ExpectedView, JudgedView, OutlookView, ReadView};
use jiff::tz::TimeZone;

/// The part of the timeline that tells it; instants in the customer's zone.
pub fn outlook(of: &OutlookView, zone: &TimeZone) -> String {
    let mut text = format!("\nHow they stand to {} now\n", of.journey);
    match of.standing {
        Standing::Runs => {}
        Standing::Paused => text += "  it is paused: nothing begins, and runs wait\n",
        Standing::Stopped => text += "  it is stopped: nothing begins\n",
    }
    if !of.events.is_empty() {
        text += &format!("  it begins with {}\n", of.events.join(" or "));
    }
    if let Some(at) = &of.at {
        text += &expected(at, zone);
    }
    if let Some(when) = &of.when {
        let verdict = match when.holds {
            Some(true) => "which is true now",
            Some(false) => "which is false now: it would not begin",
            None => "which the event decides",
        };
        text += &judged("if", when, verdict, zone);
    }
    if let Some(condition) = &of.while_ {
        let verdict = match condition.holds {
            Some(true) => "which is true now",
            Some(false) => "which is false now: nothing would be sent, and a run would end",
            None => "which the run decides",
        };
        text += &judged("it sends while", condition, verdict, zone);
    }
    text
}

fn judged(how: &str, of: &JudgedView, verdict: &str, zone: &TimeZone) -> String {
    format!("  {how} {}, {verdict}\n{}", of.text, values(&of.values, zone))
}

fn expected(of: &ExpectedView, zone: &TimeZone) -> String {
    let when = of.instant.map(|at| instant(at, zone)).unwrap_or_default();
    let verdict = match of.comes {
        ComesView::Nothing => {
            "of which there is none now: what it reads is not known, or the journey has begun by it"
                .to_owned()
        }
        ComesView::Begins => format!("which is {when}"),
        ComesView::NotActive => format!("which was {when}, before the journey was active"),
        ComesView::Stale => format!("which was {when}, and long past when it became known"),
    };
    format!("  it begins at {}, {verdict}\n{}", of.text, values(&of.values, zone))
}

fn values(of: &[ReadView], zone: &TimeZone) -> String {
    if of.is_empty() {
        return String::new();
    }
    let value = |read: &ReadView| {
        let value =
            if read.of_event { "the event's".into() } else { shown(&read.name, &read.value, zone) };
        format!("{} {value}", read.name)
    };
    let values: Vec<String> = of.iter().map(value).collect();
    format!("    {}\n", values.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_core::value::Value;

    fn read(name: &str, value: Value) -> ReadView {
        ReadView { name: name.into(), of_event: false, value }
    }

    #[test]
    fn the_condition_that_fails_is_told_with_its_values() {
        let of = OutlookView {
            journey: "welcome".into(),
            standing: Standing::Paused,
            events: vec!["customer_created".into(), "subscribed".into()],
            when: Some(JudgedView {
                text: "orders == 0".into(),
                holds: Some(false),
                values: vec![read("orders", Value::Number(2.0))],
            }),
            while_: Some(JudgedView {
                text: "cart.total > 0".into(),
                holds: None,
                values: vec![ReadView {
                    name: "cart.total".into(),
                    of_event: true,
                    value: Value::Null,
                }],
            }),
            at: None,
        };
        assert_eq!(
            outlook(&of, &TimeZone::UTC),
            "
How they stand to welcome now
  it is paused: nothing begins, and runs wait
  it begins with customer_created or subscribed
  if orders == 0, which is false now: it would not begin
    orders 2
  it sends while cart.total > 0, which the run decides
    cart.total the event's
"
        );
    }

    #[test]
    fn an_instant_is_told_or_that_there_is_none() {
        let at = |comes, instant, value| OutlookView {
            journey: "birthday".into(),
            standing: Standing::Runs,
            events: Vec::new(),
            when: None,
            while_: None,
            at: Some(ExpectedView {
                text: "next(profile.birthday)".into(),
                values: vec![read("profile.birthday", value)],
                comes,
                instant,
            }),
        };
        let none = outlook(&at(ComesView::Nothing, None, Value::Null), &TimeZone::UTC);
        assert!(
            none.contains("of which there is none now") && none.contains("profile.birthday absent"),
            "{none}"
        );
        let text = Value::Text("1990-05-17".into());
        let some = outlook(&at(ComesView::Begins, Some(0), text), &TimeZone::UTC);
        assert!(some.contains("which is 1970-01-01"), "{some}");
    }
}
