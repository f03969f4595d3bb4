//! Questions to a running shard, answered between two turns.

use cartwheel_shard::checkpoint::Store;
use cartwheel_shard::{Explanation, Shard};
use tokio::sync::oneshot;

/// Questions that may wait for one shard.
pub(super) const WAITING: usize = 64;

/// A question to a shard.
pub(super) enum Request {
    /// Everything about a customer.
    Explain {
        /// The customer string.
        customer: String,
        /// None: unknown. An error: the store failed.
        reply: oneshot::Sender<Result<Option<Explanation>, String>>,
    },
}

impl Request {
    /// Answers it. Nobody may be waiting any more.
    pub fn answer<S: Store>(self, shard: &Shard<S>) {
        match self {
            Request::Explain { customer, reply } => {
                drop(reply.send(shard.explain(&customer).map_err(|error| error.to_string())));
            }
        }
    }
}
