//! What was measured beside the claims: how much several ways of doing one thing got through, and how long each took.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Ways of doing one thing, measured in one set-up. Figures are this machine's at that moment; no claim rests on them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Benchmark {
    /// What was measured.
    pub title: String,
    /// What is counted, in the plural: `orders`.
    pub unit: String,
    /// One entry for each way and each number of callers.
    pub measurements: Vec<Measurement>,
}

/// One way, with so many callers at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    /// Which way.
    pub variant: String,
    /// How many callers there were at once.
    pub at_once: u64,
    /// How many were served.
    pub done: u64,
    /// How often one of them had to begin again.
    pub repeated: u64,
    /// How long all of them took together, in microseconds.
    pub took_us: u64,
    /// Half of them were served within so many microseconds.
    pub p50_us: u64,
    /// 99 of 100 were served within so many microseconds.
    pub p99_us: u64,
}

impl Measurement {
    /// What callers saw: how long each was served, and all of them together.
    pub fn of(variant: &str, at_once: usize, took: Duration, mut each: Vec<Duration>, repeated: u64) -> Self {
        each.sort_unstable();
        let percentile = |hundredth: usize| {
            let at = (each.len() * hundredth).div_ceil(100).saturating_sub(1);
            each.get(at).copied().map_or(0, micros)
        };
        Self {
            variant: variant.into(),
            at_once: at_once as u64,
            done: each.len() as u64,
            repeated,
            took_us: micros(took),
            p50_us: percentile(50),
            p99_us: percentile(99),
        }
    }

    /// How many were served in a second.
    pub fn per_second(&self) -> f64 {
        self.done as f64 * 1_000_000.0 / self.took_us.max(1) as f64
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_those_who_were_served() {
        let each = (1..=200).rev().map(Duration::from_micros).collect();
        let seen = Measurement::of("x", 4, Duration::from_millis(100), each, 3);
        assert_eq!((seen.done, seen.p50_us, seen.p99_us, seen.repeated), (200, 100, 198, 3));
        assert!((seen.per_second() - 2000.0).abs() < 0.1);
        let one = Measurement::of("x", 1, Duration::ZERO, vec![Duration::from_micros(7)], 0);
        assert_eq!((one.p50_us, one.p99_us), (7, 7));
        let none = Measurement::of("x", 1, Duration::ZERO, Vec::new(), 0);
        assert_eq!((none.done, none.p50_us, none.p99_us), (0, 0, 0));
    }
}
