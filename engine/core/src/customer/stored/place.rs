//! Where a run is, as numbers. They are stored: never renumber.

use crate::customer::run::{Pause, Place, PutOff};

pub const WINDOW: u8 = 0;
pub const DELAY: u8 = 1;
pub const LOCAL: u8 = 2;
pub const GATE: u8 = 3;
pub const HELD: u8 = 4;
pub const ENGAGEMENT: u8 = 5;
pub const GOAL: u8 = 6;
pub const EVENT: u8 = 7;
/// As [`GATE`] and [`HELD`], with what has put the message off behind the times.
pub const GATE_PUT_OFF: u8 = 10;
pub const HELD_PUT_OFF: u8 = 11;

/// Bits beside the number: what a pause of the journey does to the run.
const WAITS: u8 = 1 << 6;
const MISSED: u8 = 1 << 7;

/// What has put a message off is this, or the number of a hold.
const GROUP: u8 = 255;

/// The number of a place.
pub fn number(place: Place) -> u8 {
    match place {
        Place::Window => WINDOW,
        Place::Delay { .. } => DELAY,
        Place::Local { .. } => LOCAL,
        Place::Gate { held: false, by: None, .. } => GATE,
        Place::Gate { held: true, by: None, .. } => HELD,
        Place::Gate { held: false, by: Some(_), .. } => GATE_PUT_OFF,
        Place::Gate { held: true, by: Some(_), .. } => HELD_PUT_OFF,
        Place::Engagement { .. } => ENGAGEMENT,
        Place::Goal => GOAL,
        Place::Event { .. } => EVENT,
    }
}

/// The number of what has put a message off.
pub fn put_off_number(by: PutOff) -> u8 {
    match by {
        PutOff::Hold(number) => number,
        PutOff::Group => GROUP,
    }
}

/// What has this number.
pub fn put_off_by(number: u8) -> PutOff {
    match number {
        GROUP => PutOff::Group,
        number => PutOff::Hold(number),
    }
}

/// The bit of a pause.
pub fn pause_bit(pause: Pause) -> u8 {
    match pause {
        Pause::None => 0,
        Pause::Waits => WAITS,
        Pause::Missed => MISSED,
    }
}

/// A place's number without that bit, and what it said; none of both bits.
pub fn without_pause(number: u8) -> Option<(u8, Pause)> {
    let pause = match number & (WAITS | MISSED) {
        0 => Pause::None,
        WAITS => Pause::Waits,
        MISSED => Pause::Missed,
        _ => return None,
    };
    Some((number & !(WAITS | MISSED), pause))
}
