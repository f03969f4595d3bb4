//! Moves what a [`Reading`] asks and is told over a connection to the partition's leader, with one request under way.

use super::reading::Reading;
use super::{Lost, Reach};
use crate::connection::Connection;
use crate::protocol::{Chunk, Leader, Trouble, ask_topic};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Before another try, and at most: as librdkafka's `reconnect.backoff.ms` and `reconnect.backoff.max.ms`.
const AGAIN: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// See the module.
#[derive(Debug)]
pub(crate) struct Direct {
    reach: Arc<Reach>,
    reading: Reading,
    link: Option<Link>,
    /// What went wrong last: when to try again, and how long that was to wait. None since an answer came.
    again: Option<(Instant, Duration)>,
    /// The next answer's buffer.
    spare: Vec<u8>,
    /// The newest answer; its records from `handed` on have not been handed out.
    chunk: Arc<Chunk>,
    handed: usize,
    /// Offset behind what was handed out.
    position: i64,
}

/// A connection to the leader.
#[derive(Debug)]
struct Link {
    connection: Connection,
    /// A request is under way, and whether its answer counts: not if the position has been moved since.
    asked: Option<bool>,
}

impl Direct {
    /// A reader that is not connected yet.
    pub(crate) fn new(reach: Arc<Reach>, topic: &str, partition: i32) -> Self {
        Self {
            reach,
            reading: Reading::new(topic, partition),
            link: None,
            again: None,
            spare: Vec::new(),
            chunk: Arc::default(),
            handed: 0,
            position: 0,
        }
    }

    /// Offset of the next record to be handed out.
    pub(crate) fn position(&self) -> i64 {
        self.position
    }

    /// Whether the leader is at the other end.
    pub(crate) fn is_connected(&self) -> bool {
        self.link.is_some()
    }

    /// Goes on at `offset`; what was fetched already is dropped.
    pub(crate) fn go_to(&mut self, offset: i64) {
        self.reading.go_to(offset);
        self.position = offset;
        (self.chunk, self.handed) = (Arc::default(), 0);
        // It may have been the offset that went wrong.
        self.again = None;
        if let Some(asked) = self.link.as_mut().and_then(|link| link.asked.as_mut()) {
            *asked = false;
        }
    }

    /// Up to `limit` records; waits up to `timeout` for the first. None, if none came. What went wrong is told once; later calls try again, when
    /// it is time.
    pub(crate) fn poll(
        &mut self,
        limit: usize,
        timeout: Duration,
    ) -> Result<(Arc<Chunk>, Range<usize>), Lost> {
        let until = Instant::now() + timeout;
        if self.handed == self.chunk.records.len() && self.wait(until) {
            self.refill(until).inspect_err(|_| self.part())?;
        }
        let range = self.handed..self.chunk.records.len().min(self.handed + limit);
        self.handed = range.end;
        let behind = self.reading.next();
        self.position = self.chunk.records.get(self.handed).map_or(behind, |span| span.offset);
        Ok((Arc::clone(&self.chunk), range))
    }

    /// Waits until it is time to try again, but not beyond `until`: whether it is.
    fn wait(&self, until: Instant) -> bool {
        let Some((at, _)) = self.again.filter(|_| self.link.is_none()) else { return true };
        std::thread::sleep(at.min(until).saturating_duration_since(Instant::now()));
        at <= until
    }

    /// Gives the connection up, for a while.
    fn part(&mut self) {
        self.link = None;
        let pause = self.again.map_or(AGAIN.0, |(_, pause)| (pause * 2).min(AGAIN.1));
        self.again = Some((Instant::now() + pause, pause));
    }

    fn refill(&mut self, until: Instant) -> Result<(), Lost> {
        self.connect()?;
        while self.handed == self.chunk.records.len() {
            self.ask()?;
            let Some(link) = &mut self.link else { return Ok(()) };
            let Some(answer) = link.connection.receive(&mut self.spare, until)? else { break };
            if link.asked.take() == Some(false) {
                continue;
            }
            let mut chunk = Arc::get_mut(&mut self.chunk).map(std::mem::take).unwrap_or_default();
            self.spare = std::mem::take(&mut chunk.bytes);
            // Nothing that was handed out is handed out again, whatever this answer is.
            (self.chunk, self.handed) = (Arc::default(), 0);
            self.chunk = Arc::new(self.reading.take(answer, chunk)?);
            self.again = None;
            // Before anybody works on the records: the broker answers meanwhile.
            self.ask()?;
        }
        Ok(())
    }

    /// Sends the next request unless one is under way.
    fn ask(&mut self) -> Result<(), Lost> {
        let Some(link) = self.link.as_mut().filter(|link| link.asked.is_none()) else {
            return Ok(());
        };
        if link.connection.is_due() {
            link.connection.renew(&self.reach.security)?;
        }
        link.connection.send(self.reading.ask())?;
        link.asked = Some(true);
        Ok(())
    }

    /// Connects to the leader, unless it is connected, and looks whether the log is still the one that was read.
    pub(crate) fn connect(&mut self) -> Result<(), Lost> {
        if self.link.is_none() {
            let mut connection = self.leader()?;
            if let Some(question) = self.reading.ask_end() {
                self.reading.end(&mut connection.ask(question)?.reader())?;
            }
            self.link = Some(Link { connection, asked: None });
        }
        Ok(())
    }

    /// Asks the first broker that answers who leads, and connects there.
    fn leader(&mut self) -> Result<Connection, Lost> {
        let mut last = Trouble::Connection("bootstrap names no broker".to_owned());
        for (host, port) in &self.reach.bootstrap {
            let opened =
                Connection::open((host, *port), &self.reach.security).and_then(|mut connection| {
                    let answer = connection.ask(ask_topic(self.reading.topic()))?;
                    Ok((connection, answer))
                });
            match opened {
                Ok((connection, answer)) => {
                    let leader = self.reading.found(&mut answer.reader())?;
                    return Ok(self.lead_by(leader, (host, *port), connection)?);
                }
                Err(trouble) => last = at(trouble, host, *port),
            }
        }
        Err(last.into())
    }

    /// The connection to this leader: the one over which it was found, or its own.
    fn lead_by(
        &self,
        leader: Leader,
        asked: (&str, u16),
        connection: Connection,
    ) -> Result<Connection, Trouble> {
        if (leader.host.as_str(), leader.port) == asked {
            return Ok(connection);
        }
        drop(connection);
        Connection::open((&leader.host, leader.port), &self.reach.security)
            .map_err(|trouble| at(trouble, &leader.host, leader.port))
    }
}

/// The same trouble, with where it was met.
fn at(trouble: Trouble, host: &str, port: u16) -> Trouble {
    match trouble {
        Trouble::Connection(why) => Trouble::Connection(format!("{host}:{port}: {why}")),
        Trouble::Untrusted(why) => Trouble::Untrusted(format!("{host}:{port}: {why}")),
        Trouble::Denied(why) => Trouble::Denied(format!("{host}:{port}: {why}")),
        Trouble::Code(_) | Trouble::Old | Trouble::Unreadable => trouble,
    }
}
