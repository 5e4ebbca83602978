//! The head of a record: what a list of runs tells of it, read without the megabytes behind it.

use std::fmt;
use std::io::{BufReader, Read};

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer as _, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::ground::{PlanRecord, SubjectRecord};
use super::types::{Previous, SCHEMA_VERSION, SuiteRecord, ToolRecord};

/// The last key that is read; all that is long comes after it.
const LAST: &str = "previous";

/// What comes first in a record.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Head {
    /// The run's id.
    pub run_id: String,
    /// When the run began.
    pub started_at: Timestamp,
    /// When its last drill had ended.
    pub finished_at: Timestamp,
    /// `PERMITTED` or `BLOCKED`.
    pub decision: String,
    /// The suites, with the ends of their drills.
    pub suites: Vec<SuiteRecord>,
    /// The gate itself.
    pub tool: ToolRecord,
    /// The systems under test.
    pub subjects: Vec<SubjectRecord>,
    /// How the drills were run.
    pub plan: PlanRecord,
    /// The run completed before this one in the same folder.
    pub previous: Option<Previous>,
}

/// Reads as much of a record as its head takes up, or says what is wrong with that.
pub fn head(from: impl Read) -> Result<Head, String> {
    let mut members = Map::new();
    let mut json = serde_json::Deserializer::from_reader(BufReader::new(from));
    let ended = json.deserialize_map(Members(&mut members));
    // What is read is left by an error of our own, so only a missing head makes it one.
    if let (Err(error), false) = (&ended, members.contains_key(LAST)) {
        return Err(error.to_string());
    }
    match members.get("schema_version") {
        Some(version) if *version == SCHEMA_VERSION => {}
        Some(version) => {
            return Err(format!("schema_version {version} is unknown, this gate reads {SCHEMA_VERSION}"));
        }
        None => return Err("`schema_version` is missing".into()),
    }
    serde_json::from_value(Value::Object(members)).map_err(|error| error.to_string())
}

struct Members<'m>(&'m mut Map<String, Value>);

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let last = key == LAST;
            self.0.insert(key, map.next_value()?);
            if last {
                return Err(A::Error::custom("the head ends here"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = include_str!("../../evidence/example/record.json");

    /// Hands out a text and counts how much of it was asked for.
    struct Counted<'t>(&'t [u8], usize);

    impl Read for Counted<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let read = self.0.read(buffer)?;
            self.1 += read;
            Ok(read)
        }
    }

    #[test]
    fn the_head_is_read_and_no_more() {
        let mut counted = Counted(TEXT.as_bytes(), 0);
        let head = head(&mut counted).unwrap();
        assert_eq!(head.suites[0].drills.len(), 9);
        assert!(counted.1 < 1 << 16, "{} bytes were read", counted.1);
    }

    #[test]
    fn what_is_no_head_is_named() {
        let told = |text: &str| head(text.as_bytes()).unwrap_err();
        assert!(told("").contains("EOF"), "{}", told(""));
        assert!(told("[]").contains("expected a record"), "{}", told("[]"));
        assert!(told(&TEXT[..400]).contains("EOF"), "{}", told(&TEXT[..400]));
        assert!(told("{\"schema_version\": 1}").contains("schema_version 1 is unknown"));
        assert!(told("{}").contains("`schema_version` is missing"));
        let nameless = TEXT.replacen("\"run_id\"", "\"id\"", 1);
        assert!(told(&nameless).contains("missing field `run_id`"), "{}", told(&nameless));
    }
}
