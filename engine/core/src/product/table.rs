//! The table: products by the hash of their id.

use super::field::{Content, ID, MAX_FIELDS, MAX_NAMES, PARTS, name_of};
use super::packed::{Borrowed, Contents, Field, Values, pack, unpack};
use super::reading::{ProductReading, What};
use super::transition::{Change, Figures};
use crate::closed::closed;
use crate::compact::{Bytes, Writer};
use crate::event::{Poison, Raw, Rejected, object_entries};
use crate::fact::{key_hash, key_text};
use crate::time::Millis;
use crate::value::{Value, ValueRef};
use compact_str::CompactString;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Products {
    /// The names of fields, by their numbers.
    names: Vec<CompactString>,
    all: HashMap<u64, Product, FixedState>,
    /// Those that have changed since they were taken last; one that has gone may stand here several times.
    dirty: Vec<u64>,
}

#[derive(Clone, Debug)]
struct Product {
    packed: Box<[u8]>,
    dirty: bool,
}

closed! {
    /// What of the catalogue's records there was no room for, or could not be kept.
    LeftOut {
        /// A new product, where there are as many as the policy allows.
        Product "product",
        /// A field of a product: one too many, of another type than it must be, or too long.
        Field "field",
    }
}

/// What became of a record of a product.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Applied {
    /// Fields that could not be kept, or for which there was no room.
    pub left_out: u64,
    /// What it changed; none of the first record of a product, which is no change of it.
    pub change: Option<Change>,
}

/// Why a record of a product did nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It does not say of which product it is.
    Unsound(Rejected),
    /// It is of a new one, and there are as many as the policy allows.
    NoRoom,
}

impl Products {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Bytes that the products take, without the table around them. Looks at all of them.
    pub fn bytes(&self) -> usize {
        self.all.values().map(|product| product.packed.len()).sum()
    }

    /// Applies what a record says of a product, which was so at `at`. A new one is refused where there are `most` already.
    pub fn apply(
        &mut self,
        product: Option<Raw<'_>>,
        at: Millis,
        most: usize,
    ) -> Result<Applied, Refused> {
        let unsound = |detail| Refused::Unsound(Rejected::new(Poison::BadValue, detail));
        let product = product.filter(|raw| raw.is_object()).ok_or_else(|| unsound("product"))?;
        let id = product.get(&[ID]).and_then(key_text).ok_or_else(|| unsound("product.id"))?;
        let key = key_hash(&id);
        let known = self.all.get(&key).and_then(|product| unpack(&product.packed));
        if known.is_none() && self.all.len() >= most {
            return Err(Refused::NoRoom);
        }
        let named = |table: &Self, fields: &[Field]| {
            Figures::of(fields, |number| Some(table.names.get(usize::from(number))?.as_str()))
        };
        let before = known.as_ref().map(|fields| named(self, fields));
        let mut fields = known.unwrap_or_default();
        let mut applied = Applied::default();
        for (name, raw) in object_entries(product).filter(|(name, _)| name != ID) {
            if !self.write(&mut fields, &name, raw, at) {
                applied.left_out += 1;
            }
        }
        applied.change = before.map(|before| Change::new(&id, key, before, named(self, &fields)));
        self.keep(key, &fields);
        Ok(applied)
    }

    /// Writes a register; false where that cannot be.
    fn write(&mut self, fields: &mut Vec<Field>, name: &str, raw: Raw<'_>, at: Millis) -> bool {
        let Some(content) = Content::of(name, raw) else { return false };
        let number = self.names.iter().position(|known| known == name);
        let field = number
            .and_then(|number| fields.iter_mut().find(|field| usize::from(field.name) == number));
        if let Some(field) = field {
            if field.at <= at {
                (field.at, field.content) = (at, content);
            }
            return true;
        }
        if fields.len() == MAX_FIELDS {
            return false;
        }
        let Some(number) = number.or_else(|| self.new_name(name)) else { return false };
        let Ok(name) = u16::try_from(number) else { return false };
        fields.push(Field { name, at, content });
        true
    }

    fn new_name(&mut self, name: &str) -> Option<usize> {
        let name = name_of(name).filter(|_| self.names.len() < MAX_NAMES)?;
        self.names.push(name);
        Some(self.names.len() - 1)
    }

    /// A product of which nothing is known any more takes no room.
    fn keep(&mut self, key: u64, fields: &[Field]) {
        if fields.iter().all(|field| field.content.is_nothing()) {
            if self.all.remove(&key).is_some() {
                self.dirty.push(key);
            }
            return;
        }
        let packed = pack(fields).into_boxed_slice();
        let before = self.all.insert(key, Product { packed, dirty: true });
        if before.is_none_or(|before| !before.dirty) {
            self.dirty.push(key);
        }
    }

    /// What a condition asks of the product with this key, [`crate::fact::key_of`] its id.
    pub fn read(&self, key: Option<u64>, reading: &ProductReading) -> ValueRef<'_> {
        let found = key.and_then(|key| self.find(key, &reading.name));
        match (&reading.what, found) {
            (What::Value, None | Some(Found::List(_))) => ValueRef::Null,
            (What::Value, Some(Found::Scalar(value))) => value,
            (What::Size, found) => ValueRef::Number(match found {
                Some(Found::List(list)) => list.count() as f64,
                Some(Found::Scalar(ValueRef::Text(text))) => text.chars().count() as f64,
                Some(Found::Scalar(_)) | None => 0.0,
            }),
            (What::Holds(wanted), Some(Found::List(mut list))) => {
                ValueRef::Bool(list.any(|value| value == wanted.borrow()))
            }
            (What::Holds(_), Some(Found::Scalar(_)) | None) => ValueRef::Bool(false),
        }
    }

    /// A product as a JSON object with its id; one of which nothing is known has that alone.
    pub fn to_json(&self, id: &str) -> serde_json::Value {
        let mut object = serde_json::Map::new();
        object.insert(ID.into(), id.into());
        let fields = self.all.get(&key_hash(id)).and_then(|product| unpack(&product.packed));
        for field in fields.unwrap_or_default() {
            let Some(name) = self.names.get(usize::from(field.name)) else { continue };
            let value = match field.content {
                Content::Scalar(Value::Null) => continue,
                Content::Scalar(value) => value.to_json(),
                Content::Money(parts) => Value::Number(parts as f64 / PARTS).to_json(),
                Content::List(values) => values.iter().map(Value::to_json).collect(),
            };
            object.insert(name.as_str().into(), value);
        }
        object.into()
    }

    /// What somebody may be shown of a product: its fields by name, in order.
    pub fn shown(&self, id: &str) -> Option<Vec<(CompactString, Millis, Value)>> {
        let product = self.all.get(&key_hash(id.trim()))?;
        let shown = |field: Field| {
            let name = self.names.get(usize::from(field.name))?.clone();
            let value = match field.content {
                Content::Scalar(value) => value,
                Content::Money(parts) => Value::Number(parts as f64 / PARTS),
                Content::List(values) => {
                    let all: Vec<_> = values.iter().map(Value::to_json).collect();
                    Value::Text(serde_json::Value::from(all).to_string().into())
                }
            };
            Some((name, field.at, value))
        };
        let mut fields: Vec<_> = unpack(&product.packed)?.into_iter().filter_map(shown).collect();
        fields.sort_by(|(one, ..), (other, ..)| one.cmp(other));
        Some(fields)
    }

    /// Those that have changed since the last call, in order of keys, each with its stored form; none of one that is gone.
    pub fn take_changed(&mut self, mut each: impl FnMut(u64, Option<&[u8]>)) {
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.sort_unstable();
        dirty.dedup();
        for key in dirty {
            let product = self.all.get_mut(&key);
            each(
                key,
                product.map(|product| {
                    product.dirty = false;
                    &*product.packed
                }),
            );
        }
    }

    /// Takes in a product of a checkpoint; false where the bytes are none.
    pub fn load(&mut self, key: u64, packed: &[u8]) -> bool {
        let named = |field: &Field| usize::from(field.name) < self.names.len();
        let sound = unpack(packed).is_some_and(|fields| fields.iter().all(named));
        if sound {
            self.all.insert(key, Product { packed: packed.into(), dirty: false });
        }
        sound
    }

    /// Appends the stored form of the names.
    pub fn encode_names(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::new(out);
        writer.number(self.names.len() as u64);
        self.names.iter().for_each(|name| writer.text(0, name));
        writer.flush();
    }

    /// A table without products, with names that were stored; none where the bytes are not that. No bytes are no names.
    pub fn named(stored: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(stored);
        let mut names = Vec::new();
        if !stored.is_empty() {
            let count = bytes.count(1).filter(|count| *count <= MAX_NAMES)?;
            for _ in 0..count {
                let len = bytes.number()?;
                names.push(bytes.text(len)?);
            }
        }
        bytes.0.is_empty().then(|| Self { names, ..Self::default() })
    }
}

/// A field as it is found.
enum Found<'a> {
    Scalar(ValueRef<'a>),
    List(Values<'a>),
}

impl Products {
    fn find(&self, key: u64, name: &str) -> Option<Found<'_>> {
        let name = self.names.iter().position(|known| known == name)?;
        let mut contents = Contents::of(&self.all.get(&key)?.packed)?;
        let (.., content) = contents.find(|(number, ..)| usize::from(*number) == name)?;
        Some(match content {
            Borrowed::Scalar(value) => Found::Scalar(value),
            Borrowed::Money(parts) => Found::Scalar(ValueRef::Number(parts as f64 / PARTS)),
            Borrowed::List(values) => Found::List(values),
        })
    }
}
