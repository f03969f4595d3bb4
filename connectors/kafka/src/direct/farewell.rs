//! Leaving a group as a static member. librdkafka never does (KIP-345: a static member is expected back), so a process that stops for good would
//! keep its partitions until the session times out. Two questions over a plain connection: FindCoordinator, version 2, and LeaveGroup, version 3
//! (<https://kafka.apache.org/protocol>), which brokers know since 2.4.

use super::Trouble;
use super::wire::{Reader, text};
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

const FIND_COORDINATOR: (i16, i16) = (10, 2);
const LEAVE_GROUP: (i16, i16) = (13, 3);
/// For each connection and each answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Both answers have well below a hundred bytes and a message.
const MAX_ANSWER: usize = 64 << 10;
/// UNKNOWN_MEMBER_ID and FENCED_INSTANCE_ID: another has our name by now, or the session has ended. Then there is nothing to leave.
const GONE: [i16; 2] = [25, 82];

/// Who leaves what.
#[derive(Debug)]
pub(crate) struct Farewell {
    /// `host:port`, separated by commas.
    pub bootstrap: String,
    pub group: String,
    /// The static member's name.
    pub instance: String,
    /// The id that the group has given to this life of it: a later life is not touched.
    pub member: Option<String>,
}

impl Farewell {
    /// Says it. At most a few seconds.
    pub fn say(&self) -> Result<(), Trouble> {
        let Some(member) = &self.member else { return Ok(()) };
        let (host, port) = self
            .bootstrap
            .split(',')
            .find_map(|address| self.coordinator(address.trim()).ok())
            .ok_or(Trouble::Connection)?;
        let answer = ask((host.as_str(), port), LEAVE_GROUP, &self.leave(member))?;
        match left(&answer).ok_or(Trouble::Unreadable)? {
            0 => Ok(()),
            code if GONE.contains(&code) => Ok(()),
            code => Err(Trouble::Code(code)),
        }
    }

    fn coordinator(&self, address: &str) -> Result<(String, u16), Trouble> {
        let mut body = Vec::new();
        text(&mut body, &self.group);
        body.push(0); // of a group
        coordinator(&ask(address, FIND_COORDINATOR, &body)?)
    }

    fn leave(&self, member: &str) -> Vec<u8> {
        let mut body = Vec::new();
        text(&mut body, &self.group);
        body.extend(1_i32.to_be_bytes()); // members
        text(&mut body, member);
        text(&mut body, &self.instance);
        body
    }
}

/// Asks one question; the answer behind its correlation id.
fn ask(
    address: impl ToSocketAddrs,
    (key, version): (i16, i16),
    body: &[u8],
) -> Result<Vec<u8>, Trouble> {
    let gone = |_| Trouble::Connection;
    let mut stream = address
        .to_socket_addrs()
        .map_err(gone)?
        .find_map(|address| TcpStream::connect_timeout(&address, PATIENCE).ok())
        .ok_or(Trouble::Connection)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(gone)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(gone)?;
    let mut request = vec![0; 4];
    request.extend(key.to_be_bytes());
    request.extend(version.to_be_bytes());
    request.extend(0_i32.to_be_bytes()); // correlation: one question a connection
    text(&mut request, super::wire::CLIENT);
    request.extend(body);
    let length = (request.len() - 4) as i32;
    request[..4].copy_from_slice(&length.to_be_bytes());
    stream.write_all(&request).map_err(gone)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length).map_err(gone)?;
    let length = usize::try_from(i32::from_be_bytes(length)).map_err(|_| Trouble::Unreadable)?;
    if !(4..=MAX_ANSWER).contains(&length) {
        return Err(Trouble::Unreadable);
    }
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer).map_err(gone)?;
    Ok(answer.split_off(4))
}

/// Host and port of FindCoordinator's answer.
fn coordinator(bytes: &[u8]) -> Result<(String, u16), Trouble> {
    let mut reader = Reader { bytes, at: 0 };
    let mut read = || {
        let _throttled_ms = reader.i32()?;
        let code = reader.i16()?;
        let _message = reader.text()?;
        let _node = reader.i32()?;
        let host = reader.text()??.to_owned();
        Some((code, host, u16::try_from(reader.i32()?).ok()))
    };
    match read().ok_or(Trouble::Unreadable)? {
        (0, host, Some(port)) => Ok((host, port)),
        (0, _, None) => Err(Trouble::Unreadable),
        (code, _, _) => Err(Trouble::Code(code)),
    }
}

/// The code of LeaveGroup's answer: the request's, or the one member's.
fn left(bytes: &[u8]) -> Option<i16> {
    let mut reader = Reader { bytes, at: 0 };
    let _throttled_ms = reader.i32()?;
    let code = reader.i16()?;
    if code != 0 || reader.i32()? != 1 {
        return Some(code);
    }
    let (_member, _instance) = (reader.text()?, reader.text()?);
    reader.i16()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coordinators_answer_is_read_and_one_cut_anywhere_is_unreadable() {
        let mut bytes = Vec::new();
        bytes.extend(0_i32.to_be_bytes());
        bytes.extend(0_i16.to_be_bytes());
        bytes.extend((-1_i16).to_be_bytes());
        bytes.extend(3_i32.to_be_bytes());
        text(&mut bytes, "broker-3");
        bytes.extend(9092_i32.to_be_bytes());
        assert_eq!(coordinator(&bytes), Ok(("broker-3".to_owned(), 9092)));
        for cut in 0..bytes.len() {
            assert_eq!(coordinator(&bytes[..cut]), Err(Trouble::Unreadable), "{cut}");
        }
        bytes[4..6].copy_from_slice(&15_i16.to_be_bytes());
        assert_eq!(coordinator(&bytes), Err(Trouble::Code(15)));
    }

    #[test]
    fn the_code_of_a_leave_is_the_members() {
        let mut bytes = vec![0; 6];
        bytes.extend(1_i32.to_be_bytes());
        text(&mut bytes, "member");
        text(&mut bytes, "instance");
        bytes.extend(82_i16.to_be_bytes());
        assert_eq!(left(&bytes), Some(82));
        for cut in 0..bytes.len() {
            assert_eq!(left(&bytes[..cut]), None, "{cut}");
        }
        bytes[4..6].copy_from_slice(&16_i16.to_be_bytes());
        assert_eq!(left(&bytes), Some(16));
    }

    #[test]
    fn who_was_never_in_says_nothing() {
        let farewell = Farewell {
            bootstrap: "127.0.0.1:1".to_owned(),
            group: "shop".to_owned(),
            instance: "pod-0".to_owned(),
            member: None,
        };
        assert_eq!(farewell.say(), Ok(()));
    }
}
