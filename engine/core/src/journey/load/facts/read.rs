//! Tree to file: the shape of `facts.yaml`, field by field.

use crate::fact::{MAX_ENTRIES, MAX_LINES};
use crate::journey::at::At;
use crate::journey::facts_file::{
    EarnText, FactText, FactsFile, LedgerText, ResetText, SpendText, TakesText, TakesWith,
};
use crate::journey::load::fields::Reader;
use crate::journey::load::yaml::{Kind, Node};
use crate::journey::problem::{Problem, SourceFile};

/// Most facts, and most segments.
const MOST: usize = 128;
const FACT: [&str; 23] = [
    "count", "sum", "last", "set", "ledger", "level", "distance", "key", "add", "undo", "drop",
    "over", "for", "up_to", "by", "keys", "keep", "each", "when", "earn", "spend", "reset",
    "indexed",
];
/// Those that say what a fact is.
const KINDS: usize = 6;

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
        let before = self.problems.len();
        let fields = self.fields(node, "a fact", &FACT)?;
        let is_something = FACT[..KINDS].iter().any(|kind| fields.get(kind).is_some());
        if self.problems.len() > before && !is_something {
            return None; // what it was to be stands under the unknown name
        }
        let count = self.optional(&fields, "count", Self::event_types);
        let sum = self.optional(&fields, "sum", Self::event_types);
        let last = self.optional(&fields, "last", Self::event_types);
        let set = self.optional(&fields, "set", Self::event_types);
        let ledger = self.optional(&fields, "ledger", Self::ledger);
        let earn = self.optional(&fields, "earn", Self::earn);
        let spend = self.optional(&fields, "spend", Self::spend);
        let reset = self.optional(&fields, "reset", Self::reset);
        let level = self.optional(&fields, "level", Self::lines);
        let distance = self.optional(&fields, "distance", |reader, node| {
            reader.text(node, "the name of a fact that is a number, such as spend_12m")
        });
        let key = self.optional(&fields, "key", Self::path);
        let add = self.optional(&fields, "add", Self::path);
        let by = self.optional(&fields, "by", Self::path);
        let undo = self.optional(&fields, "undo", Self::takes);
        let drop = self.optional(&fields, "drop", Self::takes);
        let over = self.optional(&fields, "over", Self::span);
        let for_ = self.optional(&fields, "for", Self::span);
        let up_to = self.optional(&fields, "up_to", Self::small);
        let keys = self.optional(&fields, "keys", Self::small);
        let keep = self.optional(&fields, "keep", |reader, node| {
            reader.list(node, "[event.order.id]", 4, Self::path)
        });
        let each = self.optional(&fields, "each", Self::each);
        let when = self.optional(&fields, "when", Self::condition);
        let indexed = self.optional(&fields, "indexed", |reader, node| {
            reader.word(node, "true or false", &[("true", true), ("false", false)])
        });
        Some(FactText {
            count: count?,
            sum: sum?,
            last: last?,
            set: set?,
            ledger: ledger?,
            earn: earn?.unwrap_or_default(),
            spend: spend?.unwrap_or_default(),
            reset: reset?,
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
            indexed: indexed?.filter(|indexed| indexed.value),
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

    fn ledger(&mut self, node: &Node) -> Option<At<LedgerText>> {
        let fields = self.fields(node, "a ledger", &["expire", "lots"])?;
        let expire = self.optional(&fields, "expire", Self::span);
        let lots = self.optional(&fields, "lots", Self::small);
        Some(At::new(LedgerText { expire: expire?, lots: lots? }, node.span.clone()))
    }

    fn earn(&mut self, node: &Node) -> Option<Vec<EarnText>> {
        let example = "[{ on: order_placed, add: floor(event.order.total), key: event.order.id }]";
        self.list(node, example, MAX_ENTRIES / 4, |reader, node| {
            let fields =
                reader.fields(node, "what is earned", &["on", "add", "key", "each", "when"])?;
            let on = reader.required(&fields, "on").and_then(|node| reader.event_types(node));
            let add = reader.required(&fields, "add").and_then(|node| reader.amount(node));
            let key = reader.optional(&fields, "key", Self::path);
            let each = reader.optional(&fields, "each", Self::each);
            let when = reader.optional(&fields, "when", Self::condition);
            Some(EarnText { on: on?, add: add?, key: key?, each: each?, when: when? })
        })
    }

    fn spend(&mut self, node: &Node) -> Option<Vec<SpendText>> {
        let example = "[{ on: points_redeemed, take: event.points.amount }]";
        self.list(node, example, MAX_ENTRIES / 4, |reader, node| {
            let fields = reader.fields(node, "what is spent", &["on", "take", "key", "when"])?;
            let on = reader.required(&fields, "on").and_then(|node| reader.event_types(node));
            let take = reader.required(&fields, "take").and_then(|node| reader.amount(node));
            let key = reader.optional(&fields, "key", Self::path);
            let when = reader.optional(&fields, "when", Self::condition);
            Some(SpendText { on: on?, take: take?, key: key?, when: when? })
        })
    }

    fn reset(&mut self, node: &Node) -> Option<At<ResetText>> {
        let fields = self.fields(node, "what the balance is", &["on", "to", "when"])?;
        let on = self.required(&fields, "on").and_then(|node| self.event_types(node));
        let to = self.required(&fields, "to").and_then(|node| self.amount(node));
        let when = self.optional(&fields, "when", Self::condition);
        Some(At::new(ResetText { on: on?, to: to?, when: when? }, node.span.clone()))
    }

    fn amount(&mut self, node: &Node) -> Option<At<String>> {
        self.text(node, "a number, or one that is made of the event, such as event.order.total")
    }

    fn path(&mut self, node: &Node) -> Option<At<String>> {
        self.text(node, "a path such as event.order.id")
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
