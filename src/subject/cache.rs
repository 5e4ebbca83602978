//! `[cache]`: a Redis before the database, and the HTTP service that reads through it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Program;

/// What is cached and how it is reached. `${key}` names a thing, `${value}` is a text that stands for its content.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// The table that is read when the cache has nothing.
    #[schemars(extend("x-name" = "table"))]
    pub table: String,
    /// The cache's key of the entry of `${key}`: `link:${key}`.
    #[schemars(extend("x-word" = ["key"]))]
    pub key: String,
    /// The longest that an entry may live, in seconds.
    #[schemars(extend("minimum" = 1, "maximum" = 31_536_000))]
    pub ttl_s: u64,
    /// Adds `${key}` with `${value}` to the database.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["key", "value"]}))]
    pub insert: String,
    /// Presents what the database holds of `${key}` as `value`.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["key"], "answers": ["value"]}))]
    pub stored: String,
    /// A text that stands in each statement by which the service loads, and in no other. By default every SELECT is one.
    pub load: Option<String>,
    /// The service. It serves until it is stopped, and prints the URL at which it listens on a line of its output, as
    /// `http://…`. `${cache_url}` leads to the Redis: `redis://127.0.0.1:…/0`. Two of them run side by side.
    #[schemars(extend("x-with" = ["cache_url"]))]
    pub service: Program,
    /// How a thing is read.
    pub read: CacheRead,
    /// How a thing is given another value.
    pub write: CacheWrite,
    /// How often each thing was read, where that is counted in batches.
    pub hits: Option<HitCounter>,
}

/// A read over HTTP (GET).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CacheRead {
    /// The path; `${key}` is percent-encoded.
    #[schemars(extend("x-word" = ["key"]))]
    pub path: String,
    /// Where the value stands in the JSON that is answered, as a JSON pointer; else the whole body is the value.
    pub value: Option<String>,
    /// The status of an answer that says that there is no such thing.
    #[serde(default = "default_not_found")]
    #[schemars(extend("minimum" = 200, "maximum" = 499))]
    pub not_found: u16,
}

/// A write over HTTP, to a thing that is there or is not.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CacheWrite {
    /// The method.
    #[serde(default = "default_method")]
    pub method: String,
    /// The path; `${key}` is percent-encoded.
    #[schemars(extend("x-word" = ["key"]))]
    pub path: String,
    /// The body, with `${key}` and `${value}` escaped as JSON strings where the content type is JSON.
    #[schemars(extend("x-word" = ["key", "value"]))]
    pub body: String,
    /// The content type of that body.
    #[serde(default = "default_content_type")]
    pub content_type: String,
}

/// Counters that are written in batches.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HitCounter {
    /// The column of the counter, in `cache.table`.
    pub column: String,
    /// Presents how often `${key}` was read as `counted`.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["key"], "answers": ["counted"]}))]
    pub counted: String,
    /// How many hits a crash of the service may lose.
    #[schemars(extend("minimum" = 0, "maximum" = 10_000))]
    pub bound: u64,
}

fn default_not_found() -> u16 {
    404
}

fn default_method() -> String {
    "PUT".into()
}

fn default_content_type() -> String {
    "application/json".into()
}
