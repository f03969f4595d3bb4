//! A template's Liquid: it is refused, or every message made of it ends within its bounds.
#![no_main]

use cartwheel_core::channel::{Channel, Class};
use cartwheel_core::command::Command;
use cartwheel_core::id::{CommandId, RunId};
use cartwheel_providers::template::Templates;
use cartwheel_providers::{Brand, Links};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|parts: (&str, &str, &str)| {
    let (text, name, title) = parts;
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(dir.path().join("t")).expect("a folder");
    std::fs::write(dir.path().join("t/sms.liquid"), text).expect("a file");
    let Ok(templates) = Templates::load(dir.path()) else { return };
    let _ = templates.render(&command(name, title), &brand(), &Links::to_unsubscribe("https://shop.example/u/t"));
});

fn command(name: &str, title: &str) -> Command {
    let items: Vec<_> = (0..64).map(|n| serde_json::json!({ "name": title, "price": n })).collect();
    Command {
        command_id: CommandId(1),
        run_id: RunId(1),
        journey: "j".into(),
        version: "v".into(),
        step: "s".into(),
        customer: "ana".into(),
        channel: Channel::Sms,
        class: Class::Marketing,
        template: "t".into(),
        to: "+15550100".into(),
        data: serde_json::json!({
            "profile": { "first_name": name, "points": i64::MIN, "many": 1_000_000 },
            "cart": { "id": "k", "total": "123.45", "currency": "JPY", "items": items },
        }),
        variant: None,
        team: None,
        answers: Vec::new(),
        side: None,
        due_at: 0,
        decided_at: 0,
        not_after: 1,
    }
}

fn brand() -> Brand {
    Brand {
        name: "Shop".into(),
        sender_name: None,
        from: "hello@shop.example".into(),
        reply_to: None,
        store_url: "https://shop.example".into(),
        postal_address: None,
        currency: None,
    }
}
