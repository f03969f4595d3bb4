//! How many parts a text message is sent in: each is paid for.

use crate::failure::Fault;
use crate::journeys::Compiled;
use crate::messages;
use crate::preview::{self, Customer};
use crate::settings::Settings;
use cartwheel_core::channel::Channel;
use cartwheel_providers::Rendered;
use cartwheel_providers::template::Templates;
use std::collections::BTreeSet;

/// The 7-bit alphabet of text messages: 3GPP TS 23.038, 6.2.1, without its escape.
const ALPHABET: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Its extension, 6.2.1.1: an escape and a letter, two places.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// More parts than this are warned of.
const MOST: usize = 2;

/// How long a message may be that is one part, and each part of a longer one, in places.
struct Room {
    alone: usize,
    each: usize,
}

/// Places are letters of the alphabet.
const LETTERS: Room = Room { alone: 160, each: 153 };
/// Places are 16 bits of UTF-16.
const UNITS: Room = Room { alone: 70, each: 67 };

impl Room {
    /// How many parts letters take of so many places each: no letter is cut in two.
    fn parts(&self, letters: &[usize]) -> usize {
        if letters.iter().sum::<usize>() <= self.alone {
            return 1;
        }
        let (mut parts, mut used) = (1, 0);
        for places in letters {
            if used + places > self.each {
                (parts, used) = (parts + 1, 0);
            }
            used += places;
        }
        parts
    }
}

/// Places that a letter takes in the alphabet; none if it is not in it.
fn places(letter: char) -> Option<usize> {
    match letter {
        _ if ALPHABET.contains(letter) => Some(1),
        _ if EXTENSION.contains(letter) => Some(2),
        _ => None,
    }
}

/// In how many parts the text is sent.
fn parts(text: &str) -> usize {
    match text.chars().map(places).collect::<Option<Vec<usize>>>() {
        Some(letters) => LETTERS.parts(&letters),
        None => UNITS.parts(&text.chars().map(char::len_utf16).collect::<Vec<usize>>()),
    }
}

/// The first letter for which all of the message is written in another alphabet, with half the room.
fn foreign(text: &str) -> Option<char> {
    text.chars().find(|letter| places(*letter).is_none())
}

/// Text messages that take many parts, as they are for the customer who is made up: each template once. What cannot be written is for others to tell.
pub fn warnings(
    templates: &Templates,
    settings: &Settings,
    compiled: &Compiled,
    customer: &Customer,
) -> Vec<Fault> {
    let Some(brand) = &settings.brand else { return Vec::new() };
    let (mut faults, mut told) = (Vec::new(), BTreeSet::new());
    for sent in compiled.sends.iter().filter(|sent| sent.channels.contains(&Channel::Sms)) {
        if !told.insert(sent.template.as_str()) {
            continue;
        }
        let message = preview::message(Some(compiled), &sent.template, Channel::Sms);
        let Ok(command) = customer.command(&message, 0) else { continue };
        let rendered = templates.render(&command, brand, &preview::links(&command));
        let Ok(Rendered::Sms { text, .. }) = rendered else { continue };
        if let Some((message, help)) = warning(&sent.template, &text) {
            faults.push(messages::at(compiled, sent, message, help));
        }
    }
    faults
}

fn warning(name: &str, text: &str) -> Option<(String, String)> {
    let parts = parts(text);
    if parts <= MOST {
        return None;
    }
    let message = format!("`{name}` is sent in {parts} text messages, each of which is paid for");
    let help = match foreign(text) {
        Some(letter) => format!(
            "`{letter}` is not in the alphabet of text messages: with it one has room for {} letters, without it for {}",
            UNITS.alone, LETTERS.alone
        ),
        None => format!("shorten it: one has room for {} letters", LETTERS.alone),
    };
    Some((message, help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_has_what_the_standard_has() {
        // 128 places, of which one is the escape.
        assert_eq!(ALPHABET.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
        let all: BTreeSet<char> = ALPHABET.chars().chain(EXTENSION.chars()).collect();
        assert_eq!(all.len(), 137);
    }

    #[test]
    fn a_message_is_cut_where_no_letter_is() {
        for (text, expected) in [
            (String::new(), 1),
            ("a".repeat(160), 1),
            ("a".repeat(161), 2),
            ("a".repeat(306), 2),
            ("a".repeat(307), 3),
            ("€".repeat(80), 1),
            // 76 of two places in a part: the last place stays empty.
            ("€".repeat(152), 2),
            ("€".repeat(153), 3),
            (format!("{}č", "a".repeat(69)), 1),
            (format!("{}č", "a".repeat(70)), 2),
            ("🚲".repeat(35), 1),
            ("🚲".repeat(66), 2),
            ("🚲".repeat(67), 3),
        ] {
            assert_eq!(parts(&text), expected, "{text}");
        }
    }

    #[test]
    fn many_parts_are_told_with_the_letter_that_is_to_blame() {
        assert_eq!(warning("a", &"a".repeat(306)), None);
        let (message, help) = warning("a", &"a".repeat(307)).unwrap();
        assert_eq!(message, "`a` is sent in 3 text messages, each of which is paid for");
        assert!(help.contains("room for 160 letters"), "{help}");
        let (_, help) = warning("a", &format!("{}✨", "a".repeat(140))).unwrap();
        assert!(help.starts_with("`✨` is not in the alphabet"), "{help}");
    }
}
