//! How to reach Kafka: the `kafka` section of the configuration.

use crate::error::Error;
use cartwheel_core::partitioner::Partitioner;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Kafka.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct KafkaConfig {
    /// Brokers to ask first, `host:port` separated by commas.
    pub bootstrap: String,
    /// First part of the topics' names: `<namespace>.events.v1` and so on.
    pub namespace: String,
    /// Consumer group of the shards; default `cartwheel-<namespace>`. Delivery adds `-delivery`.
    pub group_id: Option<String>,
    /// This process's name in the group (static membership): started again within `session_timeout_ms` it has its partitions at once, also after a crash.
    /// Must differ between processes. Default: a random name, kept in the data directory; none where `properties` protect connections in a way that only
    /// librdkafka knows, because there a process that is stopped for good could not give its partitions to others before `session_timeout_ms`.
    pub member: Option<String>,
    /// How long the group waits for a silent member, milliseconds.
    pub session_timeout_ms: u32,
    /// How connections are protected.
    pub security_protocol: SecurityProtocol,
    /// How to log in (with `sasl_plaintext` and `sasl_ssl`).
    pub sasl_mechanism: Option<SaslMechanism>,
    /// User name to log in with.
    pub username: Option<String>,
    /// Password to log in with.
    pub password: Option<Secret>,
    /// File with the password (a trailing line break is not part of it).
    pub password_file: Option<PathBuf>,
    /// PEM file with the certificate authorities to trust; default: the system's.
    pub ssl_ca_file: Option<PathBuf>,
    /// PEM file with the certificate that we show to brokers which ask for one, and those between it and its authority; needs `ssl_key_file`.
    pub ssl_certificate_file: Option<PathBuf>,
    /// PEM file with that certificate's private key, without a password.
    pub ssl_key_file: Option<PathBuf>,
    /// How long librdkafka's producers wait for company for a record, milliseconds: 0 to 2 suit. Decisions over a connection of our own wait for none.
    pub linger_ms: u32,
    /// How produced batches are compressed.
    pub compression: Compression,
    /// Largest record that a producer takes, bytes.
    pub message_max_bytes: u32,
    /// Whether shards read events and append decisions over connections of their own, which takes less processor time, instead of through librdkafka. Where there are
    /// `properties`, but for those that name files and logins, and where brokers are older than 3.1 it is librdkafka all the same.
    pub direct_fetch: bool,
    /// How those who write the events topic choose a customer's partition: `murmur2` (Java, franz-go, kafkajs from 2), `crc32` (librdkafka's default and
    /// what is built on it: Python, .NET, Ruby, PHP) or `fnv1a` (Sarama). Cartwheel's own producers do the same; a record that stands elsewhere is a dead letter.
    pub partitioner: Partitioner,
    /// Further librdkafka properties by name. Those that correctness rests on are refused.
    pub properties: BTreeMap<String, String>,
}

impl Default for KafkaConfig {
    fn default() -> Self {
        Self {
            bootstrap: "localhost:9092".to_owned(),
            namespace: "shop".to_owned(),
            group_id: None,
            member: None,
            session_timeout_ms: 45_000,
            security_protocol: SecurityProtocol::Plaintext,
            sasl_mechanism: None,
            username: None,
            password: None,
            password_file: None,
            ssl_ca_file: None,
            ssl_certificate_file: None,
            ssl_key_file: None,
            linger_ms: 1,
            compression: Compression::Lz4,
            message_max_bytes: 1_000_000,
            direct_fetch: true,
            partitioner: Partitioner::Murmur2,
            properties: BTreeMap::new(),
        }
    }
}

/// How connections are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecurityProtocol {
    /// No encryption, no login.
    Plaintext,
    /// TLS.
    Ssl,
    /// Login without encryption.
    SaslPlaintext,
    /// Login over TLS.
    SaslSsl,
}

impl SecurityProtocol {
    pub(crate) const ALL: [Self; 4] =
        [Self::Plaintext, Self::Ssl, Self::SaslPlaintext, Self::SaslSsl];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plaintext => "plaintext",
            Self::Ssl => "ssl",
            Self::SaslPlaintext => "sasl_plaintext",
            Self::SaslSsl => "sasl_ssl",
        }
    }
}

/// How to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SaslMechanism {
    /// User name and password in clear: only over TLS.
    #[serde(rename = "PLAIN")]
    Plain,
    /// Salted challenge, SHA-256.
    #[serde(rename = "SCRAM-SHA-256")]
    ScramSha256,
    /// Salted challenge, SHA-512.
    #[serde(rename = "SCRAM-SHA-512")]
    ScramSha512,
}

impl SaslMechanism {
    pub(crate) const ALL: [Self; 3] = [Self::Plain, Self::ScramSha256, Self::ScramSha512];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
        }
    }
}

/// How produced batches are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// Not at all.
    None,
    /// Fast.
    Lz4,
    /// Smaller.
    Zstd,
}

impl Compression {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }
}

/// A value that is never shown: `Debug` and serialisation write `<redacted>`.
#[derive(Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Hides `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("<redacted>")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("<redacted>")
    }
}

/// The names of the topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    /// The shop's events; key: customer.
    pub events: String,
    /// Decisions, partition by partition.
    pub sends: String,
    /// Dead letters.
    pub dlq: String,
    /// Suppressed addresses; compacted.
    pub suppressions: String,
    /// Configurations by hash; compacted.
    pub configs: String,
    /// What every partition of the events topic is to get, a stream a partition.
    pub streams: String,
    /// How far each stream has been copied; compacted.
    pub streams_copied: String,
}

impl KafkaConfig {
    /// The topics of this namespace.
    pub fn topics(&self) -> Topics {
        let name = |kind| format!("{}.{kind}.v1", self.namespace);
        Topics {
            events: name("events"),
            sends: name("sends"),
            dlq: name("dlq"),
            suppressions: name("suppressions"),
            configs: name("configs"),
            streams: name("streams"),
            streams_copied: name("streams-copied"),
        }
    }

    /// Whether our own connections can be protected as librdkafka's are, so that they can be used beside them.
    pub fn connects_itself(&self) -> bool {
        crate::settings::common(self).is_ok_and(|settings| crate::connection::followed(&settings))
    }

    /// The group of the shards.
    pub fn group(&self) -> String {
        self.group_id.clone().unwrap_or_else(|| format!("cartwheel-{}", self.namespace))
    }

    /// The group of the delivery workers.
    pub fn delivery_group(&self) -> String {
        format!("{}-delivery", self.group())
    }

    /// Checks all that can be checked without a broker: fields, files, names of properties.
    pub fn validate(&self) -> Result<(), Error> {
        if self.bootstrap.trim().is_empty() {
            return Err(Error::Config("bootstrap is empty; give host:port".to_owned()));
        }
        let name_ok = |name: &str| {
            !name.is_empty()
                && name.len() <= 200
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        };
        if !name_ok(&self.namespace) {
            return Err(Error::Config(
                "namespace must be 1 to 200 letters, digits, `.`, `_` or `-`".to_owned(),
            ));
        }
        crate::settings::check(self)
    }

    pub(crate) fn password(&self) -> Result<Option<String>, Error> {
        match (&self.password, &self.password_file) {
            (Some(_), Some(_)) => {
                Err(Error::Config("give password or password_file, not both".to_owned()))
            }
            (Some(secret), None) => Ok(Some(secret.expose().to_owned())),
            (None, Some(path)) => std::fs::read_to_string(path)
                .map(|text| Some(text.trim_end_matches(['\r', '\n']).to_owned()))
                .map_err(|error| {
                    Error::Config(format!("password_file {}: {error}", path.display()))
                }),
            (None, None) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_namespace() {
        let config = KafkaConfig { namespace: "acme".to_owned(), ..KafkaConfig::default() };
        assert_eq!(config.topics().sends, "acme.sends.v1");
        assert_eq!(
            (config.group().as_str(), config.delivery_group().as_str()),
            ("cartwheel-acme", "cartwheel-acme-delivery")
        );
    }

    #[test]
    fn a_password_never_shows() {
        let config =
            KafkaConfig { password: Some(Secret::new("hunter2")), ..KafkaConfig::default() };
        let json = serde_json::to_string(&config).unwrap();
        assert!(!format!("{config:?}{json}").contains("hunter2"));
        assert!(json.contains("<redacted>"));
    }

    #[test]
    fn bad_values_are_refused() {
        assert!(
            serde_json::from_str::<KafkaConfig>(r#"{"bootstarp":"x"}"#)
                .unwrap_err()
                .to_string()
                .contains("unknown field")
        );
        let with = |change: fn(&mut KafkaConfig)| {
            let mut config = KafkaConfig::default();
            change(&mut config);
            config.validate().unwrap_err().to_string()
        };
        assert!(with(|c| c.bootstrap.clear()).contains("bootstrap"));
        assert!(with(|c| c.namespace = "a b".to_owned()).contains("namespace"));
        assert!(with(|c| c.password_file = Some("/nowhere/x".into())).contains("/nowhere/x"));
        assert!(
            with(|c| drop(c.properties.insert("fetch.min.byte".to_owned(), "1".to_owned())))
                .contains("fetch.min.byte")
        );
        assert!(
            with(|c| drop(
                c.properties.insert("enable.idempotence".to_owned(), "false".to_owned())
            ))
            .contains("enable.idempotence")
        );
        KafkaConfig::default().validate().unwrap();
    }

    #[test]
    fn a_password_file_loses_its_line_break_only() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), " s3cret \n").unwrap();
        let config =
            KafkaConfig { password_file: Some(file.path().to_owned()), ..KafkaConfig::default() };
        assert_eq!(config.password().unwrap().as_deref(), Some(" s3cret "));
    }
}
