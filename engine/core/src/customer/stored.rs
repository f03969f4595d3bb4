//! The stored form of a customer's hot state: a header (magic `C`, version) and the fields in bincode's fixed-width wire format.
//! Journeys are stored by their index; the checkpoint names the configuration hash that gives the index its meaning.

use super::hot::{Customer, Entry, REMEMBERED_IDS, Run, Stage, Touch};
use super::profile::zone_of;
use super::zone::Zones;
use crate::channel::Channel;
use crate::id::{CustomerId, RunId};
use crate::value::{StoredValue, Value};
use wincode::SchemaRead;
#[cfg(test)]
use wincode::SchemaWrite;

const MAGIC: u8 = b'C';
const VERSION: u8 = 1;

/// Bytes that are not a stored customer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// The header is not ours.
    #[error("not a customer's state: header {0:02x?}")]
    Header(Vec<u8>),
    /// The header names a version that this binary does not read.
    #[error("customer state of version {0}; this binary reads version {VERSION}")]
    Version(u8),
    /// The content does not fit the schema.
    #[error("customer state is damaged: {0}")]
    Damaged(String),
}

#[derive(SchemaRead)]
#[cfg_attr(test, derive(SchemaWrite))]
struct StoredCustomer {
    seen: [u64; REMEMBERED_IDS],
    seen_next: u8,
    granted: u8,
    denied: u8,
    bounced: u8,
    complained: u8,
    reachable: u8,
    orders: u32,
    lifetime_value: f64,
    last_order_at: i64,
    runs: Vec<StoredRun>,
    entries: Vec<(u16, u64, i64)>,
    touches: Vec<(i64, u16, u8)>,
    attributes: Vec<(u32, StoredValue)>,
}

#[derive(SchemaRead)]
#[cfg_attr(test, derive(SchemaWrite))]
struct StoredRun {
    id: u128,
    last_command: u128,
    key: u64,
    opened_at: i64,
    deadline: i64,
    due: i64,
    anchor: i64,
    last_sent_at: i64,
    journey: u16,
    op: u16,
    choice: u8,
    stage: u8,
    at_send: bool,
    engaged: bool,
    converted: bool,
    held: bool,
    captures: Vec<StoredValue>,
}

/// Appends the customer's stored form (without its id, which is the key). Written field by field: through [`StoredCustomer`] it would
/// allocate for every vector and text.
pub fn encode_customer(customer: &Customer, out: &mut Vec<u8>) {
    out.extend_from_slice(&[MAGIC, VERSION]);
    customer.seen.iter().for_each(|id| out.extend_from_slice(&id.to_le_bytes()));
    let Customer { seen_next, granted, denied, bounced, complained, reachable, .. } = *customer;
    out.extend_from_slice(&[seen_next, granted, denied, bounced, complained, reachable]);
    out.extend_from_slice(&customer.orders.to_le_bytes());
    out.extend_from_slice(&customer.lifetime_value.to_le_bytes());
    out.extend_from_slice(&customer.last_order_at.to_le_bytes());
    put_len(customer.runs.len(), out);
    customer.runs.iter().for_each(|run| put_run(run, out));
    put_len(customer.entries.len(), out);
    for entry in &customer.entries {
        out.extend_from_slice(&entry.journey.to_le_bytes());
        out.extend_from_slice(&entry.key.to_le_bytes());
        out.extend_from_slice(&entry.at.to_le_bytes());
    }
    put_len(customer.touches.len(), out);
    for touch in &customer.touches {
        out.extend_from_slice(&touch.at.to_le_bytes());
        out.extend_from_slice(&touch.journey.to_le_bytes());
        out.push(touch.channel as u8);
    }
    put_len(customer.attributes.len(), out);
    for (name, value) in &customer.attributes {
        out.extend_from_slice(&name.to_le_bytes());
        put_value(value, out);
    }
}

fn put_run(run: &Run, out: &mut Vec<u8>) {
    out.extend_from_slice(&run.id.0.to_le_bytes());
    out.extend_from_slice(&run.last_command.to_le_bytes());
    out.extend_from_slice(&run.key.to_le_bytes());
    for at in [run.opened_at, run.deadline, run.due, run.anchor, run.last_sent_at] {
        out.extend_from_slice(&at.to_le_bytes());
    }
    out.extend_from_slice(&run.journey.to_le_bytes());
    out.extend_from_slice(&run.op.to_le_bytes());
    let flags = [run.at_send, run.engaged, run.converted, run.held].map(u8::from);
    out.extend_from_slice(&[run.choice, run.stage as u8]);
    out.extend_from_slice(&flags);
    put_len(run.captures.len(), out);
    run.captures.iter().for_each(|value| put_value(value, out));
}

/// As [`StoredValue`]: the number of the variant (u32), then its content.
fn put_value(value: &Value, out: &mut Vec<u8>) {
    let variant = |number: u32, out: &mut Vec<u8>| out.extend_from_slice(&number.to_le_bytes());
    match value {
        Value::Null => variant(0, out),
        Value::Bool(value) => {
            variant(1, out);
            out.push(u8::from(*value));
        }
        Value::Number(value) => {
            variant(2, out);
            out.extend_from_slice(&value.to_le_bytes());
        }
        Value::Text(value) => {
            variant(3, out);
            put_len(value.len(), out);
            out.extend_from_slice(value.as_bytes());
        }
    }
}

fn put_len(len: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&(len as u64).to_le_bytes());
}

/// Reads a customer's stored form.
pub fn decode_customer(id: CustomerId, bytes: &[u8], zones: &Zones) -> Result<Customer, StateError> {
    let body = match bytes {
        [MAGIC, VERSION, body @ ..] => body,
        [MAGIC, version, ..] => return Err(StateError::Version(*version)),
        other => return Err(StateError::Header(other.iter().take(2).copied().collect())),
    };
    let stored: StoredCustomer = wincode::deserialize_exact(body).map_err(|error| StateError::Damaged(error.to_string()))?;
    let mut customer = Customer::new(id);
    customer.seen = stored.seen;
    customer.seen_next = stored.seen_next % REMEMBERED_IDS as u8;
    customer.granted = stored.granted;
    customer.denied = stored.denied;
    customer.bounced = stored.bounced;
    customer.complained = stored.complained;
    customer.reachable = stored.reachable;
    customer.orders = stored.orders;
    customer.lifetime_value = stored.lifetime_value;
    customer.last_order_at = stored.last_order_at;
    for run in stored.runs {
        customer.runs.push(Run::try_from(run)?);
    }
    customer.entries = stored.entries.into_iter().map(|(journey, key, at)| Entry { journey, key, at }).collect();
    for (at, journey, channel) in stored.touches {
        let channel = Channel::ALL.get(usize::from(channel)).ok_or_else(|| StateError::Damaged(format!("channel {channel}")))?;
        customer.touches.push(Touch { at, journey, channel: *channel });
    }
    customer.attributes = stored.attributes.into_iter().map(|(name, value)| (name, value.into())).collect();
    customer.zone = zone_of(&customer, zones);
    customer.refresh_deadline();
    Ok(customer)
}

impl TryFrom<StoredRun> for Run {
    type Error = StateError;

    fn try_from(run: StoredRun) -> Result<Self, StateError> {
        let stage = match run.stage {
            0 => Stage::Window,
            1 => Stage::Running,
            2 => Stage::Lingering,
            other => return Err(StateError::Damaged(format!("stage {other}"))),
        };
        Ok(Self {
            id: RunId(run.id),
            last_command: run.last_command,
            key: run.key,
            opened_at: run.opened_at,
            deadline: run.deadline,
            due: run.due,
            anchor: run.anchor,
            last_sent_at: run.last_sent_at,
            journey: run.journey,
            op: run.op,
            choice: run.choice,
            stage,
            at_send: run.at_send,
            engaged: run.engaged,
            converted: run.converted,
            held: run.held,
            captures: run.captures.into_iter().map(Into::into).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::zone::Zones;

    fn customer() -> Customer {
        let mut customer = Customer::new(CustomerId::of("ana"));
        customer.seen = [1, 2, 3, 4, 5, 6, 7, u64::MAX];
        (customer.seen_next, customer.granted, customer.denied, customer.bounced) = (3, 1, 2, 4);
        (customer.complained, customer.reachable, customer.orders) = (8, 17, 5);
        (customer.lifetime_value, customer.last_order_at) = (123.45, -1);
        let captures = [Value::Null, Value::Bool(true), Value::Number(-0.5), Value::Text("Zoë".into())];
        customer.runs.push(Run {
            id: RunId(1 << 100),
            last_command: 7,
            key: 8,
            opened_at: 9,
            deadline: 10,
            due: 11,
            anchor: 12,
            last_sent_at: i64::MIN,
            journey: 13,
            op: 14,
            choice: 15,
            stage: Stage::Lingering,
            at_send: true,
            engaged: false,
            converted: true,
            held: false,
            captures: captures.clone().into_iter().collect(),
        });
        customer.entries.push(Entry { journey: 1, key: 2, at: 3 });
        customer.touches.push(Touch { at: 4, journey: 5, channel: Channel::Push });
        customer.attributes.extend(captures.into_iter().zip(21..).map(|(value, name)| (name, value)));
        customer.refresh_deadline();
        customer
    }

    /// What was written is what the schema says, byte for byte, and reads back.
    #[test]
    fn the_hand_written_form_is_that_of_the_schema() {
        let customer = customer();
        let mut written = Vec::new();
        encode_customer(&customer, &mut written);
        let schema: StoredCustomer = wincode::deserialize_exact(&written[2..]).unwrap();
        assert_eq!(written[2..], wincode::serialize(&schema).unwrap());
        let read = decode_customer(customer.id, &written, &Zones::new("UTC")).unwrap();
        assert_eq!(read, customer);
    }

    /// Golden bytes: what a released version wrote must stay readable.
    #[test]
    fn the_stored_form_does_not_change_unnoticed() {
        let mut written = Vec::new();
        encode_customer(&customer(), &mut written);
        let golden = (written.len(), xxhash_rust::xxh3::xxh3_64(&written), &written[..10]);
        assert_eq!(golden, (341, 10_310_004_647_375_370_993, &[b'C', 1, 1, 0, 0, 0, 0, 0, 0, 0][..]));
    }
}
