//! The JSON Schemas (draft 2020-12) of what commands print with `--format json`, generated from the types.

use schemars::{JsonSchema, schema_for};

use super::{check, decide, forensics, list, prove, verify};
use crate::comparison::Comparison;
use crate::history::History;
use crate::runner::DrillRecord;

/// Command and schema. `run` prints the record, which has a schema of its own ([`crate::record::schema`]).
pub fn schemas() -> Vec<(&'static str, String)> {
    vec![
        ("check", of::<Vec<check::Told<'_>>>()),
        ("decide", of::<decide::Decided<'_>>()),
        ("diff", of::<Comparison>()),
        ("drill", of::<Vec<DrillRecord>>()),
        ("forensics", of::<forensics::Told<'_>>()),
        ("history", of::<History>()),
        ("list", of::<Vec<list::Listed>>()),
        ("prove", of::<prove::Matrix<'_>>()),
        ("verify", of::<verify::Verified<'_>>()),
    ]
}

fn of<T: JsonSchema>() -> String {
    format!("{:#}\n", schema_for!(T).to_value())
}
