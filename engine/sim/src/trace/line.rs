//! What one line of a trace says.

use super::broadcast::Broadcast;
use super::catalogue::Product;
use super::control::Order;
use super::coupons::Coupons;
use super::event::Event;
use super::expect::Expectation;
use cartwheel_core::sends::Mode;
use cartwheel_core::time::Millis;
use std::ops::Range;

/// A line with a time.
#[derive(Clone, Debug)]
pub struct Statement {
    /// When.
    pub at: Millis,
    /// The line's words in the file.
    pub span: Range<usize>,
    /// The number of the line in the file, from 1.
    pub line: usize,
    /// What happens or is expected.
    pub what: What,
}

/// What a line says.
#[derive(Clone, Debug)]
pub enum What {
    /// Something happens.
    Event(Event),
    /// A record of the catalogue.
    Product(Product),
    /// Everybody is told something.
    Broadcast(Broadcast),
    /// Something is said of a journey.
    Control(Order),
    /// A record that loads codes.
    Coupons(Coupons),
    /// A record with this value, whatever it is.
    Record(String),
    /// A turn ends: everything that is due happens now.
    Clock,
    /// A turn changes the mode.
    Mode(Mode),
    /// Something must have been decided.
    Expect(Expectation),
}
