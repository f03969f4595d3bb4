//! Renderings, away from the threads that send: each on a thread of its own, with a deadline, and remembered on the disk while it lasts.
//!
//! A rendering is bounded in steps and ends by itself; the deadline is the belt for what the bounds have not thought of. One that overruns cannot be stopped: it
//! goes on beside, nobody waits for it, and its message is tried once more before it is quarantined, as after a panic or the end of the process
//! ([`cartwheel_delivery::rendering`]).

use cartwheel_core::command::Command;
use cartwheel_core::id::CommandId;
use cartwheel_core::receipt::{Outcome, RejectReason};
use cartwheel_delivery::rendering::{Patch, Strike, Verdict, Watch};
use cartwheel_providers::template::{RenderError, RenderFault};
use cartwheel_providers::{Links, Rendered};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// A rendering may take so long: thirty times what the worst one within the bounds takes on a slow core.
const DEADLINE: Duration = Duration::from_secs(10);
/// Renderings at one time, without those that overrun.
const AT_ONE_TIME: u32 = 2;
/// Before a message is tried again for which no slot is free: each is held by a rendering that does not end.
const PAUSE: Duration = Duration::from_secs(1);

/// Makes the message of a command, with these links of ours.
pub(super) type Make = Box<dyn Fn(&Command, &Links) -> Result<Rendered, RenderError> + Send + Sync>;

/// What came of a rendering.
pub(super) enum Rendering {
    /// The message.
    Done(Rendered),
    /// It cannot be sent.
    Unsendable(Outcome),
    /// It panicked or overran for the first time, or could not begin: to be tried again.
    Again,
}

/// See the module.
pub(super) struct Renderer {
    make: Make,
    watch: Mutex<Kept>,
    places: Semaphore,
    deadline: Duration,
}

/// The watch, and its file.
struct Kept {
    watch: Watch,
    file: File,
}

impl Kept {
    fn open(path: &Path) -> io::Result<Self> {
        let content = match std::fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            content => content?,
        };
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let watch = Watch::read(&content);
        let content = watch.content();
        file.write_all_at(&content, 0)?;
        file.set_len(content.len() as u64)?;
        Ok(Self { watch, file })
    }

    /// A message is sent all the same if this cannot be written: the watch is a protection against the message, not its record.
    fn write(&self, patches: impl IntoIterator<Item = Patch>) {
        for patch in patches {
            if let Err(error) = self.file.write_all_at(&patch.bytes, patch.offset) {
                tracing::error!(%error, "the file of renderings cannot be written: a message that ends the process will not be recognised");
            }
        }
    }
}

impl Renderer {
    /// Opens the file of renderings at `path`, in a folder that is this process's alone. What the last process was rendering when it ended has a strike.
    pub fn open(path: &Path, make: Make) -> io::Result<Self> {
        Ok(Self {
            make,
            watch: Mutex::new(Kept::open(path)?),
            places: Semaphore::new(AT_ONE_TIME as usize),
            deadline: DEADLINE,
        })
    }

    /// Renders a message, with these links of ours.
    pub async fn render(self: &Arc<Self>, command: &Arc<Command>, links: Links) -> Rendering {
        let id = command.command_id;
        let verdict = self.kept().watch.verdict(id);
        let places = match verdict {
            Verdict::Clear => 1,
            Verdict::Alone => AT_ONE_TIME,
            Verdict::Quarantined(strike) => return quarantined(command, strike),
        };
        // Closed never.
        let Ok(_places) = self.places.acquire_many(places).await else { return Rendering::Again };
        let Some(slot) = self.begin(id) else {
            tracing::error!(
                "every place for a rendering is held by one that does not end: delivery stands until one does, or until it is restarted"
            );
            tokio::time::sleep(PAUSE).await;
            return Rendering::Again;
        };
        let (renderer, rendered) = (Arc::clone(self), Arc::clone(command));
        let mut under_way =
            tokio::task::spawn_blocking(move || renderer.run(slot, &rendered, &links));
        if let Ok(done) = tokio::time::timeout(self.deadline, &mut under_way).await {
            return done.unwrap_or(Rendering::Again);
        }
        if self.overrun(slot, id) {
            tracing::error!(command_id = %id, journey = command.journey, template = command.template, "rendering a message takes too long");
            return self.struck(command);
        }
        under_way.await.unwrap_or(Rendering::Again)
    }

    fn begin(&self, id: CommandId) -> Option<usize> {
        let mut kept = self.kept();
        let (slot, patch) = kept.watch.begin(id)?;
        kept.write([patch]);
        Some(slot)
    }

    /// Whether the rendering of this slot was still under way.
    fn overrun(&self, slot: usize, id: CommandId) -> bool {
        let mut kept = self.kept();
        let patch = kept.watch.overrun(slot, id);
        kept.write(patch);
        patch.is_some()
    }

    /// On a thread that may block.
    fn run(&self, slot: usize, command: &Command, links: &Links) -> Rendering {
        let rendered = catch_unwind(AssertUnwindSafe(|| (self.make)(command, links)));
        let panicked = match &rendered {
            Err(_) => true,
            Ok(result) => result.as_ref().is_err_and(|error| error.fault == RenderFault::Defect),
        };
        {
            let mut kept = self.kept();
            let patches = kept.watch.end(slot, panicked.then_some(Strike::Panicked));
            kept.write(patches);
        }
        match rendered {
            Ok(Ok(message)) => Rendering::Done(message),
            Ok(Err(error)) if !panicked => unsendable(command, &error),
            Ok(Err(_)) | Err(_) => {
                tracing::error!(command_id = %command.command_id, journey = command.journey, template = command.template, "rendering a message panicked");
                self.struck(command)
            }
        }
    }

    /// What follows from a strike: once more, or never.
    fn struck(&self, command: &Command) -> Rendering {
        match self.kept().watch.verdict(command.command_id) {
            Verdict::Clear | Verdict::Alone => Rendering::Again,
            Verdict::Quarantined(strike) => quarantined(command, strike),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unsendable(command: &Command, error: &RenderError) -> Rendering {
    tracing::error!(command_id = %command.command_id, journey = command.journey, %error, "a message cannot be rendered");
    let detail = error.to_string();
    Rendering::Unsendable(Outcome::Unsendable { reason: error.reason(), detail })
}

fn quarantined(command: &Command, strike: Strike) -> Rendering {
    tracing::error!(command_id = %command.command_id, journey = command.journey, template = command.template, why = strike.words(), "a message is quarantined");
    let detail =
        format!("template `{}`: {}, for the second time", command.template, strike.words());
    Rendering::Unsendable(Outcome::Unsendable { reason: RejectReason::Quarantined, detail })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use cartwheel_core::channel::{Channel, Class};
    use cartwheel_core::id::RunId;
    use cartwheel_core::time::HOUR;

    /// A text message of the template `t` with this data.
    pub fn command(id: u128, data: serde_json::Value) -> Command {
        Command {
            command_id: CommandId(id),
            run_id: RunId(1),
            journey: "j".into(),
            version: "v".into(),
            step: "s".into(),
            customer: "ana".into(),
            channel: Channel::Sms,
            class: Class::Marketing,
            template: "t".into(),
            to: "+15550100".into(),
            data,
            variant: None,
            team: None,
            answers: Vec::new(),
            side: None,
            due_at: 0,
            decided_at: 0,
            not_after: HOUR,
        }
    }

    /// A renderer, as a process opens it whose data lies in `dir`.
    fn renderer(
        dir: &Path,
        make: impl Fn() -> Result<Rendered, RenderError> + Send + Sync + 'static,
    ) -> Arc<Renderer> {
        let make: Make = Box::new(move |_, _| make());
        let opened = Renderer::open(&dir.join("rendering"), make).unwrap();
        Arc::new(Renderer { deadline: Duration::from_secs(600), ..opened })
    }

    fn message() -> Result<Rendered, RenderError> {
        Ok(Rendered::Sms { to: "+15550100".into(), text: "Hello".into() })
    }

    async fn rendered(renderer: &Arc<Renderer>, id: u128) -> Result<&'static str, String> {
        let data = serde_json::json!({ "profile": {} });
        match renderer.render(&Arc::new(command(id, data)), Links::default()).await {
            Rendering::Done(_) => Ok("done"),
            Rendering::Again => Ok("again"),
            Rendering::Unsendable(Outcome::Unsendable { detail, .. }) => Err(detail),
            Rendering::Unsendable(other) => panic!("{other:?}"),
        }
    }

    fn quarantined(why: &str) -> Result<&'static str, String> {
        Err(format!("template `t`: {why}, for the second time"))
    }

    #[tokio::test]
    async fn a_message_that_ended_two_processes_is_not_rendered_a_third_time() {
        let dir = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            // As a process that ends while it renders.
            assert!(renderer(dir.path(), message).begin(CommandId(1)).is_some());
        }
        let restarted = renderer(dir.path(), || panic!("must not be rendered"));
        let ended = quarantined("the process ended while it was rendered");
        assert_eq!(rendered(&restarted, 1).await, ended);
        let restarted = renderer(dir.path(), message);
        assert_eq!(rendered(&restarted, 1).await, ended);
        assert_eq!(rendered(&restarted, 2).await, Ok("done"), "delivery goes on with the next");
    }

    #[tokio::test]
    async fn who_was_rendered_well_is_no_suspect() {
        let dir = tempfile::tempdir().unwrap();
        for _ in 0..3 {
            assert!(renderer(dir.path(), message).begin(CommandId(1)).is_some());
            assert_eq!(rendered(&renderer(dir.path(), message), 1).await, Ok("done"));
        }
    }

    #[tokio::test]
    async fn what_panics_is_tried_once_more() {
        let dir = tempfile::tempdir().unwrap();
        let defect = || {
            let (part, line) = (None, None);
            Err(RenderError { template: "t".into(), part, line, fault: RenderFault::Defect })
        };
        let panics = renderer(dir.path(), || panic!("a defect"));
        assert_eq!(rendered(&panics, 1).await, Ok("again"));
        assert_eq!(rendered(&panics, 1).await, quarantined("rendering it panicked"));
        // Also where the template engine's panic was caught below, and across a restart.
        assert_eq!(rendered(&renderer(dir.path(), defect), 2).await, Ok("again"));
        let restarted = renderer(dir.path(), defect);
        assert_eq!(rendered(&restarted, 2).await, quarantined("rendering it panicked"));
    }

    #[tokio::test]
    async fn what_overruns_is_left_alone_and_tried_once_more() {
        let dir = tempfile::tempdir().unwrap();
        let (release, held) = crossbeam_channel::bounded::<()>(0);
        let waits = Renderer::open(
            &dir.path().join("rendering"),
            Box::new(move |_, _| {
                // Until the test ends.
                let _ = held.recv();
                message()
            }),
        );
        let waits = Arc::new(Renderer { deadline: Duration::ZERO, ..waits.unwrap() });
        assert_eq!(rendered(&waits, 1).await, Ok("again"));
        assert_eq!(rendered(&waits, 1).await, quarantined("rendering it took too long"));
        assert_eq!(waits.places.available_permits(), AT_ONE_TIME as usize, "others go on");
        drop(release);
    }

    #[tokio::test]
    async fn what_fails_is_told_and_is_no_strike() {
        let dir = tempfile::tempdir().unwrap();
        let fails = renderer(dir.path(), || {
            let (part, line) = (None, Some(3));
            Err(RenderError { template: "t".into(), part, line, fault: RenderFault::Costly })
        });
        for _ in 0..3 {
            let detail = rendered(&fails, 1).await.unwrap_err();
            assert!(detail.starts_with("template `t`:3: it takes more than"), "{detail}");
        }
    }
}
