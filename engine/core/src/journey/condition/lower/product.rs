//! The catalogue in conditions: `catalogue[item.product].stock`, `size(catalogue[key].badges)`, `"new" in catalogue[event.product.id].badges`.

use super::syntax::{Asked, asked, is_word, key_of_catalogue};
use super::{Lowering, Typed};
use crate::journey::condition::expr::Expr;
use crate::journey::condition::fault::Fault;
use crate::journey::condition::field::{Field, KeyField};
use crate::journey::condition::fields::{Scope, intern};
use crate::journey::condition::types::Type;
use crate::product::{Known, ProductReading, What};
use crate::suggest::closest;
use cel::common::ast::{CallExpr, Expr as Syntax, IdedExpr, operators};

/// The key of the run at hand.
const KEY: &str = "key";
/// By this a product is known: it is no field.
const ID: &str = "id";

impl Lowering<'_, '_> {
    /// A field of a product, or its size.
    pub(super) fn product(
        &mut self,
        node: &IdedExpr,
        asked: Asked<'_>,
        size: bool,
    ) -> Option<Typed> {
        let kind = match Known::of(asked.field) {
            Some(Known::Money | Known::Number) => Type::Number,
            Some(Known::Text) => Type::Text,
            Some(Known::List) => Type::List,
            None => Type::Any,
        };
        let what = if size { What::Size } else { What::Value };
        // The node may be that of `has()`, which begins elsewhere.
        let text = format!("{}.{}", self.text(asked.of), asked.field);
        let field = self.of_product(node, asked, what)?;
        let text = if size { format!("size({text})") } else { text };
        self.show(text, field);
        Some((Expr::Field(field), kind))
    }

    /// What is no field of a product, though it begins so: `catalogue[KEY]` alone, and `"new" in catalogue[KEY].badges`. None for another one.
    pub(super) fn of_products(
        &mut self,
        node: &IdedExpr,
        call: &CallExpr,
    ) -> Option<Option<Typed>> {
        if key_of_catalogue(node).is_some() {
            let text = self.text(node);
            let message = format!("`{text}` is a product, not a value");
            let help = format!("name one of its fields, such as `{text}.stock`");
            return Some(self.fail(self.parsed.extent(node), message, help));
        }
        let (operators::IN, None, [item, list]) =
            (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice())
        else {
            return None;
        };
        let asked = asked(list)?;
        Some(self.holds(node, item, list, asked))
    }

    fn holds(
        &mut self,
        node: &IdedExpr,
        item: &IdedExpr,
        list: &IdedExpr,
        asked: Asked<'_>,
    ) -> Option<Typed> {
        let literal = match &item.expr {
            Syntax::Literal(literal) => self.literal(item, literal),
            _ => None,
        };
        let Some((Expr::Literal(wanted), _)) = literal else {
            let message = format!("`{}` is not written there", self.text(item));
            let help = "before `in catalogue[KEY].badges` stands a text in quotes or a number";
            return self.fail(self.parsed.extent(item), message, help);
        };
        if !matches!(Known::of(asked.field), Some(Known::List) | None) {
            let message = format!("`{}` is no list", self.text(list));
            return self.fail(self.parsed.extent(list), message, "compare it with `==`");
        }
        let field = self.of_product(node, asked, What::Holds(wanted))?;
        Some((self.read(node, field), Type::Bool))
    }

    fn of_product(&mut self, node: &IdedExpr, asked: Asked<'_>, what: What) -> Option<Field> {
        self.has_catalogue(node)?;
        self.at_hand(node)?;
        if asked.field == ID {
            let message = format!("`{}` is the key itself", self.text(node));
            return self.fail(
                self.parsed.extent(node),
                message,
                "read what is between the brackets",
            );
        }
        self.warn_of_slip(node, asked.field);
        let key = self.product_key(asked.key)?;
        let reading = ProductReading { name: asked.field.into(), what };
        Some(Field::Product(intern(&mut self.resolver.slots.products, reading), key))
    }

    /// The catalogue is read where a journey asks now. Whoever must be told when the answer changes cannot be: a record of the catalogue is about no
    /// customer.
    fn has_catalogue(&mut self, node: &IdedExpr) -> Option<()> {
        let (message, help) = match self.resolver.scope {
            Scope::Event | Scope::Step | Scope::While => return Some(()),
            Scope::Customer => (
                "a segment or a level may not read the catalogue: it changes for nobody in particular, and all customers would have to be looked at",
                "ask for it in a condition of the journey: `trigger.when`, `while` or a `branch`",
            ),
            Scope::Policy => (
                "the policy may not read the catalogue: when it changes nobody looks at the messages that it has put off",
                "ask for it in the `while` of the journeys: `while: catalogue[key].stock > 0`",
            ),
            Scope::Alone => (
                "what a fact says must not depend on the catalogue that is known when its events come",
                "read `event.X` alone; ask for the catalogue where the fact is used",
            ),
        };
        self.fail(self.parsed.extent(node), message, help)
    }

    fn product_key(&mut self, node: &IdedExpr) -> Option<KeyField> {
        if !is_word(node, KEY) {
            return self.key_or_item(node);
        }
        if self.resolver.slots.keyed {
            return Some(KeyField::Run);
        }
        let message = "`key` is the key of the run, and this journey has none";
        let help = "add `key:` to the journey, such as `key: event.product.id`, or write a path such as `catalogue[event.product.id]`";
        self.fail(self.parsed.extent(node), message, help)
    }

    fn warn_of_slip(&mut self, node: &IdedExpr, field: &str) {
        if Known::of(field).is_some() {
            return;
        }
        let Some(near) = closest(field, Known::NAMES) else { return };
        let message = format!("`{field}` is not a field of products that Cartwheel knows");
        let fault = Fault::warning(self.parsed.extent(node), message);
        let help = format!("did you mean `{near}`? If it is a field of your own, all is well");
        self.resolver.faults.push(fault.help(help));
    }
}
