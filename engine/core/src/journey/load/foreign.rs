//! What other systems call events that Cartwheel knows: whoever moves from one of them writes its names first.

/// A system's name of an event, and ours.
struct Foreign {
    system: &'static str,
    names: &'static [(&'static str, &'static str)],
}

/// Shopify: topics of webhooks, 2025-10. Segment: the e-commerce spec, version 2. Klaviyo: metrics of its e-commerce integrations. Google
/// Analytics 4: recommended events. Only events that mean the same here; each system has more.
const SYSTEMS: [Foreign; 4] = [
    Foreign {
        system: "Shopify",
        names: &[
            ("carts/create", "cart_updated"),
            ("carts/update", "cart_updated"),
            ("checkouts/create", "checkout_started"),
            ("checkouts/update", "checkout_step_completed"),
            ("customers/create", "customer_created"),
            ("customers/update", "customer_updated"),
            ("orders/cancelled", "order_cancelled"),
            ("orders/create", "order_placed"),
            ("orders/fulfilled", "order_fulfilled"),
            ("orders/paid", "order_paid"),
            ("refunds/create", "order_refunded"),
        ],
    },
    Foreign {
        system: "Segment",
        names: &[
            ("Cart Viewed", "cart_viewed"),
            ("Checkout Started", "checkout_started"),
            ("Checkout Step Completed", "checkout_step_completed"),
            ("Coupon Applied", "coupon_applied"),
            ("Order Cancelled", "order_cancelled"),
            ("Order Completed", "order_placed"),
            ("Order Refunded", "order_refunded"),
            ("Payment Info Entered", "payment_info_entered"),
            ("Product Added", "product_added"),
            ("Product Added to Wishlist", "wishlist_added"),
            ("Product List Viewed", "product_list_viewed"),
            ("Product Removed", "product_removed"),
            ("Product Reviewed", "review_submitted"),
            ("Product Viewed", "product_viewed"),
            ("Products Searched", "products_searched"),
        ],
    },
    Foreign {
        system: "Klaviyo",
        names: &[
            ("Active on Site", "page_viewed"),
            ("Added to Cart", "product_added"),
            ("Bounced Email", "message_bounced"),
            ("Cancelled Order", "order_cancelled"),
            ("Clicked Email", "message_clicked"),
            ("Fulfilled Order", "order_fulfilled"),
            ("Marked Email as Spam", "message_complained"),
            ("Opened Email", "message_opened"),
            ("Placed Order", "order_placed"),
            ("Received Email", "message_delivered"),
            ("Refunded Order", "order_refunded"),
            ("Started Checkout", "checkout_started"),
            ("Viewed Product", "product_viewed"),
        ],
    },
    Foreign {
        system: "Google Analytics",
        names: &[
            ("add_payment_info", "payment_info_entered"),
            ("add_to_cart", "product_added"),
            ("add_to_wishlist", "wishlist_added"),
            ("begin_checkout", "checkout_started"),
            ("page_view", "page_viewed"),
            ("purchase", "order_placed"),
            ("refund", "order_refunded"),
            ("remove_from_cart", "product_removed"),
            ("sign_up", "customer_created"),
            ("view_cart", "cart_viewed"),
            ("view_item", "product_viewed"),
            ("view_item_list", "product_list_viewed"),
        ],
    },
];

/// The system that calls an event so, and our name of it. Capitals do not count.
pub(super) fn of(name: &str) -> Option<(&'static str, &'static str)> {
    SYSTEMS.iter().find_map(|foreign| {
        let (_, ours) =
            foreign.names.iter().find(|(theirs, _)| theirs.eq_ignore_ascii_case(name))?;
        Some((foreign.system, *ours))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::vocabulary::EVENT_TYPES;

    #[test]
    fn theirs_are_not_ours_and_ours_are_known() {
        for (theirs, ours) in SYSTEMS.iter().flat_map(|foreign| foreign.names) {
            assert!(EVENT_TYPES.contains(ours) && !EVENT_TYPES.contains(theirs), "{theirs}");
        }
        let names = |foreign: &Foreign| foreign.names.is_sorted_by_key(|(theirs, _)| *theirs);
        assert!(SYSTEMS.iter().all(names), "in order, each once");
        assert_eq!(of("ORDER completed"), Some(("Segment", "order_placed")));
        assert_eq!(of("order_placed"), None);
    }
}
