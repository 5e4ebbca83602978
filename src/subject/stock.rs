//! `[stock]`: what is sold to many at once, and must not be sold twice.

use schemars::JsonSchema;
use serde::Deserialize;

/// An order as the Worker issues it, and what was sold in the end. `${sale}` and `${buyer}` are numbers: each sale has one
/// of its own, and so has each buyer of a sale.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stock {
    /// Opens the sale `${sale}` of `${pieces}` pieces.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["sale", "pieces"]}))]
    pub seed: String,
    /// Presents the sale as `orders, stock`: how many orders were placed, and how many pieces are left.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["sale"], "answers": ["orders", "stock"]}))]
    pub sold: String,
    /// The statements of one order, which lock what they sell; several run in one transaction. When one of them finds or
    /// changes no row, the buyer is told "sold out", and nothing is written.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["sale", "buyer"]}))]
    pub locking: Vec<String>,
    /// The same without a lock, where the system has such an order.
    pub optimistic: Option<OptimisticOrder>,
    /// The same without any protection, which must oversell: otherwise nothing is proven. By default the statements of
    /// `locking` without their locking clauses.
    #[serde(default)]
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["sale", "buyer"]}))]
    pub unprotected: Vec<String>,
    /// SQLSTATEs that mean "sold out" too, for an order that raises an error then.
    #[serde(default)]
    pub sold_out: Vec<String>,
    /// How many buyers come.
    #[serde(default = "default_buyers")]
    #[schemars(extend("minimum" = 200, "maximum" = 1_000_000))]
    pub buyers: u32,
    /// How many pieces there are; fewer than buyers.
    #[serde(default = "default_pieces")]
    #[schemars(extend("minimum" = 1, "maximum" = 100_000))]
    pub pieces: u32,
    /// How many buyers are served at once, each by a session of its own.
    #[serde(default = "default_at_once")]
    #[schemars(extend("minimum" = 2, "maximum" = 200))]
    pub at_once: u32,
}

/// An order that is written only if nothing has changed since it looked.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptimisticOrder {
    /// Looks at the sale and answers its `version`, perhaps its `stock`; no row when it is sold out.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["sale", "buyer"], "answers": ["version"]}))]
    pub read: String,
    /// The statements of the order, with the `${version}` and the `${stock}` that were read. When one of them changes no
    /// row, another buyer was quicker: nothing is written, and the buyer looks again.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["sale", "buyer", "version", "stock"]}))]
    pub order: Vec<String>,
}

fn default_buyers() -> u32 {
    10_000
}

fn default_pieces() -> u32 {
    100
}

fn default_at_once() -> u32 {
    64
}
