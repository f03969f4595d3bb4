//! Past events that are read in for facts (`cartwheel facts backfill`): [`facts`] which, [`files`] the lines of a history, [`select`] the events among them that
//! count, [`record`] how they are numbered, [`seen`] which were written before, [`mod@write`] to the partitions of their customers.

pub mod facts;
pub mod files;
pub mod record;
pub mod seen;
pub mod select;
pub mod write;
