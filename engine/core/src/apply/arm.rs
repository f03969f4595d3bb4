//! Which arm of a branch was taken, as it is written: for people. A decision has the arm's number and what was compared.

use crate::decision::{Decision, Verdict};
use crate::journey::plan::{Journey, Plan};
use crate::value::Value;
use compact_str::CompactString;

/// The value of a decision that has the number of the arm.
const ARM: &str = "arm";
/// The value that its condition is added as.
const WHEN: &str = "when";

/// The decision; where it took an arm of a branch, with the arm's condition as it is written (`else` of an arm without one) behind its number. Of a journey
/// or a branch that has changed since, it stays as it is.
pub fn with_arm(plan: &Plan, mut decision: Decision) -> Decision {
    let Some(place) = decision.values.iter().position(|(name, _)| name == ARM) else {
        return decision;
    };
    if let Some(when) = condition(plan, &decision) {
        decision.values.insert(place + 1, (WHEN.into(), Value::Text(when)));
    }
    decision
}

fn condition(plan: &Plan, decision: &Decision) -> Option<CompactString> {
    let (Verdict::Branched, Some(step)) = (decision.decision, &decision.step) else { return None };
    let number = decision.values.iter().find_map(|(name, value)| match value {
        Value::Number(number) if name == ARM => Some(*number as usize),
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::Text(_) => None,
    })?;
    let named = |journey: &&Journey| journey.name == decision.journey.as_str();
    let journey = plan.journeys.iter().find(named)?;
    let is_step = |(_, op): &(u16, &crate::journey::op::Op)| op.step() == Some(step);
    let (at, op) = (0u16..).zip(&journey.ops).find(is_step)?;
    let when = op.successors(at).into_iter().nth(number)?.when?;
    // What was compared then stands in the condition, or it is another one by now.
    let compared = decision.values.iter().filter(|(name, _)| name != ARM);
    let is_it = compared.map(|(name, _)| name).all(|name| when.contains(name.as_str()));
    is_it.then(|| when.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Reason;
    use crate::journey::load::{SourceFile, load};
    use crate::policy::Policy;

    const JOURNEY: &str = "\
journey: j
trigger: { event: go }
steps:
  - branch:
      - when: event.cart.total >= 500
        steps: []
      - else:
        steps: []
";

    fn told(values: &[(&str, Value)], reason: Reason) -> Vec<(CompactString, Value)> {
        let sources = [SourceFile { path: "j.yaml".into(), text: JOURNEY.into() }];
        let plan = load(&Policy::default(), &sources[..]).unwrap();
        let values = values.iter().map(|(name, value)| ((*name).into(), value.clone()));
        let decision = Decision {
            at: 0,
            customer: "ana".into(),
            journey: "j".into(),
            run: None,
            step: Some("branch-1".into()),
            decision: Verdict::Branched,
            reason,
            channel: None,
            command_id: None,
            values: values.collect(),
        };
        with_arm(&plan, decision).values
    }

    #[test]
    fn an_arm_has_its_condition_behind_its_number() {
        let total = ("event.cart.total", Value::Number(500.0));
        let values = told(&[("arm", Value::Number(0.0)), total.clone()], Reason::Condition);
        assert_eq!(values[1], ("when".into(), Value::Text("event.cart.total >= 500".into())));
        assert_eq!(values[2].0, total.0);
        let values = told(&[("arm", Value::Number(1.0))], Reason::Otherwise);
        assert_eq!(values[1], ("when".into(), Value::Text("else".into())));
    }

    #[test]
    fn what_is_no_arm_any_more_has_none() {
        for values in [
            &[("arm", Value::Number(0.0)), ("profile.vip", Value::Bool(true))][..],
            &[("arm", Value::Number(7.0))],
            &[("arm", Value::Text("gift".into()))],
            &[],
        ] {
            assert_eq!(told(values, Reason::Condition).len(), values.len(), "{values:?}");
        }
    }
}
