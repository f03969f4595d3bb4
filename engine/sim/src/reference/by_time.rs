//! Journeys that begin by time alone: the section "Beginning by time" of the page.

use super::context::{Context, Decided, Reader};
use super::customer::{Place, Run};
use super::deadline::Moment;
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::id::{RunId, key_hash};
use cartwheel_core::journey::plan::{Backlog, Journey, Since};
use cartwheel_core::time::{DAY, Millis, format_rfc3339};
use jiff::tz::TimeZone;
use std::cmp::Reverse;
use xxhash_rust::xxh3::xxh3_64;

impl Context<'_> {
    /// Behind whatever has happened: each journey that begins by time is armed by what is known now.
    pub fn arm(&mut self) {
        let journeys = self.plan.journeys.iter().enumerate();
        let mut by_time: Vec<(u16, &Journey)> = journeys
            .filter(|(_, journey)| journey.by_time.is_some())
            .map(|(index, journey)| (index as u16, journey))
            .collect();
        by_time.sort_by_key(|(index, journey)| (Reverse(journey.priority), *index));
        for (index, journey) in by_time {
            if let Some(refused) = self.arm_one(index, journey) {
                self.decide(index, refused);
            }
        }
    }

    /// The moment of each journey that begins by time, as of now.
    pub fn moments(&self) -> Vec<Option<Moment>> {
        let moment = |(index, journey): (u16, &Journey)| {
            let by_time = journey.by_time.as_ref()?;
            let begun = self.customer.begun.get(&index).copied();
            let first = self.seen.saturating_sub(DAY).max(journey.active_from);
            self.reader_of_customer().moment(&by_time.at.text, first, begun)
        };
        (0..).zip(&self.plan.journeys).map(moment).collect()
    }

    /// Behind a past event, before which the moments were these: what would come at once, or be refused, counts as begun, and nobody hears of it.
    pub fn arm_untold(&mut self, before: &[Option<Moment>]) {
        for ((index, journey), before) in (0..).zip(&self.plan.journeys).zip(before) {
            while let Some(moment) = self.moments()[usize::from(index)] {
                let comes = self.comes(journey, moment);
                if Some(moment) == *before || comes.is_some_and(|at| at > self.seen) {
                    break;
                }
                self.customer.begun.insert(index, moment.base);
            }
            if self.moments()[usize::from(index)] != *before {
                drop(self.arm_one(index, journey));
            }
        }
    }

    /// What is refused, if the journey cannot begin by what comes next.
    fn arm_one(&mut self, index: u16, journey: &Journey) -> Option<Decided> {
        let by_time = journey.by_time.as_ref()?;
        let begun = self.customer.begun.get(&index).copied();
        let from = self.seen.saturating_sub(DAY);
        let first = from.max(journey.active_from);
        let moment = self.reader_of_customer().moment(&by_time.at.text, first, begun);
        let armed = self.customer.armed.get(&index).copied();
        if armed.map(|(moment, _)| moment) == moment {
            return None;
        }
        if let Some((_, at)) = self.customer.armed.remove(&index) {
            let timer = self.beginning(index, at);
            self.timers.remove(&timer);
        }
        let moment = moment?;
        if let Some(at) = self.comes(journey, moment) {
            let timer = self.beginning(index, at);
            self.timers.insert(timer);
            self.customer.armed.insert(index, (moment, at));
            return None;
        }
        self.customer.begun.insert(index, moment.base);
        Some(match moment.at < journey.active_from {
            true => {
                let refused = Decided::new(Verdict::Refused, Reason::NotActive);
                refused.instant("at", moment.at).instant("active_from", journey.active_from)
            }
            false => Decided::new(Verdict::Refused, Reason::Stale).instant("due", moment.at),
        })
    }

    /// When the journey begins by the moment, if it does.
    fn comes(&self, journey: &Journey, moment: Moment) -> Option<Millis> {
        if moment.at >= journey.active_from && moment.at >= self.seen.saturating_sub(DAY) {
            return Some(moment.at);
        }
        self.place(journey, journey.by_time.as_ref()?.backlog.as_ref()?, moment)
    }

    /// As another configuration comes into force: nothing is armed yet, and nothing is decided.
    pub fn arm_silently(&mut self) {
        for (index, journey) in (0..).zip(&self.plan.journeys) {
            let Some(by_time) = &journey.by_time else { continue };
            let begun = self.customer.begun.get(&index).copied();
            let first = self.seen.saturating_sub(DAY).max(journey.active_from);
            let moment = self.reader_of_customer().moment(&by_time.at.text, first, begun);
            let Some(moment) = moment else { continue };
            if let Some(at) = self.comes(journey, moment) {
                let timer = self.beginning(index, at);
                self.timers.insert(timer);
                self.customer.armed.insert(index, (moment, at));
            }
        }
    }

    /// The customer's place in the journey's backlog, if it lets the moment in.
    fn place(&self, journey: &Journey, backlog: &Backlog, moment: Moment) -> Option<Millis> {
        let mut bytes = journey.name.as_bytes().to_vec();
        bytes.extend_from_slice(b"\0backlog\0");
        bytes.extend_from_slice(&self.id.0.to_le_bytes());
        let (lot, spread) = ((xxh3_64(&bytes) % 10_000) as i64, backlog.spread.millis());
        let place = spread * lot / 10_000;
        let from = self.seen.max(journey.active_from);
        // The beginning of the stretch in which it lies, and the place there; else in the next one.
        let stretch = from.div_euclid(spread) * spread;
        let places = [stretch + place, stretch + spread + place];
        let at = places.into_iter().find(|at| *at >= from)?;
        let counts = match backlog.since {
            Since::Instant(since) => moment.at >= since.0,
            Since::Age(age) => at - moment.at <= age.millis() + spread,
        };
        counts.then_some(at)
    }

    /// The journey begins by what is armed.
    pub fn begin(&mut self, index: u16, deadline: Millis) {
        let Some((moment, _)) = self.customer.armed.remove(&index) else { return };
        self.customer.begun.insert(index, moment.base);
        let journey = self.journey(index);
        let reader = Reader { at: moment.at, ..self.reader_of_customer() };
        if !reader.holds(journey.when.as_ref()) {
            let compared = reader.shown(journey.when.as_ref());
            let what = Decided::new(Verdict::Refused, Reason::Filter).fields(compared);
            return self.decide(index, what);
        }
        if let Some(what) = self.begins_nothing(index) {
            return self.decide(index, what);
        }
        let fields = journey.by_time.iter().flat_map(|by_time| &by_time.at.fields);
        let names: Vec<&str> = fields.map(|(name, _)| name.as_str()).collect();
        let newest = reader.newest_of(&names, moment.base).unwrap_or(moment.base);
        let key = key_hash(Some(&format_rfc3339(moment.base)));
        let id = RunId::of(&journey.name, self.id, key, moment.base);
        let run = Run { newest, deadline, ..Run::opened(id, index, key, moment.base, self.t) };
        self.enter(run, Reason::Trigger);
    }

    /// Where the customer's clock stands elsewhere than before, waits that go by it are reckoned anew.
    pub fn follow_zone(&mut self, before: &TimeZone) {
        if self.customer.zone(&self.plan.policy) == *before {
            return;
        }
        let waiting = |run: &Run| match run.place {
            Place::Local { op } => self.journey(run.journey).ops[usize::from(op)]
                .local_deadline()
                .map(|it| (run.id, it)),
            Place::Window
            | Place::Delay { .. }
            | Place::Event { .. }
            | Place::Gate { .. }
            | Place::Engagement { .. }
            | Place::Goal => None,
        };
        let waiting: Vec<_> = self.customer.runs.iter().filter_map(waiting).collect();
        for (id, deadline) in waiting {
            let Some(mut run) = self.take(id) else { continue };
            let moment = self.reader_of_run(&run).moment(&deadline.text, self.t, None);
            run.deadline = moment.map_or(self.t, |moment| moment.at.max(self.t));
            self.put(run);
        }
    }
}
