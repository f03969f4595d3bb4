//! Listeners with TLS and logins, for tests and measurements: an authority made for the occasion, certificates by it, and a user.

use crate::Error;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::path::{Path, PathBuf};

/// The one user.
pub const USER: &str = "ana";
/// Its password.
pub const PASSWORD: &str = "correct horse 1";

/// What a client needs for the protected listeners. The broker is `localhost` there, and its certificate knows no other name.
#[derive(Clone, Debug)]
pub struct Secured {
    /// Port of the listener with `sasl_ssl`: PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512 for [`USER`]; a login by the last holds for [`SESSION_MS`].
    pub login_port: u16,
    /// Port of the listener with `ssl`, which asks for a certificate.
    pub mutual_port: u16,
    /// The authority, PEM.
    pub ca: PathBuf,
    /// Another authority, which has signed nothing here.
    pub stranger: PathBuf,
    /// A client's certificate, and its key.
    pub client_certificate: PathBuf,
    /// See there.
    pub client_key: PathBuf,
}

/// How long a login by SCRAM-SHA-512 holds, milliseconds.
pub const SESSION_MS: u32 = 2_500;

/// Both mechanisms of SCRAM.
pub(crate) const SCRAM: [&str; 2] = ["SCRAM-SHA-256", "SCRAM-SHA-512"];

impl Secured {
    /// `host:port` with TLS and a login.
    pub fn login(&self) -> String {
        format!("localhost:{}", self.login_port)
    }

    /// `host:port` with TLS and a client's certificate.
    pub fn mutual(&self) -> String {
        format!("localhost:{}", self.mutual_port)
    }

    /// Writes authority, keys and certificates into `dir`.
    pub(crate) fn make(dir: &Path, [login_port, mutual_port]: [u16; 2]) -> Result<Self, Error> {
        let path = |name: &str| dir.join(name);
        let write = |path: &Path, text: String| {
            std::fs::write(path, text).map_err(Error::io(path.display().to_string()))
        };
        let secured = Self {
            login_port,
            mutual_port,
            ca: path("ca.pem"),
            stranger: path("stranger.pem"),
            client_certificate: path("client.pem"),
            client_key: path("client.key"),
        };
        let (authority, text) = authority("test authority")?;
        write(&secured.ca, text)?;
        write(&secured.stranger, self::authority("another authority")?.1)?;
        let (certificate, key) = signed("localhost", &authority)?;
        write(&server(dir), format!("{key}{certificate}"))?;
        let (certificate, key) = signed("client", &authority)?;
        write(&secured.client_certificate, certificate)?;
        write(&secured.client_key, key)?;
        Ok(secured)
    }

    /// What stands in `server.properties` for these listeners, beside their names.
    pub(crate) fn properties(&self, dir: &Path) -> String {
        let scram: String = SCRAM
            .iter()
            .map(|name| {
                format!(
                    "listener.name.login.{}.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;\n",
                    name.to_ascii_lowercase()
                )
            })
            .collect();
        format!(
            "inter.broker.listener.name=PLAINTEXT
ssl.keystore.type=PEM
ssl.keystore.location={server}
ssl.truststore.type=PEM
ssl.truststore.location={ca}
listener.name.mutual.ssl.client.auth=required
listener.name.login.sasl.enabled.mechanisms=PLAIN,{mechanisms}
listener.name.login.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}=\"{PASSWORD}\";
{scram}listener.name.login.scram-sha-512.connections.max.reauth.ms={SESSION_MS}
",
            server = server(dir).display(),
            ca = self.ca.display(),
            mechanisms = SCRAM.join(","),
        )
    }

    /// Arguments for formatting the broker's directory that make the user.
    pub(crate) fn users() -> impl Iterator<Item = String> {
        SCRAM.iter().flat_map(|name| {
            ["--add-scram".to_owned(), format!("{name}=[name={USER},password={PASSWORD}]")]
        })
    }
}

/// The broker's key and certificate.
fn server(dir: &Path) -> PathBuf {
    dir.join("server.pem")
}

/// An authority, and its certificate.
fn authority(name: &str) -> Result<(Issuer<'static, KeyPair>, String), Error> {
    let key = KeyPair::generate()?;
    let mut parameters = CertificateParams::new(Vec::new())?;
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.distinguished_name.push(DnType::CommonName, name);
    let certificate = parameters.self_signed(&key)?.pem();
    Ok((Issuer::new(parameters, key), certificate))
}

/// A certificate for this name, and its key.
fn signed(name: &str, authority: &Issuer<'_, KeyPair>) -> Result<(String, String), Error> {
    let key = KeyPair::generate()?;
    let mut parameters = CertificateParams::new(vec![name.to_owned()])?;
    parameters.distinguished_name.push(DnType::CommonName, name);
    Ok((parameters.signed_by(&key, authority)?.pem(), key.serialize_pem()))
}
