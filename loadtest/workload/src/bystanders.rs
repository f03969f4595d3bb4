//! Journeys that want none of the shoppers' events: what an event costs must not depend on how many of them there are.

use cartwheel_core::journey::load::SourceFile;

/// So many of them: each with a trigger, an exit, a goal, a key and a wait of its own. Their message has a template that others have as well: of one that nobody
/// knows all documents would be kept, and events would cost more for that.
pub fn journeys(count: usize, template: &str) -> Vec<SourceFile> {
    (0..count).map(|number| journey(number, template)).collect()
}

fn journey(number: usize, template: &str) -> SourceFile {
    SourceFile {
        path: format!("bystander_{number}.yaml"),
        text: format!(
            "journey: bystander_{number}
trigger: {{ event: other_{number}, when: event.thing.size_{number} > 3 && profile.attribute_{number} != 'x', quiet_for: 1h }}
key: event.thing.id
exit: [{{ on: other_end_{number} }}]
goal: {{ on: other_goal_{number}, within: 5d }}
steps:
  - wait: {{ for: other_step_{number}, at_most: 3d }}
  - send: {template}
    channels: [email]
"
        ),
    }
}
