//! For work on the console: serves it with invented data, without Kafka or engine. Prints its address.
//!
//!     cargo run -p cartwheel-runtime --example console_fixture [PORT]
//!
//! The files of `dashboards/console/` are read anew at each request: edit, reload.

mod data;

use cartwheel_runtime::admin::{AdminConfig, AdminServer};
use cartwheel_runtime::metrics::Metrics;
use data::World;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = std::env::args().nth(1).map_or(Ok(0), |port| port.parse())?;
    let config = AdminConfig {
        listen: ([127, 0, 0, 1], port).into(),
        insecure_local: true,
        ..AdminConfig::default()
    };
    let (world, metrics) = (Arc::new(World::new()), Arc::new(Metrics::new("fixture")?));
    let server = AdminServer::bind(&config, world.clone(), metrics.clone()).await?;
    println!("http://{}/", server.address());
    tokio::spawn(async move {
        let start = Instant::now();
        let mut ticks = tokio::time::interval(Duration::from_millis(250));
        loop {
            ticks.tick().await;
            // As if it had been running for two minutes when the page opens.
            world.advance(120.0 + start.elapsed().as_secs_f64(), Instant::now(), &metrics);
        }
    });
    server.serve(async { drop(tokio::signal::ctrl_c().await) }).await;
    Ok(())
}
