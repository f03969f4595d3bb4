use super::*;
use crate::id::CustomerId;

const EMAIL: Channel = Channel::Email;

/// The words in every order leave the same consent.
fn consent(words: &[(Of, Millis, bool)]) -> Option<bool> {
    let mut all = Vec::new();
    permute(&mut words.to_vec(), 0, &mut |order| {
        let mut customer = Customer::new(CustomerId(1));
        for (of, at, yes) in order {
            customer.consent(*of, EMAIL, *at, *yes);
        }
        let bit = |bits: u8| bits & EMAIL.bit() != 0;
        all.push(match (bit(customer.granted), bit(customer.denied)) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
            (true, true) => panic!("granted and denied"),
        });
    });
    assert!(all.iter().all(|one| *one == all[0]), "{words:?}: {all:?}");
    all[0]
}

fn permute<T>(items: &mut Vec<T>, from: usize, each: &mut impl FnMut(&[T])) {
    if from == items.len() {
        return each(items);
    }
    for other in from..items.len() {
        items.swap(from, other);
        permute(items, from + 1, each);
        items.swap(from, other);
    }
}

#[test]
fn the_newest_word_counts_whatever_comes_first() {
    use Of::{Explicit, Profile};
    for (words, expected) in [
        (&[][..], None),
        (&[(Profile, 1, true)], Some(true)),
        (&[(Profile, 1, true), (Profile, 2, false)], Some(false)),
        (&[(Profile, 1, false), (Profile, 2, true)], Some(true)),
        (&[(Profile, 1, true), (Profile, 1, false)], Some(false)),
        // An explicit denial stands against any profile, and falls with a later explicit grant.
        (&[(Explicit, 3, false), (Profile, 9, true)], Some(false)),
        (&[(Explicit, 3, false), (Explicit, 4, true)], Some(true)),
        (&[(Explicit, 3, false), (Explicit, 3, true)], Some(false)),
        (&[(Explicit, 3, false), (Explicit, 2, true), (Profile, 9, true)], Some(false)),
        // An explicit grant gives way to a newer profile.
        (&[(Explicit, 3, true), (Profile, 2, false)], Some(true)),
        (&[(Explicit, 3, true), (Profile, 4, false)], Some(false)),
        (&[(Explicit, 3, true), (Profile, 3, false)], Some(false)),
        (&[(Explicit, 3, true), (Profile, 4, false), (Explicit, 5, true)], Some(true)),
    ] {
        assert_eq!(consent(words), expected, "{words:?}");
    }
}

/// Each word with what it changes for delivery.
#[test]
fn whoever_has_said_no_lifts_with_every_newest_grant() {
    let (denied, lifted) = (Some(Change::Denied(EMAIL)), Some(Change::Lifted(EMAIL)));
    for words in [
        &[(5, true, None), (6, true, None)][..],
        &[(5, false, denied), (6, true, lifted), (7, true, lifted), (7, true, None)],
        &[
            (5, false, denied),
            (7, true, lifted),
            (6, true, None),
            (6, false, None),
            (8, true, lifted),
        ],
        // A denial that counts for nothing has told of the address of its message.
        &[(7, true, None), (5, false, None), (6, true, None), (8, true, lifted)],
        &[(5, false, denied), (5, true, None), (6, true, lifted)],
    ] {
        let mut customer = Customer::new(CustomerId(1));
        for (at, yes, told) in words {
            assert_eq!(customer.consent(Of::Explicit, EMAIL, *at, *yes), *told, "{words:?}");
            assert_eq!(customer.consent(Of::Profile, EMAIL, 99, true), None);
        }
    }
}

#[test]
fn an_older_address_neither_comes_back_nor_goes() {
    let mut customer = Customer::new(CustomerId(1));
    let phone = ADDRESSES[1].1;
    let bits = Channel::Sms.bit() | Channel::Whatsapp.bit();
    for (at, yes, reachable) in
        [(5, true, true), (4, false, true), (6, false, false), (5, true, false), (6, true, true)]
    {
        customer.address(phone, at, yes);
        assert_eq!(customer.reachable & bits != 0, reachable, "{at} {yes}");
    }
    assert_eq!(customer.reachable & bits, bits);
}
