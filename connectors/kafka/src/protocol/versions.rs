//! Which requests a broker knows: ApiVersions.

use super::wire::Reader;
use super::{Api, Request, Trouble, code};

/// Key, lowest and highest version of each request that a broker knows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Versions(Vec<(i16, i16, i16)>);

/// Asks for them.
pub(crate) fn ask_versions() -> Request {
    Request::new(Api::Versions, |_| ())
}

impl Versions {
    /// Reads the answer.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Trouble> {
        let mut read = || {
            let code = reader.i16()?;
            let count = usize::try_from(reader.i32()?.max(0)).ok()?;
            // Six bytes each: a count that lies takes no memory.
            let list = (0..count).map(|_| Some((reader.i16()?, reader.i16()?, reader.i16()?)));
            Some((code, list.collect::<Option<Vec<_>>>()?))
        };
        match read().ok_or(Trouble::Unreadable)? {
            (0, list) => Ok(Self(list)),
            (code::UNSUPPORTED_VERSION, _) => Err(Trouble::Old),
            (code, _) => Err(Trouble::Code(code)),
        }
    }

    /// [`Trouble::Old`] unless the broker knows this request in our version.
    pub(crate) fn require(&self, api: Api) -> Result<(), Trouble> {
        let (key, version) = api.number();
        let knows =
            |&(known, low, high): &(i16, i16, i16)| known == key && (low..=high).contains(&version);
        if self.0.iter().any(knows) { Ok(()) } else { Err(Trouble::Old) }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The answer of a broker that knows these.
    pub(crate) fn answer(known: &[(i16, i16, i16)]) -> Vec<u8> {
        let mut bytes = vec![0, 0];
        bytes.extend((known.len() as i32).to_be_bytes());
        let numbers = known.iter().flat_map(|(key, low, high)| [key, low, high]);
        numbers.for_each(|number| bytes.extend(number.to_be_bytes()));
        bytes
    }

    #[test]
    fn a_broker_must_know_our_version() {
        let mut bytes = answer(&[(1, 4, 17), (3, 0, 11)]);
        let read = |bytes: &[u8]| Versions::read(&mut Reader { bytes, at: 0 });
        let versions = read(&bytes).unwrap();
        assert_eq!(versions.require(Api::Fetch), Ok(()));
        assert_eq!(versions.require(Api::Metadata), Err(Trouble::Old), "up to 11");
        assert_eq!(versions.require(Api::LeaveGroup), Err(Trouble::Old), "unknown");
        for cut in 0..bytes.len() {
            assert_eq!(read(&bytes[..cut]), Err(Trouble::Unreadable), "{cut}");
        }
        bytes[1] = 35;
        assert_eq!(read(&bytes), Err(Trouble::Old));
    }
}
