//! Names that conditions can read.

/// Longest name in bytes.
const MAX: usize = 64;

/// Whether this can stand in a condition behind a dot: small and capital letters, digits and `_`, no digit in front, 64 bytes at most.
pub fn is_name(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= MAX
        && text.bytes().all(letter)
        && text.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_a_condition_takes() {
        for name in ["a", "_x9", "reviewScore", &"n".repeat(MAX)] {
            assert!(is_name(name), "{name}");
        }
        for other in ["", "9a", "a-b", "a.b", "ä", "a b", &"n".repeat(MAX + 1)] {
            assert!(!is_name(other), "{other}");
        }
    }
}
