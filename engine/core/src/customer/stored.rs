//! The stored form of a customer's hot state: a header (magic `C`, version) and the fields in bincode's fixed-width wire format.
//! Journeys are stored by their index; the checkpoint names the configuration hash that gives the index its meaning.

use super::hot::{Customer, Entry, REMEMBERED_IDS, Run, Stage, Touch};
use super::profile::zone_of;
use super::zone::Zones;
use crate::channel::Channel;
use crate::id::{CustomerId, RunId};
use crate::value::StoredValue;
use wincode::{SchemaRead, SchemaWrite};

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

#[derive(SchemaRead, SchemaWrite)]
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

#[derive(SchemaRead, SchemaWrite)]
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

/// Appends the customer's stored form (without its id, which is the key).
pub fn encode_customer(customer: &Customer, out: &mut Vec<u8>) -> Result<(), StateError> {
    out.extend_from_slice(&[MAGIC, VERSION]);
    let stored = StoredCustomer {
        seen: customer.seen,
        seen_next: customer.seen_next,
        granted: customer.granted,
        denied: customer.denied,
        bounced: customer.bounced,
        complained: customer.complained,
        reachable: customer.reachable,
        orders: customer.orders,
        lifetime_value: customer.lifetime_value,
        last_order_at: customer.last_order_at,
        runs: customer.runs.iter().map(StoredRun::from).collect(),
        entries: customer.entries.iter().map(|entry| (entry.journey, entry.key, entry.at)).collect(),
        touches: customer.touches.iter().map(|touch| (touch.at, touch.journey, touch.channel as u8)).collect(),
        attributes: customer.attributes.iter().map(|(name, value)| (*name, StoredValue::from(value))).collect(),
    };
    wincode::serialize_into(&mut *out, &stored).map_err(|error| StateError::Damaged(error.to_string()))
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

impl From<&Run> for StoredRun {
    fn from(run: &Run) -> Self {
        Self {
            id: run.id.0,
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
            stage: run.stage as u8,
            at_send: run.at_send,
            engaged: run.engaged,
            converted: run.converted,
            held: run.held,
            captures: run.captures.iter().map(StoredValue::from).collect(),
        }
    }
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
