//! Sending a message: held while the shard is behind, then asked of the gate, then a command; and its fallback channels.

use super::next::Next;
use crate::apply::context::Context;
use crate::channel::Class;
use crate::customer::{
    Customer, Document, DocumentKey, Forgotten, Place, PutOff, Reactions, Run, Sent, Touch,
};
use crate::decision::{Decided, Reason, Verdict};
use crate::effect::{Draft, Effect};
use crate::event::Subject;
use crate::gate::{self, Question, Ruling};
use crate::id::CommandId;
use crate::journey::op::Send;
use crate::journey::shown::Subjects;
use crate::sends::Mode;
use crate::time::Millis;

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
    if send.class == Class::Marketing && context.mode == Mode::Behind {
        let channel = send.channels.get(usize::from(choice)).map(|choice| choice.channel);
        let held = context.by_step(run, op, Verdict::Deferred, Reason::CaughtUp);
        context.decide(&Decided { channel, ..held });
        // The deadline that brought the run here stays: it is its place in the order of the release.
        return Next::Stay(Place::Gate { op, choice, due, held: true, by }, run.deadline);
    }
    if let Some(reason) = send.team.as_ref().and_then(|_| context.held_out(run)) {
        context.decide(&context.by_step(run, op, Verdict::Dropped, reason));
        run.anchor = context.t;
        return Next::Op(op + 1);
    }
    let question = Question {
        plan: context.plan(),
        zones: &context.core.zones,
        reader: context.reader(run),
        run,
        class: send.class,
        shows: send.shows,
        internal: send.team.is_some(),
        choices: &send.channels,
        from: usize::from(choice),
        due,
        put_off_by: by,
    };
    match gate::judge(&question) {
        Ruling::Send(index) => sent(send, context, run, asked, index),
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

/// The gate said yes to the channel with this index.
fn sent(send: &Send, context: &mut Context<'_>, run: &mut Run, asked: Asked, index: usize) -> Next {
    let Asked { op, due, .. } = asked;
    let t = context.t;
    let command = CommandId::of(run.id, &send.step, index as u32);
    let choice = send.channels[index];
    let is_fallback = choice.fallback.is_some();
    let policy = &context.plan().policy;
    let (ttl, marketing) = match send.class {
        Class::Marketing => (policy.marketing_ttl, true),
        Class::Transactional => (policy.transactional_ttl, false),
    };
    let draft = Draft {
        customer: context.customer.id,
        mark: context.effects.journal.mark(),
        shows: shows(context.customer, run, send.shows),
        command_id: command,
        run_id: run.id,
        journey: run.journey,
        op,
        channel: choice.channel,
        due_at: due,
        decided_at: t,
        not_after: t + ttl.millis(),
    };
    let reason = match (&send.team, is_fallback) {
        (Some(_), _) => Reason::Internal,
        (None, true) => Reason::Fallback,
        (None, false) => Reason::GatePassed,
    };
    let sent = context.by_step(run, op, Verdict::Sent, reason);
    context.decide(&sent.channel(choice.channel).command(command));
    context.effects.list.push(Effect::Command(draft));
    if marketing {
        let touch = Touch { at: t, journey: run.journey, channel: choice.channel };
        if gate::remember_touch(context.plan(), context.customer, touch, context.seen) {
            context.effects.forgets(Forgotten::Touch);
        }
    }
    if send.team.is_some() {
        // To the customer nothing was sent.
        run.anchor = t;
        return Next::Op(op + 1);
    }
    let first = run.sent.map_or(t, |sent| sent.first);
    let is_first = run.sent.is_none();
    run.sent = Some(Sent { command, at: t, first, seen: Reactions::default() });
    if is_first {
        context.supersede(run);
    }
    // Nothing that has come so far is an answer to it.
    run.forget_heard();
    // A fallback leaves the anchor at the first channel's time.
    if !is_fallback {
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
