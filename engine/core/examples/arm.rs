//! What it takes to arm the shipped journeys that begin by time, as a configuration with them comes into force:
//!
//!     cargo run --release -p cartwheel-core --example arm [CUSTOMERS]

use cartwheel_core::apply::{Core, Environment, EventTime};
use cartwheel_core::control::Control;
use cartwheel_core::coupon::Pools;
use cartwheel_core::customer::Customer;
use cartwheel_core::effect::Effects;
use cartwheel_core::event::decode;
use cartwheel_core::id::CustomerId;
use cartwheel_core::journey::load::{SourceFile, Sources, load};
use cartwheel_core::policy::Policy;
use cartwheel_core::product::Products;
use cartwheel_core::sends::Mode;
use cartwheel_core::time::{DAY, HOUR, Millis, NEVER};
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

/// 2026-03-02T10:00:00Z.
const NOW: Millis = 1_772_445_600_000;

fn main() -> Result<(), Box<dyn Error>> {
    let count: u64 = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse())?;
    let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
    let journeys = [
        file("win_back.yaml", include_str!("../../../config/journeys/win_back.yaml")),
        file("birthday.yaml", include_str!("../../../config/journeys/birthday.yaml")),
    ];
    let facts = file("facts.yaml", include_str!("../../../config/facts.yaml"));
    let policy = Policy { coupons: vec!["winback15".into()], ..Policy::default() };
    let sources = Sources { journeys: &journeys, facts: Some(&facts) };
    let plan = Arc::new(load(&policy, sources).map_err(|problems| format!("{problems:?}"))?);
    let (mut core, mut effects) = (Core::new(Arc::clone(&plan)), Effects::new(&plan));
    let (mut customers, products) = (Vec::new(), Products::default());
    let (control, mut pools) = (Control::default(), Pools::default());
    for number in 0..count {
        let at = NOW - (number % 9_000) as Millis * HOUR;
        let (month, day) = (number % 12 + 1, number % 28 + 1);
        let event = format!(
            r#"{{"type":"order_placed","customer":"c{number}","time":{at},"order":{{"id":"{number}","total":80}},"profile":{{"birthday":"1990-{month:02}-{day:02}"}}}}"#
        );
        let event = decode(event.as_bytes(), NOW, &policy).map_err(|error| format!("{error:?}"))?;
        let mut customer = Customer::new(CustomerId::of(&event.customer));
        let (mode, effects) = (Mode::Live, &mut effects);
        let (products, control, pools) = (&products, &control, &mut pools);
        let mut environment = Environment { mode, now: NOW, products, control, pools, effects };
        let time = EventTime::new(event.time, NOW, NOW);
        core.event(&mut customer, &event, time, &mut environment);
        customers.push(customer);
    }
    let began = Instant::now();
    for customer in &mut customers {
        core.arm(customer, NOW + DAY);
    }
    let took = began.elapsed();
    let armed = customers.iter().filter(|customer| customer.begins() != NEVER).count();
    println!("{count} customers, of whom {armed} are armed: {took:?}");
    Ok(())
}
