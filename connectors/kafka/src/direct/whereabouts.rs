//! Which partition of which topic, and who leads it. A topic made anew under the same name has another id (KIP-516).

use super::{Lost, Reach};
use crate::connection::Connection;
use crate::protocol::{Leader, Place, Reader, TopicId, Trouble, ask_topic, code, place};

/// See the module.
#[derive(Debug)]
pub(super) struct Whereabouts {
    pub topic: String,
    pub partition: i32,
    /// The topic's, as it was when it was first found.
    pub id: Option<TopicId>,
    /// The leader's; -1 before there is one.
    pub epoch: i32,
}

impl Whereabouts {
    pub(super) fn new(topic: &str, partition: i32) -> Self {
        Self { topic: topic.to_owned(), partition, id: None, epoch: -1 }
    }

    /// Reads where the partition is.
    pub(super) fn found(&mut self, answer: &mut Reader<'_>) -> Result<Leader, Lost> {
        let found = match place(answer, &self.topic, self.partition) {
            Err(Trouble::Code(code::UNKNOWN_TOPIC_OR_PARTITION)) => return Err(Lost::NoTopic),
            found => found?,
        };
        let Place { id, partitions, leader } = found;
        if *self.id.get_or_insert(id) != id {
            return Err(Lost::Replaced);
        }
        if !(0..partitions).contains(&self.partition) {
            return Err(Lost::NoPartition(partitions));
        }
        let leader = leader
            .ok_or_else(|| Trouble::Connection("the partition has no leader now".to_owned()))?;
        self.epoch = leader.epoch;
        Ok(leader)
    }

    /// Asks the first broker that answers who leads, and connects there.
    pub(super) fn connect(&mut self, reach: &Reach) -> Result<Connection, Lost> {
        let mut last = Trouble::Connection("bootstrap names no broker".to_owned());
        for (host, port) in &reach.bootstrap {
            let opened =
                Connection::open((host, *port), &reach.security).and_then(|mut connection| {
                    let answer = connection.ask(ask_topic(&self.topic))?;
                    Ok((connection, answer))
                });
            match opened {
                Ok((connection, answer)) => {
                    let leader = self.found(&mut answer.reader())?;
                    return Ok(lead_by(reach, leader, (host, *port), connection)?);
                }
                Err(trouble) => last = at(trouble, host, *port),
            }
        }
        Err(last.into())
    }
}

/// The connection to this leader: the one over which it was found, or its own.
fn lead_by(
    reach: &Reach,
    leader: Leader,
    asked: (&str, u16),
    connection: Connection,
) -> Result<Connection, Trouble> {
    if (leader.host.as_str(), leader.port) == asked {
        return Ok(connection);
    }
    drop(connection);
    Connection::open((&leader.host, leader.port), &reach.security)
        .map_err(|trouble| at(trouble, &leader.host, leader.port))
}

/// The same trouble, with where it was met.
fn at(trouble: Trouble, host: &str, port: u16) -> Trouble {
    match trouble {
        Trouble::Connection(why) => Trouble::Connection(format!("{host}:{port}: {why}")),
        Trouble::Untrusted(why) => Trouble::Untrusted(format!("{host}:{port}: {why}")),
        Trouble::Denied(why) => Trouble::Denied(format!("{host}:{port}: {why}")),
        Trouble::Code(_) | Trouble::Old | Trouble::Unreadable => trouble,
    }
}
