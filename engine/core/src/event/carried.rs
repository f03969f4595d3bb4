//! Which subjects the events that Cartwheel knows carry. Every event may bring a profile, and a shop may add to each what it likes: what stands here
//! helps the loader to find slips, and decides nothing.

use super::vocabulary::{Subject, Type};

/// The subjects of an event of this type, beside the profile; none where the type is the shop's own.
pub fn carried(kind: &str) -> Option<&'static [Subject]> {
    use Subject::{Cart, Checkout, Message, Order, Points, Product, Review, Ticket};
    Some(match kind {
        "customer_created" | "customer_updated" | "identified" | "erase_requested" => &[],
        "subscribed" | "unsubscribed" | "consent_changed" => &[Message],
        "page_viewed" | "products_searched" | "product_list_viewed" => &[Product],
        "product_viewed" | "product_added" | "product_removed" => &[Product, Cart],
        "wishlist_added" | "product_restocked" | "product_price_changed" => &[Product],
        "cart_viewed" | "cart_updated" | "cart_emptied" => &[Cart, Product],
        "checkout_started" | "checkout_step_completed" | "payment_info_entered" => {
            &[Checkout, Cart]
        }
        "coupon_applied" => &[Cart, Checkout, Order],
        "order_placed" | "order_paid" | "order_fulfilled" | "order_shipped" | "order_delivered"
        | "order_cancelled" | "order_refunded" | "return_requested" => &[Order, Cart, Checkout],
        "review_submitted" => &[Review, Product, Order],
        "survey_answered" => &[Message],
        "ticket_opened" | "ticket_closed" => &[Ticket, Order],
        "points_earned" => &[Points, Order, Review],
        "message_sent" | "message_delivered" | "message_opened" | "message_clicked"
        | "message_bounced" | "message_complained" | "message_failed" => &[Message],
        _ => return None,
    })
}

/// The fields, by their full names, that events of this type have beside those of its subjects.
pub fn own_fields(kind: &str) -> &'static [(&'static str, Type)] {
    match kind {
        "survey_answered" => &SURVEY,
        _ => &[],
    }
}

/// What an answer says of itself: which it is, and of which message it is one.
const SURVEY: [(&str, Type); 4] = [
    (SURVEY_ANSWER, Type::Text),
    ("survey.journey", Type::Text),
    (SURVEY_STEP, Type::Text),
    ("survey.run", Type::Text),
];

/// Which of the answers it is.
pub const SURVEY_ANSWER: &str = "survey.answer";
/// The step that has sent the message.
pub const SURVEY_STEP: &str = "survey.step";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::vocabulary::EVENT_TYPES;

    #[test]
    fn every_type_that_is_known_says_what_it_carries() {
        for kind in EVENT_TYPES {
            assert!(carried(kind).is_some(), "{kind}");
        }
        assert_eq!(carried("of_their_own"), None);
        assert!(EVENT_TYPES.into_iter().any(|kind| !own_fields(kind).is_empty()));
        assert!(own_fields("of_their_own").is_empty());
        let whole = Subject::KEPT.into_iter().flat_map(|subject| {
            let brings = EVENT_TYPES.into_iter().filter(move |kind| subject.is_whole_in(kind));
            brings.map(move |kind| (kind, subject))
        });
        for (kind, subject) in whole {
            assert!(carried(kind).is_some_and(|all| all.contains(&subject)), "{kind}");
        }
    }
}
