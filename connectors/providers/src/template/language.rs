//! The Liquid dialect: the standard tags without includes, each counted, and the filters of `filters/`.

use super::branches::Branches;
use super::capture::Capture;
use super::comment::Comment;
use super::counted::{CountedBlock, CountedTag};
use super::error::Part;
use super::filters;
use super::loops::Loop;
use super::print::{AT, Compiled, KEEP, PRINT};
use liquid_core::error::Error;
use liquid_core::parser::{self, ParseBlock, ParseTag, TagReflection};
use liquid_core::{Language, Renderable, Result, TagTokenIter, Template};
use liquid_lib::stdlib;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What an author may write in a part.
pub(super) fn authors(part: Part) -> Language {
    let mut language = Language::empty();
    filters::register(&mut language, part);
    let tags: [Box<dyn ParseTag>; 5] = [
        stdlib::AssignTag.into(),
        stdlib::BreakTag.into(),
        stdlib::ContinueTag.into(),
        stdlib::IncrementTag.into(),
        stdlib::DecrementTag.into(),
    ];
    for tag in tags {
        let name = tag.reflection().tag().to_owned();
        language.tags.register(name, Box::new(CountedTag(tag)));
    }
    for refused in REFUSED {
        language.tags.register(refused.0.to_owned(), Box::new(refused));
    }
    let blocks: [Box<dyn ParseBlock>; 9] = [
        Branches::If.into(),
        Branches::Unless.into(),
        stdlib::CaseBlock.into(),
        Capture::Changed.into(),
        Capture::Named.into(),
        Loop::For.into(),
        Loop::Row.into(),
        stdlib::RawBlock.into(),
        Comment.into(),
    ];
    for block in blocks {
        let name = block.reflection().start_tag().to_owned();
        language.blocks.register(name, Box::new(CountedBlock(block)));
    }
    language
}

/// The language of what [`super::rewrite`] writes: the authors', and the tags that it puts in.
pub(super) fn compiled(authors: &Language) -> Language {
    let mut language = authors.clone();
    for name in [PRINT, KEEP, AT] {
        language.tags.register(name.to_owned(), Box::new(Compiled(name)));
    }
    language
}

/// Parses a source that [`check`](super::source::check) has passed. The parser panics at a number with too many digits; that is an error like another.
pub(super) fn parse(source: &str, language: &Language) -> Result<Template> {
    let parsed = catch_unwind(AssertUnwindSafe(|| parser::parse(source, language)));
    parsed
        .unwrap_or_else(|_| Err(Error::with_msg("cannot be parsed: is a number too long?")))
        .map(Template::new)
}

/// A tag that is refused, and why.
#[derive(Clone, Copy)]
struct Refused(&'static str, &'static str);

const REFUSED: [Refused; 3] = [
    Refused("include", "templates cannot include others"),
    Refused("render", "templates cannot include others"),
    Refused("cycle", "cycle prints without escaping: use a branch on forloop.index"),
];

impl TagReflection for Refused {
    fn tag(&self) -> &str {
        self.0
    }

    fn description(&self) -> &str {
        self.1
    }
}

impl ParseTag for Refused {
    fn parse(
        &self,
        _arguments: TagTokenIter<'_>,
        _options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        Err(Error::with_msg(self.1))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self
    }
}
