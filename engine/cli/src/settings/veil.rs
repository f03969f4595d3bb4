//! A configuration's text as a report may show it: secrets are blanked, and every other byte stays where it is, so that a
//! caret still points at its word. Works line by line, because what is reported may be no YAML at all.

use super::secret::may_be_secret;

/// What stands for a secret in a line.
const BLANK: &str = "***";

/// `text` with the values of all keys that hold, or nearly name, a secret blanked to the end of their lines; so are the lines that
/// continue such a value. Has the same length, and the same lines.
pub fn veiled(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut value: Option<Value> = None;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end();
        value = value.filter(|value| value.goes_on_in(content));
        match &mut value {
            Some(value) => {
                value.begun |= !content.is_empty();
                blank(content, indent(content), &mut shown);
            }
            None => match secret_at(content) {
                Some(start) => {
                    value = Value::behind(content, start);
                    blank(content, start, &mut shown);
                }
                None => shown.push_str(content),
            },
        }
        shown.push_str(&line[content.len()..]);
    }
    shown
}

/// A secret's value that may go on in further lines.
struct Value {
    /// Of the line with its key.
    indent: usize,
    /// Something of it has been seen.
    begun: bool,
}

impl Value {
    /// None for a comment, which ends with its line.
    fn behind(content: &str, start: usize) -> Option<Self> {
        let comment = content.trim_start().starts_with('#');
        (!comment)
            .then(|| Self { indent: indent(content), begun: !content[start..].trim().is_empty() })
    }

    /// Deeper lines and items of a list do; and whatever comes first where nothing stands behind the key.
    fn goes_on_in(&self, content: &str) -> bool {
        let text = content.trim_start();
        let item = text == "-" || text.starts_with("- ");
        text.is_empty()
            || indent(content) > self.indent
            || item && indent(content) == self.indent
            || !self.begun && !text.contains(": ")
    }
}

fn indent(content: &str) -> usize {
    content.len() - content.trim_start().len()
}

/// Where the value of the line's first secret key begins.
fn secret_at(content: &str) -> Option<usize> {
    content
        .match_indices(':')
        .map(|(colon, _)| colon)
        .find(|colon| may_be_secret(key_before(&content[..*colon])))
        .map(|colon| colon + 1)
}

/// The word at the end of `text`.
fn key_before(text: &str) -> &str {
    let text = text.trim_end().trim_end_matches(['"', '\'']);
    let start = text
        .rfind(|c: char| !(c.is_alphanumeric() || "_.-".contains(c)))
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    &text[start..]
}

/// Writes `content`, blanked from `start` on. How long a secret is stays hidden where there is room for that.
fn blank(content: &str, start: usize, shown: &mut String) {
    let (before, value) = content.split_at(start);
    let length = value.len() - value.trim_start().len();
    shown.push_str(before);
    shown.push_str(&value[..length]);
    let hidden = value.len() - length;
    shown.push_str(&BLANK[..hidden.min(BLANK.len())]);
    shown.extend(std::iter::repeat_n(' ', hidden.saturating_sub(BLANK.len())));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_blanked_wherever_they_stand_and_nothing_moves() {
        for text in [
            "smtp:\n  password: hunter2\n  port: 25\n",
            "smtp: { host: h, password: \"hunter2\", port: 25 }\n",
            "a: { \"password\" : 'hunter2' }",
            "smtp:\n  password: |\n    hunter2\n    hunter2\n  port: 25\n",
            "smtp:\n  password:\n    hunter2\n",
            "smtp: {\n  password:\n  hunter2\n}\n",
            "unsubscribe_secrets:\n- hunter2\n- hunter2\n",
            "unsubscribe_secrets: [\n  hunter2,\n\n  \"hunter2\" ]\n",
            "  # api_key: hunter2\n",
            "password: hunter2 ä\r\nport: 25\r\n",
            "pasword: hunter2\n",
            "sasl.jaas.config: x password=\"hunter2\"\n",
            "password: hunter2\n not yaml: [",
        ] {
            let shown = veiled(text);
            assert!(!shown.contains("hunter2") && shown.contains(BLANK), "{shown}");
            assert_eq!(
                (shown.len(), shown.lines().count()),
                (text.len(), text.lines().count()),
                "{shown}"
            );
        }
    }

    #[test]
    fn everything_else_is_shown() {
        for text in [
            "smtp:\n  password_file: /run/secrets/smtp\n  port: 25\n",
            "a:\n  secret: ***\nb: 1\n",
            "engine: { partitions: 4 } # ports: 1\nbroker: localhost:9092\n",
            "admin:\n  open_metrics: true\n  listen: 127.0.0.1:9464\n",
            "",
        ] {
            assert_eq!(veiled(text), text);
        }
        assert_eq!(veiled("password: hunter2\nport: 25\n"), "password: ***    \nport: 25\n");
    }
}
