//! What the JSON of a line has for an event, and how that is written.

use crate::dialect::Dialect;
use crate::doc::{Doc, Kind, Value};
use crate::line::is_word;
use crate::writer;

/// What the JSON of a line has for an event.
#[derive(Clone, Copy)]
pub struct Capsule {
    /// Its members but those that the line or the judge has.
    pub members: Value,
    /// The host that it names itself.
    pub host: Option<Value>,
    /// Before which of the members a uuid stood: ours has its place.
    pub uuid_at: Option<usize>,
    /// The name of its schema.
    pub schema: Value,
    /// The revision of that.
    pub revision: i64,
    /// The event, an object.
    pub event: Value,
}

impl Capsule {
    /// Return what the JSON of a line has.
    ///
    /// `None` where it is no object that names an event of a schema, and where it has a field of
    /// the line that Python lays over that.
    pub fn of(doc: &mut Doc, root: Value, dialect: Dialect) -> Option<Self> {
        if root.kind != Kind::Object {
            return None;
        }
        let (mut kept, mut is_taken) = (0, false);
        let (mut host, mut uuid_at, mut schema, mut revision, mut event) =
            (None, None, None, None, None);
        let members = doc.retain(root, |name, value, doc| {
            match name {
                "schema" => schema = Some(value),
                "revision" => revision = Some(value),
                "event" => event = Some(value),
                // Capsule fields of old clients that EventLogging leaves out.
                "clientValidated" | "isTruncated" => return false,
                "recvFrom" if value.is_text() && is_word(doc.text(value).as_bytes()) => {
                    host = Some(value);
                    return false;
                }
                "uuid" => {
                    uuid_at = Some(kept);
                    return false;
                }
                _ => is_taken |= dialect.is_of_line(name),
            }
            kept += 1;
            true
        });
        if is_taken {
            return None;
        }
        let schema = schema.filter(|value| value.is_text())?;
        let revision = revision.filter(|value| value.kind == Kind::Int)?;
        let event = event.filter(|value| value.kind == Kind::Object)?;
        let revision = doc.text(revision).parse().ok()?;
        Some(Capsule { members, host, uuid_at, schema, revision, event })
    }

    /// Whether a text beside the event has more bytes than a number.
    pub fn has_long_text(&self, doc: &Doc, most: usize) -> bool {
        let is_long = |value: Value| value.is_text() && value.len() > most;
        doc.members(self.members).iter().any(|member| is_long(member.value))
    }

    /// Write what a capsule holds beside the fields of the line, up to its end; return the bytes of
    /// what was sent of it.
    pub fn write(&self, doc: &Doc, uuid: &[u8; 32], out: &mut Vec<u8>) -> usize {
        let (members, before) = (doc.members(self.members), out.len());
        let uuid_at = self.uuid_at.unwrap_or(members.len());
        let mut of_uuid = 0;
        for at in 0..=members.len() {
            if at == uuid_at {
                let start = out.len();
                writer::push(out, &[b",\"uuid\":\"", uuid, b"\""]);
                of_uuid = out.len() - start;
            }
            if let Some(member) = members.get(at) {
                out.push(b',');
                writer::member(doc, member, out);
            }
        }
        out.push(b'}');
        out.len() - before - of_uuid
    }
}
