//! What judges the lines of a schema revision.

use jsonschema::{Draft, PatternOptions, Validator};

use crate::doc::{Doc, Kind, Value};
use crate::view::{Seen, Tape};

/// Steps back that a pattern may take on one text (patterns.py, MAX_BACKTRACKS).
const MAX_BACKTRACKS: usize = 100_000;
/// Bytes of a character.
const LONGEST_UTF8: usize = 4;

/// A schema of a draft, as JSON.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The draft: `04`, `06`, `07`, `2019-09` or `2020-12`.
    pub draft: &'a str,
    /// The schema.
    pub schema: &'a str,
}

/// The validators of a schema revision, and what its events are called.
pub struct Plan<T> {
    /// What [`Judge::judge`](crate::judge::Judge::judge) returns of a line that fits.
    pub tag: T,
    capsule: Validator<Tape>,
    event: Option<Validator<Tape>>,
    storable: usize,
}

impl<T> Plan<T> {
    /// Compile the schema of capsules without the line's own fields, and that of the event where it
    /// is apart from it. A value of up to `storable` bytes of JSON is at fault in no store.
    ///
    /// # Errors
    ///
    /// Why there is no validator for a schema.
    pub fn new(
        tag: T,
        capsule: Source<'_>,
        event: Option<Source<'_>>,
        storable: usize,
    ) -> Result<Self, String> {
        let event = event.map(compiled).transpose()?;
        Ok(Plan { tag, capsule: compiled(capsule)?, event, storable })
    }

    /// Tell whether a capsule, whose `event` is a member of it, fits its schema.
    pub fn fits(&self, doc: &Doc, capsule: Value, event: Value) -> bool {
        self.capsule.is_valid(Seen::Value(doc, capsule))
            && self.event.as_ref().is_none_or(|schema| schema.is_valid(Seen::Value(doc, event)))
    }

    /// Tell whether every store holds an event whose capsule has `size` bytes of JSON; false also
    /// where Python has to look (storable.py, `_is_short`).
    pub fn is_storable(&self, doc: &Doc, event: Value, size: usize) -> bool {
        let is_short = |value: Value| match value.kind {
            Kind::Array | Kind::Object => false,
            _ => !value.is_text() || value.len() <= self.storable / LONGEST_UTF8,
        };
        size <= self.storable || doc.members(event).iter().all(|member| is_short(member.value))
    }
}

fn compiled(source: Source<'_>) -> Result<Validator<Tape>, String> {
    let schema = serde_json::from_str(source.schema).map_err(|error| error.to_string())?;
    let draft = match source.draft {
        "04" => Draft::Draft4,
        "06" => Draft::Draft6,
        "07" => Draft::Draft7,
        "2019-09" => Draft::Draft201909,
        "2020-12" => Draft::Draft202012,
        other => return Err(format!("no draft {other}")),
    };
    jsonschema::options_for::<Tape>()
        .with_draft(draft)
        .should_validate_formats(false)
        .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(MAX_BACKTRACKS))
        .offline()
        .build(&schema)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(schema: &str) -> Source<'_> {
        Source { draft: "04", schema }
    }

    fn read(text: &str) -> (Doc, Value) {
        let mut doc = Doc::default();
        let fill = |data: &mut Vec<u8>| {
            data.extend_from_slice(text.as_bytes());
            true
        };
        let value = doc.read(1000, fill).unwrap();
        (doc, value)
    }

    #[test]
    fn both_schemas_have_to_fit() {
        let plan = Plan::new(
            (),
            source(r#"{"required":["event"]}"#),
            Some(Source { draft: "2020-12", schema: r#"{"required":["a"]}"# }),
            0,
        )
        .unwrap();
        for (text, fits) in [(r#"{"event":{"a":1}}"#, true), (r#"{"event":{}}"#, false)] {
            let (doc, capsule) = read(text);
            assert_eq!(plan.fits(&doc, capsule, doc.members(capsule)[0].value), fits);
        }
    }

    #[test]
    fn what_cannot_be_compiled() {
        assert!(Plan::new((), source("{"), None, 0).is_err());
        assert!(Plan::new((), source(r#"{"type":"any"}"#), None, 0).is_err());
        assert!(Plan::new((), source(r#"{"$ref":"http://x/y"}"#), None, 0).is_err());
        let of_no_draft = Source { draft: "03", schema: "{}" };
        assert!(Plan::new((), of_no_draft, None, 0).is_err());
    }

    #[test]
    fn events_of_short_values_are_storable_whatever_their_number() {
        let plan = Plan::new((), source("{}"), None, 40).unwrap();
        for (text, size, is_storable) in [
            (r#"{"a":[1]}"#, 40, true),
            (r#"{"a":"0123456789","b":1}"#, 41, true),
            (r#"{"a":"01234567890"}"#, 41, false),
            (r#"{"a":[]}"#, 41, false),
            (r#"{"a":{}}"#, 41, false),
        ] {
            let (doc, event) = read(text);
            assert_eq!(plan.is_storable(&doc, event, size), is_storable, "{text}");
        }
    }
}
