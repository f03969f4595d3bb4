//! What an event does in one journey: goal, exit, move, trigger (`docs/semantics.md`, "Applying an event", 5).

use super::event::order_total;
use super::{Core, EventTime, MAX_ENTRIES, MAX_RUNS, Turn};
use crate::customer::{Customer, Entry, Run, Stage, push_tightly};
use crate::decision::{Compared, Comparison, Reason, Shown, Verdict};
use crate::effect::Decided;
use crate::event::{Event, key_text};
use crate::gate::compared;
use crate::id::{RunId, key_hash};
use crate::journey::condition::{Condition, Field};
use crate::journey::plan::{Journey, JourneyInterest, Reentry};
use crate::time::{Millis, Span};
use crate::value::{Value, ValueRef};

impl Core {
    /// One journey's reaction to an event whose fields have been read.
    pub(super) fn journey(
        &self,
        customer: &mut Customer,
        event: &Event<'_>,
        fields: &[Value],
        time: EventTime,
        interest: &JourneyInterest,
        turn: &mut Turn<'_>,
    ) {
        let journey = &self.plan.journeys[usize::from(interest.journey)];
        if interest.goal {
            self.convert(customer, event, time, interest.journey, journey, turn);
        }
        for exit in &interest.exits {
            let condition = journey.exits[usize::from(*exit)].as_ref();
            if condition.is_none_or(|condition| self.holds(condition, customer, fields, time.seen))
            {
                self.exit_all(customer, event, time, interest.journey, turn);
            }
        }
        if interest.moves {
            self.move_windows(customer, event, time, interest.journey, journey);
        }
        if interest.trigger {
            self.trigger(customer, event, fields, time, interest.journey, journey, turn);
        }
    }

    fn holds(
        &self,
        condition: &Condition,
        customer: &Customer,
        fields: &[Value],
        t: Millis,
    ) -> bool {
        condition.holds(|field| self.read(field, customer, fields, t))
    }

    fn read<'v>(
        &self,
        field: Field,
        customer: &'v Customer,
        fields: &'v [Value],
        t: Millis,
    ) -> ValueRef<'v> {
        match field {
            Field::Event(index) => {
                fields.get(usize::from(index)).map_or(ValueRef::Null, Value::borrow)
            }
            field => customer.field(field, &self.attributes, t),
        }
    }

    fn convert(
        &self,
        customer: &mut Customer,
        event: &Event<'_>,
        time: EventTime,
        index: u16,
        journey: &Journey,
        turn: &mut Turn<'_>,
    ) {
        let Some(within) = journey.goal_within else { return };
        for place in 0..customer.runs.len() {
            let run = &mut customer.runs[place];
            let reached = run.journey == index
                && run.stage != Stage::Window
                && run.has_sent()
                && !run.converted
                && time.at - run.last_sent_at <= within.millis();
            if reached {
                run.converted = true;
                let run = run.id;
                let values: Compared = order_total(event)
                    .map(|total| ("revenue".into(), Value::Number(total).into()))
                    .into_iter()
                    .collect();
                self.decide_event(
                    customer,
                    time,
                    index,
                    Some(run),
                    Verdict::Converted,
                    Reason::Goal,
                    &values,
                    turn,
                );
            }
        }
    }

    fn exit_all(
        &self,
        customer: &mut Customer,
        event: &Event<'_>,
        time: EventTime,
        index: u16,
        turn: &mut Turn<'_>,
    ) {
        let mut place = 0;
        while let Some(run) = customer.runs.get(place) {
            let verdict = match run.stage {
                _ if run.journey != index => None,
                Stage::Window => Some(Verdict::Refused),
                Stage::Running => Some(Verdict::Exited),
                Stage::Lingering if run.converted => {
                    customer.runs.remove(place);
                    continue;
                }
                Stage::Lingering => None,
            };
            let Some(verdict) = verdict else {
                place += 1;
                continue;
            };
            let id = run.id;
            customer.runs.remove(place);
            let values = [("event".into(), Value::Text(event.kind.as_ref().into()).into())];
            self.decide_event(
                customer,
                time,
                index,
                Some(id),
                verdict,
                Reason::ExitEvent,
                &values,
                turn,
            );
        }
    }

    fn move_windows(
        &self,
        customer: &mut Customer,
        event: &Event<'_>,
        time: EventTime,
        index: u16,
        journey: &Journey,
    ) {
        let Some(quiet_for) = journey.quiet_for else { return };
        let key = self.key_of(event, journey);
        for run in customer.runs.iter_mut() {
            let same = run.journey == index
                && run.stage == Stage::Window
                && key.is_none_or(|key| key == run.key);
            if same {
                run.deadline = run.deadline.max(time.at + quiet_for.millis());
            }
        }
    }

    /// The hash of the key's value; none where the journey has no key or the event no value for it.
    fn key_of(&self, event: &Event<'_>, journey: &Journey) -> Option<u64> {
        let field = self.plan.fields.get(usize::from(journey.key?))?;
        key_text(event, field).map(|text| key_hash(Some(&text)))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one event's facts; a struct for one call would only rename them"
    )]
    fn trigger(
        &self,
        customer: &mut Customer,
        event: &Event<'_>,
        fields: &[Value],
        time: EventTime,
        index: u16,
        journey: &Journey,
        turn: &mut Turn<'_>,
    ) {
        let key = self.key_of(event, journey).unwrap_or(0);
        let refuse = |customer: &mut Customer,
                      turn: &mut Turn<'_>,
                      run,
                      reason,
                      values: &[Comparison]| {
            self.decide_event(customer, time, index, run, Verdict::Refused, reason, values, turn);
        };
        if time.age > journey.max_event_age.millis() {
            let values = [
                ("age".into(), Value::Number(time.age as f64).into()),
                (
                    "max_event_age".into(),
                    Value::Number(journey.max_event_age.millis() as f64).into(),
                ),
            ];
            return refuse(customer, turn, None, Reason::LateEvent, &values);
        }
        let passes =
            journey.when.as_ref().is_none_or(|when| self.holds(when, customer, fields, time.seen));
        let with_key =
            |run: &Run, stage| run.journey == index && run.key == key && run.stage == stage;
        if let Some(run) = customer.runs.iter_mut().find(|run| with_key(run, Stage::Running)) {
            if passes {
                recapture(run, journey, fields);
            }
            let id = run.id;
            return refuse(customer, turn, Some(id), Reason::AlreadyRunning, &[]);
        }
        let window = customer.runs.iter().position(|run| with_key(run, Stage::Window));
        if !passes {
            let id = window.map(|place| customer.runs.remove(place).id);
            let values = journey.when.as_ref().map_or_else(Compared::new, |when| {
                compared(when, |field| self.read(field, customer, fields, time.seen))
            });
            return refuse(customer, turn, id, Reason::Filter, &values);
        }
        if let (Some(place), Some(quiet_for)) = (window, journey.quiet_for) {
            let run = &mut customer.runs[place];
            recapture(run, journey, fields);
            run.deadline = run.deadline.max(time.at + quiet_for.millis());
            return;
        }
        if customer.live_runs() >= MAX_RUNS {
            let values = [("limit".into(), Value::Number(MAX_RUNS as f64).into())];
            return refuse(customer, turn, None, Reason::Limit, &values);
        }
        let run = Run {
            id: RunId::of(&journey.name, customer.id, key, time.at),
            last_command: 0,
            key,
            opened_at: time.at,
            deadline: time.at,
            due: 0,
            anchor: 0,
            last_sent_at: Millis::MIN,
            journey: index,
            op: 0,
            choice: 0,
            stage: Stage::Window,
            at_send: false,
            engaged: false,
            converted: false,
            held: false,
            captures: captures(journey, fields).collect(),
        };
        match journey.quiet_for {
            Some(quiet_for) => self.open_window(customer, run, quiet_for, time, turn),
            None => {
                let place = customer.insert_run(run);
                self.enter(customer, place, time.seen, Reason::Trigger, turn);
            }
        }
    }

    fn open_window(
        &self,
        customer: &mut Customer,
        mut run: Run,
        quiet_for: Span,
        time: EventTime,
        turn: &mut Turn<'_>,
    ) {
        run.deadline = time.at + quiet_for.millis();
        let values = [("until".into(), Shown::Instant(run.deadline))];
        let (id, index) = (run.id, run.journey);
        customer.insert_run(run);
        self.decide_event(
            customer,
            time,
            index,
            Some(id),
            Verdict::Waiting,
            Reason::Window,
            &values,
            turn,
        );
    }

    /// The run at `place` enters at time `t`, or is refused by the re-entry rule and removed.
    pub(super) fn enter(
        &self,
        customer: &mut Customer,
        place: usize,
        t: Millis,
        reason: Reason,
        turn: &mut Turn<'_>,
    ) {
        let plan = &self.plan;
        let run = &customer.runs[place];
        let (index, key, id) = (run.journey, run.key, run.id);
        let journey = &plan.journeys[usize::from(index)];
        let mut decided = Decided {
            at: t,
            journey: index,
            run: Some(id),
            op: None,
            verdict: Verdict::Entered,
            reason,
            channel: None,
            command: None,
            values: &[],
        };
        if let Some(last) = earlier_entry(customer, journey.reentry, index, key, t) {
            customer.runs.remove(place);
            let values = [("last".into(), Shown::Instant(last))];
            decided = Decided {
                verdict: Verdict::Refused,
                reason: Reason::Reentry,
                values: &values,
                ..decided
            };
            return turn.effects.decide(plan, customer, &decided);
        }
        remember_entry(customer, journey.reentry, Entry { journey: index, key, at: t });
        turn.effects.decide(plan, customer, &decided);
        let run = &mut customer.runs[place];
        run.stage = Stage::Running;
        run.anchor = t;
        self.execute(customer, place, t, turn);
    }

    /// Records a decision that an event made, at the greatest record time so far.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of a decision; a struct for one call would only rename them"
    )]
    fn decide_event(
        &self,
        customer: &mut Customer,
        time: EventTime,
        journey: u16,
        run: Option<RunId>,
        verdict: Verdict,
        reason: Reason,
        values: &[Comparison],
        turn: &mut Turn<'_>,
    ) {
        let decided = Decided {
            at: time.seen,
            journey,
            run,
            op: None,
            verdict,
            reason,
            channel: None,
            command: None,
            values,
        };
        turn.effects.decide(&self.plan, customer, &decided);
    }
}

fn captures(journey: &Journey, fields: &[Value]) -> impl Iterator<Item = Value> {
    journey
        .captures
        .iter()
        .map(|index| fields.get(usize::from(*index)).cloned().unwrap_or_default())
}

/// Into the memory that is there.
fn recapture(run: &mut Run, journey: &Journey, fields: &[Value]) {
    run.captures.clear();
    run.captures.extend(captures(journey, fields));
}

/// The newest entry that the rule holds against coming again.
fn earlier_entry(
    customer: &Customer,
    rule: Reentry,
    journey: u16,
    key: u64,
    t: Millis,
) -> Option<Millis> {
    let entries = customer.entries.iter().filter(|entry| entry.journey == journey);
    let blocks = |entry: &&Entry| match rule {
        Reentry::Always => false,
        Reentry::Never => true,
        Reentry::OncePerKey => entry.key == key,
        Reentry::After(span) => t - entry.at < span.millis(),
    };
    entries.filter(blocks).map(|entry| entry.at).next_back()
}

fn remember_entry(customer: &mut Customer, rule: Reentry, entry: Entry) {
    match rule {
        Reentry::Always => return,
        // Only the newest matters.
        Reentry::Never | Reentry::After(_) => {
            customer.entries.retain(|other| other.journey != entry.journey)
        }
        Reentry::OncePerKey => {}
    }
    if customer.entries.len() >= MAX_ENTRIES {
        customer.entries.remove(0);
    }
    push_tightly(&mut customer.entries, entry);
}
