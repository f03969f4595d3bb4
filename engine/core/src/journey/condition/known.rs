//! What is known of a field: its type, or that it is a slip. Where the shop has declared its events what is not known is wrong; else a name that is
//! nearly a known one is told of.

use super::fault::Fault;
use super::fields::{Of, Path, Resolver};
use super::types::Type;
use crate::event::vocabulary::{Envelope, ITEM_FIELDS, Subject};
use crate::journey::catalogue::{Found, Missing};
use crate::journey::problem::Severity;
use crate::suggest::closest;

impl Resolver<'_> {
    /// The type of a field of an event.
    pub(super) fn event_type(&mut self, path: &Path<'_>, rest: &[&str], of: Of) -> Type {
        if let ([_], Some(Envelope::Id | Envelope::Type | Envelope::Customer)) =
            (rest, Envelope::parse(rest[0].as_bytes()))
        {
            return Type::Text;
        }
        let types = match of {
            Of::Event => &self.slots.types,
            Of::Waited => &self.slots.waits_for,
        };
        match self.slots.catalogue.find(types, rest) {
            Found::Field(kind) => kind.into(),
            Found::Unsaid => self.usual_type(path, rest),
            Found::Missing(missing) if self.slots.catalogue.is_complete() => {
                self.tell(path, Severity::Error, missing);
                Type::Any
            }
            Found::Missing(missing) if missing.is_subject => {
                let usual = self.usual_type(path, rest);
                self.tell(path, Severity::Warning, missing);
                usual
            }
            Found::Missing(_) => self.usual_type(path, rest),
        }
    }

    fn tell(&mut self, path: &Path<'_>, severity: Severity, missing: Missing) {
        let fault = match severity {
            Severity::Error => Fault::error(path.span.clone(), missing.message),
            Severity::Warning => Fault::warning(path.span.clone(), missing.message),
        };
        self.faults.push(fault.help(missing.help));
    }

    /// The type in whatever event.
    fn usual_type(&mut self, path: &Path<'_>, rest: &[&str]) -> Type {
        let Some(subject) = Subject::parse(rest[0].as_bytes()) else {
            self.warn_typo(path, rest[0], Subject::ALL.map(Subject::name));
            return Type::Any;
        };
        match rest {
            [_] => Type::Object,
            [_, name] => self.field_type(path, subject, name),
            _ => Type::Any,
        }
    }

    fn field_type(&mut self, path: &Path<'_>, subject: Subject, name: &str) -> Type {
        let fields = subject.fields();
        if let Some((_, kind)) = fields.iter().find(|(known, _)| *known == name) {
            return (*kind).into();
        }
        let known: Vec<String> = match subject {
            Subject::Profile => self.slots.catalogue.attributes().map(String::from).collect(),
            _ => Vec::new(),
        };
        let own = known.iter().map(String::as_str);
        self.warn_typo(path, name, fields.iter().map(|(known, _)| *known).chain(own));
        Type::Any
    }

    /// The type of an attribute of the profile.
    pub(super) fn attribute_type(&mut self, path: &Path<'_>, name: &str) -> Type {
        match self.slots.catalogue.attribute(name) {
            Some(kind) => kind.into(),
            None => self.field_type(path, Subject::Profile, name),
        }
    }

    /// The type of a field of the items that a cart has.
    pub(super) fn item_type(&mut self, path: &Path<'_>, name: &str) -> Type {
        if let Some((_, kind)) = ITEM_FIELDS.iter().find(|(known, _)| *known == name) {
            return (*kind).into();
        }
        self.warn_typo(path, name, ITEM_FIELDS.iter().map(|(known, _)| *known));
        Type::Any
    }

    fn warn_typo<'k>(
        &mut self,
        path: &Path<'_>,
        name: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let Some(near) = closest(name, known) else { return };
        let fault = Fault::warning(
            path.span.clone(),
            format!("`{name}` is not a field that Cartwheel knows"),
        );
        self.faults.push(
            fault.help(format!("did you mean `{near}`? If it is a field of your own, all is well")),
        );
    }
}
