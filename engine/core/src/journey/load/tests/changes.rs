//! Steps that had another name.

use super::problems::{one, shown};

fn journey(renamed: &str) -> String {
    format!(
        "journey: cart\ntrigger: {{ event: cart_updated }}\nrenamed: {{ {renamed} }}\nsteps: [{{ send: hello, channels: [email] }}, {{ send: reminder, channels: [email] }}]\n"
    )
}

#[test]
fn a_step_had_a_name_that_none_has_now_and_is_there() {
    assert_eq!(shown(&journey("first: hello, earlier: hello")), [""; 0]);
    one(
        &journey("first: remindr"),
        "3:19 error `remindr`: no step is called `remindr` | did you mean `reminder`?",
    );
    one(
        &journey("first: none"),
        "3:19 error `none`: no step is called `none` | write `old_name: new_name`, with a step of this journey",
    );
    one(
        &journey("hello: reminder"),
        "3:12 error `hello`: a step is called `hello` still | remove this line, or give the step another `id:`",
    );
}

#[test]
fn what_becomes_of_runs_is_one_of_two_words() {
    let text = journey("first: hello").replace("renamed", "on_change: keep\nrenamed");
    one(
        &text,
        "3:12 error `keep`: `keep` is not what becomes of runs when their journey changes | known are: migrate, exit",
    );
}
