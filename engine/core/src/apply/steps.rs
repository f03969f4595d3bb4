//! A run executes its steps until one waits (`docs/semantics.md`, "Steps").

use super::{Core, MAX_STEPS, Turn};
use crate::channel::Class;
use crate::customer::{Customer, Run, Stage, Touch};
use crate::decision::{Compared, Comparison, Reason, Shown, Verdict};
use crate::effect::{Decided, Draft, Effect};
use crate::gate::{self, Question, compared};
use crate::id::CommandId;
use crate::journey::condition::{Condition, Field};
use crate::journey::plan::{Choice, Journey, Op};
use crate::policy::LocalTime;
use crate::sends::Mode;
use crate::time::{Millis, Span};
use crate::value::{Value, ValueRef};
use std::sync::Arc;

/// What a step leaves the run to do.
enum Next {
    /// The operation at this index, at once.
    Op(u16),
    /// Nothing before the run's deadline.
    Wait,
    /// The run is gone.
    Gone,
}

impl Core {
    /// Executes the operations of the run at `place` at time `t` until one waits.
    pub(super) fn execute(
        &self,
        customer: &mut Customer,
        place: usize,
        t: Millis,
        turn: &mut Turn<'_>,
    ) {
        let plan = Arc::clone(&self.plan);
        let journey = &plan.journeys[usize::from(customer.runs[place].journey)];
        // The loader proves that there is no loop; the bound makes that proof unnecessary here.
        for _ in 0..MAX_STEPS {
            match self.step(customer, place, journey, t, turn) {
                Next::Op(op) => customer.runs[place].op = op,
                Next::Wait | Next::Gone => return,
            }
        }
    }

    fn step(
        &self,
        customer: &mut Customer,
        place: usize,
        journey: &Journey,
        t: Millis,
        turn: &mut Turn<'_>,
    ) -> Next {
        let op = customer.runs[place].op;
        match journey.ops.get(usize::from(op)) {
            Some(Op::Send { channels, .. }) => {
                self.send(customer, place, journey, channels, t, turn)
            }
            Some(Op::Wait { delay, .. }) => {
                let until = customer.runs[place].anchor + delay.millis();
                self.wait(customer, place, until, t, turn)
            }
            Some(Op::WaitUntil { until, at_most, .. }) => {
                let until = self.next_local(customer, *until, *at_most, t);
                self.wait(customer, place, until, t, turn)
            }
            Some(Op::Branch { arms, otherwise, .. }) => {
                Next::Op(self.branch(customer, place, arms, *otherwise, t, turn))
            }
            Some(Op::Jump(target)) => Next::Op(*target),
            Some(Op::Exit { .. }) => {
                self.decide(customer, place, t, Verdict::Exited, Reason::Step, None, &[], turn);
                customer.runs.remove(place);
                Next::Gone
            }
            Some(Op::End) | None => self.finish(customer, place, journey, t, turn),
        }
    }

    fn wait(
        &self,
        customer: &mut Customer,
        place: usize,
        until: Millis,
        t: Millis,
        turn: &mut Turn<'_>,
    ) -> Next {
        let op = customer.runs[place].op;
        if until <= t {
            return Next::Op(op + 1);
        }
        let values = [("until".into(), Shown::Instant(until))];
        self.decide(customer, place, t, Verdict::Waiting, Reason::Step, None, &values, turn);
        customer.runs[place].deadline = until;
        Next::Wait
    }

    /// The next local time of day at or after `t`, at most `at_most` away.
    fn next_local(&self, customer: &Customer, at: LocalTime, at_most: Span, t: Millis) -> Millis {
        let until = self.zones.next_local(customer.zone, t, gate::clock(at));
        until.min(t + at_most.millis())
    }

    fn branch(
        &self,
        customer: &mut Customer,
        place: usize,
        arms: &[(Option<Condition>, u16)],
        otherwise: u16,
        t: Millis,
        turn: &mut Turn<'_>,
    ) -> u16 {
        let run = &customer.runs[place];
        let taken = arms.iter().position(|(when, _)| {
            let Some(when) = when else { return true };
            when.holds(|field| self.read_step(field, customer, run, t))
        });
        let Some(arm) = taken else {
            self.decide(customer, place, t, Verdict::Branched, Reason::NoArm, None, &[], turn);
            return otherwise;
        };
        let mut values: Compared = vec![("arm".into(), Value::Number(arm as f64).into())];
        let reason = match &arms[arm].0 {
            Some(when) => {
                values.extend(compared(when, |field| self.read_step(field, customer, run, t)));
                Reason::Condition
            }
            None => Reason::Otherwise,
        };
        self.decide(customer, place, t, Verdict::Branched, reason, None, &values, turn);
        arms[arm].1
    }

    fn read_step<'v>(
        &self,
        field: Field,
        customer: &'v Customer,
        run: &'v Run,
        t: Millis,
    ) -> ValueRef<'v> {
        match field {
            Field::Capture(index) => {
                run.captures.get(usize::from(index)).map_or(ValueRef::Null, Value::borrow)
            }
            field => customer.field(field, &self.attributes, t),
        }
    }

    fn finish(
        &self,
        customer: &mut Customer,
        place: usize,
        journey: &Journey,
        t: Millis,
        turn: &mut Turn<'_>,
    ) -> Next {
        self.decide(customer, place, t, Verdict::Finished, Reason::Completed, None, &[], turn);
        let run = &mut customer.runs[place];
        let until = journey
            .goal_within
            .filter(|_| run.has_sent())
            .map(|within| run.last_sent_at + within.millis());
        match until {
            Some(until) if until > t => {
                run.stage = Stage::Lingering;
                run.deadline = until;
                run.captures.clear();
            }
            _ => {
                customer.runs.remove(place);
            }
        }
        Next::Gone
    }

    fn send(
        &self,
        customer: &mut Customer,
        place: usize,
        journey: &Journey,
        choices: &[Choice],
        t: Millis,
        turn: &mut Turn<'_>,
    ) -> Next {
        let run = &mut customer.runs[place];
        if !run.at_send {
            run.at_send = true;
            run.due = t;
            run.choice = 0;
        }
        if journey.class == Class::Marketing && turn.mode == Mode::Behind {
            return self.hold(customer, place, choices, t, turn);
        }
        let question = Question {
            plan: &self.plan,
            zones: &self.zones,
            attributes: &self.attributes,
            customer,
            run: place,
            choices,
            t,
        };
        match gate::judge(&question) {
            gate::Verdict::Send(index) => {
                self.sent(customer, place, journey, choices, index, t, turn)
            }
            gate::Verdict::Defer { reason, until, channel, values } => {
                self.decide(
                    customer,
                    place,
                    t,
                    Verdict::Deferred,
                    reason,
                    Some(channel),
                    &values,
                    turn,
                );
                customer.runs[place].deadline = until.max(t + 1);
                Next::Wait
            }
            gate::Verdict::Drop { reason, channel, values } => {
                self.decide(
                    customer,
                    place,
                    t,
                    Verdict::Dropped,
                    reason,
                    Some(channel),
                    &values,
                    turn,
                );
                self.after_send(customer, place, t)
            }
            gate::Verdict::Exit(values) => {
                self.decide(
                    customer,
                    place,
                    t,
                    Verdict::Exited,
                    Reason::WhileFalse,
                    None,
                    &values,
                    turn,
                );
                customer.runs.remove(place);
                Next::Gone
            }
        }
    }

    /// The shard is behind: the send waits for it to catch up, with its deadline kept for the order of the release.
    fn hold(
        &self,
        customer: &mut Customer,
        place: usize,
        choices: &[Choice],
        t: Millis,
        turn: &mut Turn<'_>,
    ) -> Next {
        let run = &mut customer.runs[place];
        let channel = choices.get(usize::from(run.choice)).map(|choice| choice.channel);
        run.held = true;
        self.decide(customer, place, t, Verdict::Deferred, Reason::CaughtUp, channel, &[], turn);
        Next::Wait
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one send's facts; a struct for one call would only rename them"
    )]
    fn sent(
        &self,
        customer: &mut Customer,
        place: usize,
        journey: &Journey,
        choices: &[Choice],
        index: usize,
        t: Millis,
        turn: &mut Turn<'_>,
    ) -> Next {
        let run = &customer.runs[place];
        let step = journey.ops[usize::from(run.op)].step().map_or("", |step| step.as_str());
        let command_id = CommandId::of(run.id, step, index as u32);
        let channel = choices[index].channel;
        let fallback = choices[index].if_no_engagement_within.is_some();
        let (ttl, marketing) = match journey.class {
            Class::Marketing => (self.plan.policy.marketing_ttl, true),
            Class::Transactional => (self.plan.policy.transactional_ttl, false),
        };
        let draft = Draft {
            customer: customer.id,
            mark: turn.effects.journal.mark(),
            command_id,
            run_id: run.id,
            journey: run.journey,
            op: run.op,
            channel,
            due_at: run.due,
            decided_at: t,
            not_after: t + ttl.millis(),
        };
        let touch = Touch { at: t, journey: run.journey, channel };
        let reason = if fallback { Reason::Fallback } else { Reason::GatePassed };
        let op = run.op;
        let decided = Decided {
            at: t,
            journey: touch.journey,
            run: Some(draft.run_id),
            op: Some(op),
            verdict: Verdict::Sent,
            reason,
            channel: Some(channel),
            command: Some(command_id),
            values: &[],
        };
        turn.effects.decide(&self.plan, customer, &decided);
        turn.effects.list.push(Effect::Command(draft));
        if marketing {
            gate::remember_touch(&self.plan, customer, touch);
        }
        let run = &mut customer.runs[place];
        run.last_command = command_id.0;
        run.last_sent_at = t;
        run.engaged = false;
        // A fallback leaves the anchor at the first channel's time.
        if !fallback {
            run.anchor = t;
        }
        let next_fallback = choices
            .iter()
            .enumerate()
            .skip(index + 1)
            .find_map(|(at, choice)| Some((at, choice.if_no_engagement_within?)));
        match next_fallback {
            Some((at, within)) => {
                run.choice = at as u8;
                run.deadline = t + within.millis();
                Next::Wait
            }
            None => self.leave_send(customer, place),
        }
    }

    /// After a drop: the anchor is the time of the drop, unless an earlier channel of this send was sent.
    fn after_send(&self, customer: &mut Customer, place: usize, t: Millis) -> Next {
        let run = &mut customer.runs[place];
        if run.choice == 0 {
            run.anchor = t;
        }
        self.leave_send(customer, place)
    }

    pub(super) fn leave_send_op(&self, customer: &mut Customer, place: usize) {
        if let Next::Op(op) = self.leave_send(customer, place) {
            customer.runs[place].op = op;
        }
    }

    fn leave_send(&self, customer: &mut Customer, place: usize) -> Next {
        let run = &mut customer.runs[place];
        run.at_send = false;
        run.choice = 0;
        Next::Op(run.op + 1)
    }

    /// Records a decision of the run at `place`, by its present operation.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of a decision; a struct for one call would only rename them"
    )]
    pub(super) fn decide(
        &self,
        customer: &mut Customer,
        place: usize,
        t: Millis,
        verdict: Verdict,
        reason: Reason,
        channel: Option<crate::channel::Channel>,
        values: &[Comparison],
        turn: &mut Turn<'_>,
    ) {
        let run = &customer.runs[place];
        let (journey, id, op) = (run.journey, run.id, run.op);
        let decided = Decided {
            at: t,
            journey,
            run: Some(id),
            op: Some(op),
            verdict,
            reason,
            channel,
            command: None,
            values,
        };
        turn.effects.decide(&self.plan, customer, &decided);
    }
}
