//! What people do with a message: rates near the field's averages, hours in which people read.

use super::facts::{Fact, Message, Survey};
use super::personas::Role;
use super::shopper::Shopper;
use super::visit::{Plan, eager_visit};
use crate::random::Random;
use cartwheel_core::channel::{Channel, Class};
use cartwheel_core::command::Command;
use cartwheel_core::time::{HOUR, Millis, SECOND};

/// The least time between the decision to send and any reaction, milliseconds. Whoever feeds commands back within this much
/// story time gets the same story, however fast it runs.
pub const SOONEST_REACTION: Millis = 15 * 60 * SECOND;

/// Shares per mille: of the messages that are opened, of the openers who click, of the clickers who buy, and of the openers who
/// unsubscribe.
struct Rates {
    opened: u64,
    clicked: u64,
    bought: u64,
    unsubscribed: u64,
}

/// Of those who open a question so many per mille answer it.
const ANSWERED: u64 = 400;

/// The rates of a message: recovery mail is opened by four in ten, clicked by two, and one in ten buys; text messages are read by nearly all.
fn rates(command: &Command) -> Rates {
    match (command.channel, command.class, command.journey.as_str()) {
        (Channel::Sms | Channel::Whatsapp, ..) => {
            Rates { opened: 950, clicked: 190, bought: 450, unsubscribed: 12 }
        }
        (Channel::Push, ..) => Rates { opened: 150, clicked: 500, bought: 300, unsubscribed: 4 },
        (_, Class::Transactional, _) => {
            Rates { opened: 600, clicked: 100, bought: 0, unsubscribed: 0 }
        }
        (_, _, "cart_abandonment" | "checkout_abandonment") => {
            Rates { opened: 430, clicked: 410, bought: 550, unsubscribed: 8 }
        }
        (_, _, "welcome") => Rates { opened: 520, clicked: 300, bought: 250, unsubscribed: 10 },
        _ => Rates { opened: 360, clicked: 300, bought: 300, unsubscribed: 9 },
    }
}

/// The deeds that a message leads to. `random` must depend on the command alone.
pub(super) fn react(shopper: &mut Shopper, command: &Command, random: &mut Random) -> Plan {
    let message = Message {
        command_id: command.command_id,
        channel: command.channel,
        journey: command.journey.clone(),
        bounce: None,
    };
    if command.channel == Channel::Webhook {
        return Plan::new();
    }
    if shopper.bounces && command.channel == Channel::Email {
        let bounced = Message { bounce: Some("hard"), ..message };
        return vec![(command.decided_at + SOONEST_REACTION, Fact::Bounced(bounced))];
    }
    if command.class == Class::Marketing {
        shopper.messages += 1;
    }
    let at = reading_time(shopper, command.decided_at, random);
    match shopper.persona {
        Some(role) => play(role, shopper.messages, command, message, at),
        None => decide(command, message, at, random),
    }
}

/// Most read within two hours, some in the evening; nobody between eleven at night and seven in the morning.
fn reading_time(shopper: &Shopper, sent: Millis, random: &mut Random) -> Millis {
    let patience = if random.chance(700) { 2 * HOUR } else { 10 * HOUR };
    let at = sent + random.between(SOONEST_REACTION, patience);
    let hours_of_sleep = match shopper.hour(at) {
        23 => 8,
        hour @ 0..7 => 7 - hour,
        _ => 0,
    };
    at + hours_of_sleep * HOUR
}

/// What the scripted person does with their `count`-th marketing message.
fn play(role: Role, count: u32, command: &Command, message: Message, at: Millis) -> Plan {
    let mut plan = vec![(at, Fact::Opened(message.clone()))];
    match role {
        Role::BuysAfterSecond if count == 2 => buy(&mut plan, command, message, at),
        Role::Unsubscribes if count == 1 => {
            plan.push((at + 30 * SECOND, Fact::Unsubscribed(message)))
        }
        Role::Ignores => plan.clear(),
        _ => {}
    }
    plan
}

/// What anybody else does.
fn decide(command: &Command, message: Message, at: Millis, random: &mut Random) -> Plan {
    let rates = rates(command);
    let mut plan = Plan::new();
    if !random.chance(rates.opened) {
        return plan;
    }
    // Text messages are read without anybody being told.
    if command.channel != Channel::Sms {
        plan.push((at, Fact::Opened(message.clone())));
    }
    if random.chance(rates.unsubscribed) {
        plan.push((at + 40 * SECOND, Fact::Unsubscribed(message)));
    } else if !command.answers.is_empty() {
        if random.chance(ANSWERED) {
            let survey = answer(command, random);
            plan.push((at + 20 * SECOND, Fact::Answered(message, survey)));
        }
    } else if random.chance(rates.clicked) {
        if !random.chance(rates.bought) {
            plan.push((at + 20 * SECOND, Fact::Clicked(message)));
        } else if cart_of(command).is_some() {
            buy(&mut plan, command, message, at);
        } else {
            plan.push((at + 20 * SECOND, Fact::Clicked(message)));
            plan.extend(eager_visit(random, at + 20 * SECOND));
        }
    }
    plan
}

/// One of the answers that the message offers.
fn answer(command: &Command, random: &mut Random) -> Survey {
    Survey {
        answer: random.pick(&command.answers).clone(),
        journey: command.journey.clone(),
        step: command.step.clone(),
        run: command.run_id,
    }
}

/// They click and buy the cart of which the message reminds them, if it is still open then.
fn buy(plan: &mut Plan, command: &Command, message: Message, at: Millis) {
    let cart = cart_of(command).map(str::to_owned);
    plan.push((at + 20 * SECOND, Fact::Clicked(message)));
    plan.push((at + 100 * SECOND, Fact::CheckedOut(cart.clone())));
    plan.push((at + 260 * SECOND, Fact::Ordered(cart)));
}

/// The id of the cart that the command is about; a welcome may carry a cart too, but is not about it.
fn cart_of(command: &Command) -> Option<&str> {
    if !matches!(command.journey.as_str(), "cart_abandonment" | "checkout_abandonment") {
        return None;
    }
    command.data.get("cart")?.get("id")?.as_str()
}
