//! The gate: may this message leave now?

use super::caps::Block;
use super::context::{Context, Decided};
use super::coupons::Lacking;
use super::customer::{Place, PutOff, Run, Touch};
use super::effect::{Effect, ExpectedCommand};
use super::put_off::Says;
use super::steps::Next;
use super::zone;
use cartwheel_core::channel::{Channel, Class};
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::event::Subject;
use cartwheel_core::id::CommandId;
use cartwheel_core::journey::op::{Choice, Send};
use cartwheel_core::journey::shown::Subjects;
use cartwheel_core::sends::Mode;
use cartwheel_core::time::{Millis, Span};
use cartwheel_core::value::Value;
use compact_str::CompactString;

/// A send of the plan.
struct Message<'p> {
    /// The pool from which it has a coupon, and once it leaves the code.
    pool: Option<String>,
    code: Option<String>,
    op: u16,
    step: &'p CompactString,
    template: &'p CompactString,
    class: Class,
    team: Option<&'p CompactString>,
    channels: &'p [Choice],
    shows: Subjects,
}

/// The answer of the parts that look at the chosen channel.
enum Ruling {
    /// Yes.
    Send,
    /// Never.
    Drop(Decided),
    /// Not before an instant.
    Defer(Millis, Option<PutOff>, Decided),
    /// The run is over.
    Exit(Decided),
}

impl Context<'_> {
    /// Runs the gate for operation `op`, which is a send, from channel `index`. Where the run stays, its place and deadline are set.
    pub fn send(&mut self, run: &mut Run, op: u16, index: usize) -> Next {
        let Some(send) = self.journey(run.journey).ops[usize::from(op)].send() else {
            return Next::Step;
        };
        let (pool, code) = (self.pool_of(run.journey, send), None);
        let Send { step, template, class, team, channels, shows, .. } = send;
        let (class, team, shows) = (*class, team.as_ref(), *shows);
        let mut message = Message { pool, code, op, step, template, class, team, channels, shows };
        let is_fallback = channels[index].fallback.is_some();
        let what = |verdict, reason| Decided::new(verdict, reason).run(run.id).step(step);
        let marketing = message.class == Class::Marketing;
        let was = run.put_off.take();
        if run.missed {
            let late = self.t - run.deadline;
            let missed = what(Verdict::Dropped, Reason::Paused).channel(channels[index].channel);
            self.decide(run.journey, missed.number("late", late));
            if !is_fallback {
                run.anchor = self.t;
            }
            return Next::Step;
        }
        if marketing && self.mode == Mode::Behind {
            // The deadline that brought the run here stays: it is the run's place when the shard is live again.
            let held = what(Verdict::Deferred, Reason::CaughtUp).channel(channels[index].channel);
            run.place = Place::Gate { op, choice: index };
            (run.held, run.put_off) = (true, was);
            self.decide(run.journey, held);
            return Next::Stay;
        }
        if message.team.is_some() {
            return self.tell_team(run, &message);
        }
        let verdict = match self.choose(&message, index, marketing) {
            Err(reason) => {
                Ruling::Drop(what(Verdict::Dropped, reason).channel(channels[index].channel))
            }
            Ok(chosen) => {
                let channel = channels[chosen].channel;
                let ruling = match self.judge(run, &message, (channel, was), marketing) {
                    Ruling::Send => self.lacks_coupon(run, &message, channel, marketing),
                    other => other,
                };
                if matches!(ruling, Ruling::Send) {
                    return self.leave(run, &mut message, chosen, marketing);
                }
                ruling
            }
        };
        match verdict {
            Ruling::Send => Next::Step,
            Ruling::Drop(what) => {
                self.decide(run.journey, what);
                if !is_fallback {
                    run.anchor = self.t;
                }
                Next::Step
            }
            Ruling::Defer(until, put_off, what) => {
                self.decide(run.journey, what);
                run.place = Place::Gate { op, choice: index };
                (run.deadline, run.put_off) = (until, put_off);
                Next::Stay
            }
            Ruling::Exit(what) => {
                self.decide(run.journey, what);
                Next::Gone
            }
        }
    }

    /// A message to people of the shop: nothing is asked that is the customer's to say.
    fn tell_team(&mut self, run: &mut Run, message: &Message<'_>) -> Next {
        let (journey, channel) = (self.journey(run.journey), message.channels[0].channel);
        let what = |verdict, reason| Decided::new(verdict, reason).run(run.id).step(message.step);
        let reader = self.reader_of_run(run);
        if !reader.holds(journey.while_.as_ref()) {
            let exit = what(Verdict::Exited, Reason::WhileFalse);
            let exit = exit.fields(reader.shown(journey.while_.as_ref()));
            self.decide(run.journey, exit);
            return Next::Gone;
        }
        let gone = self.lacks_document(run, message.shows);
        if let Some(of) = self.withheld(run.journey).filter(|_| !gone) {
            run.anchor = self.t;
            self.decide(run.journey, what(Verdict::HeldOut, of.reason()).channel(channel));
            return Next::Step;
        }
        let command_id = CommandId::of(run.id, message.step, 0);
        let mut decided = match gone {
            true => what(Verdict::Dropped, Reason::NoDocument).channel(channel),
            false => what(Verdict::Sent, Reason::Internal).channel(channel),
        };
        decided.command = (!gone).then_some(command_id);
        self.decide(run.journey, decided);
        run.anchor = self.t;
        if !gone {
            let policy = &self.plan.policy;
            let team = message.team.and_then(|team| policy.teams.get(team.as_str()));
            let email = team.map(|team| team.email.clone()).unwrap_or_default();
            let to = if channel == Channel::Email { email } else { String::new() };
            self.command(run, message, 0, policy.transactional_ttl, to);
        }
        Next::Step
    }

    /// The command for the channel with this index.
    fn command(&mut self, run: &Run, message: &Message<'_>, index: usize, ttl: Span, to: String) {
        let mut data = self.customer.data(&run.about, message.shows);
        if let Some(code) = &message.code {
            data["coupon"] = code.as_str().into();
        }
        self.out.push(Effect::Command(ExpectedCommand {
            command_id: CommandId::of(run.id, message.step, index as u32),
            run_id: run.id,
            journey: self.journey(run.journey).name.to_string(),
            step: message.step.to_string(),
            customer: self.customer.name.to_string(),
            channel: message.channels[index].channel,
            template: message.template.to_string(),
            due_at: run.due,
            decided_at: self.t,
            not_after: self.t.saturating_add(ttl.millis()),
            to,
            data,
            side: match message.team.is_none() && run.first_sent.is_none() {
                true => self.side(run.journey),
                false => None,
            },
        }));
    }

    /// The channel to use, or why the first one cannot be. A fallback stands alone.
    fn choose(
        &self,
        message: &Message<'_>,
        index: usize,
        marketing: bool,
    ) -> Result<usize, Reason> {
        if message.channels[index].fallback.is_some() {
            return self.allowed(message.channels[index].channel, marketing).map(|()| index);
        }
        let mut first = None;
        for (place, choice) in message.channels.iter().enumerate().skip(index) {
            if choice.fallback.is_some() {
                continue;
            }
            match self.allowed(choice.channel, marketing) {
                Ok(()) => return Ok(place),
                Err(reason) => first = first.or(Some(reason)),
            }
        }
        Err(first.unwrap_or(Reason::Unreachable))
    }

    pub(super) fn allowed(&self, channel: Channel, marketing: bool) -> Result<(), Reason> {
        if channel == Channel::Webhook {
            return Ok(());
        }
        if marketing && self.customer.consent(channel) != Some(true) {
            return Err(Reason::NoConsent);
        }
        if self.customer.bounced[channel as usize] || self.customer.complained[channel as usize] {
            return Err(Reason::Suppressed);
        }
        self.customer.address(channel).map(|_| ()).ok_or(Reason::Unreachable)
    }

    /// While, documents, holds, group, quiet hours, caps. `was` has put it off until now.
    fn judge(
        &self,
        run: &Run,
        message: &Message<'_>,
        (channel, was): (Channel, Option<PutOff>),
        marketing: bool,
    ) -> Ruling {
        let journey = self.journey(run.journey);
        let policy = &self.plan.policy;
        let what = |verdict, reason| {
            Decided::new(verdict, reason).run(run.id).step(message.step).channel(channel)
        };
        let reader = self.reader_of_run(run);
        if !reader.holds(journey.while_.as_ref()) {
            let exit =
                Decided::new(Verdict::Exited, Reason::WhileFalse).run(run.id).step(message.step);
            return Ruling::Exit(exit.fields(reader.shown(journey.while_.as_ref())));
        }
        if self.lacks_document(run, message.shows) {
            return Ruling::Drop(what(Verdict::Dropped, Reason::NoDocument));
        }
        if !marketing {
            return Ruling::Send;
        }
        let of_send = |what: Decided| what.run(run.id).step(message.step).channel(channel);
        match self.put_off(run, was) {
            Some(Says::Wait(until, by, what)) => {
                return Ruling::Defer(until, Some(by), of_send(what));
            }
            Some(Says::Never(what)) => return Ruling::Drop(of_send(what)),
            None => {}
        }
        if let Some(until) = self.quiet_until(run, channel) {
            return Ruling::Defer(
                until,
                None,
                what(Verdict::Deferred, Reason::QuietHours).instant("until", until),
            );
        }
        let Some(Block { reason, until, skip, values }) = self.capped(run, channel) else {
            return Ruling::Send;
        };
        if skip || until.saturating_sub(run.due) > policy.max_defer.millis() {
            return Ruling::Drop(what(Verdict::Dropped, reason).fields(values));
        }
        Ruling::Defer(until, None, what(Verdict::Deferred, reason).fields(values))
    }

    /// Behind all of the gate but the holdout: a message with a coupon needs a code.
    fn lacks_coupon(
        &self,
        run: &Run,
        message: &Message<'_>,
        channel: Channel,
        marketing: bool,
    ) -> Ruling {
        let Some(pool) = message.pool.as_deref() else { return Ruling::Send };
        let held_out = marketing && self.held_out(self.journey(run.journey)).is_some();
        let would_have = held_out && run.would_have.contains(pool);
        if would_have || run.codes.contains_key(pool) {
            return Ruling::Send;
        }
        let of_send = |what: Decided| what.run(run.id).step(message.step);
        match self.lacks_code(run, pool, channel) {
            Some(Lacking::Wait(until, what)) => Ruling::Defer(until, None, of_send(what)),
            Some(Lacking::Never(what)) => Ruling::Drop(of_send(what)),
            None => Ruling::Send,
        }
    }

    /// Whether a document is gone that the run is about, and that the message shows or the journey's trigger events bring as a whole.
    fn lacks_document(&self, run: &Run, shows: Subjects) -> bool {
        let whole = |kind: &str| {
            let brings = match kind {
                "cart" => "cart_updated",
                "order" => "order_placed",
                "checkout" => "checkout_started",
                _ => "product_viewed",
            };
            let interest = self.plan.events.get(brings);
            let journeys = interest.into_iter().flat_map(|interest| &interest.journeys);
            journeys.into_iter().any(|of| of.journey == run.journey && of.trigger)
        };
        let shown = |kind: &str| {
            Subject::KEPT.iter().any(|subject| subject.name() == kind && shows.has(*subject))
        };
        let asked = run.about.iter().filter(|(kind, _)| shown(kind) || whole(kind));
        asked.into_iter().any(|name| !self.customer.documents.is_there(name))
    }

    /// The channel of these, from `index` on, that a marketing message would leave by now.
    pub fn would_use(&self, channels: &[Choice], index: usize) -> Option<Channel> {
        self.usable(channels, index, true)
    }

    /// The same of any message.
    pub fn usable(&self, channels: &[Choice], index: usize, marketing: bool) -> Option<Channel> {
        let behind = channels.iter().skip(index);
        let plain = behind.clone().filter(|choice| choice.fallback.is_none());
        let fallback = behind.take(1).filter(|choice| choice.fallback.is_some());
        let mut tried = fallback.chain(plain).map(|choice| choice.channel);
        tried.find(|channel| self.allowed(*channel, marketing).is_ok())
    }

    /// The end of the first quiet span, in the policy's order, that is for this customer and holds this instant.
    fn quiet_until(&self, run: &Run, channel: Channel) -> Option<Millis> {
        let zone = self.customer.zone(&self.plan.policy);
        let minute = |time: cartwheel_core::policy::LocalTime| Millis::from(time.0) * 60_000;
        let now = zone::time_of_day(self.t, &zone);
        let spans =
            self.plan.policy.quiet_hours.iter().filter(|quiet| quiet.channels.contains(&channel));
        let inside = |from: Millis, to: Millis| {
            if from <= to { from <= now && now < to } else { now >= from || now < to }
        };
        let reader = self.reader_of_run(run);
        let mut own =
            spans.filter(|quiet| quiet.where_.as_ref().is_none_or(|where_| reader.is_true(where_)));
        let quiet = own.find(|quiet| inside(minute(quiet.from), minute(quiet.to)))?;
        Some(zone::next_local(self.t.saturating_add(1), quiet.to, &zone))
    }

    /// All of the gate but the holdout said yes.
    fn leave(
        &mut self,
        run: &mut Run,
        message: &mut Message<'_>,
        index: usize,
        marketing: bool,
    ) -> Next {
        let channel = message.channels[index].channel;
        let is_fallback = message.channels[index].fallback.is_some();
        let command_id = CommandId::of(run.id, message.step, index as u32);
        // The last word of the gate.
        let holdout = match marketing {
            true => self.held_out(self.journey(run.journey)),
            false => None,
        };
        let (verdict, reason) = match holdout {
            Some(of) => (Verdict::HeldOut, of.reason()),
            None if is_fallback => (Verdict::Sent, Reason::Fallback),
            None => (Verdict::Sent, Reason::GatePassed),
        };
        let mut what =
            Decided::new(verdict, reason).run(run.id).step(message.step).channel(channel);
        what.command = holdout.is_none().then_some(command_id);
        if let Some(pool) = message.pool.clone() {
            match holdout {
                Some(_) => {
                    run.would_have.insert(pool.clone());
                }
                None => message.code = self.code(run, &pool),
            }
            what = what.value("coupon", Value::Text(pool.into()));
        }
        self.decide(run.journey, what);
        if holdout.is_some() {
            self.measure_held_out(run, message.op, channel);
        } else {
            let policy = &self.plan.policy;
            let ttl = if marketing { policy.marketing_ttl } else { policy.transactional_ttl };
            let to = self.customer.address(channel).unwrap_or_default().to_owned();
            self.command(run, message, index, ttl, to);
        }
        if marketing {
            let (at, journey, ghost) = (self.t, run.journey, holdout.is_some());
            let journey = Some(journey);
            self.customer.touches.push(Touch { at, channel, journey, ghost });
        }
        if run.first_sent.is_none() {
            self.supersede(run);
        }
        run.first_sent = run.first_sent.or(Some(self.t));
        run.last_sent = Some((self.t, command_id));
        run.last_op = Some(message.op);
        run.told.clear();
        run.heard.clear();
        if !is_fallback {
            run.anchor = self.t;
        }
        self.await_engagement(run, message, index)
    }

    /// If a fallback stands after the channel that was sent, the run waits for engagement first.
    fn await_engagement(&self, run: &mut Run, message: &Message<'_>, sent: usize) -> Next {
        let later = message.channels.iter().enumerate().skip(sent + 1);
        let fallback =
            later.filter_map(|(index, choice)| Some((index, choice.fallback?.within))).next();
        let Some((index, within)) = fallback else { return Next::Step };
        run.place = Place::Engagement { op: message.op, choice: index };
        run.deadline = self.t.saturating_add(within.millis()).max(self.t.saturating_add(1));
        Next::Stay
    }
}
