//! Reads JSON onto a tape, and no more of it than Python and the core take in the same way.
//!
//! Doubled keys, `-0`, numbers that may pass [`CALM_NUMBER`] and JSON that may pass a limit are
//! Python's. What of a limit may be passed is told as plain lines in Python are: by brackets and
//! commas.

use crate::doc::{Kind, Member, Value, text_of};

/// Members of an object or array; of more Python decides, since keys are looked for one by one.
const MOST_MEMBERS: usize = 256;
/// Brackets that open something: JSON nested deeper is refused (json_text.py, MAX_DEPTH).
pub const MAX_DEPTH: usize = 40;
/// Digits of a number that is within [`CALM_NUMBER`], whatever they are.
const MOST_DIGITS: usize = 18;
/// Numbers within it every place of every store holds (schema/validation/rust.py): 2^62.
pub const CALM_NUMBER: f64 = 4_611_686_018_427_387_904.0;

/// What reads a document; each `None` leaves it to Python.
pub struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    opened: usize,
    commas: usize,
    max_keys: usize,
    unescaped: &'a mut String,
    members: &'a mut Vec<Member>,
    open: &'a mut Vec<Member>,
    /// Whether what was read is what orjson writes.
    pub is_canonical: bool,
}

impl<'a> Reader<'a> {
    /// Read a text, of so many keys and array items at most, into what is empty.
    pub fn new(
        text: &'a str,
        max_keys: usize,
        unescaped: &'a mut String,
        members: &'a mut Vec<Member>,
        open: &'a mut Vec<Member>,
    ) -> Self {
        let bytes = text.as_bytes();
        Reader {
            text,
            bytes,
            at: 0,
            opened: 0,
            commas: 0,
            max_keys,
            unescaped,
            members,
            open,
            is_canonical: true,
        }
    }

    /// Read the one value that the text is.
    pub fn document(&mut self) -> Option<Value> {
        self.blank();
        let value = self.value()?;
        self.blank();
        let is_within = self.opened + self.commas <= self.max_keys;
        (self.at == self.bytes.len() && is_within).then_some(value)
    }

    #[inline]
    fn peek(&self) -> u8 {
        // No JSON has a 0 where a value, a sign or a digit may stand.
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    #[inline]
    fn blank(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
            self.is_canonical = false;
        }
    }

    /// Whether the next byte is this one, which is then behind.
    #[inline]
    fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == byte;
        self.at += usize::from(is_next);
        is_next
    }

    #[allow(clippy::cast_possible_truncation)] // `Doc::read` takes what 32 bits can address.
    fn since(&self, start: usize, kind: Kind) -> Value {
        Value { kind, from: start as u32, to: self.at as u32 }
    }

    fn value(&mut self) -> Option<Value> {
        match self.peek() {
            b'"' => self.string(),
            b'{' => self.container(Kind::Object, b'}'),
            b'[' => self.container(Kind::Array, b']'),
            b't' => self.word(b"true", Kind::True),
            b'f' => self.word(b"false", Kind::False),
            b'n' => self.word(b"null", Kind::Null),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &[u8], kind: Kind) -> Option<Value> {
        let start = self.at;
        self.bytes[start..].starts_with(word).then(|| {
            self.at += word.len();
            self.since(start, kind)
        })
    }

    /// Go over digits, as many as there are; 0 is none, or too many.
    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        let digits = self.at - start;
        if digits > MOST_DIGITS { 0 } else { digits }
    }

    fn number(&mut self) -> Option<Value> {
        let start = self.at;
        let is_negative = self.takes(b'-');
        let first = self.peek();
        let digits = self.digits();
        if digits == 0 || (digits > 1 && first == b'0') {
            return None;
        }
        let mut kind = Kind::Int;
        if self.takes(b'.') {
            kind = Kind::Float;
            if self.digits() == 0 {
                return None;
            }
        }
        if self.takes(b'e') || self.takes(b'E') {
            kind = Kind::Float;
            let _ = self.takes(b'+') || self.takes(b'-');
            if self.digits() == 0 {
                return None;
            }
        }
        let value = self.since(start, kind);
        if kind == Kind::Float {
            self.float(&self.text[start..self.at]).map(|is_canonical| {
                self.is_canonical &= is_canonical;
                value
            })
        } else {
            (!is_negative || first != b'0').then_some(value)
        }
    }

    /// Whether a float is written as orjson does.
    fn float(&self, text: &str) -> Option<bool> {
        let number: f64 = text.parse().ok()?;
        (number.abs() < CALM_NUMBER).then(|| zmij::Buffer::new().format_finite(number) == text)
    }

    fn string(&mut self) -> Option<Value> {
        self.at += 1;
        let start = self.at;
        match self.run()? {
            b'"' => {
                let value = self.since(start, Kind::Text);
                self.at += 1;
                Some(value)
            }
            _ => self.escaped(start),
        }
    }

    /// Go on to the end of a text or to an escape; the byte that is there.
    fn run(&mut self) -> Option<u8> {
        loop {
            match *self.bytes.get(self.at)? {
                end @ (b'"' | b'\\') => return Some(end),
                0..0x20 => return None,
                _ => self.at += 1,
            }
        }
    }

    #[allow(clippy::cast_possible_truncation)] // No longer than the data.
    fn escaped(&mut self, start: usize) -> Option<Value> {
        let from = self.unescaped.len() as u32;
        self.unescaped.push_str(&self.text[start..self.at]);
        loop {
            let start = self.at;
            let end = self.run()?;
            self.unescaped.push_str(&self.text[start..self.at]);
            self.at += 1;
            if end == b'"' {
                return Some(Value { kind: Kind::Escaped, from, to: self.unescaped.len() as u32 });
            }
            let character = self.escape()?;
            self.unescaped.push(character);
        }
    }

    fn escape(&mut self) -> Option<char> {
        let sign = self.peek();
        self.at += 1;
        Some(match sign {
            b'"' | b'\\' => char::from(sign),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'/' => {
                self.is_canonical = false;
                '/'
            }
            b'u' => {
                self.is_canonical = false;
                self.code_point()?
            }
            _ => return None,
        })
    }

    /// The character of `\uXXXX`, or of two that are a surrogate pair.
    fn code_point(&mut self) -> Option<char> {
        let high = self.hex()?;
        if !(0xD800..0xDC00).contains(&high) {
            return char::from_u32(high);
        }
        let low = if self.takes(b'\\') && self.takes(b'u') { self.hex()? } else { 0 };
        if !(0xDC00..0xE000).contains(&low) {
            return None;
        }
        char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.bytes.get(self.at..self.at + 4)?;
        self.at += 4;
        digits.iter().try_fold(0, |number, &digit| {
            char::from(digit).to_digit(16).map(|digit| number << 4 | digit)
        })
    }

    fn container(&mut self, kind: Kind, end: u8) -> Option<Value> {
        self.opened += 1;
        if self.opened > MAX_DEPTH {
            return None;
        }
        self.at += 1;
        let mark = self.open.len();
        self.blank();
        if !self.takes(end) {
            loop {
                self.blank();
                let member = self.member(kind, mark)?;
                self.open.push(member);
                self.blank();
                if self.takes(end) {
                    break;
                }
                if !self.takes(b',') || self.open.len() - mark == MOST_MEMBERS {
                    return None;
                }
                self.commas += 1;
            }
        }
        Some(self.close(kind, mark))
    }

    #[allow(clippy::cast_possible_truncation)] // `Doc::read` takes what 32 bits can address.
    fn member(&mut self, kind: Kind, mark: usize) -> Option<Member> {
        let start = self.at as u32;
        let mut key = Value::NONE;
        if kind == Kind::Object {
            if self.peek() != b'"' {
                return None;
            }
            key = self.string()?;
            // Of doubled keys the last one counts, in the place of the first: Python's matter.
            if self.open[mark..].iter().any(|other| self.is_same(other.key, key)) {
                return None;
            }
            self.blank();
            if !self.takes(b':') {
                return None;
            }
            self.blank();
        }
        let value = self.value()?;
        Some(Member { key, value, start, end: self.at as u32 })
    }

    fn is_same(&self, one: Value, other: Value) -> bool {
        one.len() == other.len()
            && text_of(self.text, self.unescaped, one) == text_of(self.text, self.unescaped, other)
    }

    #[allow(clippy::cast_possible_truncation)] // No more than the data's bytes.
    fn close(&mut self, kind: Kind, mark: usize) -> Value {
        let from = self.members.len() as u32;
        self.members.extend(self.open.drain(mark..));
        Value { kind, from, to: self.members.len() as u32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::{Doc, tests::read};

    #[test]
    fn every_kind_of_value() {
        let (doc, value) = read(r#"{"a":[1,-2.5,null,true,false],"b":"é\n","c":{}}"#);
        let members = doc.members(value.unwrap());
        let keys: Vec<_> = members.iter().map(|member| doc.text(member.key)).collect();
        assert_eq!(keys, ["a", "b", "c"]);
        let kinds: Vec<_> =
            doc.members(members[0].value).iter().map(|item| item.value.kind).collect();
        assert_eq!(kinds, [Kind::Int, Kind::Float, Kind::Null, Kind::True, Kind::False]);
        assert_eq!(doc.text(members[1].value), "é\n");
        assert_eq!(doc.source(&members[1]), r#""b":"é\n""#);
        assert!(members[2].value.is_empty());
    }

    #[test]
    fn canonical_is_what_orjson_writes() {
        for text in [r#"{"a":1}"#, "1.5", "1e+16", r#""\"\\\b\f\n\r\t""#, "\"\u{7f}é\"", "[]"] {
            assert!(read(text).0.is_canonical(), "{text}");
        }
        for text in [r#"{"a": 1}"#, " 1", "1.50", "1e16", "1E16", "0.1e1", r#""\/""#, r#""\u0041""#]
        {
            let (doc, value) = read(text);
            assert!(value.is_some() && !doc.is_canonical(), "{text}");
        }
    }

    #[test]
    fn escapes() {
        let (doc, value) = read(r#""x\u00e9\ud83d\ude00\u0000""#);
        assert_eq!(doc.text(value.unwrap()), "xé😀\0");
    }

    #[test]
    fn no_json_and_what_python_decides() {
        let deep = "[".repeat(MAX_DEPTH + 1) + &"]".repeat(MAX_DEPTH + 1);
        let many = format!("[{}1]", "1,".repeat(MOST_MEMBERS));
        for text in [
            "",
            " ",
            "{",
            "[1,]",
            "[1",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "{\"a\":1,}",
            "1 2",
            "nul",
            "True",
            "NaN",
            "01",
            "-",
            "-01",
            "1.",
            ".5",
            "+1",
            "1e",
            "1e+",
            "0x1",
            "\"",
            "\"\\",
            "\"\\x41\"",
            "\"\\u12\"",
            "\"\\u123g\"",
            "\"\\ud800\"",
            "\"\\ud800\\u0041\"",
            "\"\\udc00\"",
            "\"\n\"",
            "\u{feff}1",
            "-0",
            "1234567890123456789",
            "1e400",
            "4.7e18",
            "-4.7e18",
            "1e1234567890123456789",
            "0.1234567890123456789",
            "{\"a\":1,\"a\":2}",
            "{\"a\":1,\"\\u0061\":2}",
            &deep,
            &many,
        ] {
            assert_eq!(read(text).1, None, "{text}");
        }
    }

    #[test]
    fn limits_themselves_are_taken() {
        let deep = "[".repeat(MAX_DEPTH) + &"]".repeat(MAX_DEPTH);
        let many = format!("[{}1]", "1,".repeat(MOST_MEMBERS - 1));
        for text in [&deep, &many, "123456789012345678", "-0.0", "-4.6e18"] {
            assert!(read(text).1.is_some(), "{text}");
        }
    }

    #[test]
    fn keys_are_told_by_brackets_and_commas_outside_of_texts() {
        for (text, keys, is_taken) in [
            (r#"{"a":1,"b":[1,{}]}"#, 5, true),
            (r#"{"a":1,"b":[1,{}]}"#, 4, false),
            (r#"["[,[,[,"]"#, 1, true),
            ("1", 0, true),
        ] {
            let mut doc = Doc::default();
            let value = doc.read(keys, |data| {
                data.extend_from_slice(text.as_bytes());
                true
            });
            assert_eq!(value.is_some(), is_taken, "{text}");
        }
    }
}
