//! Run ids: the moment in UTC and a short random suffix.

use std::fmt;

use jiff::Timestamp;
use rand::RngExt as _;

/// Names one run for ever, e.g. `20261121T074500Z-k3m9qa`. Ids sort by time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(String);

/// Crockford's base 32: no letter that reads like a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const SUFFIX: usize = 6;

impl RunId {
    /// A fresh id. Its suffix comes from the system's randomness, not from a run's seed: two runs of one seed
    /// must not share an id.
    pub fn new(now: Timestamp) -> Self {
        let mut random = rand::rng();
        let suffix: String =
            (0..SUFFIX).map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())])).collect();
        Self(format!("{}-{suffix}", now.strftime("%Y%m%dT%H%M%SZ")))
    }

    /// Reads an id back, or `None` if the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (time, suffix) = text.split_once('-')?;
        let moment = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", time).ok()?;
        let canonical = moment.strftime("%Y%m%dT%H%M%SZ").to_string() == time;
        let random = suffix.len() == SUFFIX && suffix.bytes().all(|byte| ALPHABET.contains(&byte));
        (canonical && random).then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_and_differ() {
        let now: Timestamp = "2026-11-21T07:45:00.9Z".parse().unwrap();
        let id = RunId::new(now);
        assert!(id.as_str().starts_with("20261121T074500Z-"));
        assert_eq!(RunId::parse(id.as_str()), Some(id.clone()));
        assert_ne!(RunId::new(now), id);
        for bad in
            ["", "latest", "20261121T074500Z-k3m9q", "20261321T074500Z-k3m9qa", "20261121T074500Z-k3m9ql"]
        {
            assert_eq!(RunId::parse(bad), None, "{bad}");
        }
    }
}
