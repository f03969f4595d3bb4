//! What a template may be and what rendering a message may take, whatever the template or a customer's data says. A rendering cannot be killed from outside, so
//! it must end by itself: these bounds make it. `engine/docs/templates.md` has them as a table, `threats.md` what they cost and save.

/// The longest source of a part: 256 KiB.
pub const MAX_SOURCE: usize = 256 * 1024;
/// The longest HTML that MJML may make of a source: 1 MiB. One element becomes up to two hundred times its own length.
pub const MAX_HTML: usize = 1024 * 1024;
/// The longest source of a part once its values know their places: each grows by some twenty letters, and each tag by some ten.
pub const MAX_WRITTEN: usize = 4 * MAX_HTML;
/// How deep elements of MJML and HTML may be nested: its parser recurses.
pub const MAX_ELEMENT_DEPTH: usize = 100;
/// The most images of all carousels of a source together: MJML writes styles for each pair.
pub const MAX_CAROUSEL_IMAGES: usize = 24;
/// How deep blocks (`if`, `for`, `capture` and the like) may be nested: parser and rendering recurse.
pub const MAX_DEPTH: usize = 50;
/// How deep brackets behind a variable may be nested: `a[b[c]]` is 2.
pub const MAX_INDEX_DEPTH: usize = 16;
/// The most blanks and line breaks in a row: Liquid's parser looks through the rest of the row at each of them.
pub const MAX_BLANKS: usize = 200;

/// The longest range `(1..n)` that is gone over.
pub const MAX_RANGE: i64 = 10_000;
/// The most rounds that all loops of a message take together.
pub const MAX_ROUNDS: usize = 100_000;
/// The most steps that a message takes: one for each tag, value, filter and looked-up name, two for each round of a loop, and one for every
/// [`BYTES_A_STEP`] that are gone over.
pub const MAX_STEPS: usize = 1_000_000;
/// Bytes of texts and lists that are worth a step.
pub const BYTES_A_STEP: usize = 64;
/// The longest text that a filter or `capture` makes: 256 KiB.
pub const MAX_TEXT: usize = 256 * 1024;
/// The longest list that a filter makes, or that is gone over.
pub const MAX_ITEMS: usize = 10_000;
/// The most memory of one value that a filter or `assign` makes, lists with all that they hold: 1 MiB, or as much as all that the message may show
/// takes, where that is more: a customer's longest list can be sorted. What a command brings is bounded in turn.
pub const MAX_VALUE: usize = 1024 * 1024;
/// How deep lists and objects in a value may be nested. What comes as JSON is nested 128 deep at most.
pub const MAX_VALUE_DEPTH: usize = 200;
/// The most memory of all variables of a part together: 4 MiB, or twice what the message may show.
pub const MAX_KEPT: usize = 4 * 1024 * 1024;
/// The most bytes that one part may become: 256 KiB. A message has three parts at most.
pub const MAX_OUTPUT: usize = 256 * 1024;
