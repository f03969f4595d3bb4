//! What `cartwheel test --help` says: the whole language of traces. A test reads its example.

/// Examples, and the language.
pub const HELP: &str = r#"Examples:
  cartwheel test
  cartwheel test shop/config --output json

A trace, journeys/cart_abandonment.trace:
  zone America/New_York
  day 2026-03-02

  --- a reminder after an hour, and a second message the day after
  10:00 ana customer_created profile.email=ana@example.test profile.consent.email=true
  10:00 ana cart_updated cart.id=k1 cart.total=80 cart.items=[{"product":"p1","quantity":1}]
  10:59 expect nothing
  11:00 expect ana send cart_reminder email
  11:30 ana message_opened of cart_reminder
  day +1
  10:00 expect ana send cart_reviews

Before the first scenario:
  zone Europe/Berlin       the zone of all times; else policy.zone
  journeys welcome vip     who takes part; else the journey of the file's name; `journeys all`: every one
  holdouts on              holdouts hold; else they are off, so that nobody falls out by chance

Anywhere:
  # a comment              to the end of the line
  day 2026-03-02           the day of the times below; before the first scenario: the day on which every scenario begins
  day +1                   so many days later
  --- what this is about   begins a scenario, with nobody known; a file may do without

Something happens:   TIME CUSTOMER TYPE [of TEMPLATE [CHANNEL]] [NAME=VALUE ...]
  TIME                     10:00, 10:00:30 or 10:00:30.500; never earlier than the line before
  of cart_reminder sms     the event is about the newest such message to the customer (a template, or a step's name)
  cart.total=80            a field of the event, dots lead inwards; the value is JSON, or else a text
  time=09:15               when it happened, if earlier than it arrives; a time of the day, RFC 3339, or epoch milliseconds
  id=e1                    the event's id; else each line has one of its own

Something is expected, at exactly this time:
  TIME expect nothing                                    nothing was decided since the line of an earlier time, but what a line names
  TIME expect CUSTOMER nothing                           the same for one customer
  TIME expect CUSTOMER send TEMPLATE [CHANNEL] [NAME=VALUE ...]
  TIME expect CUSTOMER DECISION [REASON] [NAME=VALUE ...]
  DECISION                 entered refused waiting branched sent deferred dropped exited converted finished
  REASON                   such as window, already_running, no_consent, cap (engine/docs/semantics.md has all)
  NAME=VALUE               journey=, step=, channel=, or a value that was compared, such as cap=email_gap or until=11:00

Lines about one customer stand in the order of the decisions. A message that no line expects is a fault; other decisions may go unnamed."#;

#[cfg(test)]
mod tests {
    use super::HELP;
    use cartwheel_core::decision::Verdict;
    use cartwheel_core::journey::load::Source;
    use cartwheel_sim::trace::read;

    #[test]
    fn the_help_of_test_is_right_and_names_everything_that_a_trace_may_say() {
        let (_, example) = HELP.split_once(".trace:\n").unwrap();
        let text = example.split_once("\n\nBefore").unwrap().0.to_owned();
        let source = Source { path: "config/journeys/cart_abandonment.trace".into(), text };
        let trace = read(&source, "America/New_York").unwrap();
        assert_eq!((trace.scenarios.len(), trace.scenarios[0].entries.len()), (1, 6));
        let decisions = Verdict::ALL.iter().map(|verdict| verdict.name());
        for word in decisions.chain([
            "zone",
            "journeys",
            "holdouts",
            "day +1",
            "---",
            "of ",
            "time=",
            "id=",
            "expect nothing",
        ]) {
            assert!(HELP.contains(word), "{word}");
        }
    }
}
