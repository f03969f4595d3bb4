//! What is known of event types and their fields while a configuration is checked: what Cartwheel knows itself, what the shop declares in
//! `events.yaml`, and what journeys emit. It finds slips; nothing that is compiled depends on it.

use super::events_file::FieldType;
use crate::event::vocabulary::{CONSENT, EVENT_TYPES, Envelope, Subject, Type};
use crate::event::{carried, own_fields};
use crate::suggest::closest;
use std::collections::BTreeMap;

/// Fields by their dotted names.
type Fields = BTreeMap<String, FieldType>;

/// What the type of an event ends with that tells of the change of a level or a segment.
pub(crate) const CHANGED: &str = "_changed";

/// Most types of the shop's own with which an unknown one is compared.
const COMPARED: usize = 512;
/// Most names that a remedy lists.
const LISTED: usize = 12;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Catalogue {
    /// The shop has said what its events are.
    is_complete: bool,
    /// By type: what the shop declares.
    declared: BTreeMap<String, Fields>,
    /// By type: what journeys emit, and what follows from facts.
    made: BTreeMap<String, Fields>,
    profile: Fields,
}

/// What is known of a field of an event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Found {
    /// Its type.
    Field(FieldType),
    /// An event of these types does not have it.
    Missing(Missing),
    /// Nothing: the fields of these events, or the profile's, are not all known.
    Unsaid,
}

/// A field that an event does not have.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Missing {
    /// What is wrong.
    pub message: String,
    /// The nearest that it has, or what it has.
    pub help: String,
    /// It is of a subject that none of the events carry.
    pub is_subject: bool,
}

impl Catalogue {
    /// One of a shop that has said what its events are, and which attributes it has beside those that are known.
    pub fn declaring(declared: BTreeMap<String, Fields>, profile: Fields) -> Self {
        Self { is_complete: true, declared, made: BTreeMap::new(), profile }
    }

    /// Adds a type that the configuration itself lets happen, with these fields.
    pub fn make(&mut self, kind: &str, fields: impl IntoIterator<Item = (String, FieldType)>) {
        self.made.entry(kind.into()).or_default().extend(fields);
    }

    /// Whether what it does not know is wrong.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Whether the shop declares the type.
    pub fn declares(&self, kind: &str) -> bool {
        self.declared.contains_key(kind)
    }

    /// Whether there are events of this type.
    pub fn knows(&self, kind: &str) -> bool {
        EVENT_TYPES.contains(&kind) || self.declares(kind) || self.made.contains_key(kind)
    }

    /// The type that is written nearly so: known or declared, or as well one that the configuration itself lets happen.
    pub fn near(&self, kind: &str, or_made: bool) -> Option<&str> {
        let made = self.made.keys().filter(|_| or_made);
        let own = self.declared.keys().chain(made).map(String::as_str);
        closest(kind, EVENT_TYPES.into_iter().chain(own.take(COMPARED)))
    }

    /// The declared type of an attribute of the profile.
    pub fn attribute(&self, name: &str) -> Option<FieldType> {
        self.profile.get(name).copied()
    }

    /// The declared attributes.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        self.profile.keys().map(String::as_str)
    }

    /// The field at `path` of events that have one of these types; none of them: of any event.
    pub fn find(&self, types: &[String], path: &[&str]) -> Found {
        let Some(root) = path.first() else { return Found::Unsaid };
        if *root == Subject::Profile.name() {
            return self.of_profile(&path[1..]);
        }
        if path.len() == 1 && Envelope::parse(root.as_bytes()).is_some() {
            return Found::Field(FieldType::Any);
        }
        let known = || types.iter().filter(|kind| self.knows(kind));
        let mut found = known().filter_map(|kind| self.of_type(kind, path));
        if let Some(first) = found.next() {
            let same = found.all(|other| other == first);
            return Found::Field(if same { first } else { FieldType::Any });
        }
        if types.is_empty() || known().count() < types.len() {
            return Found::Unsaid;
        }
        Found::Missing(self.missing(types, path))
    }

    /// Attributes come from elsewhere, too: what is not declared may be all right.
    fn of_profile(&self, path: &[&str]) -> Found {
        match path {
            [] => Found::Field(FieldType::Object),
            [CONSENT] => Found::Field(FieldType::Object),
            [CONSENT, ..] => Found::Unsaid,
            [name, rest @ ..] => match self.attribute(name) {
                Some(kind) if rest.is_empty() => Found::Field(kind),
                _ => Found::Unsaid,
            },
        }
    }

    fn of_type(&self, kind: &str, path: &[&str]) -> Option<FieldType> {
        let own = [self.declared.get(kind), self.made.get(kind)];
        let declared = own.into_iter().flatten().find_map(|fields| of_fields(fields, path));
        declared.or_else(|| of_fields(&built_in(kind)?, path)).or_else(|| {
            let subject = Subject::parse(path.first()?.as_bytes())?;
            self.carries(kind, subject).then(|| of_subject(subject, &path[1..]))?
        })
    }

    /// Whether events of this type have the subject: by themselves, or because the shop declares it or a field of it.
    fn carries(&self, kind: &str, subject: Subject) -> bool {
        let by_itself = carried(kind).is_some_and(|all| all.contains(&subject));
        let own = [self.declared.get(kind), self.made.get(kind)];
        let mut names = own.into_iter().flatten().flat_map(BTreeMap::keys);
        by_itself || names.any(|name| root_of(name) == subject.name())
    }

    /// Every field that an event of this type is known to have.
    pub fn fields(&self, kind: &str) -> Vec<String> {
        let carried = Subject::ALL.into_iter().filter(|subject| self.carries(kind, *subject));
        let of_subjects = carried.flat_map(|subject| {
            subject.fields().iter().map(move |(name, _)| format!("{}.{name}", subject.name()))
        });
        let own = [self.declared.get(kind), self.made.get(kind)];
        let own = own.into_iter().flatten().flat_map(BTreeMap::keys).cloned();
        let built_in = built_in(kind).unwrap_or_default().into_keys();
        let mut all: Vec<String> = own.chain(built_in).chain(of_subjects).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn missing(&self, types: &[String], path: &[&str]) -> Missing {
        let mut fields: Vec<String> = types.iter().flat_map(|kind| self.fields(kind)).collect();
        fields.sort_unstable();
        fields.dedup();
        let (root, written) = (path[0], path.join("."));
        let is_subject = fields.iter().all(|name| root_of(name) != root)
            && Subject::parse(root.as_bytes()).is_some();
        let quoted: Vec<String> = types.iter().map(|kind| format!("`{kind}`")).collect();
        let message = match is_subject {
            true => format!("{} carries no `{root}`", quoted.join(", ")),
            false => format!("{} has no field `{written}`", quoted.join(", ")),
        };
        let near = closest(&written, fields.iter().map(String::as_str));
        let help = match near {
            Some(near) => format!("did you mean `event.{near}`?"),
            None if fields.is_empty() => "it has the profile alone.".into(),
            None => {
                let listed: Vec<&str> = fields.iter().take(LISTED).map(String::as_str).collect();
                let more = if fields.len() > LISTED { " and others" } else { "" };
                format!("it has: {}{more}.", listed.join(", "))
            }
        };
        let declare = format!("in events.yaml: `{}: {{ {written}: any }}`", types[0]);
        let help = match self.is_complete {
            true => format!("{help} If there is such a field, declare it {declare}"),
            false => format!("{help} If your events have it, all is well"),
        };
        Missing { message, help, is_subject }
    }
}

/// The fields that events of this type have of themselves, beside those of their subjects; none where there are none.
fn built_in(kind: &str) -> Option<Fields> {
    let own = own_fields(kind);
    let fields = own.iter().map(|(name, known)| ((*name).to_owned(), (*known).into()));
    (!own.is_empty()).then(|| fields.collect())
}

/// What to do where events of this type shall be known.
pub(crate) fn declare(kind: &str) -> String {
    let own = format!("if it is one of your own, declare it in events.yaml: `{kind}: {{}}`");
    match kind.strip_suffix(CHANGED).filter(|level| !level.is_empty()) {
        Some(level) => format!(
            "events of this type come where a level or a segment `{level}` changes: declare it in facts.yaml, such as `{level}: {{ level: [ {{ buyer: customer.orders > 0 }}, {{ visitor: true }} ] }}`; {own}"
        ),
        None => own,
    }
}

/// The first name of a dotted one.
fn root_of(name: &str) -> &str {
    name.split('.').next().unwrap_or_default()
}

/// A field that is declared, what declared ones lie in, or what lies in one of which no more is said.
fn of_fields(fields: &Fields, path: &[&str]) -> Option<FieldType> {
    let name = path.join(".");
    if let Some(kind) = fields.get(&name) {
        return Some(*kind);
    }
    let lies_in = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'))
    };
    if fields.keys().any(|declared| lies_in(&name, declared)) {
        return Some(FieldType::Object);
    }
    // An object of which fields are declared has these and no more.
    let has_fields = |outer: &str| fields.keys().any(|declared| lies_in(outer, declared));
    let open = fields.iter().any(|(outer, kind)| {
        matches!(kind, FieldType::Object | FieldType::Any)
            && lies_in(outer, &name)
            && !has_fields(outer)
            && Subject::parse(outer.as_bytes()).is_none()
    });
    open.then_some(FieldType::Any)
}

fn of_subject(subject: Subject, rest: &[&str]) -> Option<FieldType> {
    let [name, deeper @ ..] = rest else { return Some(FieldType::Object) };
    let (_, kind) = subject.fields().iter().find(|(known, _)| known == name)?;
    match (kind, deeper.is_empty()) {
        (kind, true) => Some((*kind).into()),
        (Type::Any | Type::Object, false) => Some(FieldType::Any),
        _ => None,
    }
}

impl From<Type> for FieldType {
    fn from(known: Type) -> Self {
        match known {
            Type::Text => FieldType::Text,
            Type::Number => FieldType::Number,
            Type::List => FieldType::List,
            Type::Object => FieldType::Object,
            Type::Id => FieldType::Id,
            Type::Any => FieldType::Any,
        }
    }
}
