//! Text to a tree, by the precedence of CEL: `?:`, then `||`, `&&`, comparisons and `in`, `+ -`, `* / %`, `! -`, dots.

use cartwheel_core::time::{Millis, Span};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A tree.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Span(Millis),
    /// `a.b.c`.
    Path(Vec<String>),
    List(Vec<Tree>),
    Not(Box<Tree>),
    Minus(Box<Tree>),
    /// The operator as it is written.
    Two(String, Box<Tree>, Box<Tree>),
    Choose(Box<Tree>, Box<Tree>, Box<Tree>),
    /// `x.f(a)` is `f(x, a)`, `x[a]` is `[](x, a)`, `x[a].b` is `.([](x, a), "b")`.
    Call(String, Vec<Tree>),
}

impl Tree {
    /// The durations in it.
    pub fn spans(&self) -> Vec<Millis> {
        match self {
            Tree::Span(span) => vec![*span],
            Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::Path(_) => {
                Vec::new()
            }
            Tree::Not(inner) | Tree::Minus(inner) => inner.spans(),
            Tree::Two(_, left, right) => [left.spans(), right.spans()].concat(),
            Tree::Choose(test, yes, no) => [test.spans(), yes.spans(), no.spans()].concat(),
            Tree::List(all) | Tree::Call(_, all) => all.iter().flat_map(Tree::spans).collect(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Number(String),
    Text(String),
    Sign(String),
}

thread_local! {
    /// The trees of the texts that have been asked for.
    static KNOWN: RefCell<BTreeMap<String, Option<Rc<Tree>>>> = const { RefCell::new(BTreeMap::new()) };
}
/// Texts that are remembered.
const REMEMBERED: usize = 1_000;

/// The tree of a text; none for what is no condition. Texts come again and again: each is parsed once.
pub fn parse(text: &str) -> Option<Rc<Tree>> {
    KNOWN.with_borrow_mut(|known| {
        if let Some(tree) = known.get(text) {
            return tree.clone();
        }
        if known.len() == REMEMBERED {
            known.clear();
        }
        let tree = parse_anew(text).map(Rc::new);
        known.insert(text.to_owned(), tree.clone());
        tree
    })
}

fn parse_anew(text: &str) -> Option<Tree> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0 };
    let tree = parser.choice()?;
    (parser.at == parser.tokens.len()).then_some(tree)
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let letters: Vec<char> = text.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    let run = |from: usize, keep: &dyn Fn(char) -> bool| {
        letters[from..].iter().take_while(|letter| keep(**letter)).collect::<String>()
    };
    while let Some(&letter) = letters.get(at) {
        let next = letters.get(at + 1).copied();
        if letter.is_whitespace() {
            at += 1;
        } else if letter.is_ascii_digit() {
            let word = run(at, &|letter| letter.is_ascii_alphanumeric() || letter == '.');
            at += word.chars().count();
            tokens.push(Token::Number(word));
        } else if letter.is_ascii_alphabetic() || letter == '_' {
            let word = run(at, &|letter| letter.is_ascii_alphanumeric() || letter == '_');
            at += word.chars().count();
            tokens.push(Token::Word(word));
        } else if letter == '"' || letter == '\'' {
            let mut inside = String::new();
            at += 1;
            while *letters.get(at)? != letter {
                at += usize::from(letters[at] == '\\');
                inside.push(*letters.get(at)?);
                at += 1;
            }
            at += 1;
            tokens.push(Token::Text(inside));
        } else {
            let two: String = [Some(letter), next].into_iter().flatten().collect();
            let long = ["==", "!=", "<=", ">=", "&&", "||"].contains(&two.as_str());
            at += if long { 2 } else { 1 };
            tokens.push(Token::Sign(if long { two } else { letter.into() }));
        }
    }
    Some(tokens)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn take(&mut self, signs: &[&str]) -> Option<String> {
        let sign = match self.tokens.get(self.at)? {
            Token::Sign(sign) => sign.clone(),
            Token::Word(word) if word == "in" => word.clone(),
            Token::Word(_) | Token::Number(_) | Token::Text(_) => return None,
        };
        signs.contains(&sign.as_str()).then(|| {
            self.at += 1;
            sign
        })
    }

    fn choice(&mut self) -> Option<Tree> {
        let test = self.two(0)?;
        if self.take(&["?"]).is_none() {
            return Some(test);
        }
        let yes = self.two(0)?;
        self.take(&[":"])?;
        let no = self.choice()?;
        Some(Tree::Choose(Box::new(test), Box::new(yes), Box::new(no)))
    }

    fn two(&mut self, level: usize) -> Option<Tree> {
        const LEVELS: [&[&str]; 5] = [
            &["||"],
            &["&&"],
            &["==", "!=", "<", "<=", ">", ">=", "in"],
            &["+", "-"],
            &["*", "/", "%"],
        ];
        let Some(signs) = LEVELS.get(level) else { return self.one() };
        let mut left = self.two(level + 1)?;
        while let Some(sign) = self.take(signs) {
            let right = self.two(level + 1)?;
            left = Tree::Two(sign, Box::new(left), Box::new(right));
        }
        Some(left)
    }

    fn one(&mut self) -> Option<Tree> {
        if self.take(&["!"]).is_some() {
            return Some(Tree::Not(Box::new(self.one()?)));
        }
        if self.take(&["-"]).is_some() {
            return Some(Tree::Minus(Box::new(self.one()?)));
        }
        let mut tree = self.first()?;
        while let Some(sign) = self.take(&[".", "["]) {
            if sign == "[" {
                let key = self.choice()?;
                self.take(&["]"])?;
                tree = Tree::Call("[]".into(), vec![tree, key]);
                continue;
            }
            let Token::Word(name) = self.tokens.get(self.at)?.clone() else { return None };
            self.at += 1;
            tree = match (self.take(&["("]), tree) {
                (Some(_), tree) => {
                    let mut of = vec![tree];
                    of.extend(self.rest(")")?);
                    Tree::Call(name, of)
                }
                (None, Tree::Path(mut path)) => {
                    path.push(name);
                    Tree::Path(path)
                }
                (None, product @ Tree::Call(..)) => {
                    Tree::Call(".".into(), vec![product, Tree::Text(name)])
                }
                (None, _) => return None,
            };
        }
        Some(tree)
    }

    fn first(&mut self) -> Option<Tree> {
        let token = self.tokens.get(self.at)?.clone();
        self.at += 1;
        match token {
            Token::Text(text) => Some(Tree::Text(text)),
            Token::Number(number) => match number.parse() {
                Ok(number) => Some(Tree::Number(number)),
                Err(_) => Span::parse(&number).ok().map(|span| Tree::Span(span.millis())),
            },
            Token::Sign(sign) if sign == "(" => {
                let inner = self.choice()?;
                self.take(&[")"])?;
                Some(inner)
            }
            Token::Sign(sign) if sign == "[" => self.rest("]").map(Tree::List),
            Token::Sign(_) => None,
            Token::Word(word) if word == "true" => Some(Tree::Bool(true)),
            Token::Word(word) if word == "false" => Some(Tree::Bool(false)),
            Token::Word(word) if word == "null" => Some(Tree::Null),
            Token::Word(word) => match self.take(&["("]) {
                Some(_) => self.rest(")").map(|of| Tree::Call(word, of)),
                None => Some(Tree::Path(vec![word])),
            },
        }
    }

    /// What is separated by commas, up to the bracket.
    fn rest(&mut self, end: &str) -> Option<Vec<Tree>> {
        let mut all = Vec::new();
        if self.take(&[end]).is_some() {
            return Some(all);
        }
        loop {
            all.push(self.choice()?);
            if self.take(&[end]).is_some() {
                return Some(all);
            }
            self.take(&[","])?;
        }
    }
}
