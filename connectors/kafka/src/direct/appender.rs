//! Moves what an [`Appending`] has to say, and is told, over a connection to the partition's leader.

use super::again::Again;
use super::appending::{Acknowledged, Appending};
use super::{Lost, Reach};
use crate::connection::Connection;
use crate::protocol::{Pack, ProducerId, ask_producer_id};
use cartwheel_core::sends::Headers;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// See the module.
#[derive(Debug)]
pub(crate) struct DirectAppender {
    reach: Arc<Reach>,
    appending: Appending,
    link: Option<Connection>,
    again: Again,
    /// The next answer's buffer.
    spare: Vec<u8>,
}

impl DirectAppender {
    /// An appender that is not connected yet.
    pub(crate) fn new(
        reach: Arc<Reach>,
        topic: &str,
        partition: i32,
        pack: Pack,
        most: usize,
    ) -> Self {
        let appending = Appending::new(topic, partition, pack, most);
        Self { reach, appending, link: None, again: Again::default(), spare: Vec::new() }
    }

    /// Takes a record; false if too much waits already.
    pub(crate) fn push(&mut self, headers: Headers, key: &[u8], value: &[u8]) -> bool {
        self.appending.push(headers, key, value)
    }

    /// Records that are not acknowledged.
    pub(crate) fn in_flight(&self) -> usize {
        self.appending.in_flight()
    }

    /// Whether the leader is at the other end.
    pub(crate) fn is_connected(&self) -> bool {
        self.link.is_some()
    }

    /// Greatest offset of an acknowledged record; none before the first.
    pub(crate) fn newest(&self) -> Option<i64> {
        self.appending.newest()
    }

    /// What has been acknowledged since the last call, in order.
    pub(crate) fn acknowledged(&mut self) -> impl Iterator<Item = Acknowledged> {
        self.appending.acknowledged()
    }

    /// Sends what may be sent and takes the answers that are there; where one is awaited and none is there, waits for it up to `timeout`. What went wrong is told once; later calls try again,
    /// when it is time.
    pub(crate) fn poll(&mut self, timeout: Duration) -> Result<(), Lost> {
        if self.in_flight() == 0 {
            return Ok(());
        }
        let until = Instant::now() + timeout;
        if self.link.is_none() && !self.again.wait(until) {
            return Ok(());
        }
        self.exchange(until).inspect_err(|_| {
            self.link = None;
            self.again.later();
        })
    }

    fn exchange(&mut self, until: Instant) -> Result<(), Lost> {
        self.connect()?;
        let mut patience = until;
        loop {
            let Some(link) = &mut self.link else { return Ok(()) };
            // A login is renewed while no answer is awaited.
            let due = link.is_due();
            if due && !self.appending.is_under_way() {
                link.renew(&self.reach.security)?;
            } else if !due {
                while let Some(request) = self.appending.next(now())? {
                    link.send(request)?;
                }
            }
            if !self.appending.is_under_way() {
                return Ok(());
            }
            let Some(answer) = link.receive(&mut self.spare, patience)? else { return Ok(()) };
            self.appending.answered(&mut answer.reader())?;
            self.spare = answer.bytes;
            self.again.clear();
            // The rest only if it is there.
            patience = Instant::now();
        }
    }

    /// Connects to the leader, unless it is connected; the first time it is given its id.
    pub(crate) fn connect(&mut self) -> Result<(), Lost> {
        if self.link.is_some() {
            return Ok(());
        }
        let mut connection = self.appending.whereabouts().connect(&self.reach)?;
        if self.appending.wants_id() {
            let answer = connection.ask(ask_producer_id())?;
            self.appending.knows(ProducerId::read(&mut answer.reader())?);
        }
        self.appending.begin();
        self.link = Some(connection);
        Ok(())
    }
}

/// Epoch milliseconds, for retention: nothing is decided by it.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Security;
    use crate::connection::tests::framed;
    use crate::protocol::TopicId;
    use crate::protocol::tests::{appended, found_at, knowing, producer_id};
    use cartwheel_core::sends::Kind;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    /// The next request, behind its length: its key, its correlation id, and what stands behind them.
    fn request(stream: &mut TcpStream) -> (i16, i32, Vec<u8>) {
        let mut length = [0; 4];
        stream.read_exact(&mut length).unwrap();
        let mut request = vec![0; i32::from_be_bytes(length) as usize];
        stream.read_exact(&mut request).unwrap();
        let key = i16::from_be_bytes(request[..2].try_into().unwrap());
        let correlation = i32::from_be_bytes(request[4..8].try_into().unwrap());
        (key, correlation, request.split_off(8))
    }

    /// Takes a connection and answers what comes before anything is appended; an id is asked for over the first alone.
    fn accept(listener: &TcpListener, first: bool) -> TcpStream {
        let (mut stream, _) = listener.accept().unwrap();
        let port = listener.local_addr().unwrap().port();
        let id = TopicId([7; 16]);
        let found = [&[0][..], &found_at([("127.0.0.1", port); 2], 0, id, 1, 4)].concat();
        let known = knowing(&[(0, 3, 11), (3, 0, 12), (18, 0, 4), (22, 0, 5)]);
        let answers = [(18, known), (3, found), (22, producer_id(0, 77, 0))];
        for (expected, answer) in answers.iter().take(if first { 3 } else { 2 }) {
            let (key, correlation, _) = request(&mut stream);
            assert_eq!(key, *expected);
            stream.write_all(&framed(correlation, answer)).unwrap();
        }
        stream
    }

    #[test]
    fn what_was_not_answered_is_sent_again_over_the_next_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = std::thread::spawn(move || {
            let mut stream = accept(&listener, true);
            let lost: Vec<_> = (0..2).map(|_| request(&mut stream).2).collect();
            drop(stream);
            let mut stream = accept(&listener, false);
            let again: Vec<_> = (0..2).map(|_| request(&mut stream)).collect();
            assert_eq!(again.iter().map(|one| one.2.clone()).collect::<Vec<_>>(), lost);
            // The broker had both, and has forgotten where the second stands.
            for ((_, correlation, _), (code, base)) in again.into_iter().zip([(0, 40), (46, -1)]) {
                let answer = [&[0][..], &appended(code, base)].concat();
                stream.write_all(&framed(correlation, &answer)).unwrap();
            }
            stream
        });
        let reach = Arc::new(Reach {
            bootstrap: vec![("127.0.0.1".to_owned(), port)],
            security: Security::default(),
            who: String::new(),
        });
        let mut appender = DirectAppender::new(reach, "events", 1, Pack::Lz4, 1);
        for seq in 1..=2 {
            assert!(appender.push(Headers { kind: Kind::Turn, leader: 3, seq }, b"", b"{}"));
        }
        let deadline = Instant::now() + Duration::from_secs(20);
        let (mut lost, mut all) = (0, Vec::new());
        while appender.in_flight() > 0 && Instant::now() < deadline {
            lost += usize::from(appender.poll(Duration::from_millis(100)).is_err());
            all.extend(appender.acknowledged().map(|one| (one.base, one.headers[0].seq)));
        }
        assert_eq!((lost, all), (1, vec![(Some(40), 1), (None, 2)]));
        assert!(appender.is_connected());
        serving.join().unwrap();
    }
}
