//! What a value looks like as a text.

use liquid_core::model::{KStringCow, ValueView};

/// As Liquid shows it, an object's fields in the order of their names: the library has them in another order each time, and a message that is sent again must
/// have the same bytes.
pub(super) fn text_of(value: &dyn ValueView) -> KStringCow<'_> {
    if !value.is_object() && !value.is_array() {
        return value.to_kstr();
    }
    let mut text = String::new();
    show(value, &mut text);
    KStringCow::from_string(text)
}

fn show(value: &dyn ValueView, out: &mut String) {
    if let Some(list) = value.as_array() {
        list.values().for_each(|item| show(item, out));
    } else if let Some(object) = value.as_object() {
        let mut fields: Vec<_> = object.iter().collect();
        fields.sort_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
        for (name, field) in fields {
            out.push_str(&name);
            show(field, out);
        }
    } else {
        out.push_str(&value.to_kstr());
    }
}
