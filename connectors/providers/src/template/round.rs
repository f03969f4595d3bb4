//! One round of a loop: what a template sees inside of it beside everything around.

use super::lenient::{MISSING, look_up};
use liquid_core::model::{KString, KStringCow, KStringRef, ScalarCow, Value, ValueCow, ValueView};
use liquid_core::runtime::{PartialStore, Registers};
use liquid_core::{Object, Result, Runtime};
use std::collections::BTreeSet;

/// The runtime of one round: the item under its name, and `forloop` or `tablerowloop`.
pub(super) struct Round<'a> {
    pub around: &'a dyn Runtime,
    /// Those of the outermost: they are asked for at every step, and loops may stand deep in others.
    pub registers: &'a Registers,
    /// `forloop` or `tablerowloop`.
    pub own: &'static str,
    pub counters: Counters,
    /// The item's name, and the item.
    pub item: (&'a str, &'a dyn ValueView),
}

/// Where a loop stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counters {
    /// From 0.
    pub index: usize,
    /// Rounds in all.
    pub length: usize,
    /// Columns of a `tablerow`.
    pub columns: Option<usize>,
}

impl Counters {
    const NAMES: [&str; 11] = [
        "length",
        "index0",
        "index",
        "rindex0",
        "rindex",
        "first",
        "last",
        "col0",
        "col",
        "col_first",
        "col_last",
    ];

    fn get(self, name: &str) -> Option<Value> {
        let number = |number: usize| Value::scalar(i64::try_from(number).unwrap_or(i64::MAX));
        let column = self.columns.map(|columns| self.index % columns);
        Some(match name {
            "length" => number(self.length),
            "index0" => number(self.index),
            "index" => number(self.index + 1),
            "rindex0" => number(self.length - self.index - 1),
            "rindex" => number(self.length - self.index),
            "first" => Value::scalar(self.index == 0),
            "last" => Value::scalar(self.index + 1 == self.length),
            "col0" => number(column?),
            "col" => number(column? + 1),
            "col_first" => Value::scalar(column? == 0),
            "col_last" => Value::scalar(Some(column? + 1) == self.columns),
            _ => return None,
        })
    }
}

impl Round<'_> {
    /// What stands at a path inside of `forloop`.
    fn own(&self, path: &[ScalarCow<'_>]) -> ValueCow<'_> {
        let Some((name, rest)) = path.split_first() else {
            return look_up(self, &self.whole(), &[]).into_owned().into();
        };
        if name.to_kstr() == "parentloop" {
            return self.parent(rest);
        }
        let value = self.counters.get(&name.to_kstr()).unwrap_or(Value::Nil);
        match look_up(self, &value, rest) {
            found if found.is_nil() => ValueCow::Borrowed(&MISSING),
            found => ValueCow::Owned(found.into_owned()),
        }
    }

    fn parent(&self, path: &[ScalarCow<'_>]) -> ValueCow<'_> {
        let mut up = vec![ScalarCow::new(KStringRef::from_static(self.own))];
        up.extend(path.iter().cloned());
        self.around.try_get(&up).unwrap_or(ValueCow::Borrowed(&MISSING))
    }

    fn whole(&self) -> Value {
        let field = |name: &'static str| Some((name.into(), self.counters.get(name)?));
        let mut all: Object = Counters::NAMES.into_iter().filter_map(field).collect();
        let parent = self.parent(&[]).into_owned();
        if !parent.is_nil() {
            all.insert("parentloop".into(), parent);
        }
        Value::Object(all)
    }
}

impl Runtime for Round<'_> {
    fn partials(&self) -> &dyn PartialStore {
        self.around.partials()
    }

    fn name(&self) -> Option<KStringRef<'_>> {
        self.around.name()
    }

    fn roots(&self) -> BTreeSet<KStringCow<'_>> {
        self.around.roots()
    }

    fn try_get(&self, path: &[ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        let name = path.first()?.to_kstr();
        if name == self.item.0 {
            Some(look_up(self, self.item.1, &path[1..]))
        } else if name == self.own {
            Some(self.own(&path[1..]))
        } else {
            self.around.try_get(path)
        }
    }

    fn get(&self, path: &[ScalarCow<'_>]) -> Result<ValueCow<'_>> {
        Ok(self.try_get(path).unwrap_or(ValueCow::Borrowed(&MISSING)))
    }

    fn set_global(&self, name: KString, value: Value) -> Option<Value> {
        self.around.set_global(name, value)
    }

    fn set_index(&self, name: KString, value: Value) -> Option<Value> {
        self.around.set_index(name, value)
    }

    fn get_index<'a>(&'a self, name: &str) -> Option<ValueCow<'a>> {
        self.around.get_index(name)
    }

    fn registers(&self) -> &Registers {
        self.registers
    }
}
