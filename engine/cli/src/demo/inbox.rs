//! What the demo's customers received: the newest messages for the console, and counts.

use super::clock::StepClock;
use super::mail::Mail;
use cartwheel_core::command::Command;
use cartwheel_core::id::CommandId;
use cartwheel_core::time::Millis;
use cartwheel_runtime::admin::view::InboxEntry;
use cartwheel_runtime::clock::Clock;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Messages that are kept with their content.
const KEPT: usize = 500;
/// Messages that the console lists.
const LISTED: usize = 200;

/// How many messages arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrived {
    /// By SMTP.
    pub mails: u64,
    /// Text messages.
    pub texts: u64,
    /// Mails that came again for the same command, or that no command announced.
    pub strange: u64,
}

/// What stands behind a message.
#[derive(Clone)]
struct About {
    customer: String,
    journey: String,
    step: String,
}

struct Kept {
    entry: InboxEntry,
    html: String,
}

#[derive(Default)]
struct Inner {
    /// Commands whose mail is under way.
    announced: HashMap<CommandId, About>,
    kept: VecDeque<Kept>,
    arrived: Arrived,
}

/// Everybody's letter box.
pub struct Inbox {
    clock: Arc<StepClock>,
    inner: Mutex<Inner>,
}

impl Inbox {
    /// An empty one.
    pub fn new(clock: Arc<StepClock>) -> Self {
        Self { clock, inner: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A mail for this command is about to be sent: a mail itself does not say for which step it is.
    pub fn announce(&self, command: &Command) {
        self.lock().announced.insert(command.command_id, about(command));
    }

    /// A mail arrived.
    pub fn mail(&self, content: &[u8]) {
        let mail = Mail::read(content);
        let at = self.clock.wall();
        let mut inner = self.lock();
        let about = mail.command.and_then(|command| inner.announced.remove(&command));
        match (mail.command, about) {
            (Some(command), Some(about)) => {
                inner.arrived.mails += 1;
                inner.keep(at, command, about, mail.to, mail.subject, mail.html);
            }
            _ => inner.arrived.strange += 1,
        }
    }

    /// A text message arrived.
    pub fn text(&self, command: &Command, to: &str, text: &str) {
        let at = self.clock.wall();
        let mut inner = self.lock();
        inner.arrived.texts += 1;
        let html = format!("<p style=\"font: 1rem sans-serif\">{}</p>", escaped(text));
        inner.keep(
            at,
            command.command_id,
            about(command),
            to.to_owned(),
            format!("SMS: {text}"),
            html,
        );
    }

    /// How many arrived.
    pub fn arrived(&self) -> Arrived {
        self.lock().arrived
    }

    /// The newest, newest first.
    pub fn newest(&self) -> Vec<InboxEntry> {
        self.lock().kept.iter().rev().take(LISTED).map(|kept| kept.entry.clone()).collect()
    }

    /// The HTML of message `n`, if it is still kept.
    pub fn html(&self, n: u64) -> Option<String> {
        self.lock().kept.iter().find(|kept| kept.entry.n == n).map(|kept| kept.html.clone())
    }
}

impl Inner {
    fn keep(
        &mut self,
        at: Millis,
        command_id: CommandId,
        about: About,
        to: String,
        subject: String,
        html: String,
    ) {
        let n = self.arrived.mails + self.arrived.texts;
        let About { customer, journey, step } = about;
        self.kept.push_back(Kept {
            entry: InboxEntry { n, at, to, subject, customer, journey, step, command_id },
            html,
        });
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
    }
}

fn about(command: &Command) -> About {
    About {
        customer: command.customer.clone(),
        journey: command.journey.clone(),
        step: command.step.clone(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use cartwheel_core::channel::{Channel, Class};
    use cartwheel_core::id::RunId;

    /// A command for tests.
    pub fn command(id: u128, customer: &str, step: &str, channel: Channel) -> Command {
        Command {
            command_id: CommandId(id),
            run_id: RunId(1),
            journey: "cart_abandonment".into(),
            version: "v".into(),
            step: step.into(),
            customer: customer.into(),
            channel,
            class: Class::Marketing,
            template: step.into(),
            to: "+15550100".into(),
            data: serde_json::Value::Null,
            variant: None,
            team: None,
            answers: Vec::new(),
            side: None,
            due_at: 0,
            decided_at: 0,
            not_after: 1,
        }
    }

    #[test]
    fn a_mail_meets_its_command_once() {
        let inbox = Inbox::new(Arc::new(StepClock::new(7, 1.0)));
        inbox.announce(&command(0x2a, "ana", "cart_reminder", Channel::Email));
        let mail = b"To: ana@example.test\r\nSubject: Hi\r\nMessage-ID: <2a@x>\r\nContent-Type: text/html\r\n\r\n<p>x</p>";
        inbox.mail(mail);
        inbox.mail(mail);
        inbox.text(&command(1, "bob", "cart_reminder", Channel::Sms), "+15550100", "a < b");
        assert_eq!(inbox.arrived(), Arrived { mails: 1, texts: 1, strange: 1 });
        let newest = inbox.newest();
        assert_eq!(
            (newest[0].customer.as_str(), newest[1].customer.as_str(), newest[1].at),
            ("bob", "ana", 7)
        );
        assert_eq!(inbox.html(newest[1].n).as_deref(), Some("<p>x</p>"));
        assert!(inbox.html(newest[0].n).unwrap().contains("a &lt; b"));
        assert_eq!(inbox.html(9), None);
    }

    #[test]
    fn old_messages_go() {
        let inbox = Inbox::new(Arc::new(StepClock::new(7, 1.0)));
        (0..KEPT as u128 + 5)
            .for_each(|id| inbox.text(&command(id, "ana", "s", Channel::Sms), "x", "y"));
        assert_eq!(
            (inbox.newest().len(), inbox.html(5), inbox.html(6).is_some()),
            (LISTED, None, true)
        );
    }
}
