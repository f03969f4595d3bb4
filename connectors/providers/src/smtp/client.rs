//! A delivery over SMTP, phase by phase, so that a failure is known to be before or after the content.

use super::config::{SmtpConfig, SmtpTls};
use super::reply::{Phase, lost, outcome};
use super::request::build;
use crate::http::rejected;
use crate::{BoxFuture, ConfigError, Outcome, Provider, RejectReason, Rendered};
use cartwheel_core::command::Command;
use lettre::address::{Address, Envelope};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// An SMTP relay. Not idempotent: SMTP has no way to say "this is the same message".
pub struct Smtp {
    host: String,
    port: u16,
    tls: SmtpTls,
    parameters: Option<TlsParameters>,
    credentials: Option<Credentials>,
    hello: ClientId,
    timeout: Duration,
    max_idle: usize,
    idle: Mutex<Vec<AsyncSmtpConnection>>,
}

/// Where and how a delivery failed.
struct Failed {
    phase: Phase,
    /// None: the time was up.
    error: Option<Error>,
}

impl Failed {
    fn outcome(&self) -> Outcome {
        self.error
            .as_ref()
            .map_or_else(|| lost(self.phase, true), |error| outcome(self.phase, error))
    }

    /// Whether the relay said nothing about it: on a connection that was kept open it may just have been closed.
    fn is_silent(&self) -> bool {
        self.error.as_ref().is_none_or(|error| error.status().is_none())
    }
}

impl Smtp {
    /// A client for the relay; connects at the first message. Errors: a secret or certificate that cannot be read, half of a login.
    pub fn new(config: &SmtpConfig) -> Result<Self, ConfigError> {
        let parameters = match config.tls {
            SmtpTls::None => None,
            SmtpTls::Starttls | SmtpTls::Tls => Some(tls_parameters(config)?),
        };
        Ok(Self {
            host: config.host.clone(),
            port: config.port(),
            tls: config.tls,
            parameters,
            credentials: config
                .credentials()?
                .map(|(name, password)| Credentials::new(name, password.reveal().to_owned())),
            hello: config.hello_name.clone().map_or_else(ClientId::default, ClientId::Domain),
            timeout: Duration::from_millis(config.timeout.millis().max(1).unsigned_abs()),
            max_idle: config.max_idle,
            idle: Mutex::default(),
        })
    }

    async fn deliver(&self, envelope: &Envelope, content: &[u8]) -> Outcome {
        // A kept connection that the relay has closed in the meantime shows at MAIL: then, and only then, a fresh one is tried.
        if let Some(kept) = self.take() {
            match self.transfer(kept, envelope, content).await {
                Err(failed) if failed.phase == Phase::Sender && failed.is_silent() => {}
                result => return result.unwrap_or_else(|failed| failed.outcome()),
            }
        }
        match self.connect().await {
            Ok(fresh) => self
                .transfer(fresh, envelope, content)
                .await
                .unwrap_or_else(|failed| failed.outcome()),
            Err(failed) => failed.outcome(),
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Failed> {
        let implicit = self.parameters.clone().filter(|_| self.tls == SmtpTls::Tls);
        let address = (self.host.as_str(), self.port);
        let connecting = AsyncSmtpConnection::connect_tokio1(
            address,
            Some(self.timeout),
            &self.hello,
            implicit,
            None,
        );
        let mut connection = self.limit(Phase::Connect, connecting).await?;
        if let (SmtpTls::Starttls, Some(parameters)) = (self.tls, self.parameters.clone()) {
            self.limit(Phase::Connect, connection.starttls(parameters, &self.hello)).await?;
        }
        if let Some(credentials) = &self.credentials {
            self.limit(Phase::Login, connection.auth(DEFAULT_MECHANISMS, credentials)).await?;
        }
        Ok(connection)
    }

    /// One message over one connection, which is kept only if all went well.
    async fn transfer(
        &self,
        mut connection: AsyncSmtpConnection,
        envelope: &Envelope,
        content: &[u8],
    ) -> Result<Outcome, Failed> {
        let mut parameters = Vec::new();
        if !envelope.to().iter().chain(envelope.from()).all(is_ascii) {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                let detail =
                    "the mailbox is outside of ASCII, and the relay does not offer SMTPUTF8";
                return Ok(Outcome::Unsendable {
                    reason: RejectReason::BadAddress,
                    detail: detail.to_owned(),
                });
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        self.limit(
            Phase::Sender,
            connection.command(Mail::new(envelope.from().cloned(), parameters)),
        )
        .await?;
        for to in envelope.to() {
            self.limit(Phase::Recipient, connection.command(Rcpt::new(to.clone(), Vec::new())))
                .await?;
        }
        self.limit(Phase::Data, connection.command(Data)).await?;
        self.limit(Phase::Content, connection.message(content)).await?;
        self.keep(connection);
        Ok(Outcome::Accepted { provider_id: None })
    }

    async fn limit<T>(
        &self,
        phase: Phase,
        step: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Failed> {
        match tokio::time::timeout(self.timeout, step).await {
            Ok(result) => result.map_err(|error| Failed { phase, error: Some(error) }),
            Err(_) => Err(Failed { phase, error: None }),
        }
    }

    fn take(&self) -> Option<AsyncSmtpConnection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.max_idle {
            idle.push(connection);
        }
    }
}

fn is_ascii(address: &Address) -> bool {
    let text: &str = address.as_ref();
    text.is_ascii()
}

fn tls_parameters(config: &SmtpConfig) -> Result<TlsParameters, ConfigError> {
    let mut builder = TlsParameters::builder(config.host.clone());
    if let Some(file) = &config.ca_file {
        let problem =
            |what: String| ConfigError::new("ca_file", format!("{}: {what}", file.display()));
        let pem = std::fs::read(file).map_err(|error| problem(error.to_string()))?;
        let certificate = Certificate::from_pem(&pem)
            .map_err(|_| problem("is not a PEM certificate".to_owned()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| ConfigError::new("tls", error.to_string()))
}

impl Provider for Smtp {
    fn name(&self) -> &'static str {
        "smtp"
    }

    fn idempotent(&self) -> bool {
        false
    }

    fn send<'a>(&'a self, message: &'a Rendered, command: &'a Command) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let Rendered::Email(email) = message else {
                return rejected(RejectReason::WrongChannel);
            };
            match build(email, command) {
                Ok((envelope, content)) => self.deliver(&envelope, &content).await,
                Err(reason) => rejected(reason),
            }
        })
    }
}
