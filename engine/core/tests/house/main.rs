//! How the house is built, proven from its sources: who may import whom inside the core, who may tell kinds apart, how long files and their tests are, and that what the pages name exists.

mod coverage;
mod files;
mod kinds;
mod rooms;
mod sources;
