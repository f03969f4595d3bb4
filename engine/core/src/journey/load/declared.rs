//! `events.yaml`, read and checked: what the shop says of its events. What journeys emit is added to it.

use super::compiler::Compiler;
use super::fields::Reader;
use super::read::BROADCAST;
use super::step::is_name;
use super::yaml::{self, Kind, Node};
use super::{Problem, SourceFile, names};
use crate::event::Subject;
use crate::event::vocabulary::{CONSENT, Envelope};
use crate::journey::at::At;
use crate::journey::catalogue::Catalogue;
use crate::journey::condition::Slots;
use crate::journey::definition::{Definition, Emitted, Step};
use crate::journey::events_file::{DeclaredField, EventsFile, FieldType};
use crate::product::{Known, Transition};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most event types, most fields of one, most attributes.
const MOST: usize = 512;
/// Most names in a field's name.
const MAX_PATH: usize = 8;

/// What is known of events: by itself, by the file if there is one, and by what the journeys emit.
pub(super) fn catalogue(
    source: Option<&SourceFile>,
    read: &[(&SourceFile, Definition)],
    problems: &mut Vec<Problem>,
) -> Catalogue {
    let file = source.and_then(|source| {
        let tree = yaml::read(&source.path, &source.text, problems)?;
        let file = Reader { source, problems }.events_file(&tree)?;
        let mut slots = Slots::default();
        let mut compiler =
            Compiler { source, slots: &mut slots, captures: Vec::new(), problems: &mut *problems };
        Some(compiler.declared(&file))
    });
    let mut catalogue = file.unwrap_or_default();
    for (_, definition) in read {
        emits(&definition.steps, &mut catalogue);
    }
    catalogue
}

/// Adds what happens when a level or a segment changes.
pub(super) fn add_changes(slots: &mut Slots) {
    let catalogue = Arc::make_mut(&mut slots.catalogue);
    for change in &slots.names.changes {
        let field = |(name, of): (&str, FieldType)| (name.to_owned(), of);
        let ranks = ["from_rank", "to_rank"].map(|name| (name, FieldType::Number));
        let ends = ["from", "to"].map(|name| (name, FieldType::Any));
        catalogue.make(change, ranks.into_iter().chain(ends).map(field));
    }
}

/// Adds what broadcasts tell: whatever the shop tells with them.
pub(super) fn add_broadcasts(slots: &mut Slots) {
    let catalogue = Arc::make_mut(&mut slots.catalogue);
    catalogue.make(BROADCAST, [(BROADCAST.to_owned(), FieldType::Object)]);
}

/// Adds what records of the catalogue make of products.
pub(super) fn add_transitions(slots: &mut Slots) {
    let catalogue = Arc::make_mut(&mut slots.catalogue);
    let known = |name: &&str| {
        let of = match Known::of(name) {
            Some(Known::Money | Known::Number) => FieldType::Number,
            Some(Known::Text) => FieldType::Text,
            Some(Known::List) => FieldType::List,
            None => FieldType::Any,
        };
        (format!("product.{name}"), of)
    };
    for transition in Transition::ALL {
        let product =
            [("product".to_owned(), FieldType::Object), ("product.id".to_owned(), FieldType::Id)];
        let prices = ["from", "to"].map(|name| (name.to_owned(), FieldType::Number));
        let prices = prices.into_iter().filter(|_| transition == Transition::PriceFell);
        let fields = product.into_iter().chain(Known::NAMES.iter().map(known)).chain(prices);
        catalogue.make(transition.name(), fields);
    }
}

/// Adds what the steps emit.
fn emits(steps: &[Step], catalogue: &mut Catalogue) {
    for step in steps {
        if let Step::Emit { emit, .. } = step {
            match &emit.value {
                Emitted::Plain(event) => catalogue.make(event, []),
                Emitted::With { event, with } => {
                    catalogue.make(event, with.keys().map(|name| (name.clone(), FieldType::Any)));
                }
            }
        }
        step.inner().into_iter().for_each(|inner| emits(inner, catalogue));
    }
}

impl Reader<'_> {
    fn events_file(&mut self, root: &Node) -> Option<EventsFile> {
        let fields = self.fields(root, "the events file", &["events", "profile"])?;
        let events = self.optional(&fields, "events", |reader, node| {
            let entries = reader.entries(node, "loyalty_joined: { points.balance: number }")?;
            let named = |(name, node): (At<String>, &Node)| Some((name, reader.declared(node)?));
            Some(entries.into_iter().filter_map(named).collect())
        });
        let profile = self.optional(&fields, "profile", Self::declared);
        Some(EventsFile {
            events: events?.unwrap_or_default(),
            profile: profile?.unwrap_or_default(),
        })
    }

    /// Names, each with what stands behind it.
    fn entries<'n>(
        &mut self,
        node: &'n Node,
        example: &str,
    ) -> Option<Vec<(At<String>, &'n Node)>> {
        let entries = match &node.kind {
            Kind::Map(entries) if entries.len() <= MOST => entries.as_slice(),
            Kind::Null => &[],
            Kind::Map(entries) => {
                let message =
                    format!("here are {} of them; at most {MOST} are allowed", entries.len());
                return self.fail(node, message, "remove some");
            }
            Kind::Text(_) | Kind::List(_) => {
                let message = format!("here stands {}", node.describe());
                return self.fail(node, message, format!("write {example}"));
            }
        };
        let named = entries
            .iter()
            .map(|entry| (At::new(entry.key.clone(), entry.at.clone()), &entry.value));
        Some(named.collect())
    }

    /// Fields with their types; goes on after bad ones.
    fn declared(&mut self, node: &Node) -> Option<Vec<DeclaredField>> {
        let entries = self.entries(node, "fields with their types: { cart.gift: boolean }")?;
        let typed = |(name, node): (At<String>, &Node)| {
            Some((name, self.word(node, "a type", &FieldType::ALL)?))
        };
        Some(entries.into_iter().filter_map(typed).collect())
    }
}

impl Compiler<'_> {
    fn declared(&mut self, file: &EventsFile) -> Catalogue {
        let mut declared = BTreeMap::new();
        for (kind, fields) in &file.events {
            names::check_form(self.source, kind, self.problems);
            let mut all = BTreeMap::new();
            for (name, of) in fields {
                if self.check_field(name, of) {
                    all.insert(name.value.clone(), of.value);
                }
            }
            for (name, of) in fields {
                self.check_outer(name, of, &all);
            }
            declared.insert(kind.value.clone(), all);
        }
        let mut profile = BTreeMap::new();
        for (name, of) in &file.profile {
            if self.check_attribute(name, of) {
                profile.insert(name.value.clone(), of.value);
            }
        }
        Catalogue::declaring(declared, profile)
    }

    /// A name of the right form that is not already something else.
    fn check_field(&mut self, name: &At<String>, of: &At<FieldType>) -> bool {
        let parts: Vec<&str> = name.split('.').collect();
        let root = parts[0];
        if parts.len() > MAX_PATH || !parts.iter().all(|part| is_name(part)) {
            let message = format!("`{}` is not the name of a field", name.value);
            self.error(name, message, "write names joined by dots, such as `order.gift`");
            return false;
        }
        if parts.len() == 1 && Envelope::parse(root.as_bytes()).is_some() {
            let message = format!("every event has `{root}`");
            self.error(name, message, "leave it out");
            return false;
        }
        if root == Subject::Profile.name() {
            let message = "the profile's attributes are the same in all events";
            let help = format!(
                "declare it below `profile:`, such as `{}: {}`",
                parts[parts.len() - 1],
                of.word()
            );
            self.error(name, message, help);
            return false;
        }
        let Some(subject) = Subject::parse(root.as_bytes()) else { return true };
        let known = match parts.as_slice() {
            [_] => Some(FieldType::Object),
            [_, field] => known(subject, field),
            _ => None,
        };
        self.same(name, of, known)
    }

    fn check_attribute(&mut self, name: &At<String>, of: &At<FieldType>) -> bool {
        if !is_name(name) || name.value == CONSENT {
            let message = format!("`{}` is not the name of an attribute", name.value);
            self.error(name, message, "write one name, such as `birthday`: a profile is flat");
            return false;
        }
        if matches!(of.value, FieldType::List | FieldType::Object) {
            let message = format!("an attribute is no {}", of.word());
            self.error(of, message, "write text, number, boolean or any");
            return false;
        }
        self.same(name, of, known(Subject::Profile, name))
    }

    /// What Cartwheel knows has the type that it knows.
    fn same(&mut self, name: &At<String>, of: &At<FieldType>, known: Option<FieldType>) -> bool {
        let Some(known) = known.filter(|known| *known != of.value && *known != FieldType::Any)
        else {
            return true;
        };
        let message = format!("`{}` is known: its type is `{}`", name.value, known.word());
        self.error(of, message, format!("write `{}`, or leave the field out", known.word()));
        false
    }

    /// What has fields of its own is an object.
    fn check_outer(
        &mut self,
        name: &At<String>,
        of: &At<FieldType>,
        all: &BTreeMap<String, FieldType>,
    ) {
        let lies_in = |inner: &&String| {
            inner.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('.'))
        };
        let inner = all.keys().find(lies_in);
        if let (Some(inner), false) =
            (inner, matches!(of.value, FieldType::Object | FieldType::Any))
        {
            let message = format!("`{}` is {}, and `{inner}` lies in it", name.value, of.word());
            self.error(of, message, "write `object`, or remove one of them");
        }
    }
}

fn known(subject: Subject, field: &str) -> Option<FieldType> {
    let (_, kind) = subject.fields().iter().find(|(name, _)| *name == field)?;
    Some((*kind).into())
}
