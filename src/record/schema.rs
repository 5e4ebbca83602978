//! The JSON Schema of the record (draft 2020-12), generated from its types.

use super::types::Record;

/// The schema as the file `evidence/schema/record.schema.json` holds it.
pub fn schema() -> String {
    let schema = schemars::schema_for!(Record);
    format!("{:#}\n", schema.to_value())
}
