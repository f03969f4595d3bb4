//! Checks of the policy's pools of coupons, alone and against what messages ask of them.

use crate::coupon::MAX_POOLS;
use crate::journey::definition::Step;
use crate::journey::problem::{Problem, SourceFile};
use crate::policy::Policy;
use crate::suggest::closest;

/// Says what is wrong with the pools' names.
pub(super) fn check(policy: &Policy, say: &mut impl FnMut(&str, String, String)) {
    let pools = &policy.coupons;
    if pools.len() > MAX_POOLS {
        let message = format!("there are {} pools of coupons", pools.len());
        say("coupons", message, format!("a shard has room for {MAX_POOLS}"));
    }
    for (number, name) in pools.iter().enumerate() {
        let key = format!("coupons.{number}");
        let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let begins = name.starts_with(|first: char| first.is_ascii_lowercase());
        if !begins || name.len() > 64 || !name.bytes().all(good) {
            let help =
                "a name has at most 64 lower case letters, digits and `_` and starts with a letter";
            say(&key, format!("`{name}` is not the name of a pool"), help.into());
        } else if pools[..number].contains(name) {
            say(&key, format!("a second pool is called `{name}`"), "remove it".into());
        }
    }
}

/// Says which messages have coupons of pools that the policy does not have.
pub(super) fn check_steps(
    policy: &Policy,
    source: &SourceFile,
    steps: &[Step],
    problems: &mut Vec<Problem>,
) {
    for step in steps {
        step.inner().into_iter().for_each(|steps| check_steps(policy, source, steps, problems));
        let Step::Send { with: Some(with), .. } = step else { continue };
        let Some(name) = with.coupon.as_ref().filter(|name| !policy.coupons.contains(name)) else {
            continue;
        };
        let help = match closest(name, policy.coupons.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add it to the policy: `coupons: [{}]`", name.value),
        };
        let message = format!("the policy has no pool `{}` of coupons", name.value);
        problems.push(Problem::error(&source.path, name.span.clone(), message).help(help));
    }
}
