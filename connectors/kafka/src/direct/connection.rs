//! A connection to the partition's leader with one request under way.

use super::Trouble;
use super::batches::{self, Chunk};
use super::wire::{Ask, answer};
use crate::settings::FETCH_WAIT_MS;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// About how many bytes of the partition an answer holds. Measured: with 1 MiB the broker answers twice as often, and takes a twentieth more
/// of the machine.
const ANSWER_BYTES: i32 = 2 << 20;
/// An answer that says it is longer is none.
const MAX_ANSWER: usize = 256 << 20;
/// Memory beyond this, bytes and records, is given back behind an answer that needed it.
const KEEP: (usize, usize) = (16 << 20, 1 << 16);
/// For the connection, and for a request to leave.
const PATIENCE: Duration = Duration::from_secs(2);
/// A broker that holds an answer back for so long is gone.
const SILENCE: Duration = Duration::from_secs(10);

/// See the module.
#[derive(Debug)]
pub(crate) struct Direct {
    stream: TcpStream,
    topic: String,
    partition: i32,
    correlation: i32,
    /// When the request under way was sent.
    asked: Instant,
    /// The answer that is being received, its length before it; so many bytes of it are there, and older ones behind them.
    incoming: Vec<u8>,
    received: usize,
    /// The newest answer; its records from `handed` on have not been handed out.
    chunk: Arc<Chunk>,
    handed: usize,
    /// Offset behind the newest answer.
    next: i64,
    /// Offset behind what was handed out.
    position: i64,
}

impl Direct {
    /// Connects and asks for the first records.
    pub(crate) fn open(
        address: (&str, u16),
        topic: &str,
        partition: i32,
        offset: i64,
    ) -> Result<Self, Trouble> {
        let gone = |_| Trouble::Connection;
        // A name may stand for an address at which nobody listens, such as ::1, before the one that counts.
        let mut addresses = address.to_socket_addrs().map_err(gone)?;
        let stream = addresses
            .find_map(|address| TcpStream::connect_timeout(&address, PATIENCE).ok())
            .ok_or(Trouble::Connection)?;
        stream.set_nodelay(true).map_err(gone)?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(gone)?;
        let mut direct = Self {
            stream,
            topic: topic.to_owned(),
            partition,
            correlation: 0,
            asked: Instant::now(),
            incoming: Vec::new(),
            received: 0,
            chunk: Arc::default(),
            handed: 0,
            next: offset,
            position: offset,
        };
        direct.ask()?;
        Ok(direct)
    }

    /// Offset of the next record to be handed out.
    pub(crate) fn position(&self) -> i64 {
        self.position
    }

    /// Up to `limit` records; waits up to `timeout` for the first. None, if none came.
    pub(crate) fn poll(
        &mut self,
        limit: usize,
        timeout: Duration,
    ) -> Result<(Arc<Chunk>, std::ops::Range<usize>), Trouble> {
        let until = Instant::now() + timeout;
        while self.handed == self.chunk.records.len() {
            if !self.receive(until)? {
                break;
            }
            self.take()?;
        }
        let range = self.handed..self.chunk.records.len().min(self.handed + limit);
        self.handed = range.end;
        self.position = self.chunk.records.get(self.handed).map_or(self.next, |span| span.offset);
        Ok((Arc::clone(&self.chunk), range))
    }

    /// Turns the answer that was received into records, and sends the next request before anybody works on them.
    fn take(&mut self) -> Result<(), Trouble> {
        let mut chunk = Arc::get_mut(&mut self.chunk).map(std::mem::take).unwrap_or_default();
        chunk.records.clear();
        chunk.partition = self.partition;
        std::mem::swap(&mut chunk.bytes, &mut self.incoming);
        if self.incoming.capacity() > KEEP.0 {
            self.incoming = Vec::new();
        }
        if chunk.records.capacity() > KEEP.1 {
            chunk.records = Vec::new();
        }
        self.received = 0;
        // The length stands before the answer.
        let answer = answer(chunk.bytes.get(4..).unwrap_or_default(), self.correlation)?;
        let range = answer.records.start + 4..answer.records.end + 4;
        self.next =
            batches::read(&mut chunk.bytes, range, self.next, answer.aborted, &mut chunk.records)?;
        chunk.more = self.next < answer.end;
        self.handed = 0;
        self.chunk = Arc::new(chunk);
        self.ask()
    }

    fn ask(&mut self) -> Result<(), Trouble> {
        self.correlation = self.correlation.wrapping_add(1);
        let ask = Ask {
            correlation: self.correlation,
            topic: &self.topic,
            partition: self.partition,
            offset: self.next,
            max_wait_ms: FETCH_WAIT_MS,
            max_bytes: ANSWER_BYTES,
        };
        self.stream.write_all(&ask.encode()).map_err(|_| Trouble::Connection)?;
        self.asked = Instant::now();
        Ok(())
    }

    /// Receives what is there, waiting until `until` for the rest; true if the answer is complete.
    fn receive(&mut self, until: Instant) -> Result<bool, Trouble> {
        loop {
            let wanted = match self.incoming.first_chunk().filter(|_| self.received >= 4) {
                None => 4,
                Some(length) => match usize::try_from(i32::from_be_bytes(*length)) {
                    Ok(length) if length <= MAX_ANSWER => 4 + length,
                    _ => return Err(Trouble::Unreadable),
                },
            };
            if self.received == wanted {
                self.incoming.truncate(wanted);
                return Ok(true);
            }
            if self.incoming.len() < wanted {
                self.incoming.resize(wanted, 0);
            }
            if !self.readable(until.saturating_duration_since(Instant::now()))? {
                return if self.asked.elapsed() > SILENCE {
                    Err(Trouble::Connection)
                } else {
                    Ok(false)
                };
            }
            match self.stream.read(&mut self.incoming[self.received..wanted]) {
                Ok(0) => return Err(Trouble::Connection),
                Ok(count) => self.received += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(Trouble::Connection),
            }
        }
    }

    /// Whether a read returns at once. Timeouts of a socket are too coarse: they are rounded up to the kernel's ticks.
    fn readable(&self, timeout: Duration) -> Result<bool, Trouble> {
        let mut wanted =
            libc::pollfd { fd: self.stream.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        let millis = i32::try_from(timeout.as_micros().div_ceil(1000)).unwrap_or(i32::MAX);
        // SAFETY: one valid entry, which lives during the call.
        match unsafe { libc::poll(&raw mut wanted, 1, millis) } {
            0 => Ok(false),
            1 => Ok(true),
            _ if std::io::Error::last_os_error().kind() == ErrorKind::Interrupted => Ok(false),
            _ => Err(Trouble::Connection),
        }
    }
}
