//! The judge: a line in, its event out, or nothing.

use ahash::AHashMap;

use crate::agents::Agents;
use crate::capsule::Capsule;
use crate::dialect::{Dialect, Time};
use crate::doc::Doc;
use crate::line::Line;
use crate::plan::Plan;
use crate::writer::push;
use crate::{moment, percent, uuid};

/// Scratch that a long line leaves behind at most, bytes.
const MOST_SCRATCH: usize = 1 << 20;

/// What lines are held to.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a line.
    pub line_bytes: usize,
    /// Keys and array items of its JSON.
    pub keys: usize,
    /// Bytes of a capsule's texts: what is longer may be cut by a store.
    pub text_bytes: usize,
}

/// The judge of the lines of one dialect.
pub struct Judge<T> {
    dialect: Dialect,
    limits: Limits,
    plans: AHashMap<String, Vec<(i64, Plan<T>)>>,
    agents: Agents,
    doc: Doc,
    written: Vec<u8>,
}

impl<T> Judge<T> {
    /// Return a judge that knows no schema.
    pub fn new(dialect: Dialect, limits: Limits) -> Self {
        Judge {
            dialect,
            limits,
            plans: AHashMap::new(),
            agents: Agents::default(),
            doc: Doc::default(),
            written: Vec::new(),
        }
    }

    /// Judge the lines of a schema revision by a plan from now on.
    pub fn add(&mut self, schema: &str, revision: i64, plan: Plan<T>) {
        self.remove(schema, revision);
        self.plans.entry(schema.to_owned()).or_default().push((revision, plan));
    }

    /// Leave the lines of a schema revision to Python from now on.
    pub fn remove(&mut self, schema: &str, revision: i64) {
        if let Some(plans) = self.plans.get_mut(schema) {
            plans.retain(|(other, _)| *other != revision);
            if plans.is_empty() {
                self.plans.remove(schema);
            }
        }
    }

    /// Return the tag and the event of a line that is plain and fits its schema.
    ///
    /// `agent` makes the JSON of a user agent, nothing where Python decides.
    ///
    /// # Errors
    ///
    /// Whatever `agent` has failed by.
    pub fn judge<E>(
        &mut self,
        line: &[u8],
        agent: impl FnOnce(&[u8]) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Option<(&T, &[u8])>, E> {
        let Some((line, time, capsule)) = self.read(line) else { return Ok(None) };
        let Judge { dialect, limits, plans, agents, doc, written } = self;
        let plans = plans.get(doc.text(capsule.schema)).map_or(&[][..], Vec::as_slice);
        let Some((_, plan)) = plans.iter().find(|(of, _)| *of == capsule.revision) else {
            return Ok(None);
        };
        if !plan.fits(doc, capsule.members, capsule.event)
            || capsule.has_long_text(doc, limits.text_bytes)
        {
            return Ok(None);
        }
        let host = capsule.host.map_or(line.host, |host| doc.text(host).as_bytes());
        let uuid = uuid::of(host, line.number, &time.identity);
        written.clear();
        written.shrink_to(MOST_SCRATCH);
        push(written, &[b"{\"recvFrom\":\"", host, b"\",\"seqId\":", line.number]);
        push(written, &[b",", &time.member]);
        if *dialect == Dialect::Of2018 {
            push(written, &[b",\"ip\":\"", line.address, b"\""]);
        }
        push(written, &[b",\"userAgent\":"]);
        if !agents.write(line.agent, agent, written)? {
            return Ok(None);
        }
        let size = capsule.write(doc, &uuid, written);
        let is_storable = plan.is_storable(doc, capsule.event, size);
        Ok(is_storable.then_some((&plan.tag, written)))
    }

    fn read<'a>(&mut self, line: &'a [u8]) -> Option<(Line<'a>, Time, Capsule)> {
        if line.len() > self.limits.line_bytes {
            return None;
        }
        let line = Line::of(line)?;
        let seconds = moment::seconds(line.moment)?;
        let encoded = line.encoded();
        let keys = self.limits.keys;
        let root = self.doc.read(keys, |data| percent::decode(encoded, data))?;
        let capsule = Capsule::of(&mut self.doc, root, self.dialect)?;
        let time = self.dialect.time(line.moment, seconds);
        Some((line, time, capsule))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Source;
    use std::convert::Infallible;

    const SCHEMA: &str = r#"{
        "type": "object",
        "required": ["schema", "revision", "event"],
        "additionalProperties": false,
        "properties": {
            "schema": {"type": "string"}, "revision": {"type": "integer"},
            "wiki": {"type": "string"}, "event": {"properties": {"a": {"type": "integer"}}}
        }
    }"#;
    const LIMITS: Limits = Limits { line_bytes: 2000, keys: 1000, text_bytes: 20 };
    const CAPSULE: &str = r#"{"schema":"S","revision":7,"wiki":"w","event":{"a":1}}"#;
    const EVENT: &str = concat!(
        r#"{"recvFrom":"h","seqId":3,"dt":"2020-09-13T12:26:40Z","ip":"1.2.3.4","userAgent":"UA","#,
        r#""schema":"S","revision":7,"wiki":"w","event":{"a":1},"#,
        r#""uuid":"@uuid@"}"#,
    );

    fn judge(dialect: Dialect) -> Judge<&'static str> {
        let mut judge = Judge::new(dialect, LIMITS);
        let source = Source { draft: "04", schema: SCHEMA };
        judge.add("S", 7, Plan::new("tag", source, None, 100).unwrap());
        judge
    }

    fn line(json: &str) -> Vec<u8> {
        let mut query = String::new();
        for byte in json.bytes() {
            query += &format!("%{byte:02X}");
        }
        format!("?{query};\th\t3\t2020-09-13T12:26:40\t1.2.3.4\tUA").into_bytes()
    }

    fn event(judge: &mut Judge<&'static str>, line: &[u8]) -> Option<String> {
        let agent = |_: &[u8]| Ok::<_, Infallible>(Some(b"\"UA\"".to_vec()));
        let Ok(found) = judge.judge(line, agent);
        found.map(|(tag, event)| {
            assert_eq!(*tag, "tag");
            String::from_utf8(event.to_vec()).unwrap()
        })
    }

    fn uuid_of(host: &str, time: &str) -> String {
        String::from_utf8(uuid::of(host.as_bytes(), b"3", time.as_bytes()).to_vec()).unwrap()
    }

    #[test]
    fn a_line_of_2018() {
        let expected = EVENT.replace("@uuid@", &uuid_of("h", "dt=2020-09-13T12:26:40Z"));
        let mut judge = judge(Dialect::Of2018);
        assert_eq!(event(&mut judge, &line(CAPSULE)), Some(expected.clone()));
        assert_eq!(event(&mut judge, &line(&CAPSULE.replace(':', " : "))), Some(expected));
    }

    #[test]
    fn a_line_of_2015() {
        let expected = EVENT
            .replace("@uuid@", &uuid_of("h", "timestamp=1600000000"))
            .replace(r#""dt":"2020-09-13T12:26:40Z","ip":"1.2.3.4""#, r#""timestamp":1600000000"#);
        assert_eq!(event(&mut judge(Dialect::Of2015), &line(CAPSULE)), Some(expected));
        let late = Dialect::Of2015.time(b"9999-12-31T23:59:59", 253_402_300_799);
        assert_eq!(late.member, b"\"timestamp\":253402300799");
        assert_eq!(late.identity, b"timestamp=2534023007");
    }

    #[test]
    fn a_capsule_may_name_its_host_and_a_uuid_and_what_is_left_out() {
        let sent = concat!(
            r#"{"isTruncated":1,"recvFrom":"other","schema":"S","uuid":[],"revision":7,"#,
            r#""wiki":"w","clientValidated":{},"event":{"a":1}}"#,
        );
        let uuid = format!(r#","uuid":"{}""#, uuid_of("other", "dt=2020-09-13T12:26:40Z"));
        let expected = EVENT
            .replace(r#","uuid":"@uuid@""#, "")
            .replace(r#","revision""#, &format!(r#"{uuid},"revision""#))
            .replace(r#""recvFrom":"h""#, r#""recvFrom":"other""#);
        assert_eq!(event(&mut judge(Dialect::Of2018), &line(sent)), Some(expected));
    }

    #[test]
    fn python_decides_of_all_others() {
        let mut judge = judge(Dialect::Of2018);
        let long = format!(r#""wiki":"{}""#, "x".repeat(21));
        let big = format!(r#""event":{{"a":1,"b":"{}"}}"#, "x".repeat(200));
        for (from, to) in [
            (r#""a":1"#, r#""a":"x""#),
            (r#""S""#, r#""T""#),
            (r#""S""#, "1"),
            (r#":7"#, ":8"),
            (r#":7"#, ":7.0"),
            (r#":7"#, r#":"7""#),
            (r#""revision""#, r#""reversion""#),
            (r#""wiki""#, r#""dt""#),
            (r#""wiki""#, r#""seqId""#),
            (r#""wiki""#, r#""recvFrom":" ","wiki""#),
            (r#""wiki""#, r#""timestamp":1,"wiki""#),
            (r#"{"a":1}"#, "1"),
            (r#""wiki":"w""#, &long),
            (r#""event":{"a":1}"#, &big),
            ("{\"s", "[{\"s"),
        ] {
            let sent = CAPSULE.replacen(from, to, 1);
            assert_ne!(sent, CAPSULE, "{from}");
            assert_eq!(event(&mut judge, &line(&sent)), None, "{sent}");
        }
        assert_eq!(event(&mut judge, &line("[1]")), None);
        let sent = line(CAPSULE);
        let never = String::from_utf8(sent.clone()).unwrap().replace(":40\t", ":60\t");
        assert_eq!(event(&mut judge, never.as_bytes()), None);
        let of_another = [&sent[..], b" of another"].concat();
        assert_eq!(judge.judge(&of_another, |_| Err("away")), Err("away"));
        assert_eq!(judge.judge::<Infallible>(&of_another, |_| Ok(None)), Ok(None));
        judge.remove("S", 7);
        assert_eq!(event(&mut judge, &sent), None);
    }

    #[test]
    fn the_limits_of_a_line() {
        let sent = line(CAPSULE);
        for (limits, is_judged) in [
            (Limits { line_bytes: sent.len(), ..LIMITS }, true),
            (Limits { line_bytes: sent.len() - 1, ..LIMITS }, false),
            (Limits { keys: 5, ..LIMITS }, true),
            (Limits { keys: 4, ..LIMITS }, false),
        ] {
            let mut judge = judge(Dialect::Of2018);
            judge.limits = limits;
            assert_eq!(event(&mut judge, &sent).is_some(), is_judged, "{limits:?}");
        }
    }
}
