//! An event that has been decoded, applied to its customer: profile, documents, journeys. No table, no timers.

use cartwheel_benches::plan;
use cartwheel_core::apply::{Core, Environment, EventTime};
use cartwheel_core::control::Control;
use cartwheel_core::coupon::Pools;
use cartwheel_core::customer::Customer;
use cartwheel_core::effect::Effects;
use cartwheel_core::event::{Event, decode};
use cartwheel_core::id::CustomerId;
use cartwheel_core::product::Products;
use cartwheel_core::sends::Mode;
use cartwheel_core::time::Millis;
use cartwheel_loadtest::alone::Input;
use cartwheel_workload::Options;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::collections::HashMap;

/// Events in one measured pass.
const EVENTS: usize = 20_000;

/// An event, its time, and the place of its customer.
type Decoded<'a> = (Event<'a>, Millis, usize);

/// Decodes all events and numbers their customers.
fn decoded<'a>(
    input: &'a Input,
    policy: &cartwheel_core::policy::Policy,
) -> (Vec<Decoded<'a>>, Vec<CustomerId>) {
    let (mut places, mut customers) = (HashMap::new(), Vec::new());
    let mut events = Vec::with_capacity(input.len());
    for record in (0..input.len()).map(|place| input.record(place)) {
        let event =
            decode(record.value, record.time, policy).expect("the workload's events are valid");
        let id = CustomerId::of(&event.customer);
        let place = *places.entry(id).or_insert_with(|| {
            customers.push(id);
            customers.len() - 1
        });
        events.push((event, record.time, place));
    }
    (events, customers)
}

fn benchmark(criterion: &mut Criterion) {
    let plan = plan();
    let input = Input::make(
        &Options { events: EVENTS as u64, customers: 5_000, ..Options::default() },
        0,
        1,
    )
    .expect("valid options");
    let (events, customers) = decoded(&input, &plan.policy);
    let mut core = Core::new(plan.clone());
    let (products, control, mut pools) =
        (Products::default(), Control::default(), Pools::default());
    let fresh =
        || (customers.iter().map(|id| Customer::new(*id)).collect::<Vec<_>>(), Effects::new(&plan));
    let mut group = criterion.benchmark_group("apply");
    group.throughput(Throughput::Elements(EVENTS as u64));
    group.bench_function("event", |bench| {
        bench.iter_batched(
            fresh,
            |(mut customers, mut effects)| {
                for (event, at, place) in &events {
                    let time = EventTime::new(Some(*at), *at, *at);
                    let mut environment = Environment {
                        mode: Mode::Live,
                        now: *at,
                        products: &products,
                        control: &control,
                        pools: &mut pools,
                        effects: &mut effects,
                    };
                    core.event(&mut customers[*place], event, time, &mut environment);
                }
                (customers, effects)
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
