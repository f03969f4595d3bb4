//! Why a part did not start, in words, with the remedy and the exit code.

use crate::failure::{Failure, Fault};
use crate::settings::Loaded;
use cartwheel_kafka::Error as Kafka;
use cartwheel_runtime::deliver::DeliverError;
use cartwheel_runtime::engine::EngineError;
use std::io;

/// Why the engine did not start.
pub fn engine(error: EngineError, loaded: &Loaded) -> Failure {
    match error {
        EngineError::Kafka(error) => kafka(&error, loaded),
        EngineError::Topic { .. } => {
            let help = "kafka.namespace says which topics are meant, engine.create_topics has `cartwheel run` make those that are missing";
            Failure::config(loaded.fault(&["kafka"], error.to_string(), Some(help.into())))
        }
        EngineError::DataDir { path, error } => data_dir(&path, &error, loaded),
        EngineError::DataDirInUse { path } => in_use(&path),
        EngineError::Bundle(_) => {
            let help = "this is a defect of Cartwheel: report it with the configuration";
            Failure::Data(vec![Fault::new(error.to_string(), Some(help.into()))])
        }
        EngineError::Thread(error) => Failure::Io(error),
    }
}

/// Why delivery did not start.
pub fn deliver(error: DeliverError, loaded: &Loaded) -> Failure {
    match error {
        DeliverError::Kafka(error) => kafka(&error, loaded),
        DeliverError::DataDir { path, error } => data_dir(&path, &error, loaded),
        DeliverError::DataDirInUse { path } => in_use(&path),
        DeliverError::Listen { .. } => {
            let help = "another process may have the address: set inbound.listen, and let inbound.public_url lead there";
            Failure::config(loaded.fault(
                &["inbound", "listen"],
                error.to_string(),
                Some(help.into()),
            ))
        }
        DeliverError::OtherRoutes => Failure::config(loaded.fault(
            &["providers"],
            error.to_string(),
            Some("start the worker again".into()),
        )),
        DeliverError::Thread(error) => Failure::Io(error),
    }
}

/// What Kafka refused.
pub fn kafka(error: &Kafka, loaded: &Loaded) -> Failure {
    let bootstrap = &loaded.settings.kafka.bootstrap;
    let config = |path: &[&str], message: String, help: &str| {
        Failure::config(loaded.fault(path, message, Some(help.into())))
    };
    match error {
        Kafka::Config(_) => {
            let help = "mend or remove what the section `kafka` says of it; kafka.properties are librdkafka's own";
            Failure::config(loaded.fault(&["kafka"], error.to_string(), Some(help.into())))
        }
        Kafka::NoTopic { topic, bootstrap } => {
            let help = format!(
                "make it (kafka-topics.sh --bootstrap-server {bootstrap} --create --topic {topic}), let `cartwheel run --create-topics` make it, or check kafka.namespace"
            );
            config(
                &["kafka", "namespace"],
                format!("topic {topic} does not exist on {bootstrap}"),
                &help,
            )
        }
        Kafka::Denied { .. } => config(
            &["kafka"],
            error.to_string(),
            "check kafka.username, its password, and what that user may do",
        ),
        _ => {
            let help = "is it running, and can this machine reach it? check kafka.bootstrap (CARTWHEEL__KAFKA__BOOTSTRAP) and kafka.security_protocol";
            Failure::unavailable(format!("the broker {bootstrap} is not available: {error}"), help)
        }
    }
}

/// The data directory cannot be used.
pub fn data_dir(path: &str, error: &io::Error, loaded: &Loaded) -> Failure {
    let help = "name a folder that the user who runs cartwheel can write: data_dir, or CARTWHEEL__DATA_DIR";
    Failure::config(loaded.fault(
        &["data_dir"],
        format!("the data directory {path} cannot be used: {error}"),
        Some(help.into()),
    ))
}

/// Another process has the data directory.
pub fn in_use(path: &str) -> Failure {
    let help = "wait until that process has ended, or give this one a folder of its own: --set data_dir=DIR";
    Failure::Temporary(Fault::new(
        format!("the data directory {path} is in use by another process"),
        Some(help.into()),
    ))
}
