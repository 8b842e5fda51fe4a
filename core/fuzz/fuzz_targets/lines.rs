//! Any line: no panic, and what is made of it is JSON, the same each time, and not much longer.
//!
//! The first byte picks the dialect, and whether the rest is a line or the JSON of one. The schemas
//! are those of `plans.json`, which `tests/fuzz/core_seeds.py` writes with the first lines.

#![no_main]

use std::cell::RefCell;
use std::convert::Infallible;
use std::fs;

use elfaust_core::dialect::Dialect;
use elfaust_core::judge::{Judge, Limits};
use elfaust_core::plan::{Plan, Source};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const PLANS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/plans.json");
const LIMITS: Limits = Limits { line_bytes: 100_000, keys: 1_000, text_bytes: 191 };
const FIELDS: &[u8] = b"\tcp1066.eqiad.wmnet\t7\t2020-09-13T12:26:40\t10.0.0.1\tMozilla/5.0";
/// Bytes that an event has beside those of its line, and how many one of a float may become.
const BESIDE: usize = 300;
const PER_BYTE: usize = 20;

thread_local! {
    static JUDGES: RefCell<[Judge<()>; 2]> =
        RefCell::new([judge(Dialect::Of2015), judge(Dialect::Of2018)]);
}

fn judge(dialect: Dialect) -> Judge<()> {
    let mut judge = Judge::new(dialect, LIMITS);
    let text = fs::read_to_string(PLANS).expect("tests/fuzz/core_seeds.py writes it");
    for plan in serde_json::from_str::<Vec<Value>>(&text).expect("JSON") {
        let (capsule, event) = (source_of(&plan["capsule"]), source_of(&plan["event"]));
        let capsule = capsule.expect("a schema");
        let storable = usize::try_from(plan["storable"].as_u64().unwrap_or(0)).unwrap_or(0);
        let made = Plan::new((), capsule, event, storable).expect("a schema that is compiled");
        let name = plan["schema"].as_str().expect("a name");
        judge.add(name, plan["revision"].as_i64().expect("a revision"), made);
    }
    judge
}

fn source_of(pair: &Value) -> Option<Source<'_>> {
    Some(Source { draft: pair[0].as_str()?, schema: pair[1].as_str()? })
}

/// A line whose query holds these bytes.
fn line_of(json: &[u8]) -> Vec<u8> {
    let mut line = b"?".to_vec();
    for byte in json {
        match byte {
            b'!'..=b'~' if !b"%+;?".contains(byte) => line.push(*byte),
            _ => line.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
    line.extend_from_slice(b";");
    line.extend_from_slice(FIELDS);
    line
}

fn agent(sent: &[u8]) -> Result<Option<Vec<u8>>, Infallible> {
    Ok(str::from_utf8(sent).ok().map(|text| Value::from(text).to_string().into_bytes()))
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, rest)) = data.split_first() else { return };
    let line = if kind & 2 == 0 { line_of(rest) } else { rest.to_vec() };
    JUDGES.with_borrow_mut(|judges| {
        let judge = &mut judges[usize::from(kind & 1)];
        let Ok(found) = judge.judge(&line, agent);
        let Some(event) = found.map(|(_, event)| event.to_vec()) else { return };
        let read: Value = serde_json::from_slice(&event).expect("an event is JSON");
        assert!(read["event"].is_object() && read["uuid"].is_string());
        assert!(event.len() <= BESIDE + PER_BYTE * line.len());
        let Ok(again) = judge.judge(&line, agent);
        assert_eq!(again.map(|(_, event)| event), Some(&event[..]));
    });
});
