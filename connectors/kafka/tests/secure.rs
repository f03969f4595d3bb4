//! Connections of our own over TLS and with logins, beside librdkafka's over the same listeners.

mod common;

use cartwheel_broker::{Broker, PASSWORD, SESSION_MS, Secured, USER};
use cartwheel_core::sends::Kind;
use cartwheel_kafka::{
    Assignment, Batch, Change, Error, KafkaConfig, SaslMechanism, Secret, SecurityProtocol,
    SendsProducer, Source, Start,
};
use common::{LONG, WAIT, append, fresh_on, made, open, producer, read};
use std::time::{Duration, Instant};

const MECHANISMS: [SaslMechanism; 3] =
    [SaslMechanism::Plain, SaslMechanism::ScramSha256, SaslMechanism::ScramSha512];

/// A topic with so many records on the process's broker: its configuration over the plain listener, and what the others need.
fn prepared(count: i64) -> (KafkaConfig, Secured) {
    let (secured, plain) = Broker::shared_secured().unwrap();
    let config = made(fresh_on(&plain), 1);
    let plain = producer(&config, &[("linger.ms", "5"), ("compression.type", "lz4")]);
    append(&plain, &config.topics().events, "first", count);
    (config, secured.unwrap())
}

fn login(plain: &KafkaConfig, secured: &Secured, mechanism: SaslMechanism) -> KafkaConfig {
    KafkaConfig {
        bootstrap: secured.login(),
        security_protocol: SecurityProtocol::SaslSsl,
        sasl_mechanism: Some(mechanism),
        username: Some(USER.to_owned()),
        password: Some(Secret::new(PASSWORD)),
        ssl_ca_file: Some(secured.ca.clone()),
        ..plain.clone()
    }
}

fn mutual(plain: &KafkaConfig, secured: &Secured) -> KafkaConfig {
    KafkaConfig {
        bootstrap: secured.mutual(),
        security_protocol: SecurityProtocol::Ssl,
        ssl_ca_file: Some(secured.ca.clone()),
        ssl_certificate_file: Some(secured.client_certificate.clone()),
        ssl_key_file: Some(secured.client_key.clone()),
        ..plain.clone()
    }
}

/// Why the topic is not read, without the password.
fn refused(config: &KafkaConfig) -> Error {
    let error = match open(config, &config.topics().events, Start::Beginning) {
        Err(error) => error,
        Ok(mut source) => common::lost(&mut source),
    };
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains(PASSWORD) && !shown.contains("wrong-word"), "{shown}");
    error
}

#[test]
fn every_login_reads_what_librdkafka_reads() {
    let (plain, secured) = prepared(3_000);
    let topic = plain.topics().events;
    let mut configs: Vec<_> =
        MECHANISMS.iter().map(|mechanism| login(&plain, &secured, *mechanism)).collect();
    configs.push(mutual(&plain, &secured));
    for config in configs {
        let expected = read(&mut Source::open(&config, &topic, 0, Start::Offset(7)).unwrap(), 500);
        assert_eq!(expected.len(), 2_993);
        let mut source = open(&config, &topic, Start::Offset(7)).unwrap();
        assert_eq!(read(&mut source, 500), expected, "{:?}", config.sasl_mechanism);
        assert!(source.is_direct());
        source.seek(2_000, LONG).unwrap();
        assert_eq!(read(&mut source, 77), expected[1_993..]);
    }
}

/// A session of TLS takes 64 KiB at a time, and a batch may be longer.
#[test]
fn a_long_batch_is_appended_over_tls() {
    let (plain, secured) = prepared(0);
    let topic = plain.topics().events;
    for config in [login(&plain, &secured, SaslMechanism::ScramSha256), mutual(&plain, &secured)] {
        let mut sends = SendsProducer::open(&config, &topic, 0).unwrap();
        assert!(sends.is_direct());
        // Nothing that could be packed.
        let mut state = 1_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
        .take(300_000)
        .collect();
        for seq in 1..=4 {
            sends.send(Kind::Command, 0, seq, b"ana", &noise).unwrap();
        }
        sends.flush(LONG).unwrap();
        assert_eq!(sends.in_flight(), 0);
    }
    let mut source = open(&plain, &topic, Start::Beginning).unwrap();
    assert_eq!(read(&mut source, 1).len(), 8);
}

#[test]
fn properties_that_name_files_and_logins_are_followed() {
    let (plain, secured) = prepared(10);
    let by_name = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let path = |path: &std::path::Path| path.display().to_string();
    let config = KafkaConfig {
        bootstrap: secured.mutual(),
        properties: [
            by_name("security.protocol", "ssl"),
            by_name("ssl.ca.location", &path(&secured.ca)),
            by_name("ssl.certificate.location", &path(&secured.client_certificate)),
            by_name("ssl.key.location", &path(&secured.client_key)),
        ]
        .into(),
        ..plain
    };
    let mut source = open(&config, &config.topics().events, Start::Beginning).unwrap();
    assert_eq!(read(&mut source, 100).len(), 10);
    assert!(source.is_direct());
}

#[test]
fn a_wrong_password_is_told_with_the_user_and_without_the_password() {
    let (plain, secured) = prepared(1);
    for mechanism in MECHANISMS {
        for (user, password) in [(USER, "wrong-word"), ("nobody", PASSWORD)] {
            let config = KafkaConfig {
                username: Some(user.to_owned()),
                password: Some(Secret::new(password)),
                ..login(&plain, &secured, mechanism)
            };
            let error = refused(&config);
            assert!(matches!(error, Error::Denied { .. }), "{error}");
            let told = error.to_string();
            let name = serde_json::to_value(mechanism).unwrap();
            assert!(told.contains(user) && told.contains(name.as_str().unwrap()), "{told}");
            assert!(told.contains(&secured.login()), "{told}");
        }
    }
}

#[test]
fn an_authority_that_is_not_trusted_is_told() {
    let (plain, secured) = prepared(1);
    let config = KafkaConfig {
        ssl_ca_file: Some(secured.stranger.clone()),
        ..login(&plain, &secured, SaslMechanism::Plain)
    };
    let error = refused(&config);
    assert!(matches!(error, Error::Untrusted { .. }), "{error}");
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
}

#[test]
fn a_certificate_of_another_name_is_told() {
    let (plain, secured) = prepared(1);
    let config = KafkaConfig {
        bootstrap: format!("127.0.0.1:{}", secured.login_port),
        ..login(&plain, &secured, SaslMechanism::Plain)
    };
    let error = refused(&config);
    assert!(matches!(error, Error::Untrusted { .. }), "{error}");
    assert!(error.to_string().contains("127.0.0.1"), "{error}");
}

#[test]
fn a_certificate_that_is_missing_is_told() {
    let (plain, secured) = prepared(1);
    let config =
        KafkaConfig { ssl_certificate_file: None, ssl_key_file: None, ..mutual(&plain, &secured) };
    let error = refused(&config);
    assert!(matches!(error, Error::Untrusted { .. }), "{error}");
}

#[test]
fn a_login_is_renewed_before_it_ends() {
    let (plain, secured) = prepared(10);
    let topic = plain.topics().events;
    let config = login(&plain, &secured, SaslMechanism::ScramSha512);
    let mut source = open(&config, &topic, Start::Beginning).unwrap();
    let appender = producer(&plain, &[]);
    let until = Instant::now() + 3 * Duration::from_millis(SESSION_MS.into());
    let (mut batch, mut count, mut sent) = (Batch::new(100), 0, 10);
    while Instant::now() < until || count < sent {
        if Instant::now() < until {
            append(&appender, &topic, "more", 5);
            sent += 5;
        }
        // A broker closes a connection on which something is asked after the login's end.
        source.poll(&mut batch, WAIT).unwrap();
        count += batch.len() as i64;
        assert!(Instant::now() < until + LONG);
    }
    assert_eq!(count, sent);
    assert!(source.is_direct());
}

#[test]
fn a_named_member_that_leaves_over_tls_gives_its_partitions_away_at_once() {
    let (plain, secured) = prepared(1);
    let config = login(&plain, &secured, SaslMechanism::ScramSha256);
    assert!(config.connects_itself());
    let topic = config.topics().events;
    let join = |name: &str| {
        let config = KafkaConfig { member: Some(name.to_owned()), ..config.clone() };
        Assignment::join(&config, &topic).unwrap()
    };
    let gets_it = |member: &mut Assignment| {
        // Well below the session's 45 s, which the next would wait for.
        let deadline = Instant::now() + LONG;
        while member.poll(WAIT).unwrap() != Some(Change::Assigned(vec![0])) {
            assert!(Instant::now() < deadline);
        }
    };
    let mut first = join("pod-0");
    gets_it(&mut first);
    first.leave();
    gets_it(&mut join("pod-1"));
}
