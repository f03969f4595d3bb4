//! The one form of an address. Whatever compares or uses an address makes this of it first: the key of a suppression ([`crate::sends::Suppression::hash`])
//! and every message before it goes to a provider.
//!
//! A command's `to` stays as the customer gave it. The log of decisions keeps what was known, and an address that has no form is a
//! matter of delivery, which says so in a dead letter.

use crate::channel::Channel;
use icu_normalizer::ComposingNormalizerBorrowed;
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use std::fmt;
use xxhash_rust::xxh3::xxh3_128;

/// The longest mail address and its longest local part (RFC 5321, 4.5.3.1), in bytes.
const LONGEST: usize = 254;
const LONGEST_LOCAL: usize = 64;
/// The longest push token that is taken, in bytes; those of Apple and Google are far shorter.
const LONGEST_TOKEN: usize = 4096;

/// An address in its one form. Mail: trimmed, composed (NFC), the domain as A-labels in lower case; the local part is the mailbox owner's own and keeps
/// its case. Phone: `+` and digits (E.164). Push: the token without blanks around it. Webhook: nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AddressError {
    /// Nothing, or blanks.
    #[error("it is empty")]
    Empty,
    /// A line break or another sign that is none to see.
    #[error("it has a control character")]
    Control,
    /// `Ana <ana@example.com>`.
    #[error("it has a name beside the address")]
    DisplayName,
    /// More than one address.
    #[error("it is more than one address")]
    Several,
    /// No `@` with something on both sides of it.
    #[error("it is not LOCAL@DOMAIN")]
    NotMail,
    /// The part before the `@`.
    #[error("the part before the @ is not allowed in mail")]
    Local,
    /// The part behind the `@`.
    #[error("the part behind the @ is not a domain")]
    Domain,
    /// Longer than mail allows.
    #[error("it is longer than mail allows: 64 bytes before the @, 254 in all")]
    TooLong,
    /// Not `+` and 7 to 15 digits.
    #[error("it is not an international number: + and 7 to 15 digits")]
    NotPhone,
    /// A blank inside of a push token, or one that is too long.
    #[error("it is not a push token")]
    NotToken,
}

impl Address {
    /// Makes the one form of an address on a channel.
    pub fn parse(channel: Channel, text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() && channel != Channel::Webhook {
            return Err(AddressError::Empty);
        }
        if text.contains(char::is_control) && channel != Channel::Webhook {
            return Err(AddressError::Control);
        }
        let form = match channel {
            Channel::Email => mail(text)?,
            Channel::Sms | Channel::Whatsapp => phone(text)?,
            Channel::Push => token(text)?,
            Channel::Webhook => String::new(),
        };
        Ok(Self(form))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// What stands for an address on a channel where the address itself must not stand: the key of the suppressions topic, `message.address` of events,
/// unsubscribe links. 128-bit xxh3 of the channel's name, a zero byte and the address's one form in lower case; prints as 32 hex digits.
/// Two spellings of one mailbox are one, and a text that has no form is its own. It hides an address from a reader, not from somebody who tries addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressHash(pub u128);

impl AddressHash {
    /// Of an address as somebody wrote it.
    pub fn of(channel: Channel, address: &str) -> Self {
        let form = Address::parse(channel, address);
        let address = form.as_ref().map_or(address.trim(), Address::as_str);
        let mut text = Vec::with_capacity(channel.name().len() + 1 + address.len());
        text.extend_from_slice(channel.name().as_bytes());
        text.push(0);
        text.extend_from_slice(address.to_lowercase().as_bytes());
        Self(xxh3_128(&text))
    }

    /// Reads 32 hex digits; none for another text.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        u128::from_str_radix(text, 16).ok().filter(|_| digits).map(Self)
    }
}

impl fmt::Display for AddressHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", self.0)
    }
}

fn mail(text: &str) -> Result<String, AddressError> {
    let text = ComposingNormalizerBorrowed::new_nfc().normalize(text);
    if text.contains(['<', '>']) {
        return Err(AddressError::DisplayName);
    }
    let (local, domain) = text.rsplit_once('@').ok_or(AddressError::NotMail)?;
    if local.is_empty() || domain.is_empty() {
        return Err(AddressError::NotMail);
    }
    if text.contains([',', ';']) || local.contains('@') {
        return Err(AddressError::Several);
    }
    if !is_local(local) {
        return Err(AddressError::Local);
    }
    let domain = Uts46::new()
        .to_ascii(
            domain.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        )
        .map_err(|_| AddressError::Domain)?;
    let whole = format!("{local}@{domain}");
    if local.len() > LONGEST_LOCAL || whole.len() > LONGEST {
        return Err(AddressError::TooLong);
    }
    Ok(whole)
}

/// Words of RFC 5322 (`atext`) and of RFC 6531 (letters outside of ASCII) with single points between them. Whether a mailbox outside of ASCII can be
/// reached, the relay decides. Quoted local parts are refused: nobody has one, and their quotes are a way to smuggle.
fn is_local(local: &str) -> bool {
    let word = |word: &str| {
        let letter = |char: char| {
            char.is_ascii_alphanumeric()
                || "!#$%&'*+-/=?^_`{|}~".contains(char)
                || !char.is_ascii() && !char.is_whitespace()
        };
        !word.is_empty() && word.chars().all(letter)
    };
    local.split('.').all(word)
}

fn phone(text: &str) -> Result<String, AddressError> {
    // The zero in brackets is dialled only inside of the country: +44 (0)20 7946 0018.
    let text = text.replace("(0)", "");
    let separates = |char: char| {
        char.is_whitespace()
            || matches!(char, '-' | '.' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}')
    };
    let number: String = text.chars().filter(|char| !separates(*char)).collect();
    let digits = number.strip_prefix('+').ok_or(AddressError::NotPhone)?;
    let is_number = (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    if is_number { Ok(number) } else { Err(AddressError::NotPhone) }
}

fn token(text: &str) -> Result<String, AddressError> {
    if text.contains(char::is_whitespace) || text.len() > LONGEST_TOKEN {
        return Err(AddressError::NotToken);
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(channel: Channel, text: &str) -> Result<String, AddressError> {
        Address::parse(channel, text).map(Address::into_string)
    }

    #[test]
    fn a_mail_address_has_one_form() {
        for (text, form) in [
            ("ana@example.com", "ana@example.com"),
            ("  Ana.Lopez+shop@EXAMPLE.com\u{a0}", "Ana.Lopez+shop@example.com"),
            ("info@b\u{fc}cher.example", "info@xn--bcher-kva.example"),
            ("info@bu\u{308}cher.example", "info@xn--bcher-kva.example"),
            ("info@B\u{dc}CHER.example", "info@xn--bcher-kva.example"),
            ("kontakt@xn--bcher-kva.example", "kontakt@xn--bcher-kva.example"),
            ("kontakt@XN--BCHER-KVA.example", "kontakt@xn--bcher-kva.example"),
            ("a@\u{4f8b}\u{3048}\u{3002}\u{30c6}\u{30b9}\u{30c8}", "a@xn--r8jz45g.xn--zckzah"),
            ("mu\u{308}ller@example.test", "m\u{fc}ller@example.test"),
            ("o'brien@example.com", "o'brien@example.com"),
        ] {
            assert_eq!(parsed(Channel::Email, text).as_deref(), Ok(form), "{text}");
        }
    }

    #[test]
    fn what_is_no_mail_address_says_why() {
        use AddressError::*;
        for (text, why) in [
            ("", Empty),
            (" \t ", Empty),
            ("ana", NotMail),
            ("@example.com", NotMail),
            ("ana@", NotMail),
            ("Ana <ana@example.com>", DisplayName),
            ("<ana@example.com>", DisplayName),
            ("ana@example.com, bea@example.com", Several),
            ("ana@example.com;bea@example.com", Several),
            ("ana@x@example.com", Several),
            ("ana@example.com\r\nBcc: eve@example.com", Control),
            ("ana lopez@example.com", Local),
            (".ana@example.com", Local),
            ("a..b@example.com", Local),
            ("\"a b\"@example.com", Local),
            ("ana@exa mple.com", Domain),
            ("ana@-example.com", Domain),
            ("ana@example..com", Domain),
            ("ana@[192.0.2.1]", Domain),
            ("ana@xn--\u{fc}.example", Domain),
        ] {
            assert_eq!(parsed(Channel::Email, text), Err(why), "{text}");
        }
        let long = |local: usize, label: usize| {
            let domain = format!("{0}.{0}.{0}.example", "d".repeat(label));
            parsed(Channel::Email, &format!("{}@{domain}", "l".repeat(local)))
        };
        assert!(long(64, 59).is_ok());
        assert_eq!(long(65, 10), Err(TooLong));
        assert_eq!(long(64, 63), Err(TooLong));
        assert_eq!(long(10, 64), Err(Domain));
    }

    #[test]
    fn a_phone_number_has_one_form() {
        for (text, form) in [
            ("+15550100", Ok("+15550100")),
            (" +1 (555) 010-0199 ", Ok("+15550100199")),
            ("+44 (0)20 7946\u{a0}0018", Ok("+442079460018")),
            ("+49.30/1234\u{2011}5678", Ok("+493012345678")),
            ("15550100199", Err(AddressError::NotPhone)),
            ("0015550100199", Err(AddressError::NotPhone)),
            ("+0155501001", Err(AddressError::NotPhone)),
            ("+123456", Err(AddressError::NotPhone)),
            ("+1234567890123456", Err(AddressError::NotPhone)),
            ("+1555CALLNOW", Err(AddressError::NotPhone)),
            ("+\u{661}5550100199", Err(AddressError::NotPhone)),
            ("", Err(AddressError::Empty)),
        ] {
            let form = form.map(str::to_owned);
            assert_eq!(parsed(Channel::Sms, text), form, "{text}");
            assert_eq!(parsed(Channel::Whatsapp, text), form, "{text}");
        }
    }

    #[test]
    fn tokens_are_trimmed_and_webhooks_have_none() {
        assert_eq!(parsed(Channel::Push, " aB:c_1 ").as_deref(), Ok("aB:c_1"));
        assert_eq!(parsed(Channel::Push, "a b"), Err(AddressError::NotToken));
        assert_eq!(parsed(Channel::Push, ""), Err(AddressError::Empty));
        assert_eq!(parsed(Channel::Webhook, "anything").as_deref(), Ok(""));
    }

    #[test]
    fn a_hash_is_of_the_one_form_and_prints_as_it_is_read() {
        let hash = AddressHash::of(Channel::Email, " Ana@B\u{fc}cher.example");
        assert_eq!(hash, AddressHash::of(Channel::Email, "ana@xn--bcher-kva.example"));
        assert_ne!(hash, AddressHash::of(Channel::Push, "ana@xn--bcher-kva.example"));
        let text = hash.to_string();
        assert_eq!(AddressHash::parse(&text), Some(hash));
        assert_eq!(AddressHash::parse(&text.to_uppercase()), Some(hash));
        for other in ["", &text[1..], &format!("+{}", &text[1..]), &format!("{text}0")] {
            assert_eq!(AddressHash::parse(other), None, "{other}");
        }
    }

    proptest! {
        /// The form of the form is the form, whatever comes in, and nothing in it can end a header line.
        #[test]
        fn the_form_is_final(text in "\\PC{0,40}(@\\PC{0,40})?", channel in 0..4usize) {
            let channel = Channel::ALL[channel];
            if let Ok(address) = Address::parse(channel, &text) {
                prop_assert_eq!(parsed(channel, address.as_str()), Ok(address.as_str().to_owned()));
                prop_assert!(!address.as_str().contains(|char: char| char.is_control() || char.is_whitespace()));
            }
        }
    }
}
