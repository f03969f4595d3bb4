//! What `cartwheel test --help` says: the whole language of traces. A test reads its example.

/// Examples, and the language.
pub const HELP: &str = r#"Examples:
  cartwheel test
  cartwheel test shop/config --output json
  cartwheel test --coverage                which parts of the journeys no trace takes
  cartwheel test --coverage=100            the same, and it fails where there is one

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
  holdouts on              holdouts hold (what they keep back is `held_out`); else they are off, so that nobody falls out by chance
  strict on                every decision needs its line, not only messages, and all lines stand in the order of the decisions

Before the first scenario for all of them, or below `---` for one:
  policy                   then, indented, what else stands below `policy:` in cartwheel.yaml: for the journeys beside the trace, or in it
  facts                    then, indented, what else stands in facts.yaml: for the journeys that stand in the trace
  journey                  then, indented, a journey as in its file; a trace with journeys in it does without those beside it, and without
                           the holds and groups of cartwheel.yaml
  clock jumps              timers fire where an event, `clock` or `live` comes, and see how late it is; else each fires at its time

Anywhere:
  # a comment              to the end of the line
  day 2026-03-02           the day of the times below; before the first scenario: the day on which every scenario begins
  day +1                   so many days later
  --- what this is about   begins a scenario, with nobody known; a file may do without

Something happens:   TIME CUSTOMER TYPE [of TEMPLATE [CHANNEL]] [recorded TIME] [NAME=VALUE ...]
  TIME                     10:00, 10:00:30 or 10:00:30.500; never earlier than the line before
  of cart_reminder sms     the event is about the newest such message to the customer (a template, or a step's name)
  cart.total=80            a field of the event, dots lead inwards; the value is JSON, or else a text
  time=09:15               when it happened, if earlier than it arrives; a time of the day, 2026-03-01T09:15, RFC 3339, or epoch
                           seconds or milliseconds; time=null: it does not say
  id=e1                    the event's id; else each line has one of its own; id=null: none
  recorded 09:50           the time of its record, if not the line's: it may lie before that of an earlier one
Or something else does:
  TIME clock               the clock reaches this time: what is due happens (with `clock jumps`: late, and all at once); or `clock tick`
  TIME behind              from here on the engine is behind: marketing is held
  TIME live                it has caught up: what was held passes the gate now
  TIME catalogue PRODUCT stock=3 price=20.5 badges=["new"]  what the catalogue says of a product from here on; null: that it says
                           nothing of this any more; also `recorded TIME` and time=
  TIME control pause JOURNEY   the journey is paused from here on; also `control stop JOURNEY`, `control resume JOURNEY [missed_within=6h]`
                           and `control winner JOURNEY SPLIT ARM` (without an arm: the lots decide again)
  TIME broadcast NAME share=20 everybody is told something, with these fields; id=: which one it is, if not its name
  TIME coupons POOL CODE CODE ...  these codes are loaded into a pool of coupons
  TIME record TEXT         a record that holds this text, an event or not; nobody looks what it names

Something is expected, at exactly this time:
  TIME expect nothing                                    nothing was decided since the line of an earlier time, but what a line names
  TIME expect CUSTOMER nothing                           the same for one customer
  TIME expect CUSTOMER send TEMPLATE [CHANNEL] [shows "TEXT" ...] [NAME=VALUE ...]
  shows "Blue lamp"        the message has this in its subject or in one of its parts, as the templates write it
  TIME expect CUSTOMER DECISION [REASON] [NAME=VALUE ...]
  DECISION                 entered refused waiting waited branched updated emitted sent held_out deferred dropped exited
                           converted finished
  REASON                   such as window, already_running, no_consent, cap (engine/docs/semantics.md has all)
  NAME=VALUE               journey=, step=, channel=, or a value that was compared, such as cap=email_gap, until=11:00 or
                           until=2026-03-03T08:00
  TIME expect CUSTOMER suppressed CHANNEL [REASON]       others are told not to write to that address; `lifted`: that they may again
                           REASON: unsubscribed bounced complained
  TIME expect degraded FIELD                             the event of the line before is applied without this field, which is of a
                           wrong type: cart.items, profile.email, ... (one line for each)
  TIME expect dead REASON                                the record of the line before is no event: not_json, bad_time, ...

What a line names must be there, also for `cartwheel check`: a type of events that Cartwheel knows, that events.yaml declares or that the
journeys and facts beside the trace or in it mention; a journey, a split and its arm, a pool of coupons, a broadcast that some journey
begins by; a field of a product that is known, shown or read. The nearest name is told. So it is with fields of events that are written
nearly as a known one.

Lines about one customer stand in the order of the decisions. A message that no line expects is a fault; other decisions may go
unnamed, unless the trace is strict."#;

#[cfg(test)]
mod tests {
    use super::HELP;
    use cartwheel_core::decision::Verdict;
    use cartwheel_core::journey::load::SourceFile;
    use cartwheel_core::policy::Policy;
    use cartwheel_sim::trace::read;

    #[test]
    fn the_help_of_test_is_right_and_names_everything_that_a_trace_may_say() {
        let (_, example) = HELP.split_once(".trace:\n").unwrap();
        let text = example.split_once("\n\nBefore").unwrap().0.to_owned();
        let source = SourceFile { path: "config/journeys/cart_abandonment.trace".into(), text };
        let trace = read(&source, &Policy::default()).unwrap();
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
            "strict on",
            "policy",
            "journey ",
            "clock jumps",
            "recorded ",
            "TIME clock",
            "TIME behind",
            "TIME live",
            "TIME catalogue",
            "TIME coupons",
            "TIME record",
            "suppressed",
            "lifted",
            "expect degraded",
            "shows ",
            "expect dead",
        ]) {
            assert!(HELP.contains(word), "{word}");
        }
    }
}
