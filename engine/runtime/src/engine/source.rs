//! The engine's answers to the admin listener.

use super::directory::{Asked, Directory};
use super::request::Request;
use crate::admin::view::{
    ConfigurationView, CustomerView, InboxEntry, JourneyView, OutlookView, Overview, Personal,
    ProfileView, Readiness, RunState, RunView,
};
use crate::admin::{AdminSource, Board, BoardClock, SourceError, outlook};
use crate::clock::Clock;
use crate::current::Current;
use cartwheel_core::apply::{Outlook, with_arm};
use cartwheel_core::channel::Channel;
use cartwheel_core::id::CustomerId;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::partitioner::Partitioner;
use cartwheel_core::sends::SuppressionReason;
use cartwheel_shard::{Explanation, LiveRun, Profile};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// The engine's thread goes round several times a second; after this it counts as stuck.
const STUCK: Duration = Duration::from_secs(60);
/// Decisions of a customer that a shard tells; where there are as many, there may be older ones.
const TOLD: usize = cartwheel_shard::checkpoint::EXPLAINED;

/// Answers for one engine. The demo wraps it to add its inbox.
pub struct EngineSource {
    pub(super) board: Arc<Board>,
    pub(super) directory: Arc<Directory>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) plan: Current<Plan>,
    pub(super) configuration: Current<ConfigurationView>,
    pub(super) partitions: i32,
    pub(super) partitioner: Partitioner,
    pub(super) demo: bool,
}

impl std::fmt::Debug for EngineSource {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("EngineSource")
    }
}

impl EngineSource {
    /// Where shards and delivery post their snapshots.
    pub fn board(&self) -> &Arc<Board> {
        &self.board
    }

    async fn explain(&self, customer: &str) -> Result<Explanation, SourceError> {
        let partition = self.partitioner.partition_of(customer.as_bytes(), self.partitions);
        let (reply, answer) = oneshot::channel();
        let unavailable = |why: &str| {
            SourceError::Unavailable(format!(
                "partition {partition}, which has this customer, {why}"
            ))
        };
        match self
            .directory
            .ask(partition, Request::Explain { customer: customer.to_owned(), reply })
        {
            Asked::Waiting => {}
            Asked::Elsewhere => {
                return Err(unavailable("is not owned by this process; ask the one that owns it"));
            }
            Asked::Busy => return Err(unavailable("is starting, stopped or busy")),
        }
        match answer.await {
            Ok(Ok(Some(found))) => Ok(found),
            Ok(Ok(None)) => Err(SourceError::NotFound("this customer has never been seen".into())),
            Ok(Err(why)) => Err(unavailable(&format!("cannot read what it has stored: {why}"))),
            Err(_) => Err(unavailable("has just stopped")),
        }
    }

    fn view(&self, found: Explanation) -> CustomerView {
        let named = |names: &[&str]| {
            Channel::ALL
                .into_iter()
                .filter(|channel| names.contains(&channel.name()))
                .collect::<Vec<_>>()
        };
        let consent = named(&found.granted).into_iter().map(|channel| (channel, true));
        let denied = named(&found.denied).into_iter().map(|channel| (channel, false));
        let complained = named(&found.complained);
        let reason = |channel| match complained.contains(&channel) {
            true => SuppressionReason::Complained,
            false => SuppressionReason::Bounced,
        };
        let id = CustomerId::of(&found.customer);
        let plan = self.plan.get();
        CustomerView {
            id,
            shard: self
                .partitioner
                .partition_of(found.customer.as_bytes(), self.partitions)
                .unsigned_abs(),
            profile: ProfileView {
                orders: found.orders.into(),
                lifetime_value: found.lifetime_value,
                last_order_at: found.last_order_at,
                facts: found.facts.iter().cloned().collect(),
                time_zone: found
                    .zone
                    .clone()
                    .unwrap_or_else(|| self.plan.get().policy.zone.clone()),
                country: field(&found.profile, "country"),
                consent: consent.chain(denied).collect(),
                reachable: named(&found.reachable),
                suppressed: named(&found.suppressed)
                    .into_iter()
                    .map(|channel| (channel, reason(channel)))
                    .collect(),
            },
            personal: Some(personal(&found.profile)),
            runs: found.runs.iter().map(|run| self.run(run)).collect(),
            outlooks: found.outlooks.iter().map(|of| self.outlook(of)).collect(),
            truncated: found.decisions.len() >= TOLD,
            decisions: found.decisions.into_iter().map(|it| with_arm(&plan, it)).collect(),
            degraded: found.degraded,
            customer: found.customer,
        }
    }

    fn run(&self, run: &LiveRun) -> RunView {
        let plan = self.plan.get();
        let journey = plan.journeys.iter().find(|journey| journey.name == run.journey);
        RunView {
            run: run.run,
            journey: run.journey.clone(),
            version: journey.map(|journey| journey.version.to_string()).unwrap_or_default(),
            state: match run.stage {
                _ if run.held => RunState::Held,
                "window" => RunState::Window,
                "lingering" => RunState::Lingering,
                _ => RunState::Live,
            },
            step: run.step.clone(),
            opened_at: run.opened_at,
            due_at: run.next_timer,
            engaged: run.engaged,
            waits: run.waits.clone(),
        }
    }

    fn outlook(&self, of: &Outlook) -> OutlookView {
        let view = self.board.journey(&of.journey);
        outlook(of, view.map(|view| view.graph.begins.events).unwrap_or_default())
    }
}

fn field(profile: &Profile, name: &str) -> Option<String> {
    profile.0.get(name)?.as_str().map(str::to_owned)
}

fn personal(profile: &Profile) -> Personal {
    let field = |name| field(profile, name);
    Personal {
        first_name: field("first_name"),
        last_name: field("last_name"),
        email: field("email"),
        phone: field("phone"),
    }
}

impl AdminSource for EngineSource {
    fn alive(&self) -> bool {
        self.directory.alive(STUCK)
    }

    async fn readiness(&self) -> Readiness {
        self.directory.readiness()
    }

    async fn overview(&self) -> Result<Overview, SourceError> {
        let clock =
            BoardClock { clock: self.clock.wall(), speed: self.clock.speed(), demo: self.demo };
        Ok(self.board.overview(clock))
    }

    async fn journey(&self, name: &str) -> Result<JourneyView, SourceError> {
        self.board
            .journey(name)
            .ok_or_else(|| SourceError::NotFound(format!("there is no journey {name}")))
    }

    async fn configuration(&self) -> Result<ConfigurationView, SourceError> {
        Ok((*self.configuration.get()).clone())
    }

    async fn customer(&self, customer: &str) -> Result<CustomerView, SourceError> {
        Ok(self.view(self.explain(customer).await?))
    }

    async fn inbox(&self) -> Result<Vec<InboxEntry>, SourceError> {
        Err(SourceError::NotFound("the inbox belongs to the demo".into()))
    }

    async fn mail_html(&self, _: u64) -> Result<String, SourceError> {
        Err(SourceError::NotFound("the inbox belongs to the demo".into()))
    }
}
