//! One JSON document as a tape: nodes that say where in its bytes they stand.

use std::mem::take;

use crate::reader::Reader;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true`
    True,
    /// `false`
    False,
    /// A number without fraction and exponent.
    Int,
    /// Any other number.
    Float,
    /// A text without escapes.
    Text,
    /// A text that had escapes.
    Escaped,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// A value, by where it stands: of a text or number the bytes, of an array or object the members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// What it is.
    pub kind: Kind,
    pub(crate) from: u32,
    pub(crate) to: u32,
}

impl Value {
    pub(crate) const NONE: Self = Value { kind: Kind::Null, from: 0, to: 0 };

    /// Whether it is a text.
    pub fn is_text(self) -> bool {
        matches!(self.kind, Kind::Text | Kind::Escaped)
    }

    /// Whether it is a number.
    pub fn is_number(self) -> bool {
        matches!(self.kind, Kind::Int | Kind::Float)
    }

    /// The bytes of a text or number, the members of an object or array.
    pub fn len(self) -> usize {
        (self.to - self.from) as usize
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.from == self.to
    }
}

/// A member of an object, or with an empty key an item of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name, a text.
    pub key: Value,
    /// Its value.
    pub value: Value,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// A document; its memory serves the next one.
#[derive(Default)]
pub struct Doc {
    data: String,
    /// The texts that had escapes, without them.
    unescaped: String,
    members: Vec<Member>,
    /// Members of what is not closed yet.
    open: Vec<Member>,
    is_canonical: bool,
}

impl Doc {
    /// Read what `fill` puts into an empty buffer, or returns false about: JSON of up to `max_keys`
    /// keys and array items.
    ///
    /// Returns the value, `None` where Python decides.
    pub fn read(
        &mut self,
        max_keys: usize,
        fill: impl FnOnce(&mut Vec<u8>) -> bool,
    ) -> Option<Value> {
        let mut data = take(&mut self.data).into_bytes();
        data.clear();
        let is_filled = fill(&mut data);
        self.data = String::from_utf8(data).ok()?;
        if !is_filled || u32::try_from(self.data.len()).is_err() {
            return None;
        }
        self.unescaped.clear();
        self.members.clear();
        self.open.clear();
        let Doc { data, unescaped, members, open, .. } = self;
        let mut reader = Reader::new(data, max_keys, unescaped, members, open);
        let value = reader.document();
        self.is_canonical = reader.is_canonical;
        value
    }

    /// Whether the bytes are what orjson writes for the value.
    pub fn is_canonical(&self) -> bool {
        self.is_canonical
    }

    /// The text of a text, the digits of a number.
    pub fn text(&self, value: Value) -> &str {
        text_of(&self.data, &self.unescaped, value)
    }

    /// A number as a double.
    pub fn float(&self, value: Value) -> f64 {
        // Whatever was read as a number is one.
        self.text(value).parse().unwrap_or(f64::NAN)
    }

    /// The members of an object or array.
    pub fn members(&self, value: Value) -> &[Member] {
        &self.members[value.from as usize..value.to as usize]
    }

    /// A member's bytes, key and value, as they were read.
    pub fn source(&self, member: &Member) -> &str {
        &self.data[member.start as usize..member.end as usize]
    }

    /// Return an object with those members alone of which `keep`, asked in their order, is true.
    pub fn retain(
        &mut self,
        object: Value,
        mut keep: impl FnMut(&str, Value, &Self) -> bool,
    ) -> Value {
        let mut to = object.from;
        for at in object.from..object.to {
            let member = self.members[at as usize];
            if keep(self.text(member.key), member.value, self) {
                self.members[to as usize] = member;
                to += 1;
            }
        }
        Value { to, ..object }
    }
}

/// The text of a text, the digits of a number.
pub(crate) fn text_of<'a>(data: &'a str, unescaped: &'a str, value: Value) -> &'a str {
    let from = if value.kind == Kind::Escaped { unescaped } else { data };
    &from[value.from as usize..value.to as usize]
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn read(text: &str) -> (Doc, Option<Value>) {
        let mut doc = Doc::default();
        let value = doc.read(1000, |data| {
            data.extend_from_slice(text.as_bytes());
            true
        });
        (doc, value)
    }

    #[test]
    fn what_is_no_utf8_and_what_could_not_be_filled() {
        let mut doc = Doc::default();
        let filled = |bytes: &'static [u8], is_filled| {
            move |data: &mut Vec<u8>| {
                data.extend_from_slice(bytes);
                is_filled
            }
        };
        assert_eq!(doc.read(1000, filled(b"\"\xff\"", true)), None);
        assert_eq!(doc.read(1000, filled(b"1", false)), None);
        assert!(doc.read(1000, filled(b"1", true)).is_some());
    }

    #[test]
    fn members_are_left_out_in_their_order() {
        let (mut doc, value) = read(r#"{"a":1,"b":2,"c":3,"d":4}"#);
        let fewer = doc.retain(value.unwrap(), |key, _, _| key != "a" && key != "c");
        let keys: Vec<_> =
            doc.members(fewer).iter().map(|member| doc.text(member.key).to_owned()).collect();
        assert_eq!(keys, ["b", "d"]);
    }
}
