//! A product in few bytes: when most of its fields were written; then for each its name's number, how much later it was written, and what it holds.

use super::field::Content;
use crate::compact::{Bytes, OWN, Writer};
use crate::time::Millis;
use crate::value::ValueRef;

/// A list: how many values follow.
const LIST: u64 = OWN;
/// Money: a signed number of ten-thousandths follows.
const MONEY: u64 = OWN + 1;

/// A field of a product: a register.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The number of its name in the table.
    pub name: u16,
    /// When what it holds was said.
    pub at: Millis,
    /// What it holds.
    pub content: Content,
}

/// Packs the fields.
pub fn pack(fields: &[Field]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out);
    let base = fields.iter().map(|field| field.at).max().unwrap_or(0);
    writer.signed(base);
    for Field { name, at, content } in fields {
        writer.room();
        writer.number(u64::from(*name));
        writer.signed(at.wrapping_sub(base));
        match content {
            Content::Scalar(value) => writer.value(value),
            Content::Money(parts) => {
                writer.number(MONEY);
                writer.signed(*parts);
            }
            Content::List(values) => {
                writer.number(LIST);
                writer.number(values.len() as u64);
                values.iter().for_each(|value| writer.value(value));
            }
        }
    }
    writer.flush();
    out
}

/// The fields; none where the bytes are no product.
pub fn unpack(packed: &[u8]) -> Option<Vec<Field>> {
    let mut contents = Contents::of(packed)?;
    let mut fields = Vec::new();
    for (name, at, content) in &mut contents {
        let content = match content {
            Borrowed::Scalar(value) => Content::Scalar(value.to_value()),
            Borrowed::Money(parts) => Content::Money(parts),
            Borrowed::List(values) => Content::List(values.map(ValueRef::to_value).collect()),
        };
        fields.push(Field { name, at, content });
    }
    contents.sound.then_some(fields)
}

/// What a field holds, where it stands.
pub enum Borrowed<'a> {
    /// As [`Content::Scalar`].
    Scalar(ValueRef<'a>),
    /// As [`Content::Money`].
    Money(i64),
    /// As [`Content::List`].
    List(Values<'a>),
}

/// The fields of a packed product, one after the other: name, when it was written, and what it holds.
pub struct Contents<'a> {
    bytes: Bytes<'a>,
    base: Millis,
    /// As far as one has looked.
    sound: bool,
}

impl<'a> Contents<'a> {
    /// Of these bytes; none where they are no product.
    pub fn of(packed: &'a [u8]) -> Option<Self> {
        let mut bytes = Bytes(packed);
        let base = bytes.signed()?;
        Some(Self { bytes, base, sound: true })
    }

    fn field(&mut self) -> Option<(u16, Millis, Borrowed<'a>)> {
        let bytes = &mut self.bytes;
        let (name, at) = (bytes.small()?, self.base.wrapping_add(bytes.signed()?));
        let content = match bytes.number()? {
            LIST => {
                let left = bytes.count(1)?;
                let values = Values { bytes: Bytes(bytes.0), left };
                (0..left).try_for_each(|_| bytes.value_ref().map(drop))?;
                Borrowed::List(values)
            }
            MONEY => Borrowed::Money(bytes.signed()?),
            head => Borrowed::Scalar(bytes.value_ref_of(head)?),
        };
        Some((name, at, content))
    }
}

impl<'a> Iterator for Contents<'a> {
    type Item = (u16, Millis, Borrowed<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.bytes.0.is_empty() || !self.sound {
            return None;
        }
        let field = self.field();
        self.sound = field.is_some();
        field
    }
}

/// The values of a packed list.
pub struct Values<'a> {
    bytes: Bytes<'a>,
    left: usize,
}

impl<'a> Iterator for Values<'a> {
    type Item = ValueRef<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        self.bytes.value_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn a_product_takes_few_bytes_and_is_read_back() {
        let text = |text: &str| Content::Scalar(Value::Text(text.into()));
        let field = |name, at, content| Field { name, at, content };
        let at = 1_767_607_200_000;
        let fields = vec![
            field(0, at, Content::Money(205_000)),
            field(1, at, text("USD")),
            field(2, at, Content::Scalar(Value::Number(12.0))),
            field(3, at - 86_400_000, Content::Scalar(Value::Number(30.0))),
            field(4, at, text("shoes")),
            field(5, at, Content::List(vec![Value::Text("new".into()), Value::Bool(true)])),
            field(255, at, Content::Scalar(Value::Number(4.5))),
            field(7, i64::MIN, Content::Scalar(Value::Null)),
        ];
        let packed = pack(&fields);
        assert_eq!(packed.len(), 63);
        assert_eq!(unpack(&packed), Some(fields));
        assert_eq!(unpack(&packed[..packed.len() - 1]), None);
        assert_eq!(unpack(&[]), None);
        assert_eq!(unpack(&pack(&[])), Some(Vec::new()));
    }
}
