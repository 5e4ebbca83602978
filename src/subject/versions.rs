//! `[versions]`: rows that many edit, each on the version that he has seen.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Program;

/// The versioned tables, and the programs that edit the first of them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Versions {
    /// The tables whose rows carry a version.
    #[schemars(length(min = 1))]
    pub tables: Vec<VersionedTable>,
    /// The HTTP service that reads and edits rows of the first table.
    pub service: Option<Service>,
    /// The program that edits rows of the first table in the background.
    pub updater: Option<Updater>,
}

/// A table whose rows carry a version.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionedTable {
    /// Qualified table name.
    #[schemars(extend("x-name" = "table"))]
    pub table: String,
    /// The column of the version.
    #[schemars(extend("x-name" = "column"))]
    pub version_column: String,
    /// Adds a row, another for each `${n}`, with the content `${text}`, and answers its id.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["n", "text"]}))]
    pub insert: String,
    /// Presents row `${id}` as `version, content`.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["id"], "answers": ["version", "content"]}))]
    pub read: String,
    /// Sets the content of row `${id}` to `${text}` if it still is in version `${version}`, and answers the new version by
    /// RETURNING: no row is the conflict.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["id", "text", "version"]}))]
    pub edit: String,
    /// Sets the content and says nothing of a version, as somebody does who forgets it.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["id", "text"]}))]
    pub forgetful: String,
}

/// The HTTP service. An answer to GET carries the version as its ETag; an edit names it in If-Match, and one that is no
/// longer current is answered 412 with the current ETag.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Serves until it is stopped. It prints the URL at which it listens on a line of its output, as `http://…`.
    pub program: Program,
    /// The path of row `${id}`.
    #[schemars(extend("x-word" = ["id"]))]
    pub path: String,
    /// The method of an edit.
    #[serde(default = "default_method")]
    pub method: String,
    /// The body of an edit that sets the content to `${text}`.
    #[schemars(extend("x-word" = ["id", "text"]))]
    pub body: String,
    /// The content type of that body.
    #[serde(default = "default_content_type")]
    pub content_type: String,
    /// Where the content stands in the JSON that GET answers, as a JSON pointer.
    pub content: String,
}

/// The background updater.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Updater {
    /// Sets the content of row `${id}` to `${text}`, tries again after a conflict, and ends with status 0 when it is in.
    #[schemars(extend("x-with" = ["id", "text"]))]
    pub program: Program,
    /// The least pauses between its attempts, in milliseconds. There is one attempt more than there are pauses.
    #[schemars(length(min = 1))]
    pub pauses_ms: Vec<u64>,
    /// Where it is held while somebody else edits the row: at statements with this text in them. By default at each INSERT,
    /// UPDATE, DELETE or MERGE.
    pub held_at: Option<String>,
}

fn default_method() -> String {
    "PUT".into()
}

fn default_content_type() -> String {
    "application/json".into()
}
