//! What a message shows that is nearest to a text which it does not show.

/// Most characters that are told.
const MOST: usize = 160;

/// The line that has most in common with `wanted`, without the tags of HTML; none where the message shows nothing.
pub fn nearest(text: &str, wanted: &str) -> Option<String> {
    let plain = without_tags(text);
    let lines = plain.lines().map(squeezed).filter(|line| !line.is_empty());
    // Of equal ones the first: the subject and the text stand before the HTML.
    let best = lines.rev().max_by_key(|line| common(line, wanted))?;
    Some(around(&best, wanted))
}

/// The text without what stands between `<` and `>`; where a tag ends something may end, so a line does.
fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut is_tag = false;
    for letter in text.chars() {
        match letter {
            '<' => is_tag = true,
            '>' if is_tag => {
                is_tag = false;
                plain.push('\n');
            }
            _ if is_tag => {}
            _ => plain.push(letter),
        }
    }
    plain
}

fn squeezed(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How many of the words that are wanted stand in the line, capitals aside.
fn common(line: &str, wanted: &str) -> usize {
    let line = line.to_lowercase();
    wanted.split_whitespace().filter(|word| line.contains(&word.to_lowercase())).count()
}

/// So much of a long line that the longest word that is wanted is in it.
fn around(line: &str, wanted: &str) -> String {
    let letters: Vec<char> = line.chars().collect();
    if letters.len() <= MOST {
        return line.to_owned();
    }
    let longest =
        wanted.split_whitespace().filter(|word| line.contains(word)).max_by_key(|word| word.len());
    let first = longest.and_then(|word| line.find(word)).unwrap_or(0);
    let before = line[..first].chars().count();
    let from = before.saturating_sub(MOST / 4).min(letters.len() - MOST);
    let shown: String = letters[from..from + MOST].iter().collect();
    format!("{}{shown}{}", dots(from > 0), dots(from + MOST < letters.len()))
}

fn dots(cut: bool) -> &'static str {
    if cut { "..." } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_line_is_told_without_html() {
        let mail = "Your cart\nHello Ana,\nBlue lamp, 20.00 USD\n<html><p>Hello  <b>Ana</b></p><td>Blue lamp</td></html>";
        assert_eq!(nearest(mail, "Blue lamp, 25.00 USD").as_deref(), Some("Blue lamp, 20.00 USD"));
        assert_eq!(nearest(mail, "Hello Bea").as_deref(), Some("Hello Ana,"));
        assert_eq!(nearest(mail, "nothing of it").as_deref(), Some("Your cart"));
        assert_eq!(nearest("<br>", "x"), None);
        let long = format!("{} needle {}", "hay ".repeat(100), "hay ".repeat(100));
        let told = nearest(&long, "a needle").unwrap();
        assert!(told.contains("needle") && told.chars().count() <= MOST + 6, "{told}");
    }
}
