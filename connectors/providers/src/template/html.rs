//! Where in HTML a value stands. A scanner that reads the HTML from left to right as a mail program does, as far as it matters for what a value there
//! may be: text, an attribute's value, an address, CSS.

use super::place::Place;

/// Attributes that hold an address, or a list of some: those of the HTML Standard (its index of attributes, and those that it calls obsolete), of HTML 4.01,
/// of SVG 2 and XML, and two of old mail programs. A value that begins one of them is looked at for its scheme; no other is.
const ADDRESSES: [&str; 27] = [
    // HTML
    "action",
    "cite",
    "data",
    "formaction",
    "href",
    "imagesrcset",
    "itemid",
    "itemtype",
    "ping",
    "poster",
    "src",
    "srcset",
    // obsolete
    "archive",
    "background",
    "classid",
    "code",
    "codebase",
    "icon",
    "longdesc",
    "manifest",
    "object",
    "profile",
    "usemap",
    // SVG, XML
    "xlink:href",
    "xml:base",
    // mail programs
    "dynsrc",
    "lowsrc",
];

/// Elements whose content is no HTML (the HTML Standard, "Parsing HTML documents"). A program without scripts reads `noscript` as HTML.
const RAW: [&str; 9] =
    ["iframe", "noembed", "noframes", "plaintext", "script", "style", "textarea", "title", "xmp"];

/// Attributes of SVG that become another attribute's value, which may be an address or a script.
const ANIMATED: [&str; 4] = ["by", "from", "to", "values"];

/// Reads HTML piece by piece.
#[derive(Clone, Debug, Default)]
pub(super) struct Scanner {
    state: State,
}

#[derive(Clone, Debug, Default)]
enum State {
    /// Between tags.
    #[default]
    Text,
    /// Behind `<`, with what was read of the tag's name so far.
    Name(String),
    /// In a tag, between attributes.
    Tag { element: String },
    /// In the name of an attribute, or behind it.
    Attribute { element: String, name: String },
    /// Behind the `=` of an attribute.
    Equals { element: String, name: String },
    /// In an attribute's value; without a quote it ends at a blank.
    Value { element: String, name: String, quote: Option<char>, before: Before },
    /// In a comment, with its end so far.
    Comment(String),
    /// In `<!--[if ...]>`, whose content Outlook reads as HTML, and in `<!...>`.
    Directive,
    /// In an element whose content is no HTML, with the last letters read.
    Raw { element: String, tail: String },
}

/// What of an attribute's value stands before a place in it, as far as an address is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// Nothing but blanks.
    Nothing,
    /// Letters that may be those of a scheme.
    Scheme,
    /// `:`, `/`, `?` or `#`: a scheme is over, or there is none.
    Over,
}

impl Before {
    fn then(self, char: char) -> Self {
        match (self, char) {
            (Before::Over, _) | (_, ':' | '/' | '?' | '#') => Before::Over,
            (Before::Nothing, blank) if blank.is_whitespace() => Before::Nothing,
            (Before::Nothing | Before::Scheme, _) => Before::Scheme,
        }
    }
}

/// A name of an element or an attribute is kept up to here: none that matters is longer.
const LONGEST_NAME: usize = 32;

impl Scanner {
    /// Goes on over static HTML.
    pub(super) fn feed(&mut self, html: &str) {
        for char in html.chars() {
            let state = std::mem::take(&mut self.state);
            self.state = step(state, char);
        }
    }

    /// The place of a value that is printed here. Errors: why none may be printed.
    pub(super) fn place(&self) -> Result<Place, &'static str> {
        const QUOTES: &str =
            "inside of a tag a value can stand only between the quotes of an attribute";
        const CSS: &str = "a value cannot stand in CSS, where it could rewrite the page: choose between fixed styles by a branch";
        const SCRIPT: &str = "a value cannot stand in a script";
        const RAW_ONLY: &str = "a value cannot stand in an element whose content is no HTML";
        const OTHERS: &str = "a value cannot stand in what may become an address elsewhere";
        match &self.state {
            State::Text | State::Comment(_) | State::Directive => Ok(Place::Text),
            State::Raw { element, .. } => match element.as_str() {
                "title" | "textarea" => Ok(Place::Text),
                "style" => Err(CSS),
                "script" => Err(SCRIPT),
                _ => Err(RAW_ONLY),
            },
            State::Value { quote: None, .. }
            | State::Name(_)
            | State::Tag { .. }
            | State::Attribute { .. }
            | State::Equals { .. } => Err(QUOTES),
            State::Value { name, .. } if name == "style" => Err(CSS),
            State::Value { name, .. } if name.starts_with("on") || name == "srcdoc" => Err(SCRIPT),
            // `<meta http-equiv="refresh" content="0; url=...">`, and animations of an address.
            State::Value { element, name, .. }
                if element == "meta" && name == "content" || ANIMATED.contains(&name.as_str()) =>
            {
                Err(OTHERS)
            }
            State::Value { name, before, .. } if ADDRESSES.contains(&name.as_str()) => {
                Ok(match before {
                    Before::Nothing => Place::Url,
                    Before::Scheme => Place::UrlRest,
                    Before::Over => Place::Attribute,
                })
            }
            State::Value { .. } => Ok(Place::Attribute),
        }
    }

    /// A value was printed here; nobody knows which. A letter stands for it: an address has begun, its scheme may not be over.
    pub(super) fn value(&mut self) {
        if let State::Value { before, .. } = &mut self.state {
            *before = before.then('x');
        }
    }
}

fn step(state: State, char: char) -> State {
    match state {
        State::Text => {
            if char == '<' {
                State::Name(String::new())
            } else {
                State::Text
            }
        }
        State::Name(name) => in_name(name, char),
        State::Tag { element } => in_tag(element, char),
        State::Attribute { element, name } => match char {
            '=' => State::Equals { element, name },
            '>' => inside(element),
            '/' => State::Tag { element },
            blank if blank.is_whitespace() => State::Attribute { element, name: longer(name, ' ') },
            // A letter behind a blank: the attribute had no value, another begins.
            letter if name.ends_with(' ') => in_tag(element, letter),
            letter => State::Attribute { element, name: longer(name, letter) },
        },
        State::Equals { element, name } => {
            let name = name.trim_end().to_owned();
            let value = |quote, before| State::Value { element, name, quote, before };
            match char {
                '"' | '\'' => value(Some(char), Before::Nothing),
                '>' => State::Text,
                blank if blank.is_whitespace() => value_later(value(None, Before::Nothing)),
                letter => value(None, Before::Nothing.then(letter)),
            }
        }
        State::Value { element, name, quote, before } => {
            let ends = quote.map_or(char.is_whitespace(), |quote| char == quote);
            if ends {
                State::Tag { element }
            } else if quote.is_none() && char == '>' {
                inside(element)
            } else {
                State::Value { element, name, quote, before: before.then(char) }
            }
        }
        State::Comment(tail) => in_comment(tail, char),
        State::Directive => {
            if char == '>' {
                State::Text
            } else {
                State::Directive
            }
        }
        State::Raw { element, mut tail } => {
            tail.push_str(&lower(char));
            let end = format!("</{element}");
            if tail.ends_with(&end) {
                return State::Tag { element: format!("/{element}") };
            }
            let longer = tail.chars().count().saturating_sub(end.len());
            State::Raw { element, tail: tail.chars().skip(longer).collect() }
        }
    }
}

/// A blank behind `=` changes nothing.
fn value_later(state: State) -> State {
    match state {
        State::Value { element, name, .. } => State::Equals { element, name },
        other => other,
    }
}

fn in_name(name: String, char: char) -> State {
    match char {
        '>' if name.is_empty() => State::Text,
        '>' if name.starts_with('!') => State::Text,
        '>' => inside(name),
        '/' if !name.is_empty() => State::Tag { element: name },
        blank if blank.is_whitespace() && name.is_empty() => State::Text,
        blank if blank.is_whitespace() && !name.starts_with('!') => State::Tag { element: name },
        '-' if name == "!-" => State::Comment(String::new()),
        char if name.is_empty() && !(char.is_ascii_alphabetic() || matches!(char, '/' | '!')) => {
            // `<` that begins no tag is text: `1 < 2`.
            step(State::Text, char)
        }
        char if name.starts_with('!') && !"!--".starts_with(&format!("{name}{char}")) => {
            State::Directive
        }
        char => State::Name(longer(name, char)),
    }
}

fn in_tag(element: String, char: char) -> State {
    match char {
        '>' => inside(element),
        '/' => State::Tag { element },
        blank if blank.is_whitespace() => State::Tag { element },
        letter => State::Attribute { element, name: lower(letter) },
    }
}

fn in_comment(mut tail: String, char: char) -> State {
    tail.push(char);
    if tail == "[if" {
        return State::Directive;
    }
    if tail == ">" || tail == "->" || tail.ends_with("-->") {
        return State::Text;
    }
    if tail.len() > 8 {
        // Only its end matters from here on; a letter keeps it from looking like its beginning.
        let end: String = tail.chars().rev().take(3).collect();
        tail = std::iter::once('x').chain(end.chars().rev()).collect();
    }
    State::Comment(tail)
}

/// Behind the `>` of a tag.
fn inside(element: String) -> State {
    match element.as_str() {
        raw if RAW.contains(&raw) => State::Raw { element, tail: String::new() },
        _ => State::Text,
    }
}

/// A name with one more letter, in lower case.
fn longer(mut name: String, char: char) -> String {
    // A blank at the end says that the name is over.
    if name.len() < LONGEST_NAME || (char == ' ' && !name.ends_with(' ')) {
        name.push(char.to_ascii_lowercase());
    }
    name
}

fn lower(char: char) -> String {
    char.to_ascii_lowercase().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The place at `@`, or the first word of why there is none.
    fn place(html: &str) -> Result<Place, &'static str> {
        let (before, _) = html.split_once('@').expect("an @");
        let mut scanner = Scanner::default();
        scanner.feed(before);
        scanner.place()
    }

    #[test]
    fn places_are_told_apart() {
        for (html, expected) in [
            ("@", Place::Text),
            ("<p>@</p>", Place::Text),
            ("1 < 2 @", Place::Text),
            ("a <3 @", Place::Text),
            ("<img alt=\"@\">", Place::Attribute),
            ("<img alt='it\"@'>", Place::Attribute),
            ("<a title=\"href=@\">", Place::Attribute),
            ("<a href=\"@\">", Place::Url),
            ("<A HREF = ' @'>", Place::Url),
            ("<a disabled href=\"@\">", Place::Url),
            ("<img src=\"@\"/>", Place::Url),
            ("<v:roundrect href=\"@\">", Place::Url),
            ("<a href=\"https://shop.example/@\">", Place::Attribute),
            ("<a href=\"/@\">", Place::Attribute),
            ("<a href=\"java@\">", Place::UrlRest),
            ("<br/>@", Place::Text),
            ("<br>@<p>", Place::Text),
            ("<title>@</title>", Place::Text),
            ("<title>a</title><a href=\"@", Place::Url),
            ("<style>a{}</style>@", Place::Text),
            ("<!-- it's -->@", Place::Text),
            ("<!-- <a href=\"@ -->", Place::Text),
            ("<!--[if mso]><a href=\"@\"><![endif]-->", Place::Url),
            ("<!--[if !mso]><!--><a href=\"@\"><!--<![endif]-->", Place::Url),
            ("<!--[if mso]>x<![endif]--><img alt=\"@\">", Place::Attribute),
            ("<!doctype html><p title=\"@\">", Place::Attribute),
            ("</p >@", Place::Text),
            ("<a href=x >@", Place::Text),
        ] {
            assert_eq!(place(html), Ok(expected), "{html}");
        }
    }

    #[test]
    fn every_attribute_that_holds_an_address_is_looked_at() {
        for name in ADDRESSES {
            assert_eq!(place(&format!("<x {name}=\"@\">")), Ok(Place::Url), "{name}");
        }
        let once: std::collections::BTreeSet<_> = ADDRESSES.iter().collect();
        assert_eq!((once.len(), ADDRESSES.len()), (27, 27));
    }

    #[test]
    fn some_places_are_refused() {
        for (html, why) in [
            ("<style>a { color: @ }", "CSS"),
            ("<p style=\"color: @\">", "CSS"),
            ("<STYLE type=\"text/css\">@", "CSS"),
            ("<script>@", "script"),
            ("<a onclick=\"@\">", "script"),
            ("<iframe srcdoc=\"@\">", "script"),
            ("<iframe>@", "no HTML"),
            ("<xmp><p>@", "no HTML"),
            ("<meta content=\"0;url=@\">", "become"),
            ("<animate attributeName=\"href\" values=\"@\">", "become"),
            ("<set to='@'>", "become"),
            ("<@", "quotes"),
            ("<a @>", "quotes"),
            ("<a href=@>", "quotes"),
            ("<a href=x@>", "quotes"),
            ("<a @=\"x\">", "quotes"),
        ] {
            let refused = place(html).expect_err(html);
            assert!(refused.contains(why), "{html}: {refused}");
        }
    }

    #[test]
    fn a_value_at_the_beginning_leaves_the_scheme_open() {
        let mut scanner = Scanner::default();
        scanner.feed("<a href=\"");
        assert_eq!(scanner.place(), Ok(Place::Url));
        scanner.value();
        assert_eq!(scanner.place(), Ok(Place::UrlRest));
        scanner.feed("/");
        assert_eq!(scanner.place(), Ok(Place::Attribute));
        scanner.feed("\">");
        assert_eq!(scanner.place(), Ok(Place::Text));
    }
}
