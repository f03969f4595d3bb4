//! A broker's life: it starts, is killed, comes back on its port with its data, and ends with its owner.

use cartwheel_broker::{Broker, Options};
use std::net::TcpStream;

#[test]
fn a_killed_broker_comes_back_on_its_port_and_ends_when_dropped() {
    let mut broker = Broker::start(Options {
        heap: "512m".to_owned(),
        log_append_time: true,
        ..Options::default()
    })
    .unwrap();
    let (bootstrap, dir, first) = (broker.bootstrap(), broker.dir().to_owned(), broker.pid());
    assert!(
        std::fs::read_to_string(dir.join("server.properties")).unwrap().contains("LogAppendTime")
    );
    broker.kill_hard();
    assert!(!broker.alive() && TcpStream::connect(&bootstrap).is_err());
    broker.restart().unwrap();
    assert!(broker.alive() && broker.pid() != first);
    assert_eq!(broker.bootstrap(), bootstrap);
    TcpStream::connect(&bootstrap).unwrap();
    drop(broker);
    assert!(TcpStream::connect(&bootstrap).is_err() && !dir.exists());
}

#[test]
fn a_broker_that_cannot_start_says_why() {
    let error = Broker::start(Options { heap: "1k".to_owned(), ..Options::default() })
        .unwrap_err()
        .to_string();
    assert!(error.contains("did not start") && error.contains("broker.log"), "{error}");
    assert!(error.contains("heap"), "the JVM's own words are shown: {error}");
}
