//! Where a run is, as numbers. They are stored: never renumber.

use crate::customer::run::{Place, PutOff};

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
