//! A connection of our own to a broker: it is opened, protected (TLS) and logged in (SASL) as the settings say, carries requests, and hands over whole answers. What is asked, and what an
//! answer means, is whoever uses it to know ([`protocol`](crate::protocol)).

mod login;
mod opening;
mod scram;
mod security;
mod stream;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use security::{Security, followed, follows};

use crate::protocol::{Api, Frames, MAX_ANSWER, Reader, Request, Trouble, Versions};
use opening::{Next, Opening};
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use stream::Stream;

/// How long a single question may wait for its answer.
const ANSWER: Duration = Duration::from_secs(3);
/// A broker that holds an answer back for so long is gone.
const SILENCE: Duration = Duration::from_secs(10);

/// See the module. Requests may be sent before the answers to those before have come; answers come in order.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: Stream,
    frames: Frames,
    versions: Option<Versions>,
    correlation: i32,
    /// What was asked and not yet answered: request, correlation id, when.
    asked: VecDeque<(Api, i32, Instant)>,
    /// When the login must be renewed.
    renew: Option<Instant>,
}

/// An answer: its bytes, and where in them what stands behind its header begins.
#[derive(Debug)]
pub(crate) struct Answered {
    pub bytes: Vec<u8>,
    pub body: usize,
}

impl Answered {
    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader { bytes: &self.bytes, at: self.body }
    }
}

impl Connection {
    /// Connects and logs in.
    pub(crate) fn open(address: (&str, u16), security: &Security) -> Result<Self, Trouble> {
        let mut connection = Self {
            stream: Stream::open(address, security.tls.as_ref())?,
            frames: Frames::up_to(MAX_ANSWER),
            versions: None,
            correlation: 0,
            asked: VecDeque::new(),
            renew: None,
        };
        let (opening, first) = Opening::new(security.login.as_ref());
        connection.converse(opening, first, security)?;
        Ok(connection)
    }

    /// Whether the login ends soon. Then [`renew`](Self::renew) is due before the next request.
    pub(crate) fn is_due(&self) -> bool {
        self.renew.is_some_and(|renew| Instant::now() >= renew)
    }

    /// Logs in again, while no answer is awaited.
    pub(crate) fn renew(&mut self, security: &Security) -> Result<(), Trouble> {
        self.renew = None;
        let Some(login) = &security.login else { return Ok(()) };
        let (opening, first) = Opening::again(login);
        self.converse(opening, first, security)
    }

    fn converse(
        &mut self,
        mut opening: Opening<'_>,
        first: Request,
        security: &Security,
    ) -> Result<(), Trouble> {
        let discreet = |trouble| match (trouble, &security.login) {
            (Trouble::Denied(words), Some(login)) => Trouble::Denied(login.discreet(&words)),
            (other, _) => other,
        };
        let mut request = first;
        loop {
            let answer = self.ask(request)?;
            request = match opening.heard(&mut answer.reader()).map_err(discreet)? {
                Next::Ask(request) => request,
                Next::Knows(versions, next) => {
                    self.versions = Some(versions);
                    let Some(next) = next else { return Ok(()) };
                    next
                }
                Next::Open(lifetime) => {
                    // As Kafka's own clients do, well before its end.
                    let renew = |lifetime: Duration| Instant::now().checked_add(lifetime * 8 / 10);
                    self.renew = lifetime.and_then(renew);
                    return Ok(());
                }
            };
        }
    }

    /// Sends a request; [`Trouble::Old`] if the broker does not know it.
    pub(crate) fn send(&mut self, request: Request) -> Result<(), Trouble> {
        let api = request.api;
        if let Some(versions) = &self.versions {
            versions.require(api)?;
        }
        self.correlation = self.correlation.wrapping_add(1);
        self.stream.write(&request.sealed(self.correlation))?;
        self.asked.push_back((api, self.correlation, Instant::now()));
        Ok(())
    }

    /// Receives what is there of the next answer, waiting until `until` for the rest. None if it has not come as a whole; the next one is received into `spare`.
    pub(crate) fn receive(
        &mut self,
        spare: &mut Vec<u8>,
        until: Instant,
    ) -> Result<Option<Answered>, Trouble> {
        loop {
            let room = self.frames.room()?;
            if room.is_empty() {
                break;
            }
            match self.stream.read(room, until)? {
                Some(count) => self.frames.received(count),
                None if self.asked.front().is_some_and(|(.., at)| at.elapsed() > SILENCE) => {
                    return Err(Trouble::Connection(format!(
                        "no answer in {} s",
                        SILENCE.as_secs()
                    )));
                }
                None => return Ok(None),
            }
        }
        let (api, correlation, _) = self.asked.pop_front().ok_or(Trouble::Unreadable)?;
        let (bytes, start) = self.frames.take(std::mem::take(spare));
        let answer = bytes.get(start..).unwrap_or_default();
        let body = start + api.body(answer, correlation)?.at;
        Ok(Some(Answered { bytes, body }))
    }

    /// Asks one question and waits for its answer, while no other is awaited.
    pub(crate) fn ask(&mut self, request: Request) -> Result<Answered, Trouble> {
        self.send(request)?;
        self.receive(&mut Vec::new(), Instant::now() + ANSWER)?
            .ok_or_else(|| Trouble::Connection(format!("no answer in {} s", ANSWER.as_secs())))
    }
}

/// Brokers to ask first, `host:port` separated by commas; what is no address is passed over.
pub(crate) fn addresses(bootstrap: &str) -> Vec<(String, u16)> {
    bootstrap
        .split(',')
        .filter_map(|address| {
            // librdkafka takes a protocol before it, and brackets around an IPv6 address.
            let address = address.trim();
            let address = address.split_once("://").map_or(address, |(_, address)| address);
            let (host, port) = match address.rsplit_once(':') {
                Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                    (host, port.parse().ok()?)
                }
                _ => (address, 9092),
            };
            let host = host.trim_start_matches('[').trim_end_matches(']');
            (!host.is_empty()).then(|| (host.to_owned(), port))
        })
        .collect()
}
