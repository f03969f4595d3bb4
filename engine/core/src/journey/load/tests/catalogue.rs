//! Conditions that read products: what is good, and what is refused, with line, column and remedy.

use super::problems::one;
use super::*;
use crate::policy::{Hold, Policy};

fn journey(when: &str, more: &str, steps: &str) -> String {
    format!("journey: j\ntrigger: {{ event: go, when: \"{when}\" }}\n{more}steps:\n{steps}")
}

const EXIT: &str = "  - exit: true\n";

#[test]
fn products_are_read_wherever_a_journey_asks() {
    let good = "journey: j
trigger: { event: order_placed, each: event.order.items as item, when: \"catalogue[item.product].supply_days > 0\", at: \"event.time + days(catalogue[item.product].supply_days)\" }
key: item.product
exit: [{ on: order_cancelled, when: \"event.order.items.exists(i, catalogue[i.product].price > catalogue['p'].price)\" }]
while: catalogue[key].stock > 0 && has(catalogue[key].category)
steps:
  - branch: [{ when: \"'new' in catalogue[key].badges || size(catalogue[key].badges) > 2\", steps: [{ wait: { at: \"now + days(catalogue[key].days)\" } }] }]
  - set:
      name: catalogue[item.product].name
  - wait: { for: go, where: \"catalogue[key].stock > 3\", at_most: 1d }
";
    let plan = load(&Policy::default(), &sources(&[good])).expect("it loads");
    let names: Vec<&str> = plan.products.iter().map(|asked| asked.name.as_str()).collect();
    assert_eq!(
        names,
        ["supply_days", "price", "stock", "category", "badges", "badges", "days", "name"],
        "each question once"
    );
    let without = load(&Policy::default(), &sources(&[CART])).expect("it loads");
    assert!(without.products.is_empty());
}

#[test]
fn what_is_no_question_is_refused() {
    one(
        &journey("catalogue[event.product.id] > 0", "", EXIT),
        "2:30 error `catalogue[event.product.id]`: `catalogue[event.product.id]` is a product, not a value | name one of its fields, such as `catalogue[event.product.id].stock`",
    );
    one(
        &journey("catalogue[event.product.id].stock == 'x'", "", EXIT),
        "2:64 error `==`: `catalogue[event.product.id].stock` is a number and `'x'` is a string: this is never equal | compare two strings or two numbers",
    );
    one(
        &journey("catalogue[event.product.id].id == 'x'", "", EXIT),
        "2:30 error `catalogue[event.product.id].id`: `catalogue[event.product.id].id` is the key itself | read what is between the brackets",
    );
    one(
        &journey("catalogue[key].stock > 0", "", EXIT),
        "2:40 error `key`: `key` is the key of the run, and this journey has none | add `key:` to the journey, such as `key: event.product.id`, or write a path such as `catalogue[event.product.id]`",
    );
    one(
        &journey("catalogue[1 + 2].stock > 0", "", EXIT),
        "2:40 error `1 + 2`: a key is a path or a text | write a path such as `event.product.id`, or a text in quotes",
    );
    one(
        &journey("event.x in catalogue['p'].badges", "", EXIT),
        "2:30 error `event.x`: `event.x` is not written there | before `in catalogue[KEY].badges` stands a text in quotes or a number",
    );
    one(
        &journey("'x' in catalogue['p'].category", "", EXIT),
        "2:37 error `catalogue['p'].category`: `catalogue['p'].category` is no list | compare it with `==`",
    );
    one(
        &journey("catalogue['p'].badges == 'x'", "", EXIT),
        "2:30 error `catalogue['p'].badges`: `catalogue['p'].badges` is a list | ask for its size: `size(catalogue['p'].badges)`, or for its items: `catalogue['p'].badges.exists(i, ...)`",
    );
    one(
        &journey("catalogue['p'].stok > 0", "", EXIT),
        "2:30 warning `catalogue['p'].stok`: `stok` is not a field of products that Cartwheel knows | did you mean `stock`? If it is a field of your own, all is well",
    );
}

#[test]
fn where_the_answer_would_have_to_be_known_it_is_not_asked() {
    one(
        "journey: j\ntrigger: { at: \"profile.day + days(catalogue['p'].days)\" }\nsteps: [{ exit: true }]\n",
        "2:16 error `\"profile.day + days(catalogue['p'].days)\"`: `profile.day + days(catalogue['p'].days)` changes with the catalogue: a record of it is about no customer, and nobody would look whose instant is another | read facts and `profile.X`; ask for the catalogue in `when`, which is judged when the run enters, or begin by an event",
    );
    let told = |policy: &Policy, facts: Option<&str>| {
        let facts =
            facts.map(|text| SourceFile { path: "facts.yaml".into(), text: text.to_owned() });
        let journeys = sources(&[CART]);
        let checked = check(policy, Sources { journeys: &journeys, facts: facts.as_ref() });
        let told = checked.problems.iter().map(|problem| problem.message.clone());
        told.collect::<Vec<_>>().join("\n")
    };
    let hold: Hold = serde_saphyr::from_str("{ name: h, while: \"catalogue['p'].stock <= 0\" }")
        .expect("a hold");
    let holds = Policy { holds: vec![hold], ..Policy::default() };
    assert!(told(&holds, None).contains("the policy may not read the catalogue"));
    for facts in [
        "segments: { rich: \"catalogue['p'].stock > 0\" }",
        "facts: { l: { level: [ { a: \"catalogue['p'].stock > 0\" }, { b: true } ] } }",
    ] {
        let told = told(&Policy::default(), Some(facts));
        assert!(told.contains("a segment or a level may not read the catalogue"), "{told}");
    }
    let fact = "facts: { n: { count: go, when: \"catalogue['p'].stock > 0\" } }";
    let told = told(&Policy::default(), Some(fact));
    assert!(told.contains("what a fact says must not depend on the catalogue"), "{told}");
}
