//! The id under which appends are idempotent: InitProducerId, version 1. A broker keeps the sequence numbers of each id, so that a batch that is sent again is not appended again (KIP-98).

use super::wire::Reader;
use super::{Api, Request, Trouble};

/// What a broker knows an appender by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProducerId {
    pub id: i64,
    pub epoch: i16,
}

/// Asks for a new one, which belongs to no transaction.
pub(crate) fn ask_producer_id() -> Request {
    Request::new(Api::InitProducerId, |out| {
        out.extend((-1_i16).to_be_bytes()); // no transactions
        out.extend(0_i32.to_be_bytes()); // nor their timeout
    })
}

impl ProducerId {
    /// Reads the answer.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Trouble> {
        let mut read = || {
            let _throttled_ms = reader.i32()?;
            Some((reader.i16()?, Self { id: reader.i64()?, epoch: reader.i16()? }))
        };
        match read().ok_or(Trouble::Unreadable)? {
            (0, producer) => Ok(producer),
            (code, _) => Err(Trouble::Code(code)),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn answer(code: i16, id: i64, epoch: i16) -> Vec<u8> {
        let mut out = vec![0; 4];
        out.extend(code.to_be_bytes());
        out.extend(id.to_be_bytes());
        out.extend(epoch.to_be_bytes());
        out
    }

    #[test]
    fn an_id_is_whole_or_none() {
        let read = |bytes: &[u8]| ProducerId::read(&mut Reader { bytes, at: 0 });
        let bytes = answer(0, 4_000, 2);
        assert_eq!(read(&bytes), Ok(ProducerId { id: 4_000, epoch: 2 }));
        for cut in 0..bytes.len() {
            assert_eq!(read(&bytes[..cut]), Err(Trouble::Unreadable), "{cut}");
        }
        assert_eq!(read(&answer(31, -1, -1)), Err(Trouble::Code(31)));
    }
}
