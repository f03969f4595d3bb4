//! The coupons of messages against what their templates show.

use cartwheel_core::channel::Channel;
use cartwheel_core::command::COUPON;
use cartwheel_core::journey::load::Sent;
use cartwheel_providers::template::{Part, Templates};

/// The parts of a message by this channel of which one shows the code.
fn parts(channel: Channel) -> &'static [Part] {
    match channel {
        Channel::Email => &[Part::Html, Part::Text],
        Channel::Sms => &[Part::Sms],
        Channel::Push => &[Part::Push],
        Channel::Webhook | Channel::Whatsapp => &[],
    }
}

/// A code that a template shows and the step does not give, or the other way round: what is wrong, and its remedy.
pub fn mismatch(templates: &Templates, sent: &Sent, channel: Channel) -> Option<(String, String)> {
    let name = sent.template.as_str();
    if !templates.channels(name).contains(&channel) {
        return None;
    }
    let differs = |part: &&Part| templates.reads(name, **part, COUPON) == Some(!sent.coupon);
    let part = parts(channel).iter().find(differs)?;
    let file = part.file();
    Some(match sent.coupon {
        true => (
            format!("`{name}` has a coupon, and its {file} does not show it"),
            format!("write {{{{ {COUPON} }}}} into it"),
        ),
        false => (
            format!("`{name}` shows a coupon in its {file}, and the step gives none"),
            "write `with: { coupon: NAME }` into the step, NAME one of `coupons` of the policy"
                .to_owned(),
        ),
    })
}
