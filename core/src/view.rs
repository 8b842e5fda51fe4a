//! The tape as the `jsonschema` crate looks at it.

use std::borrow::Cow;
use std::slice;

use jsonschema::JsonType;
use jsonschema::json::{Array, Json, JsonNumber, Node, NodeIdentity, Object};
use serde_json::Value as Json_;

use crate::doc::{Doc, Kind, Member, Value};

/// The representation: values of a [`Doc`].
pub struct Tape;

/// A value of a document, or the name of a property by itself.
#[derive(Clone, Copy)]
pub enum Seen<'a> {
    /// A value.
    Value(&'a Doc, Value),
    /// A name.
    Name(&'a str),
}

/// A number of a document.
pub struct Number<'a>(&'a Doc, Value);

/// The members of an object, or the items of an array.
#[derive(Clone, Copy)]
pub struct Members<'a>(&'a Doc, &'a [Member]);

/// Goes over the members of an object.
pub struct Named<'a>(&'a Doc, slice::Iter<'a, Member>);

/// Goes over the items of an array.
pub struct Items<'a>(&'a Doc, slice::Iter<'a, Member>);

impl Json for Tape {
    type Node<'a> = Seen<'a>;
    type PreparedKey = String;
    type StringBuffer = String;

    const ACYCLIC: bool = true;
    // Measured on the recorded lines.
    const KEYS_PER_LOOKUP: usize = 2;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>(buffer: &mut String, string: &str, f: impl FnOnce(Seen<'_>) -> T) -> T {
        buffer.clear();
        buffer.push_str(string);
        f(Seen::Name(buffer))
    }
}

impl JsonNumber for Number<'_> {
    fn as_u64(&self) -> Option<u64> {
        if self.1.kind == Kind::Int { self.0.text(self.1).parse().ok() } else { None }
    }

    fn as_i64(&self) -> Option<i64> {
        if self.1.kind == Kind::Int { self.0.text(self.1).parse().ok() } else { None }
    }

    fn as_f64(&self) -> Option<f64> {
        Some(self.0.float(self.1))
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.0.text(self.1))
    }

    fn to_number(&self) -> Cow<'_, serde_json::Number> {
        Cow::Owned(number_of(self.0, self.1))
    }

    fn is_integer(&self) -> bool {
        self.1.kind == Kind::Int || self.0.float(self.1).fract() == 0.0
    }

    fn is_written_as_integer(&self) -> bool {
        self.1.kind == Kind::Int
    }
}

impl<'a> Node<'a, Tape> for Seen<'a> {
    type Object = Members<'a>;
    type Array = Members<'a>;
    type Number = Number<'a>;

    fn as_object(&self) -> Option<Members<'a>> {
        self.members(Kind::Object)
    }

    fn as_array(&self) -> Option<Members<'a>> {
        self.members(Kind::Array)
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        match *self {
            Seen::Value(doc, value) if value.is_text() => Some(Cow::Borrowed(doc.text(value))),
            Seen::Name(name) => Some(Cow::Borrowed(name)),
            Seen::Value(..) => None,
        }
    }

    fn as_number(&self) -> Option<Number<'a>> {
        match *self {
            Seen::Value(doc, value) if value.is_number() => Some(Number(doc, value)),
            _ => None,
        }
    }

    fn as_boolean(&self) -> Option<bool> {
        match self.kind() {
            Kind::True => Some(true),
            Kind::False => Some(false),
            _ => None,
        }
    }

    fn is_null(&self) -> bool {
        self.kind() == Kind::Null
    }

    fn json_type(&self) -> JsonType {
        match self.kind() {
            Kind::Null => JsonType::Null,
            Kind::True | Kind::False => JsonType::Boolean,
            Kind::Int | Kind::Float => JsonType::Number,
            Kind::Text | Kind::Escaped => JsonType::String,
            Kind::Array => JsonType::Array,
            Kind::Object => JsonType::Object,
        }
    }

    fn equals_value(&self, expected: &Json_) -> bool {
        match (self.as_string(), expected) {
            (Some(text), Json_::String(expected)) => *text == **expected,
            (Some(_), _) | (None, Json_::String(_)) => false,
            _ => jsonschema::json::cmp::equal(&self.to_value(), expected),
        }
    }

    fn to_value(&self) -> Cow<'a, Json_> {
        Cow::Owned(match *self {
            Seen::Value(doc, value) => value_of(doc, value),
            Seen::Name(name) => Json_::String(name.to_owned()),
        })
    }

    fn identity(&self) -> Option<NodeIdentity> {
        // The recursion of a schema is bounded by the depth of a document.
        None
    }
}

impl<'a> Seen<'a> {
    fn kind(self) -> Kind {
        match self {
            Seen::Value(_, value) => value.kind,
            Seen::Name(_) => Kind::Text,
        }
    }

    fn members(self, kind: Kind) -> Option<Members<'a>> {
        match self {
            Seen::Value(doc, value) if value.kind == kind => Some(Members(doc, doc.members(value))),
            _ => None,
        }
    }
}

impl<'a> Object<'a, Tape> for Members<'a> {
    type Node = Seen<'a>;
    type MemberName = &'a str;
    type MembersIter = Named<'a>;

    fn len(&self) -> usize {
        self.1.len()
    }

    fn get(&self, key: &String) -> Option<Seen<'a>> {
        let Members(doc, members) = *self;
        members
            .iter()
            .find(|member| member.key.len() == key.len() && doc.text(member.key) == key)
            .map(|member| Seen::Value(doc, member.value))
    }

    fn members(&self) -> Named<'a> {
        Named(self.0, self.1.iter())
    }
}

impl<'a> Array<'a, Tape> for Members<'a> {
    type Node = Seen<'a>;
    type ElementsIter = Items<'a>;

    fn len(&self) -> usize {
        self.1.len()
    }

    fn elements(&self) -> Items<'a> {
        Items(self.0, self.1.iter())
    }
}

impl<'a> Iterator for Named<'a> {
    type Item = (&'a str, Seen<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let doc = self.0;
        self.1.next().map(|member| (doc.text(member.key), Seen::Value(doc, member.value)))
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Seen<'a>;

    fn next(&mut self) -> Option<Seen<'a>> {
        let doc = self.0;
        self.1.next().map(|item| Seen::Value(doc, item.value))
    }
}

fn number_of(doc: &Doc, value: Value) -> serde_json::Number {
    match value.kind {
        // 18 digits at most.
        Kind::Int => doc.text(value).parse::<i64>().unwrap_or_default().into(),
        // Finite by how it was read.
        _ => serde_json::Number::from_f64(doc.float(value)).unwrap_or_else(|| 0.into()),
    }
}

fn value_of(doc: &Doc, value: Value) -> Json_ {
    match value.kind {
        Kind::Null => Json_::Null,
        Kind::True => Json_::Bool(true),
        Kind::False => Json_::Bool(false),
        Kind::Int | Kind::Float => Json_::Number(number_of(doc, value)),
        Kind::Text | Kind::Escaped => Json_::String(doc.text(value).to_owned()),
        Kind::Array => doc.members(value).iter().map(|item| value_of(doc, item.value)).collect(),
        Kind::Object => doc
            .members(value)
            .iter()
            .map(|member| (doc.text(member.key).to_owned(), value_of(doc, member.value)))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonschema::Draft;
    use serde_json::json;

    fn is_valid(schema: &Json_, text: &str) -> bool {
        let mut doc = Doc::default();
        let fill = |data: &mut Vec<u8>| {
            data.extend_from_slice(text.as_bytes());
            true
        };
        let value = doc.read(1000, fill).unwrap();
        jsonschema::options_for::<Tape>()
            .with_draft(Draft::Draft4)
            .build(schema)
            .unwrap()
            .is_valid(Seen::Value(&doc, value))
    }

    #[test]
    fn keywords_see_what_they_look_at() {
        for (schema, good, bad) in [
            (json!({"type": "object", "required": ["a"]}), r#"{"a":1}"#, "{}"),
            (json!({"type": "integer"}), "1", "1.0"),
            (json!({"type": "number", "minimum": -2, "maximum": 2}), "-1.5", "2.5"),
            (json!({"type": "string", "pattern": "^a+$"}), r#""aa""#, r#""ab""#),
            (json!({"type": "string", "maxLength": 2}), r#""é\n""#, r#""abc""#),
            (json!({"type": "boolean"}), "true", "null"),
            (json!({"type": "null"}), "null", "0"),
            (json!({"enum": ["a", 1, [1, {"b": null}]]}), r#"[1.0,{"b":null}]"#, r#"[1,{}]"#),
            (json!({"enum": ["a", 1, [1]]}), r#""\u0061""#, r#""1""#),
            (json!({"type": "array", "items": {"type": "string"}}), r#"["a"]"#, r#"["a",1]"#),
            (json!({"uniqueItems": true}), r#"[1,"1"]"#, "[1,1.0]"),
            (
                json!({"properties": {"a": {}}, "additionalProperties": false}),
                r#"{"a":1}"#,
                r#"{"a":1,"b":1}"#,
            ),
            (
                json!({"patternProperties": {"^x": {"type": "null"}}}),
                r#"{"x":null}"#,
                r#"{"xy":1}"#,
            ),
        ] {
            assert!(is_valid(&schema, good), "{schema} {good}");
            assert!(!is_valid(&schema, bad), "{schema} {bad}");
        }
    }
}
