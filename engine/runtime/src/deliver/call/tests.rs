use super::*;
use crate::deliver::live;
use crate::deliver::options::Route;
use crate::deliver::render::tests::command;
use cartwheel_core::channel::Channel;
use cartwheel_core::command::Command;
use cartwheel_core::receipt::RejectReason;
use cartwheel_core::time::HOUR;
use cartwheel_delivery::bucket::Rate;
use cartwheel_delivery::config::Provider as Limits;
use cartwheel_delivery::worker::CallId;
use cartwheel_inbound::Secrets;
use cartwheel_providers::template::Templates;
use cartwheel_providers::{BoxFuture, Brand, Provider, Rendered};

struct Still;

impl Clock for Still {
    fn wall(&self) -> Millis {
        0
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

struct Defective;

impl Provider for Defective {
    fn name(&self) -> &'static str {
        "defective"
    }

    fn idempotent(&self) -> bool {
        false
    }

    fn send<'a>(&'a self, _: &'a Rendered, _: &'a Command) -> BoxFuture<'a, Outcome> {
        panic!("a defect")
    }
}

fn call() -> Call {
    let data = serde_json::json!({ "profile": { "points": i64::MIN, "many": 1_000_000 } });
    let command = command(1, data);
    Call {
        id: CallId(7),
        command: Arc::new(command),
        provider: "defective".into(),
        attempt: 1,
        begin_before: HOUR,
    }
}

/// What the pump hears of a call of the template `text`.
async fn heard(text: &str) -> Report {
    let (caller, heard, _data) = caller(text);
    caller.make(call(), 0).await;
    heard.try_recv().expect("a report")
}

/// With the folder of its renderer, which lives as long as it is held.
fn caller(text: &str) -> (Arc<Caller>, crossbeam_channel::Receiver<Report>, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("t")).unwrap();
    std::fs::write(dir.path().join("t/sms.liquid"), text).unwrap();
    let (reports, heard) = crossbeam_channel::bounded(1);
    let rate = Rate::per_second(1, 1);
    let limits = Limits {
        name: "defective".into(),
        account: "defective".into(),
        key_life: None,
        rate,
        max_in_flight: 1,
    };
    let templates = Templates::load(dir.path()).unwrap_or_else(|problems| panic!("{problems:?}"));
    let live = Live {
        routes: vec![Route { channel: Channel::Sms, limits, sender: Arc::new(Defective) }],
        templates: Arc::new(templates),
        brand: Brand {
            name: "Shop".into(),
            sender_name: None,
            from: "hello@shop.example".into(),
            reply_to: None,
            store_url: "https://shop.example".into(),
            postal_address: None,
            currency: None,
        },
        secrets: Arc::new(Secrets::new(b"secret", None)),
        public_url: "https://shop.example".into(),
    };
    let live = Arc::new(Current::new(live));
    let data = tempfile::tempdir().unwrap();
    let renderer = Renderer::open(&data.path().join("rendering"), live::make(&live)).unwrap();
    let renderer = Arc::new(renderer);
    (Arc::new(Caller { live, renderer, clock: Arc::new(Still), reports }), heard, data)
}

/// He did not get the message: his consent is not the team's to withdraw.
#[tokio::test]
async fn a_message_to_a_team_has_no_link_that_unsubscribes_the_customer() {
    let (caller, _heard, _data) = caller("Hello");
    let mut call = call();
    let answers = vec!["yes".to_owned(), "no".to_owned()];
    call.command = Arc::new(Command { answers, ..(*call.command).clone() });
    let links = caller.links(&call);
    assert!(links.unsubscribe.starts_with("https://shop.example/u/cwu2."));
    let [(yes, first), (no, second)] = &links.answers[..] else { panic!("two answers") };
    assert_eq!((yes.as_str(), no.as_str()), ("yes", "no"));
    assert!(first != second && first.starts_with("https://shop.example/a/cwa1."), "{first}");
    assert_eq!(caller.links(&call), links, "a message that is sent again has the same bytes");
    let command = Command { team: Some("sales".into()), ..(*call.command).clone() };
    call.command = Arc::new(command);
    assert_eq!(caller.links(&call), Links::default());
}

#[tokio::test]
async fn a_template_that_fails_says_template_line_and_cause() {
    let report = heard("Hi\n{% for n in (1..profile.many) %}.{% endfor %}").await;
    let Report::Outcome { call: CallId(7), outcome, unrenderable: true, .. } = report else {
        panic!("an outcome")
    };
    let Outcome::Unsendable { reason: RejectReason::BadRequest, detail } = outcome else {
        panic!("unsendable: {outcome:?}")
    };
    assert!(detail.starts_with("template `t`, sms.liquid:2: a range is longer"), "{detail}");
}

/// The library's own division would panic at this one.
#[tokio::test]
async fn the_least_number_divided_by_minus_one_is_sent() {
    let report = heard("{{ profile.points | divided_by: -1 }}").await;
    assert!(matches!(report, Report::Outcome { unrenderable: false, .. }));
}

#[tokio::test]
async fn a_provider_that_panics_is_reported_as_unknown() {
    let Report::Outcome { call: CallId(7), outcome, unrenderable: false, .. } =
        heard("Hello").await
    else {
        panic!("an outcome")
    };
    assert_eq!(outcome, Outcome::Ambiguous { reason: AmbiguousReason::BadReply });
}
