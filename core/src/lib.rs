//! The judge of plain lines, compiled: a raw line of EventLogging to a finished event.
//!
//! A plain line is one of a dialect's client format that breaks no limit and fits its schema, as
//! nearly all do. [`judge::Judge`] makes its event, byte for byte the one that elfaust's own judge
//! makes. Of any other line it says nothing: Python reads it from its beginning, and says what is
//! wrong with it. So the core may be narrower than Python's judge, never wider.
//!
//! [`line`](mod@line) parts a line into its fields, [`percent`] decodes its query, [`reader`] makes
//! its JSON a tape of nodes over its bytes ([`doc`]), [`capsule`] finds what an event needs in that,
//! [`view`] shows the tape to the `jsonschema` crate and [`writer`] writes it again. [`moment`],
//! [`mod@uuid`] and [`agents`] make what an event has beside its JSON.
//!
//! All that is kept is bounded: scratch by the longest line, user agents by their number.

#![deny(unsafe_code, missing_docs)]

pub mod agents;
pub mod capsule;
pub mod dialect;
pub mod doc;
pub mod judge;
pub mod line;
pub mod moment;
pub mod percent;
pub mod plan;
pub mod reader;
pub mod uuid;
pub mod view;
pub mod writer;

#[cfg(feature = "python")]
mod panics;
#[cfg(feature = "python")]
mod python;
