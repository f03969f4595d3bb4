//! Asks the engine's admin listener how far it is.

use serde::Deserialize;
use std::io::{Error, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What we want to know of `GET /api/v1/overview` (`engine/docs/admin-api.md`).
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Overview {
    /// The shards of the process.
    pub shards: Vec<Shard>,
    /// Sums over them.
    #[serde(default)]
    pub totals: Totals,
}

/// Sums over the shards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
pub struct Totals {
    /// Commands made by this process.
    pub sends: u64,
    /// Customers known.
    pub customers: u64,
}

/// A shard.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Shard {
    /// The partition's number.
    pub shard: i32,
    /// What it is doing.
    pub state: String,
    /// Next offset of the events partition.
    pub next_offset: i64,
    /// Records sent and not yet read back.
    pub in_flight: u64,
    /// Records up to the end of the partition, as far as it knows.
    pub lag_records: u64,
    /// Age of its newest checkpoint; before the first, since it was taken over.
    pub checkpoint_age_seconds: f64,
}

impl Overview {
    /// Records of the events topic that have been applied, given the offset at which each partition begins.
    pub fn applied(&self, ends: &[(i64, i64)]) -> u64 {
        let of = |shard: &Shard| {
            Some(shard.next_offset - ends.get(usize::try_from(shard.shard).ok()?)?.0)
        };
        self.shards.iter().filter_map(of).map(|count| u64::try_from(count).unwrap_or(0)).sum()
    }

    /// Whether every partition has been applied to its end.
    pub fn passed(&self, ends: &[(i64, i64)]) -> bool {
        self.all(ends, |shard, end| shard.next_offset >= end)
    }

    /// The same, and what was decided has been read back.
    pub fn caught_up(&self, ends: &[(i64, i64)]) -> bool {
        self.all(ends, |shard, end| shard.next_offset >= end && shard.in_flight == 0)
    }

    /// Whether it holds of each partition and its end.
    fn all(&self, ends: &[(i64, i64)], holds: impl Fn(&Shard, i64) -> bool) -> bool {
        ends.iter().enumerate().all(|(partition, (_, end))| {
            let shard =
                self.shards.iter().find(|shard| usize::try_from(shard.shard) == Ok(partition));
            shard.is_some_and(|shard| holds(shard, *end))
        })
    }
}

/// Asks once.
pub fn ask(admin: SocketAddr) -> Result<Overview> {
    serde_json::from_str(&get(admin, "/api/v1/overview")?).map_err(Error::other)
}

/// The body of the answer to `GET path`.
pub fn get(admin: SocketAddr, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect_timeout(&admin, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // HTTP/1.0: the answer comes in one piece and ends with the connection.
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    body(&answer)
}

fn body(answer: &[u8]) -> Result<String> {
    let text = std::str::from_utf8(answer).map_err(Error::other)?;
    let (head, body) =
        text.split_once("\r\n\r\n").ok_or_else(|| Error::other("the answer is cut off"))?;
    let status = head.split_ascii_whitespace().nth(1).unwrap_or_default();
    if status != "200" {
        return Err(Error::other(format!("the admin listener answers {status}")));
    }
    Ok(body.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n\
        {\"clock\":\"2026-01-04T01:24:00.000Z\",\"shards\":[\
        {\"shard\":1,\"state\":\"running\",\"next_offset\":30,\"in_flight\":0,\"lag_records\":0,\"checkpoint_age_seconds\":1.5},\
        {\"shard\":0,\"state\":\"running\",\"next_offset\":19,\"in_flight\":3,\"lag_records\":1,\"checkpoint_age_seconds\":0.0}]}";

    #[test]
    fn an_overview_tells_how_far_each_partition_is() {
        let read = |answer: &str| -> Overview {
            serde_json::from_str(&body(answer.as_bytes()).unwrap()).unwrap()
        };
        let overview = read(ANSWER);
        assert_eq!(overview.applied(&[(0, 20), (10, 30)]), 39);
        assert!(!overview.caught_up(&[(0, 20), (10, 30)]));
        assert!(overview.passed(&[(0, 19), (10, 30)]) && !overview.caught_up(&[(0, 19), (10, 30)]));
        let quiet = read(&ANSWER.replace("\"in_flight\":3", "\"in_flight\":0"));
        assert!(quiet.caught_up(&[(0, 19), (10, 30)]));
        assert!(!overview.caught_up(&[(0, 19), (10, 30), (0, 0)]), "a partition that nobody owns");
        let refused = ANSWER.replace("200 OK", "503 Service Unavailable");
        assert!(body(refused.as_bytes()).unwrap_err().to_string().contains("503"));
    }
}
