//! Reads journey files into a [`Plan`], or says with line, caret and remedy what is wrong.

use super::plan::Plan;
use crate::policy::Policy;

/// A file as given to the loader.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its path, for messages only.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Something wrong in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The file.
    pub path: String,
    /// Byte range in the file's text.
    pub span: std::ops::Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// Compiles journeys under a policy; all problems of all files at once.
pub fn load(policy: &Policy, journeys: &[Source]) -> Result<Plan, Vec<Problem>> {
    let _ = (policy, journeys);
    Err(Vec::new())
}
