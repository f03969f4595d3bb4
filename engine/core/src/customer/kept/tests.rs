use super::*;

fn cart(id: u64) -> DocumentKey {
    DocumentKey::new(Document::Cart, id << 8)
}

#[test]
fn the_newest_version_counts() {
    let mut kept = KeptDocuments::default();
    assert!(kept.replace(cart(1), 5, false) && !kept.replace(cart(1), 4, false));
    assert!(kept.add_to(cart(1), 5) && !kept.add_to(cart(1), 4) && kept.is_there(cart(1)));
    assert!(kept.replace(cart(1), 6, true) && !kept.is_there(cart(1)));
    assert!(!kept.replace(cart(1), 5, false) && !kept.is_there(cart(1)));
    assert!(kept.replace(cart(1), 7, false) && kept.is_there(cart(1)));
    assert!(!kept.is_there(DocumentKey::new(Document::Order, 1 << 8)));
}

#[test]
fn what_is_added_after_the_removal_is_there_whichever_comes_first() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        for removed in [5, 8] {
            let mut kept = KeptDocuments::default();
            for what in order {
                match what {
                    0 => _ = kept.replace(cart(1), 3, false),
                    1 => _ = kept.replace(cart(1), removed, true),
                    _ => _ = kept.add_to(cart(1), 7),
                }
            }
            assert_eq!(kept.is_there(cart(1)), removed < 7, "{order:?}");
        }
    }
}

#[test]
fn a_cart_without_items_is_not_there_whichever_comes_first() {
    // What is whole at 3 has items; what is added at 7 has none, at 8 it says nothing of them, at 9 it has one.
    for (last, there) in [(7, false), (8, false), (9, true)] {
        let words: Vec<Millis> = [3, 7, 8, 9].into_iter().filter(|at| *at <= last).collect();
        for turned in 0..2 * words.len() {
            let mut order = words.clone();
            order.rotate_left(turned / 2);
            if turned % 2 == 1 {
                order.reverse();
            }
            let mut kept = KeptDocuments::default();
            for at in &order {
                let counts = match at {
                    3 => kept.replace(cart(1), 3, false),
                    at => kept.add_to(cart(1), *at),
                };
                if counts && *at != 8 {
                    kept.note_items(cart(1), *at, *at == 7);
                }
            }
            assert_eq!(kept.is_there(cart(1)), there, "{order:?}");
            assert_eq!(kept.newest(Document::Cart).is_some(), there, "{order:?}");
        }
    }
}

#[test]
fn a_whole_version_says_anew_what_is_in_the_cart() {
    let mut kept = KeptDocuments::default();
    let whole = |kept: &mut KeptDocuments, at, none: Option<bool>| {
        assert!(kept.replace(cart(1), at, false));
        none.into_iter().for_each(|none| kept.note_items(cart(1), at, none));
        (kept.is_there(cart(1)), kept.len())
    };
    assert_eq!(whole(&mut kept, 1, Some(false)), (true, 1), "what most carts are takes no room");
    assert_eq!(whole(&mut kept, 2, Some(true)), (false, 2));
    assert_eq!(whole(&mut kept, 2, None), (true, 1));
    assert_eq!(whole(&mut kept, 3, Some(true)), (false, 2));
    assert!(kept.replace(cart(1), 4, true) && kept.add_to(cart(1), 5));
    assert!(kept.is_there(cart(1)), "what is added after the removal is there");
    kept.note_items(cart(1), 5, true);
    (2..7).for_each(|id| _ = kept.replace(cart(id), 9, false));
    let gone = std::iter::from_fn(|| kept.take_surplus(|_| false)).count();
    assert_eq!((gone, kept.len()), (2, 4), "with the cart goes what is known of its items");
}

#[test]
fn fields_alone_are_a_document_until_a_whole_one_comes() {
    let mut kept = KeptDocuments::default();
    assert!(kept.add_to(cart(1), 9) && kept.is_there(cart(1)));
    assert!(kept.replace(cart(2), 1, false));
    assert_eq!(kept.newest(Document::Cart), Some(cart(1)));
    assert!(kept.add_to(cart(1), 8) && kept.replace(cart(1), 0, false));
    assert_eq!(kept.newest(Document::Cart), Some(cart(2)));
    assert!(kept.replace(cart(1), 3, false));
    assert_eq!(kept.newest(Document::Cart), Some(cart(1)));
}

#[test]
fn what_emptied_every_cart_counts_for_those_that_come_later() {
    let mut kept = KeptDocuments::default();
    kept.replace(cart(1), 3, false);
    kept.replace(cart(2), 7, false);
    assert_eq!(kept.empty_carts(5), [cart(1)]);
    assert!(!kept.replace(cart(3), 4, false) && !kept.add_to(cart(3), 4));
    assert!(kept.replace(cart(4), 6, false));
    assert_eq!([1, 2, 3, 4].map(|id| kept.is_there(cart(id))), [false, true, false, true]);
}

#[test]
fn the_oldest_that_no_run_is_about_go() {
    let mut kept = KeptDocuments::default();
    for id in 1..=6 {
        kept.replace(cart(id), id as Millis, false);
        kept.replace(DocumentKey::new(Document::Product, id << 8), 1, false);
    }
    let pinned = |key| key == cart(1);
    assert_eq!(kept.take_surplus(pinned), Some(cart(2)));
    assert_eq!(kept.take_surplus(pinned), None);
    assert_eq!(kept.iter().filter(|kept| kept.key().kind() == Some(Document::Cart)).count(), 5);
    assert_eq!(kept.take_surplus(|_| false), Some(cart(1)));
}
