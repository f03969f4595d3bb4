//! A real SMTP server (aiosmtpd) that keeps what it receives in a Maildir.

use crate::audit::Accepted;
use crate::processes::{free_port, until};
use std::collections::BTreeSet;
use std::fs;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub struct MailServer {
    child: Child,
    port: u16,
    dir: tempfile::TempDir,
}

impl MailServer {
    pub fn start() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let child = Command::new("/usr/bin/python3")
            .args(["-m", "aiosmtpd", "-n", "-l"])
            .arg(format!("127.0.0.1:{port}"))
            .args(["-c", "aiosmtpd.handlers.Mailbox"])
            .arg(dir.path().join("mail"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("aiosmtpd (Debian package python3-aiosmtpd)");
        until("the SMTP server", Duration::from_secs(30), || {
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Self { child, port, dir }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn count(&self) -> usize {
        fs::read_dir(self.dir.path().join("mail/new")).map_or(0, Iterator::count)
    }

    /// What it has taken so far.
    pub fn mails(&self) -> Vec<String> {
        let Ok(folder) = fs::read_dir(self.dir.path().join("mail/new")) else { return Vec::new() };
        let read = |entry: std::io::Result<fs::DirEntry>| {
            fs::read_to_string(entry.expect("a mail").path()).expect("a readable mail")
        };
        folder.map(read).collect()
    }

    /// Every accepted e-mail command has exactly one mail, unless delivery withheld it, and then none; what is marketing, and nothing else, can be
    /// unsubscribed from with one click.
    pub fn each_once(&self, accepted: &Accepted, withheld: &BTreeSet<String>) {
        let mails = self.mails().into_iter();
        let mut received: Vec<(String, bool)> =
            mails.map(|mail| (command_of(&mail), mail.contains(ONE_CLICK))).collect();
        received.sort_unstable();
        let once: BTreeSet<(String, bool)> = received.iter().cloned().collect();
        assert_eq!(once.len(), received.len(), "a mail arrived twice");
        let commands = accepted.commands().filter(|command| command["channel"] == "email");
        let expected: BTreeSet<(String, bool)> = commands
            .map(|command| (text(&command["command_id"]), command["class"] == "marketing"))
            .filter(|(id, _)| !withheld.contains(id))
            .collect();
        assert_eq!(once, expected, "mails are not the commands");
    }
}

/// What a mail has that can be unsubscribed from with one click (RFC 8058).
const ONE_CLICK: &str = "List-Unsubscribe-Post: List-Unsubscribe=One-Click";

/// The command's id stands in the Message-ID.
fn command_of(mail: &str) -> String {
    let line =
        mail.lines().find_map(|line| line.strip_prefix("Message-ID: <")).expect("a Message-ID");
    line.split('@').next().unwrap_or_default().to_owned()
}
pub fn text(value: &serde_json::Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
