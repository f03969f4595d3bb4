//! A request: its length, its header, and what it asks.

use super::wire::{no_tags, text};
use super::{Reader, Trouble};

/// The name under which brokers see us in their logs and quotas.
const CLIENT: &str = "cartwheel";
/// Where in a request its correlation id stands, behind length, key and version.
const CORRELATION: std::ops::Range<usize> = 8..12;

/// What we ask, each in the one version that we speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    Produce,
    Fetch,
    Metadata,
    FindCoordinator,
    LeaveGroup,
    SaslHandshake,
    Versions,
    InitProducerId,
    OffsetForLeaderEpoch,
    SaslAuthenticate,
}

impl Api {
    /// Key and version.
    pub(crate) const fn number(self) -> (i16, i16) {
        match self {
            Self::Produce => (0, 9),
            Self::Fetch => (1, 13),
            Self::Metadata => (3, 12),
            Self::FindCoordinator => (10, 2),
            Self::LeaveGroup => (13, 3),
            Self::SaslHandshake => (17, 1),
            Self::Versions => (18, 2),
            Self::InitProducerId => (22, 1),
            Self::OffsetForLeaderEpoch => (23, 2),
            Self::SaslAuthenticate => (36, 1),
        }
    }

    /// Whether this version of it is a flexible one, with compact lengths and tagged fields (KIP-482).
    const fn is_flexible(self) -> bool {
        match self {
            Self::Produce | Self::Fetch | Self::Metadata => true,
            Self::FindCoordinator
            | Self::LeaveGroup
            | Self::SaslHandshake
            | Self::Versions
            | Self::InitProducerId
            | Self::OffsetForLeaderEpoch
            | Self::SaslAuthenticate => false,
        }
    }

    /// What stands behind the header of an answer to it, if the answer belongs to the request with this correlation id.
    pub(crate) fn body(self, answer: &[u8], correlation: i32) -> Result<Reader<'_>, Trouble> {
        let mut reader = Reader { bytes: answer, at: 0 };
        let mut head = || {
            let found = reader.i32()?;
            if self.is_flexible() {
                reader.tags()?;
            }
            Some(found)
        };
        match head() {
            Some(found) if found == correlation => Ok(reader),
            _ => Err(Trouble::Unreadable),
        }
    }
}

/// A request that is ready but for its length and its correlation id, which the connection gives it. `Debug` does not show what it says: it may be
/// a password.
#[derive(PartialEq)]
pub(crate) struct Request {
    pub api: Api,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.api.fmt(out)
    }
}

impl Request {
    /// A request with what `body` writes behind its header.
    pub(crate) fn new(api: Api, body: impl FnOnce(&mut Vec<u8>)) -> Self {
        let (key, version) = api.number();
        let mut bytes = vec![0; 4];
        bytes.extend(key.to_be_bytes());
        bytes.extend(version.to_be_bytes());
        bytes.extend([0; 4]);
        text(&mut bytes, CLIENT);
        if api.is_flexible() {
            no_tags(&mut bytes);
        }
        body(&mut bytes);
        Self { api, bytes }
    }

    /// Its bytes under this correlation id.
    pub(crate) fn sealed(mut self, correlation: i32) -> Vec<u8> {
        let length = (self.bytes.len() - 4) as i32;
        self.bytes[..4].copy_from_slice(&length.to_be_bytes());
        self.bytes[CORRELATION].copy_from_slice(&correlation.to_be_bytes());
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_its_length_its_number_and_our_name() {
        let sealed = Request::new(Api::Versions, |_| ()).sealed(7);
        assert_eq!(sealed, b"\0\0\0\x13\0\x12\0\x02\0\0\0\x07\0\x09cartwheel");
        let flexible = Request::new(Api::Metadata, |out| out.push(9)).sealed(-1);
        assert_eq!(flexible, b"\0\0\0\x15\0\x03\0\x0c\xff\xff\xff\xff\0\x09cartwheel\0\x09");
    }

    #[test]
    fn an_answer_belongs_to_its_request() {
        assert_eq!(Api::Versions.body(&[0, 0, 0, 7], 7).map(|body| body.at), Ok(4));
        assert_eq!(Api::Fetch.body(&[0, 0, 0, 7, 0], 7).map(|body| body.at), Ok(5));
        for (bytes, correlation) in [(&[0, 0, 0, 7][..], 8), (&[0, 0, 7], 7)] {
            let found = Api::Versions.body(bytes, correlation).map(|body| body.at);
            assert_eq!(found, Err(Trouble::Unreadable));
        }
    }
}
