//! A living shop: people with habits, a catalogue, and a queue of what happens next.
//!
//! The shop begins with a file of customers, who then come and go by the hours of their own day, for ever. Seven carts in ten are
//! abandoned. Many in the file have bought before, and their history is read in with it; what they order is sent, and comes back now and then.
//! What the engine sends is fed back with [`Story::react`]; some of it is opened, clicked, and leads to an order of the very
//! cart. The [`PERSONAS`] live a written day each.
//!
//! The story depends on its options and on the commands, not on when the calls are made, as long as each command is
//! fed back before the story has passed [`SOONEST_REACTION`] after its decision. Fed back later, its reactions still keep the times that
//! they would have had, and are returned at once.

mod aftermath;
mod catalogue;
mod facts;
mod personas;
mod reaction;
mod shopper;
mod visit;

pub use catalogue::{CATALOGUE, Product};
pub use personas::{PERSONAS, Persona};
pub use reaction::SOONEST_REACTION;

use crate::names::customer_number;
use crate::random::{Random, mix};
use cartwheel_core::command::Command;
use cartwheel_core::time::{DAY, HOUR, Millis, SECOND};
use facts::Fact;
use shopper::Shopper;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use visit::Plan;

/// How likely people are to be in the shop in each hour of their day; the most likely hour is 100.
const RHYTHM: [u64; 24] =
    [12, 7, 4, 3, 3, 5, 12, 25, 40, 50, 55, 60, 70, 62, 55, 52, 55, 62, 72, 85, 100, 92, 60, 28];

/// The sum of [`RHYTHM`] in per cent of a day at the most likely hour.
const RHYTHM_SUM: i64 = 1_069;

/// Keep the draws of what became of orders, and of what happened before the story, apart from the others.
const ORDERS: u64 = u64::from_be_bytes(*b"\0\0orders");
const PAST: u64 = u64::from_be_bytes(*b"\0\0\0\0past");

/// What a story is made from.
#[derive(Clone, Debug)]
pub struct StoryOptions {
    /// The same seed gives the same people and, with the same commands, the same story.
    pub seed: u64,
    /// When the shop opens, epoch milliseconds.
    pub start: Millis,
    /// Customers after three days, personas included; at least 100. Nine in ten stand in the file at the start; the others
    /// sign up evenly, and go on signing up at this rate.
    pub customers: u32,
    /// Visits to the shop in a day.
    pub visits_a_day: u32,
}

impl StoryOptions {
    /// 5,000 customers who pay 4,000 visits a day, from `start` (epoch milliseconds) on; seed 1.
    pub fn from(start: Millis) -> Self {
        Self { seed: 1, start, customers: 5_000, visits_a_day: 4_000 }
    }
}

/// An event of the story, ready to be written to the events topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryEvent {
    /// When the shop tells of it, epoch milliseconds: the event's own time, but for history that is read in.
    pub time: Millis,
    /// The record's key: the customer string.
    pub key: String,
    /// The event's type.
    pub kind: &'static str,
    /// The event as JSON.
    pub json: Vec<u8>,
}

/// What is due.
#[derive(Clone, Debug)]
enum Deed {
    /// Somebody may come in; the next arrival is drawn.
    Arrival,
    /// A new customer signs up.
    SignUp,
    /// A shopper does something.
    Does(Fact),
}

/// An entry of the queue, ordered by time, then shopper, then the order of planning.
#[derive(Clone, Debug)]
struct Due {
    time: Millis,
    shopper: u32,
    sequence: u64,
    deed: Deed,
}

impl Due {
    const fn key(&self) -> (Millis, u32, u64) {
        (self.time, self.shopper, self.sequence)
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// The living shop.
#[derive(Clone, Debug)]
pub struct Story {
    options: StoryOptions,
    /// Personas first, then everybody else by number.
    shoppers: Vec<Shopper>,
    queue: BinaryHeap<Reverse<Due>>,
    planned: u64,
    arrivals: Random,
}

impl Story {
    /// The shop on the morning of its opening.
    pub fn new(options: StoryOptions) -> Self {
        let customers = options.customers.max(100);
        let options =
            StoryOptions { customers, visits_a_day: options.visits_a_day.max(1), ..options };
        let arrivals = Random::of(options.seed, 1);
        let start = options.start;
        let mut story =
            Self { options, shoppers: Vec::new(), queue: BinaryHeap::new(), planned: 0, arrivals };
        for persona in &PERSONAS {
            if let Some((shopper, plan)) = personas::script(persona.customer, start) {
                let number = story.move_in(shopper);
                story.plan(number, plan);
            }
        }
        story.import();
        story.push(start + 10 * 60 * SECOND, 0, Deed::Arrival);
        story.push(start + HOUR / 2, 0, Deed::SignUp);
        story
    }

    /// The next event before `limit` (epoch milliseconds, exclusive), if there is one. Times do not go back, except after
    /// commands that were fed back late (see the module).
    pub fn next_before(&mut self, limit: Millis) -> Option<StoryEvent> {
        while self.queue.peek().is_some_and(|Reverse(due)| due.time < limit) {
            let Reverse(due) = self.queue.pop()?;
            let event = match due.deed {
                Deed::Arrival => self.arrive(due.time),
                Deed::SignUp => self.sign_up(due.time),
                Deed::Does(fact) => self.tell(due.shopper, &fact, due.time),
            };
            if event.is_some() {
                return event;
            }
        }
        None
    }

    /// When the next thing may happen, epoch milliseconds; the shop never closes.
    pub fn next_time(&self) -> Option<Millis> {
        self.queue.peek().map(|Reverse(due)| due.time)
    }

    /// Lets the receiver of this command react to the message, some time after it was decided. A command that the shopper
    /// remembers is ignored, and so is one for somebody unknown.
    pub fn react(&mut self, command: &Command) {
        let Some(number) = self.number_of(&command.customer) else { return };
        let shopper = &mut self.shoppers[number as usize];
        if !shopper.receives(command.command_id) {
            return;
        }
        let id = command.command_id.0;
        let mut random = Random::of(self.options.seed, (id >> 64) as u64 ^ id as u64);
        let plan = reaction::react(shopper, command, &mut random);
        self.plan(number, plan);
    }

    /// The place of a customer string among the shoppers.
    fn number_of(&self, customer: &str) -> Option<u32> {
        let number = match PERSONAS.iter().position(|persona| persona.customer == customer) {
            Some(place) => place as u32,
            None => customer_number(customer).filter(|&number| number >= PERSONAS.len() as u32)?,
        };
        ((number as usize) < self.shoppers.len()).then_some(number)
    }

    fn move_in(&mut self, shopper: Shopper) -> u32 {
        self.shoppers.push(shopper);
        self.shoppers.len() as u32 - 1
    }

    /// The customer file, read in within the first ten minutes.
    fn import(&mut self) {
        let count = self.options.customers / 10 * 9;
        while self.shoppers.len() < count as usize {
            let number = self.move_in(Shopper::of(self.options.seed, self.shoppers.len() as u32));
            let time = self.options.start + i64::from(number) * 9 * 60 * SECOND / i64::from(count);
            self.plan(number, vec![(time, Fact::Imported)]);
            let mut random = Random::of(self.options.seed ^ PAST, u64::from(number));
            let past = aftermath::history(&mut random, &self.shoppers[number as usize].name, time);
            self.plan(number, past);
        }
    }

    fn push(&mut self, time: Millis, shopper: u32, deed: Deed) {
        self.planned += 1;
        self.queue.push(Reverse(Due { time, shopper, sequence: self.planned, deed }));
    }

    fn plan(&mut self, shopper: u32, plan: Plan) {
        plan.into_iter().for_each(|(time, fact)| self.push(time, shopper, Deed::Does(fact)));
    }

    /// Somebody thinks of the shop; whether they come depends on the hour where they live.
    fn arrive(&mut self, at: Millis) -> Option<StoryEvent> {
        // Thoughts come evenly at the rate of the busiest hour, and are kept by the rhythm: 2,400 of 1,069 stay visits.
        let mean = DAY * RHYTHM_SUM / (2_400 * i64::from(self.options.visits_a_day));
        let next = at + 1 + self.arrivals.between(0, 2 * mean);
        self.push(next, 0, Deed::Arrival);
        let strangers = self.shoppers.len() as u64 - PERSONAS.len() as u64;
        let number = PERSONAS.len() as u32 + self.arrivals.below(strangers) as u32;
        let shopper = &self.shoppers[number as usize];
        if self.arrivals.below(100) < RHYTHM[shopper.hour(at) as usize] {
            self.begin_visit(number, at);
        }
        None
    }

    fn begin_visit(&mut self, number: u32, at: Millis) {
        let shopper = &mut self.shoppers[number as usize];
        shopper.visits += 1;
        let mut random = Random::of(self.options.seed ^ mix(shopper.visits), u64::from(number));
        let plan =
            visit::visit(&mut random, at, shopper.cart.is_some(), !shopper.profile.consent.email);
        self.plan(number, plan);
    }

    /// A new customer, who looks around at once.
    fn sign_up(&mut self, at: Millis) -> Option<StoryEvent> {
        let a_day = i64::from(self.options.customers - self.options.customers / 10 * 9) / 3;
        self.push(at + DAY / a_day.max(1), 0, Deed::SignUp);
        let number = self.move_in(Shopper::of(self.options.seed, self.shoppers.len() as u32));
        self.begin_visit(number, at + 20 * SECOND);
        self.tell(number, &Fact::Created, at)
    }

    fn tell(&mut self, number: u32, fact: &Fact, at: Millis) -> Option<StoryEvent> {
        let shopper = &mut self.shoppers[number as usize];
        let told = shopper.tell(fact, at, self.options.seed, number)?;
        let (key, cart_number) = (shopper.name.clone(), shopper.carts);
        let scripted = shopper.persona.is_some();
        if let Some(cart) = told.bought {
            let mut random =
                Random::of(self.options.seed ^ ORDERS, u64::from(number) << 32 | cart_number);
            self.plan(number, aftermath::of_order(&mut random, &cart, at, scripted));
        }
        Some(StoryEvent { time: at, key, kind: told.kind, json: told.json })
    }
}
