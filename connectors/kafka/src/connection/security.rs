//! How our own connections are protected: by the very properties that librdkafka is given.

use super::login::Login;
use crate::config::{SaslMechanism, Secret, SecurityProtocol};
use crate::error::Error;
use rdkafka::ClientConfig;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;
use std::sync::Arc;

/// Properties about protection that our own connections follow, or, with one value, need not.
const FOLLOWED: [(&str, Option<&str>); 10] = [
    ("security.protocol", None),
    ("sasl.mechanism", None),
    ("sasl.mechanisms", None),
    ("sasl.username", None),
    ("sasl.password", None),
    ("ssl.ca.location", None),
    ("ssl.certificate.location", None),
    ("ssl.key.location", None),
    ("enable.ssl.certificate.verification", Some("true")),
    ("ssl.endpoint.identification.algorithm", Some("https")),
];

/// Whether our own connections do what this property says.
pub(crate) fn follows(name: &str, value: &str) -> bool {
    FOLLOWED.iter().any(|(known, only)| *known == name && only.is_none_or(|only| only == value))
}

/// Whether our own connections can do what all of these properties say about protection. Only librdkafka knows the others (Kerberos, OAuth, keys
/// under a password, names that are not checked).
pub(crate) fn followed(settings: &ClientConfig) -> bool {
    let about = |name: &str| {
        ["ssl.", "sasl.", "security.", "enable.ssl.", "enable.sasl."]
            .iter()
            .any(|begin| name.starts_with(begin))
    };
    settings.config_map().iter().all(|(name, value)| !about(name) || follows(name, value))
        && protocol(settings).is_some()
        && (!logs_in(settings) || mechanism(settings).is_some())
        && settings.get("ssl.ca.location").is_none_or(|path| !Path::new(path).is_dir())
}

/// What protects a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Security {
    pub tls: Option<Tls>,
    pub login: Option<Login>,
}

/// Who is trusted, and what we show of ourselves. `Debug` does not show our key.
#[derive(Clone)]
pub(crate) struct Tls(pub Arc<rustls::ClientConfig>);

impl std::fmt::Debug for Tls {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Tls")
    }
}

impl Security {
    /// Reads the files that [`followed`] properties name.
    pub(crate) fn of(settings: &ClientConfig) -> Result<Self, Error> {
        let tls = match protocol(settings) {
            Some(SecurityProtocol::Ssl | SecurityProtocol::SaslSsl) => Some(tls(settings)?),
            Some(SecurityProtocol::Plaintext | SecurityProtocol::SaslPlaintext) | None => None,
        };
        let login = if logs_in(settings) { Some(login(settings)?) } else { None };
        Ok(Self { tls, login })
    }
}

fn protocol(settings: &ClientConfig) -> Option<SecurityProtocol> {
    let given = settings.get("security.protocol")?.to_ascii_lowercase();
    SecurityProtocol::ALL.into_iter().find(|protocol| protocol.name() == given)
}

fn logs_in(settings: &ClientConfig) -> bool {
    match protocol(settings) {
        Some(SecurityProtocol::SaslPlaintext | SecurityProtocol::SaslSsl) => true,
        Some(SecurityProtocol::Plaintext | SecurityProtocol::Ssl) | None => false,
    }
}

fn mechanism(settings: &ClientConfig) -> Option<SaslMechanism> {
    let given = settings.get("sasl.mechanisms").or_else(|| settings.get("sasl.mechanism"))?;
    SaslMechanism::ALL.into_iter().find(|mechanism| mechanism.name() == given)
}

fn login(settings: &ClientConfig) -> Result<Login, Error> {
    let missing = |what: &str| Error::Config(format!("a login needs {what}"));
    let value = |name: &str| settings.get(name).filter(|value| !value.is_empty());
    Ok(Login {
        mechanism: mechanism(settings).ok_or_else(|| missing("sasl_mechanism"))?,
        user: value("sasl.username").ok_or_else(|| missing("username"))?.to_owned(),
        password: Secret::new(value("sasl.password").ok_or_else(|| missing("password"))?),
    })
}

fn tls(settings: &ClientConfig) -> Result<Tls, Error> {
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(
        rustls::crypto::aws_lc_rs::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .map_err(|error| Error::Config(format!("TLS: {error}")))?
    .with_root_certificates(trusted(settings.get("ssl.ca.location"))?);
    let (certificate, key) =
        (settings.get("ssl.certificate.location"), settings.get("ssl.key.location"));
    let config = match (certificate, key) {
        (None, None) => config.with_no_client_auth(),
        (Some(certificate), Some(key)) => config
            .with_client_auth_cert(certificates(certificate)?, private_key(key)?)
            .map_err(|error| Error::Config(format!("{certificate} with {key}: {error}")))?,
        (Some(_), None) | (None, Some(_)) => {
            return Err(Error::Config(
                "give ssl_certificate_file and ssl_key_file, or neither".to_owned(),
            ));
        }
    };
    Ok(Tls(Arc::new(config)))
}

/// The authorities of this file, or the system's.
fn trusted(file: Option<&str>) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = file {
        for certificate in certificates(file)? {
            roots
                .add(certificate)
                .map_err(|error| Error::Config(format!("{file}: no authority: {error}")))?;
        }
        return Ok(roots);
    }
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.iter().map(|error| format!("; {error}")).collect::<String>();
        return Err(Error::Config(format!(
            "the system has no certificate authorities; give ssl_ca_file{why}"
        )));
    }
    Ok(roots)
}

fn certificates(file: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let wrong = |error| Error::Config(format!("{file}: {error}"));
    let list = CertificateDer::pem_file_iter(file).map_err(wrong)?;
    let list = list.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    if list.is_empty() {
        return Err(Error::Config(format!("{file}: no certificate in it (PEM)")));
    }
    Ok(list)
}

fn private_key(file: &str) -> Result<PrivateKeyDer<'static>, Error> {
    PrivateKeyDer::from_pem_file(file).map_err(|error| Error::Config(format!("{file}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(properties: &[(&str, &str)]) -> ClientConfig {
        let mut settings = ClientConfig::new();
        settings.set("security.protocol", "plaintext").set("client.id", "cartwheel");
        properties.iter().for_each(|(name, value)| _ = settings.set(*name, *value));
        settings
    }

    #[test]
    fn what_only_librdkafka_knows_is_left_to_it() {
        for properties in [
            &[][..],
            &[("security.protocol", "SSL"), ("ssl.ca.location", "/ca.pem")],
            &[("security.protocol", "sasl_ssl"), ("sasl.mechanism", "SCRAM-SHA-512")],
            &[("security.protocol", "sasl_plaintext"), ("sasl.mechanisms", "PLAIN")],
            &[("ssl.endpoint.identification.algorithm", "https")],
        ] {
            assert!(followed(&settings(properties)), "{properties:?}");
        }
        for properties in [
            &[("security.protocol", "sasl_ssl")][..],
            &[("security.protocol", "sasl_ssl"), ("sasl.mechanism", "GSSAPI")],
            &[("ssl.key.password", "x")],
            &[("ssl.ca.location", "/")],
            &[("ssl.endpoint.identification.algorithm", "none")],
            &[("enable.ssl.certificate.verification", "false")],
            &[("sasl.oauthbearer.config", "x")],
        ] {
            assert!(!followed(&settings(properties)), "{properties:?}");
        }
    }

    #[test]
    fn what_is_missing_is_named_and_no_secret_is() {
        let wrong = |properties: &[(&str, &str)]| {
            Security::of(&settings(properties)).expect_err("not enough").to_string()
        };
        let plain = ("sasl.mechanism", "PLAIN");
        let said = wrong(&[("security.protocol", "sasl_plaintext"), plain]);
        assert!(said.contains("username"), "{said}");
        let user = ("sasl.username", "ana");
        let said = wrong(&[("security.protocol", "sasl_plaintext"), plain, user]);
        assert!(said.contains("password"), "{said}");
        for (name, value) in [
            ("ssl.ca.location", "/nowhere/ca.pem"),
            ("ssl.ca.location", "/dev/null"),
            ("ssl.certificate.location", "/nowhere/client.pem"),
        ] {
            let said = wrong(&[("security.protocol", "ssl"), (name, value)]);
            let remedy = value == "/nowhere/client.pem" && said.contains("ssl_key_file");
            assert!(said.contains(value) || remedy, "{said}");
        }
    }
}
