//! Leaving a group as a static member. librdkafka never does (KIP-345: a static member is expected back), so a process that stops for good would
//! keep its partitions until the session times out. Two questions over connections of our own: FindCoordinator, version 2, and LeaveGroup, version 3
//! (<https://kafka.apache.org/protocol>), which brokers know since 2.4.

use crate::connection::{Connection, Security, addresses};
use crate::protocol::{Api, Reader, Request, Trouble, code, text};

/// Who leaves what.
#[derive(Debug)]
pub(crate) struct Farewell {
    /// `host:port`, separated by commas.
    pub bootstrap: String,
    pub security: Security,
    pub group: String,
    /// The static member's name.
    pub instance: String,
    /// The id that the group has given to this life of it: a later life is not touched.
    pub member: Option<String>,
}

impl Farewell {
    /// Says it. Some seconds for each broker that does not answer.
    pub fn say(&self) -> Result<(), Trouble> {
        let Some(member) = &self.member else { return Ok(()) };
        let (host, port) = addresses(&self.bootstrap)
            .iter()
            .find_map(|(host, port)| self.coordinator((host, *port)).ok())
            .ok_or_else(|| Trouble::Connection("no broker names the coordinator".to_owned()))?;
        let mut connection = Connection::open((&host, port), &self.security)?;
        let answer = connection.ask(self.leave(member))?;
        match left(&mut answer.reader()).ok_or(Trouble::Unreadable)? {
            0 => Ok(()),
            // Another has our name by now, or the session has ended. Then there is nothing to leave.
            code::UNKNOWN_MEMBER_ID | code::FENCED_INSTANCE_ID => Ok(()),
            code => Err(Trouble::Code(code)),
        }
    }

    fn coordinator(&self, address: (&str, u16)) -> Result<(String, u16), Trouble> {
        let question = Request::new(Api::FindCoordinator, |out| {
            text(out, &self.group);
            out.push(0); // of a group
        });
        let answer = Connection::open(address, &self.security)?.ask(question)?;
        coordinator(&mut answer.reader())
    }

    fn leave(&self, member: &str) -> Request {
        Request::new(Api::LeaveGroup, |out| {
            text(out, &self.group);
            out.extend(1_i32.to_be_bytes()); // members
            text(out, member);
            text(out, &self.instance);
        })
    }
}

/// Host and port of FindCoordinator's answer.
fn coordinator(reader: &mut Reader<'_>) -> Result<(String, u16), Trouble> {
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
fn left(reader: &mut Reader<'_>) -> Option<i16> {
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

    fn coordinator(bytes: &[u8]) -> Result<(String, u16), Trouble> {
        super::coordinator(&mut Reader { bytes, at: 0 })
    }

    fn left(bytes: &[u8]) -> Option<i16> {
        super::left(&mut Reader { bytes, at: 0 })
    }

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
            security: Security::default(),
            group: "shop".to_owned(),
            instance: "pod-0".to_owned(),
            member: None,
        };
        assert_eq!(farewell.say(), Ok(()));
    }
}
