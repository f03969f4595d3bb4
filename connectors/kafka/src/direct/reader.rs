//! Moves what a [`Reading`] asks and is told over a connection to the partition's leader, with one request under way.

use super::again::Again;
use super::reading::Reading;
use super::{Lost, Reach};
use crate::connection::Connection;
use crate::protocol::Chunk;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// See the module.
#[derive(Debug)]
pub(crate) struct Direct {
    reach: Arc<Reach>,
    reading: Reading,
    link: Option<Link>,
    again: Again,
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
            again: Again::default(),
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
        self.again.clear();
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

    /// Whether there is a connection, or it is time to try for one by `until`.
    fn wait(&self, until: Instant) -> bool {
        self.link.is_some() || self.again.wait(until)
    }

    /// Gives the connection up, for a while.
    fn part(&mut self) {
        self.link = None;
        self.again.later();
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
            self.again.clear();
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
            let mut connection = self.reading.whereabouts().connect(&self.reach)?;
            if let Some(question) = self.reading.ask_end() {
                self.reading.end(&mut connection.ask(question)?.reader())?;
            }
            self.link = Some(Link { connection, asked: None });
        }
        Ok(())
    }
}
