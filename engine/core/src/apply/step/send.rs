//! Sending a message: held while the shard is behind, then asked of the gate, then a command; and its fallback channels.

use super::next::Next;
use crate::apply::context::Context;
use crate::apply::coupon::Coupon;
use crate::channel::Class;
use crate::customer::{
    Customer, Document, DocumentKey, Forgotten, Pause, Place, PutOff, Reactions, Run, Sent, Touch,
};
use crate::decision::{Decided, Reason, Verdict};
use crate::effect::{Draft, Effect};
use crate::event::Subject;
use crate::gate::{self, Holdout, Question, Ruling};
use crate::id::CommandId;
use crate::journey::op::Send;
use crate::journey::shown::Subjects;
use crate::sends::{HeldOut, Mode};
use crate::time::Millis;
use crate::value::Value;

/// What is asked of the gate.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    /// The send.
    pub op: u16,
    /// Index of the channel to begin with.
    pub choice: u8,
    /// When the send was first reached.
    pub due: Millis,
    /// What has put it off until now, if a hold or a group has.
    pub by: Option<PutOff>,
}

/// The run reaches the send.
pub(super) fn run(send: &Send, context: &mut Context<'_>, run: &mut Run, op: u16) -> Next {
    let due = context.t;
    ask(send, context, run, Asked { op, choice: 0, due, by: None })
}

/// The gate is asked again, or a fallback's time is up.
pub(super) fn wake(context: &mut Context<'_>, run: &mut Run, asked: Asked) -> Next {
    let Some(send) = context.journey(run.journey).send(asked.op) else {
        return Next::Op(asked.op);
    };
    let fallback = send.channels.get(usize::from(asked.choice)).and_then(|choice| choice.fallback);
    match fallback {
        // Also where the fallback itself was put off: who has opened the message meanwhile needs no second one.
        Some(fallback) if !fallback.when.holds(run.seen()) => Next::Op(asked.op + 1),
        Some(_) | None => ask(send, context, run, asked),
    }
}

fn ask(send: &Send, context: &mut Context<'_>, run: &mut Run, asked: Asked) -> Next {
    let Asked { op, choice, due, by } = asked;
    if run.pause == Pause::Missed {
        return missed(send, context, run, asked);
    }
    if send.class == Class::Marketing && context.mode == Mode::Behind {
        let channel = send.channels.get(usize::from(choice)).map(|choice| choice.channel);
        let held = context.by_step(run, op, Verdict::Deferred, Reason::CaughtUp);
        context.decide(&Decided { channel, ..held });
        // The deadline that brought the run here stays: it is its place in the order of the release.
        return Next::Stay(Place::Gate { op, choice, due, held: true, by }, run.deadline);
    }
    let question = Question {
        plan: context.plan(),
        zones: &context.core.zones,
        reader: context.reader(run),
        run,
        class: send.class,
        shows: send.shows,
        internal: send.team.is_some(),
        coupon: send.coupon,
        pools: &*context.pools,
        choices: &send.channels,
        from: usize::from(choice),
        due,
        put_off_by: by,
    };
    match gate::judge(&question) {
        Ruling::Send(index) => {
            let passed = Passed::new(send, run, index, false);
            context.take_coupon(send, run);
            sent(send, context, run, asked, passed);
            go_on(send, context, run, asked, passed)
        }
        Ruling::HoldOut(index, holdout) => {
            context.forgo_coupon(send, run);
            kept_back(send, context, run, op, (index, holdout));
            go_on(send, context, run, asked, Passed::new(send, run, index, true))
        }
        Ruling::Defer { reason, until, by, channel, values } => {
            let deferred = context.by_step(run, op, Verdict::Deferred, reason).channel(channel);
            context.decide(&deferred.compared(values));
            let place = Place::Gate { op, choice, due, held: false, by };
            Next::Stay(place, until.max(context.t + 1))
        }
        Ruling::Drop { reason, channel, values } => {
            let dropped = context.by_step(run, op, Verdict::Dropped, reason).channel(channel);
            context.decide(&dropped.compared(values));
            // Unless an earlier channel of this send was sent, waits count from here.
            if choice == 0 {
                run.anchor = context.t;
            }
            Next::Op(op + 1)
        }
        Ruling::Exit(values) => {
            let exited = context.by_step(run, op, Verdict::Exited, Reason::WhileFalse);
            context.decide(&exited.compared(values));
            Next::Gone
        }
    }
}

/// The journey was paused until it was too late for this message.
fn missed(send: &Send, context: &mut Context<'_>, run: &mut Run, asked: Asked) -> Next {
    let Asked { op, choice, .. } = asked;
    let channel = send.channels.get(usize::from(choice)).map(|choice| choice.channel);
    let dropped = context.by_step(run, op, Verdict::Dropped, Reason::Paused);
    let dropped = dropped.number("late", context.late(run));
    context.decide(&Decided { channel, ..dropped });
    if choice == 0 {
        run.anchor = context.t;
    }
    Next::Op(op + 1)
}

/// A channel to which the gate said yes.
#[derive(Clone, Copy)]
struct Passed {
    index: usize,
    command: CommandId,
    /// A holdout keeps the message back.
    ghost: bool,
}

impl Passed {
    fn new(send: &Send, run: &Run, index: usize, ghost: bool) -> Self {
        Self { index, command: CommandId::of(run.id, &send.step, index as u32), ghost }
    }
}

/// The gate said yes to this channel: a decision and its command.
fn sent(send: &Send, context: &mut Context<'_>, run: &Run, asked: Asked, passed: Passed) {
    let Asked { op, due, .. } = asked;
    let Passed { index, command, .. } = passed;
    let t = context.t;
    let choice = send.channels[index];
    let coupon = context.coupon(send, run);
    let policy = &context.plan().policy;
    let ttl = match send.class {
        Class::Marketing => policy.marketing_ttl,
        Class::Transactional => policy.transactional_ttl,
    };
    let draft = Draft {
        documents: context.customer.cold,
        shows: shows(context.customer, run, send.shows),
        browsed: send.shows.has_browsed().then(|| context.customer.documents.browsed()),
        command_id: command,
        run_id: run.id,
        journey: run.journey,
        op,
        channel: choice.channel,
        due_at: due,
        decided_at: t,
        not_after: t + ttl.millis(),
        side: is_first(send, run).then(|| context.side(run.journey)).flatten(),
        coupon: coupon.as_ref().map(|coupon| coupon.code.clone()),
    };
    let reason = match (&send.team, choice.fallback.is_some()) {
        (Some(_), _) => Reason::Internal,
        (None, true) => Reason::Fallback,
        (None, false) => Reason::GatePassed,
    };
    let mut sent = context.by_step(run, op, Verdict::Sent, reason);
    if let Some(Coupon { pool, .. }) = coupon {
        sent = sent.value("coupon", Value::Text(pool));
    }
    context.decide(&sent.channel(choice.channel).command(command));
    context.effects.list.push(Effect::Command(draft));
}

/// The gate said yes to the channel with this index, and the holdout no: a decision alone, which reports count where the message was the customer's.
fn kept_back(
    send: &Send,
    context: &mut Context<'_>,
    run: &Run,
    op: u16,
    (index, holdout): (usize, Holdout),
) {
    let channel = send.channels[index].channel;
    let mut held_out = context.by_step(run, op, Verdict::HeldOut, holdout.reason());
    if let Some(pool) = context.pool(send, run) {
        held_out = held_out.value("coupon", Value::Text(pool));
    }
    context.decide(&held_out.channel(channel));
    if send.team.is_none() {
        context.effects.measures.hold_out(HeldOut {
            at: context.t,
            journey: context.journey(run.journey).name.to_string(),
            step: send.step.to_string(),
            channel,
            variant: send.variant.as_ref().map(ToString::to_string),
            first: is_first(send, run),
        });
    }
}

/// Whether the message is the first of its run. One to a team is none of the run's.
fn is_first(send: &Send, run: &Run) -> bool {
    send.team.is_none() && run.sent.is_none()
}

/// What follows a message is the same whether it was sent or kept back: nothing becomes of one that was kept back.
fn go_on(
    send: &Send,
    context: &mut Context<'_>,
    run: &mut Run,
    asked: Asked,
    passed: Passed,
) -> Next {
    let Asked { op, due, .. } = asked;
    let Passed { index, command, ghost } = passed;
    let t = context.t;
    let choice = send.channels[index];
    if send.class == Class::Marketing {
        let touch = Touch { at: t, journey: run.journey, channel: choice.channel, ghost };
        if gate::remember_touch(context.plan(), context.customer, touch, context.seen) {
            context.effects.forgets(Forgotten::Touch);
        }
    }
    if send.team.is_some() {
        // To the customer nothing was sent.
        run.anchor = t;
        return Next::Op(op + 1);
    }
    let is_first = is_first(send, run);
    let first = run.sent.map_or(t, |sent| sent.first);
    run.sent = Some(Sent { command, at: t, first, seen: Reactions::default() });
    if is_first {
        context.supersede(run);
    }
    // Nothing that has come so far is an answer to it.
    run.forget_heard();
    // A fallback leaves the anchor at the first channel's time.
    if choice.fallback.is_none() {
        run.anchor = t;
    }
    let later = send.channels.iter().enumerate().skip(index + 1);
    let fallback = later.filter_map(|(at, choice)| Some((at, choice.fallback?))).next();
    match fallback {
        Some((at, fallback)) => {
            let place = Place::Engagement { op, choice: at as u8, due };
            Next::Stay(place, t + fallback.within.millis())
        }
        None => Next::Op(op + 1),
    }
}

/// What the message may show of what its template reads: what its run is about, and of other kinds the customer's newest.
fn shows(
    customer: &Customer,
    run: &Run,
    read: Subjects,
) -> [Option<DocumentKey>; Subject::KEPT.len()] {
    Subject::KEPT.map(|subject| {
        let kind = Document::of(subject).filter(|_| read.has(subject))?;
        let of_run = run.about.iter().copied().find(|key| key.kind() == Some(kind));
        of_run.or_else(|| customer.documents.newest(kind))
    })
}
