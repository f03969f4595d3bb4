//! Journeys good and bad, with every message as a person sees it.

use super::*;

const CART: &str = include_str!("../../../../../config/journeys/cart_abandonment.yaml");
const WELCOME: &str = include_str!("../../../../../config/journeys/welcome.yaml");

fn sources(texts: &[&str]) -> Vec<Source> {
    texts.iter().enumerate().map(|(at, text)| Source { path: format!("{at}.yaml"), text: (*text).into() }).collect()
}

#[test]
fn the_shipped_journeys_load_without_a_warning() {
    let checked = check(&Policy::default(), &sources(&[CART, WELCOME]));
    assert_eq!(checked.problems, []);
    assert!(checked.plan.is_some());
}
