//! What a record's bytes must go through before the core reads them as an event.
//!
//! Plain JSON passes as it is, without a copy. CloudEvents 1.0 over Kafka is turned into an event: in binary mode the attributes are headers
//! (`ce_type`, `ce_id`, `ce_time`, `ce_subject`) and the value is the data; in structured mode (`content-type:
//! application/cloudevents+json`) the value is an envelope. `type` becomes the event's type, `subject` its customer, `id` its id
//! and `time` its time; what the data itself says under these names holds where the attribute is absent.

mod cloudevents;

pub use cartwheel_core::sends::Poison;
use std::borrow::Cow;

/// The event, as JSON, that a record's value and headers stand for. Errors: [`Poison::NotJson`] for a CloudEvent whose envelope or
/// data is not a JSON object, or with an attribute in a header that is not UTF-8. Whether an attribute has its type is for the core to say. Plain JSON is not looked at.
pub fn canonical<'a, 'h>(
    value: &'a [u8],
    headers: impl Iterator<Item = (&'h str, &'h [u8])>,
) -> Result<Cow<'a, [u8]>, Poison> {
    let found = cloudevents::Headers::read(headers);
    if found.is_structured() {
        return cloudevents::structured(value).map(Cow::Owned);
    }
    match found.binary()? {
        Some(attributes) => cloudevents::binary(value, attributes).map(Cow::Owned),
        None => Ok(Cow::Borrowed(value)),
    }
}
