//! Tree to file: the shape of `facts.yaml`, field by field.

use crate::fact::MAX_LINES;
use crate::journey::at::At;
use crate::journey::facts_file::{FactText, FactsFile, TakesText, TakesWith};
use crate::journey::load::fields::Reader;
use crate::journey::load::yaml::{Kind, Node};
use crate::journey::problem::{Problem, SourceFile};

/// Most facts, and most segments.
const MOST: usize = 128;
const FACT: [&str; 18] = [
    "count", "sum", "last", "set", "level", "distance", "key", "add", "undo", "drop", "over",
    "for", "up_to", "by", "keys", "keep", "each", "when",
];
/// What the language has and this build does not.
const LATER: [&str; 6] = ["ledger", "earn", "spend", "indexed", "reset", "expire"];

/// Reads the file; none after at least one problem.
pub(super) fn file(
    source: &SourceFile,
    root: &Node,
    problems: &mut Vec<Problem>,
) -> Option<FactsFile> {
    Reader { source, problems }.facts_file(root)
}

impl Reader<'_> {
    fn facts_file(&mut self, root: &Node) -> Option<FactsFile> {
        let fields = self.fields(root, "the facts file", &["facts", "segments"])?;
        let facts = self.optional(&fields, "facts", |reader, node| {
            reader.named(node, "orders: { count: order_placed }", Self::fact)
        });
        let segments = self.optional(&fields, "segments", |reader, node| {
            reader.named(node, "repeat_buyers: orders >= 2", Self::condition)
        });
        Some(FactsFile {
            facts: facts?.unwrap_or_default(),
            segments: segments?.unwrap_or_default(),
        })
    }

    /// A mapping from names to what `read` reads; goes on after bad ones.
    fn named<T>(
        &mut self,
        node: &Node,
        example: &str,
        read: impl Fn(&mut Self, &Node) -> Option<T>,
    ) -> Option<Vec<(At<String>, T)>> {
        let entries = match &node.kind {
            Kind::Map(entries) if entries.len() <= MOST => entries,
            Kind::Map(entries) => {
                let message =
                    format!("here are {} of them; at most {MOST} are allowed", entries.len());
                return self.fail(node, message, "remove some");
            }
            Kind::Null => return Some(Vec::new()),
            Kind::Text(_) | Kind::List(_) => {
                let message = format!("here stands {}", node.describe());
                return self.fail(node, message, format!("write a name and what it is: {example}"));
            }
        };
        let mut all = Vec::new();
        for entry in entries {
            let read = read(self, &entry.value);
            all.extend(read.map(|read| (At::new(entry.key.clone(), entry.at.clone()), read)));
        }
        Some(all)
    }

    fn fact(&mut self, node: &Node) -> Option<FactText> {
        if let Kind::Map(entries) = &node.kind
            && let Some(entry) = entries.iter().find(|entry| LATER.contains(&entry.key.as_str()))
        {
            let message = format!("`{}` is not yet supported", entry.key);
            self.error(
                entry.at.clone(),
                message,
                "a fact is one of count, sum, last, set and level",
            );
            return None;
        }
        let before = self.problems.len();
        let fields = self.fields(node, "a fact", &FACT)?;
        let is_something = FACT[..5].iter().any(|kind| fields.get(kind).is_some());
        if self.problems.len() > before && !is_something {
            return None; // what it was to be stands under the unknown name
        }
        let count = self.optional(&fields, "count", Self::event_types);
        let sum = self.optional(&fields, "sum", Self::event_types);
        let last = self.optional(&fields, "last", Self::event_types);
        let set = self.optional(&fields, "set", Self::event_types);
        let level = self.optional(&fields, "level", Self::lines);
        let distance = self.optional(&fields, "distance", |reader, node| {
            reader.text(node, "the name of a fact that is a number, such as spend_12m")
        });
        let path =
            |reader: &mut Self, node: &Node| reader.text(node, "a path such as event.order.id");
        let key = self.optional(&fields, "key", path);
        let add = self.optional(&fields, "add", path);
        let by = self.optional(&fields, "by", path);
        let undo = self.optional(&fields, "undo", Self::takes);
        let drop = self.optional(&fields, "drop", Self::takes);
        let over = self.optional(&fields, "over", Self::span);
        let for_ = self.optional(&fields, "for", Self::span);
        let up_to = self.optional(&fields, "up_to", Self::small);
        let keys = self.optional(&fields, "keys", Self::small);
        let keep = self.optional(&fields, "keep", |reader, node| {
            reader.list(node, "[event.order.id]", 4, path)
        });
        let each = self.optional(&fields, "each", Self::each);
        let when = self.optional(&fields, "when", Self::condition);
        Some(FactText {
            count: count?,
            sum: sum?,
            last: last?,
            set: set?,
            level: level?,
            distance: distance?,
            key: key?,
            add: add?,
            undo: undo?,
            drop: drop?,
            over: over?,
            for_: for_?,
            up_to: up_to?,
            by: by?,
            keys: keys?,
            keep: keep?.unwrap_or_default(),
            each: each?,
            when: when?,
        })
    }

    /// Lines of a level, each a mapping of one name to its condition.
    fn lines(&mut self, node: &Node) -> Option<Vec<(At<String>, At<String>)>> {
        let example = "[ { gold: spend_12m >= 1500 }, { member: true } ]";
        self.list(node, example, MAX_LINES, |reader, node| {
            let Kind::Map(entries) = &node.kind else {
                let message = format!("here stands {}", node.describe());
                return reader.fail(
                    node,
                    message,
                    "write a name and its condition: `gold: orders >= 9`",
                );
            };
            let [entry] = entries.as_slice() else {
                let message = format!("here stand {} lines in one", entries.len());
                return reader.fail(node, message, format!("write each by itself: {example}"));
            };
            let when = reader.condition(&entry.value)?;
            Some((At::new(entry.key.clone(), entry.at.clone()), when))
        })
    }

    fn takes(&mut self, node: &Node) -> Option<TakesText> {
        let Kind::Map(_) = node.kind else { return self.event_types(node).map(TakesText::Events) };
        let known = ["on", "each", "key", "add", "id", "when"];
        let fields = self.fields(node, "what takes away", &known)?;
        let path =
            |reader: &mut Self, node: &Node| reader.text(node, "a path such as event.refund.id");
        let on = self.required(&fields, "on").and_then(|node| self.event_types(node));
        let each = self.optional(&fields, "each", Self::each);
        let key = self.optional(&fields, "key", path);
        let add = self.optional(&fields, "add", path);
        let id = self.optional(&fields, "id", path);
        let when = self.optional(&fields, "when", Self::condition);
        Some(TakesText::With(TakesWith {
            on: on?,
            each: each?,
            key: key?,
            add: add?,
            id: id?,
            when: when?,
        }))
    }

    fn each(&mut self, node: &Node) -> Option<At<String>> {
        self.text(node, "a list and a name for its items: event.order.items as item")
    }

    /// A number of things that are kept.
    fn small(&mut self, node: &Node) -> Option<At<u8>> {
        let text = self.text(node, "a number from 1 to 64")?;
        match text.parse::<u8>() {
            Ok(number) if (1..=64).contains(&number) => Some(At::new(number, text.span)),
            _ => self.fail(
                node,
                format!("`{}` is not a number from 1 to 64", text.value),
                "write a whole number from 1 to 64",
            ),
        }
    }
}
