//! Who carries the demo's messages: the shipped SMTP provider to the demo's own mail server, and for text messages a letter box.

use super::inbox::Inbox;
use cartwheel_core::channel::Channel;
use cartwheel_core::command::Command;
use cartwheel_delivery::bucket::Rate;
use cartwheel_delivery::config::Provider as Limits;
use cartwheel_providers::smtp::{Smtp, SmtpConfig, SmtpTls};
use cartwheel_providers::{BoxFuture, ConfigError, Outcome, Provider, RejectReason, Rendered};
use cartwheel_runtime::deliver::Route;
use std::net::SocketAddr;
use std::sync::Arc;

/// Calls at one time and channel.
const CALLS: usize = 16;

/// The routes of the demo: e-mail by SMTP to `mail_server`, text messages into the inbox.
pub fn routes(mail_server: SocketAddr, inbox: &Arc<Inbox>) -> Result<Vec<Route>, ConfigError> {
    let config = SmtpConfig {
        port: Some(mail_server.port()),
        tls: SmtpTls::None,
        hello_name: Some("demo.localhost".to_owned()),
        max_idle: CALLS,
        ..SmtpConfig::new(mail_server.ip().to_string())
    };
    let mail = Announced { smtp: Smtp::new(&config)?, inbox: Arc::clone(inbox) };
    let texts = LetterBox { inbox: Arc::clone(inbox) };
    Ok(vec![
        route(Channel::Email, "smtp", Arc::new(mail)),
        route(Channel::Sms, "letter-box", Arc::new(texts)),
    ])
}

fn route(channel: Channel, name: &str, sender: Arc<dyn Provider>) -> Route {
    let rate = Rate::per_second(10_000, 10_000);
    let limits = Limits {
        name: name.to_owned(),
        account: name.to_owned(),
        key_life: None,
        rate,
        max_in_flight: CALLS,
    };
    Route { channel, limits, sender }
}

/// The SMTP provider; the inbox hears of each command before its mail leaves.
struct Announced {
    smtp: Smtp,
    inbox: Arc<Inbox>,
}

impl Provider for Announced {
    fn name(&self) -> &'static str {
        self.smtp.name()
    }

    fn idempotent(&self) -> bool {
        self.smtp.idempotent()
    }

    fn send<'a>(&'a self, message: &'a Rendered, command: &'a Command) -> BoxFuture<'a, Outcome> {
        self.inbox.announce(command);
        self.smtp.send(message, command)
    }
}

/// Takes text messages and shows them in the inbox; none leaves this process. (The demo has no SMS provider: those are real accounts.)
struct LetterBox {
    inbox: Arc<Inbox>,
}

impl Provider for LetterBox {
    fn name(&self) -> &'static str {
        "letter-box"
    }

    fn idempotent(&self) -> bool {
        false
    }

    fn send<'a>(&'a self, message: &'a Rendered, command: &'a Command) -> BoxFuture<'a, Outcome> {
        let outcome = match message {
            Rendered::Sms { to, text } => {
                self.inbox.text(command, to, text);
                Outcome::Accepted { provider_id: None }
            }
            _ => Outcome::Rejected { reason: RejectReason::WrongChannel, suppress: false },
        };
        Box::pin(std::future::ready(outcome))
    }
}
