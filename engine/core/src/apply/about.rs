//! The message that an event is about: the one whose command it names. An answer is about all messages of its step, whichever channel carried them:
//! somebody may answer by the e-mail after its fallback has left.

use crate::event::{Event, Meaning, SURVEY_STEP, Subject};
use crate::id::{CommandId, RunId};
use crate::journey::op::MAX_CHANNELS;

/// See the module.
pub(super) struct About {
    command: CommandId,
    /// Of an answer, the step that has asked.
    step: Option<String>,
}

impl About {
    /// What the event is about, if it names a command.
    pub fn of(event: &Event<'_>) -> Option<Self> {
        let id = event.field(Subject::Message, "command_id").and_then(|raw| raw.string());
        let command = id.and_then(|text| text.parse().ok())?;
        let is_answer = event.meaning == Meaning::Answered;
        let step = is_answer.then(|| {
            let path: Vec<&str> = SURVEY_STEP.split('.').collect();
            event.whole().get(&path)?.string().map(std::borrow::Cow::into_owned)
        });
        Some(Self { command, step: step.flatten() })
    }

    /// Whether it is about this message, of this run.
    pub fn is_message(&self, run: RunId, command: CommandId) -> bool {
        command == self.command
            || self.step.as_deref().is_some_and(|step| {
                let of_step = |command| {
                    (0..MAX_CHANNELS).any(|place| CommandId::of(run, step, place as u32) == command)
                };
                of_step(command) && of_step(self.command)
            })
    }
}
