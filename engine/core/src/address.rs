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
mod tests;
