//! Engine and delivery together against a real broker: a message is handed over once and told of; an unsubscribe link reaches the shard and
//! the suppressions.

mod common;

use cartwheel_core::channel::Channel;
use cartwheel_core::command::Command;
use cartwheel_core::policy::Policy;
use cartwheel_core::receipt::Outcome;
use cartwheel_delivery::bucket::Rate;
use cartwheel_delivery::config::{Config, Provider as Limits};
use cartwheel_kafka::{Compacted, KafkaConfig};
use cartwheel_providers::template::Templates;
use cartwheel_providers::{BoxFuture, Brand, Provider, Rendered};
use cartwheel_runtime::admin::AdminSource;
use cartwheel_runtime::clock::SystemClock;
use cartwheel_runtime::deliver::{Deliver, DeliverError, DeliverOptions, Route, Unsubscribe};
use cartwheel_runtime::metrics::Metrics;
use common::{LONG, Shop, kafka, start, until};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A provider that accepts everything and keeps it.
#[derive(Default)]
struct Mailbox {
    taken: Mutex<Vec<(String, String)>>,
}

impl Provider for Mailbox {
    fn name(&self) -> &'static str {
        "smtp"
    }

    fn idempotent(&self) -> bool {
        false
    }

    fn send<'a>(&'a self, message: &'a Rendered, command: &'a Command) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let Rendered::Email(email) = message else { panic!("only e-mail is routed here") };
            self.taken.lock().unwrap().push((command.customer.clone(), email.text.clone()));
            Outcome::Accepted { provider_id: None }
        })
    }
}

impl Mailbox {
    fn taken(&self) -> Vec<(String, String)> {
        self.taken.lock().unwrap().clone()
    }
}

fn templates(dir: &Path) -> Arc<Templates> {
    let folder = dir.join("templates/thanks");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("email.subject.liquid"), "Thank you").unwrap();
    std::fs::write(
        folder.join("email.text.liquid"),
        "Hello {{ profile.first_name }}. {{ unsubscribe_url }}",
    )
    .unwrap();
    let mjml = "<mjml><mj-body><mj-section><mj-column><mj-text>Hello <a href=\"{{ unsubscribe_url }}\">x</a></mj-text></mj-column></mj-section></mj-body></mjml>";
    std::fs::write(folder.join("email.mjml"), mjml).unwrap();
    Arc::new(
        Templates::load(&dir.join("templates")).unwrap_or_else(|problems| panic!("{problems:?}")),
    )
}

fn options(kafka: &KafkaConfig, dir: &Path, mailbox: &Arc<Mailbox>) -> DeliverOptions {
    let rate = Rate::per_second(1_000, 1_000);
    let limits = Limits {
        name: "smtp".into(),
        account: "smtp".into(),
        key_life: None,
        rate,
        max_in_flight: 8,
    };
    DeliverOptions {
        kafka: kafka.clone(),
        data_dir: dir.to_owned(),
        worker: Config::default(),
        routes: vec![Route { channel: Channel::Email, limits, sender: mailbox.clone() }],
        templates: templates(dir),
        brand: Brand {
            name: "Shop".into(),
            sender_name: None,
            from: "hello@shop.example".into(),
            reply_to: None,
            store_url: "https://shop.example".into(),
            postal_address: None,
            currency: None,
        },
        unsubscribe: Unsubscribe {
            public_url: "http://shop.example".into(),
            current: b"0123456789abcdef0123456789abcdef".to_vec(),
            previous: None,
            listen: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
            policy: Policy::default(),
        },
        clock: Arc::new(SystemClock::default()),
        demo: false,
        metrics: Arc::new(Metrics::new("test").unwrap()),
        board: None,
        stop_timeout: Duration::from_secs(10),
        start_timeout: Duration::from_secs(10),
    }
}

fn post(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_message_is_handed_over_once_and_its_link_unsubscribes() {
    let (kafka, dir, mailbox) = (kafka(), tempfile::tempdir().unwrap(), Arc::<Mailbox>::default());
    let engine = start(&kafka, dir.path()).unwrap();
    let deliver = Deliver::start(options(&kafka, dir.path(), &mailbox)).unwrap();
    assert!(matches!(
        Deliver::start(options(&kafka, dir.path(), &mailbox)),
        Err(DeliverError::DataDirInUse { .. })
    ));
    let mut shop = Shop::open(&kafka);
    shop.order("ana");
    until("the message", || mailbox.taken().len() == 1);
    let (customer, text) = mailbox.taken().remove(0);
    assert!(customer == "ana" && text.starts_with("Hello Ana. http://shop.example/u/"), "{text}");

    // The receipt comes back as an event: with the shop's two, three are applied.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    until("the receipt", || {
        runtime.block_on(engine.source().overview()).unwrap().totals.events == 3
    });
    until("ready", || runtime.block_on(deliver.source().readiness()).ready);

    let path = text.split_once("shop.example").unwrap().1;
    let answer = post(deliver.inbound().unwrap(), path);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    until("no consent any more", || {
        let found = runtime.block_on(engine.source().customer("ana")).unwrap();
        found.profile.consent.get(&Channel::Email) == Some(&false)
    });
    until("the suppression", || {
        !Compacted::read_all(&kafka, &kafka.topics().suppressions, LONG).unwrap().is_empty()
    });
    deliver.stop();

    // Another process goes on behind what was handed over.
    let deliver = Deliver::start(options(&kafka, dir.path(), &mailbox)).unwrap();
    shop.order("bob");
    until("the next message", || mailbox.taken().len() == 2);
    assert_eq!(mailbox.taken()[1].0, "bob");
    deliver.stop();
    assert_eq!(mailbox.taken().len(), 2);
}
