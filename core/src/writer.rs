//! JSON as orjson writes it.

use crate::doc::{Doc, Kind, Member, Value};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Write a member of an object, key and value.
pub fn member(doc: &Doc, member: &Member, out: &mut Vec<u8>) {
    if doc.is_canonical() {
        out.extend_from_slice(doc.source(member).as_bytes());
        return;
    }
    value(doc, member.key, out);
    out.push(b':');
    value(doc, member.value, out);
}

/// Write a value.
pub fn value(doc: &Doc, of: Value, out: &mut Vec<u8>) {
    match of.kind {
        Kind::Null => out.extend_from_slice(b"null"),
        Kind::True => out.extend_from_slice(b"true"),
        Kind::False => out.extend_from_slice(b"false"),
        Kind::Int => out.extend_from_slice(doc.text(of).as_bytes()),
        Kind::Float => {
            let number = doc.float(of);
            out.extend_from_slice(zmij::Buffer::new().format_finite(number).as_bytes());
        }
        Kind::Text => {
            out.push(b'"');
            out.extend_from_slice(doc.text(of).as_bytes());
            out.push(b'"');
        }
        Kind::Escaped => text(doc.text(of), out),
        Kind::Array => {
            out.push(b'[');
            for (at, item) in doc.members(of).iter().enumerate() {
                comma(at, out);
                value(doc, item.value, out);
            }
            out.push(b']');
        }
        Kind::Object => {
            out.push(b'{');
            for (at, of) in doc.members(of).iter().enumerate() {
                comma(at, out);
                member(doc, of, out);
            }
            out.push(b'}');
        }
    }
}

fn comma(at: usize, out: &mut Vec<u8>) {
    if at > 0 {
        out.push(b',');
    }
}

/// Write a text with what JSON escapes.
fn text(of: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in of.as_bytes() {
        let sign = match byte {
            b'"' | b'\\' => byte,
            8 => b'b',
            9 => b't',
            10 => b'n',
            12 => b'f',
            13 => b'r',
            0..0x20 => {
                let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&digits);
                continue;
            }
            _ => {
                out.push(byte);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', sign]);
    }
    out.push(b'"');
}

/// Write parts, one after another.
pub fn push(out: &mut Vec<u8>, parts: &[&[u8]]) {
    for part in parts {
        out.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(sent: &str) -> String {
        let (mut doc, mut out) = (Doc::default(), Vec::new());
        let fill = |data: &mut Vec<u8>| {
            data.extend_from_slice(sent.as_bytes());
            true
        };
        let read = doc.read(1000, fill).unwrap();
        value(&doc, read, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn as_orjson_writes_it() {
        for (sent, expected) in [
            (
                r#"{"a":[1,-2.5,null,true,false],"b":{}}"#,
                r#"{"a":[1,-2.5,null,true,false],"b":{}}"#,
            ),
            (r#" { "a" : [ 1 , { "b" : [ ] } ] } "#, r#"{"a":[1,{"b":[]}]}"#),
            (r#""\u0041\/\u00e9\u0001\u001f\b\"\\""#, "\"A/é\\u0001\\u001f\\b\\\"\\\\\""),
            ("[1.50,1E2,1e-7,-0.0,1e17,0.1e1]", "[1.5,100.0,1e-7,-0.0,1e+17,1.0]"),
        ] {
            assert_eq!(written(sent), expected);
        }
    }
}
