//! The overview once a second as server-sent events.

use super::routes::{App, PATIENCE, Problem};
use super::source::AdminSource;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{Event, Sse};
use futures_util::stream;
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

/// Streams at a time; the next one is told to come again later.
pub(super) const MAX_STREAMS: usize = 32;
const EVERY: Duration = Duration::from_secs(1);

pub(super) async fn overview<S: AdminSource>(
    State(app): State<App<S>>,
) -> Result<impl IntoResponse, Problem> {
    let place =
        app.streams.clone().try_acquire_owned().map_err(|_| Problem::busy("too many streams"))?;
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let events = stream::unfold((ticks, place), move |(mut ticks, place)| {
        let mut app = app.clone();
        async move {
            next(&mut app, &mut ticks)
                .await
                .map(|event| (Ok::<_, Infallible>(event), (ticks, place)))
        }
    });
    Ok(Sse::new(events))
}

/// The next event; none once the listener closes.
async fn next<S: AdminSource>(app: &mut App<S>, ticks: &mut Interval) -> Option<Event> {
    tokio::select! {
        _ = ticks.tick() => {}
        _ = app.closing.wait_for(|closing| *closing) => return None,
    }
    let event = match timeout(PATIENCE, app.source.overview()).await {
        Ok(Ok(overview)) => Event::default().event("overview").json_data(overview),
        Ok(Err(error)) => Event::default().event("problem").json_data(error.to_string()),
        Err(_) => Event::default().event("problem").json_data("the engine does not answer"),
    };
    event.ok()
}
