//! The delivery ledger: what arrived, and what of it took effect. Pure.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::FaultKind;

/// One request that reached the sink whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// Place in the order of arrival, from 0.
    pub seq: usize,
    /// When it arrived: RFC 3339, UTC.
    pub at: String,
    /// The request's method.
    pub method: String,
    /// The request's path with its query.
    pub path: String,
    /// The dedup key that it carried, if any.
    pub key: Option<String>,
    /// The body; bytes that are not UTF-8 are replaced.
    pub body: String,
    /// The sink took it. An error status, a reset and a time-out take nothing.
    pub accepted: bool,
    /// A delivery of the same key had been accepted before.
    pub duplicate: bool,
    /// The fault that this delivery met.
    pub fault: Option<FaultKind>,
    /// The status handed to the network; none while held, and none if it was never answered.
    pub status: Option<u16>,
}

impl Delivery {
    /// One of a key of which nothing else is known: at this moment, not accepted.
    pub(super) fn of(key: Option<String>) -> Self {
        Self {
            seq: 0,
            at: jiff::Timestamp::now().to_string(),
            method: String::new(),
            path: String::new(),
            key,
            body: String::new(),
            accepted: false,
            duplicate: false,
            fault: None,
            status: None,
        }
    }

    /// It took effect: accepted, and the first of its key.
    pub fn effective(&self) -> bool {
        self.accepted && !self.duplicate
    }
}

/// Deliveries in order of arrival.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    deliveries: Vec<Delivery>,
}

impl Ledger {
    /// Enters a delivery; sets its number and whether it is a duplicate, and returns both.
    pub fn enter(&mut self, delivery: Delivery) -> (usize, bool) {
        let seq = self.deliveries.len();
        let duplicate = delivery.key.is_some()
            && self.deliveries.iter().any(|old| old.accepted && old.key == delivery.key);
        self.deliveries.push(Delivery { seq, duplicate, ..delivery });
        (seq, duplicate)
    }

    /// Notes the status that was answered.
    pub fn answered(&mut self, seq: usize, status: u16) {
        if let Some(delivery) = self.deliveries.get_mut(seq) {
            delivery.status = Some(status);
        }
    }

    /// Every delivery, in order of arrival.
    pub fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }

    /// The deliveries that took effect. Without a key nothing can be told apart, so each one counts.
    pub fn effective(&self) -> impl Iterator<Item = &Delivery> {
        self.deliveries.iter().filter(|delivery| delivery.effective())
    }

    /// The deliveries that carried this key, in order of arrival.
    pub fn of_key(&self, key: &str) -> impl Iterator<Item = &Delivery> {
        self.deliveries.iter().filter(move |delivery| delivery.key.as_deref() == Some(key))
    }

    /// How often each key was sent, whether it was accepted or not.
    pub fn sent_per_key(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for key in self.deliveries.iter().filter_map(|delivery| delivery.key.as_deref()) {
            *counts.entry(key).or_default() += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(key: Option<&str>, accepted: bool) -> Delivery {
        Delivery { seq: 99, accepted, duplicate: true, ..Delivery::of(key.map(Into::into)) }
    }

    fn ledger(entries: &[(Option<&str>, bool)]) -> Ledger {
        let mut ledger = Ledger::default();
        for (key, accepted) in entries {
            ledger.enter(delivery(*key, *accepted));
        }
        ledger
    }

    #[test]
    fn the_first_accepted_of_a_key_takes_effect() {
        let ledger = ledger(&[(Some("a"), false), (Some("a"), true), (Some("b"), true), (Some("a"), true)]);
        assert_eq!(ledger.effective().map(|d| d.seq).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(
            ledger.deliveries().iter().map(|d| d.duplicate).collect::<Vec<_>>(),
            [false, false, false, true]
        );
        assert_eq!(ledger.sent_per_key(), BTreeMap::from([("a", 3), ("b", 1)]));
        assert_eq!(ledger.of_key("a").count(), 3);
    }

    #[test]
    fn a_refused_repeat_is_a_duplicate_without_effect() {
        let ledger = ledger(&[(Some("a"), true), (Some("a"), false)]);
        assert!(ledger.deliveries()[1].duplicate);
        assert_eq!(ledger.effective().count(), 1);
    }

    #[test]
    fn without_a_key_each_one_counts() {
        assert_eq!(ledger(&[(None, true), (None, true), (None, false)]).effective().count(), 2);
    }

    #[test]
    fn the_answer_is_noted_late() {
        let mut ledger = ledger(&[(Some("a"), true)]);
        ledger.answered(0, 200);
        ledger.answered(7, 500);
        assert_eq!(ledger.deliveries()[0].status, Some(200));
    }
}
