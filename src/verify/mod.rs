//! Checks evidence offline: digests, chain, signature, and the decision recomputed.

mod pair;

pub use pair::{Pair, disagreements};
