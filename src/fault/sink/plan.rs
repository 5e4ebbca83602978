//! Which fault meets which request. Pure.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::fault::FaultKind;

/// Where a request carries its dedup key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyFrom {
    /// A header, by name; case does not matter.
    Header(String),
    /// A place in the JSON body, as a JSON Pointer (RFC 6901) such as `/event/id`.
    Pointer(String),
}

impl Default for KeyFrom {
    /// `Idempotency-Key`, as in the IETF draft of that name.
    fn default() -> Self {
        Self::Header("Idempotency-Key".into())
    }
}

/// A fault on the way to the sink, or in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toxic {
    /// Nobody listens: the port is closed until the plan is replaced. Holds for all requests, since
    /// none arrives that could be told from another.
    Refused,
    /// The status line is begun and the connection reset (RST). The status is never said, so nothing is taken.
    Reset,
    /// Never answers; takes nothing.
    TimeOut,
    /// Takes the delivery, then closes the connection without an answer.
    AcceptThenDrop,
    /// Answers with this status. Takes the delivery only if it is a 2xx.
    Status(u16),
    /// Takes the delivery and keeps the response until released.
    Hold,
    /// Takes the delivery and answers this much later.
    Delay(Duration),
}

impl Toxic {
    /// The kind of event that it leaves.
    pub fn kind(self) -> FaultKind {
        match self {
            Self::Refused => FaultKind::Refused,
            Self::Reset => FaultKind::Reset,
            Self::TimeOut => FaultKind::TimeOut,
            Self::AcceptThenDrop => FaultKind::AcceptThenDrop,
            Self::Status(_) => FaultKind::Status,
            Self::Hold => FaultKind::Hold,
            Self::Delay(_) => FaultKind::Delay,
        }
    }

    /// Whether the sink takes a delivery that meets this fault.
    pub fn accepts(self) -> bool {
        match self {
            Self::Refused | Self::Reset | Self::TimeOut => false,
            Self::AcceptThenDrop | Self::Hold | Self::Delay(_) => true,
            Self::Status(status) => (200..300).contains(&status),
        }
    }
}

/// What a rule can look at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Arrival<'a> {
    /// The request's method.
    pub method: &'a str,
    /// The request's path with its query.
    pub path: &'a str,
    /// The dedup key.
    pub key: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

type Predicate = Arc<dyn Fn(&Arrival<'_>) -> bool + Send + Sync>;

/// Which requests a rule covers.
#[derive(Clone)]
pub enum When {
    /// Every request until the plan is replaced.
    Always,
    /// The next `n` requests.
    Next(u32),
    /// Every request with this key.
    Key(String),
    /// Every request whose key begins so.
    KeysFrom(String),
    /// Every request that the function picks.
    Matching(Predicate),
}

impl When {
    /// Every request that `picks` says yes to.
    pub fn matching(picks: impl Fn(&Arrival<'_>) -> bool + Send + Sync + 'static) -> Self {
        Self::Matching(Arc::new(picks))
    }

    fn covers(&self, arrival: &Arrival<'_>) -> bool {
        match self {
            Self::Always => true,
            Self::Next(left) => *left > 0,
            Self::Key(key) => arrival.key == Some(key.as_str()),
            Self::KeysFrom(prefix) => arrival.key.is_some_and(|key| key.starts_with(prefix)),
            Self::Matching(picks) => picks(arrival),
        }
    }

    /// The same for bytes of which nothing is known: they carry a key where its text stands in them.
    fn covers_bytes(&self, arrival: &Arrival<'_>) -> bool {
        let holds = |key: &str| arrival.body.windows(key.len()).any(|part| part == key.as_bytes());
        match self {
            Self::Key(key) | Self::KeysFrom(key) => holds(key),
            _ => self.covers(arrival),
        }
    }

    fn key(&self) -> Option<&str> {
        match self {
            Self::Key(key) => Some(key),
            _ => None,
        }
    }
}

impl fmt::Debug for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => f.write_str("Always"),
            Self::Next(left) => write!(f, "Next({left})"),
            Self::Key(key) => write!(f, "Key({key:?})"),
            Self::KeysFrom(prefix) => write!(f, "KeysFrom({prefix:?})"),
            Self::Matching(_) => f.write_str("Matching(…)"),
        }
    }
}

/// A fault and the requests that meet it.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The fault.
    pub toxic: Toxic,
    /// Its requests.
    pub when: When,
}

impl Rule {
    fn strike(&mut self) -> Toxic {
        if let When::Next(left) = &mut self.when {
            *left -= 1;
        }
        self.toxic
    }
}

/// Rules in order; the first that covers a request decides. No rules: everything is accepted.
#[derive(Debug, Clone, Default)]
pub struct SinkPlan {
    rules: Vec<Rule>,
}

impl SinkPlan {
    /// Accepts everything.
    pub fn healthy() -> Self {
        Self::default()
    }

    /// One fault for every request.
    pub fn always(toxic: Toxic) -> Self {
        Self::healthy().and(toxic, When::Always)
    }

    /// One fault for the next `n` requests, then healthy.
    pub fn next(n: u32, toxic: Toxic) -> Self {
        Self::healthy().and(toxic, When::Next(n))
    }

    /// One fault for every request with this key.
    pub fn key(key: impl Into<String>, toxic: Toxic) -> Self {
        Self::healthy().and(toxic, When::Key(key.into()))
    }

    /// One fault for every request whose key begins so.
    pub fn keys_from(prefix: impl Into<String>, toxic: Toxic) -> Self {
        Self::healthy().and(toxic, When::KeysFrom(prefix.into()))
    }

    /// Adds a rule behind the others.
    #[must_use]
    pub fn and(mut self, toxic: Toxic, when: When) -> Self {
        self.rules.push(Rule { toxic, when });
        self
    }

    /// Whether the port is to be closed.
    pub fn refuses(&self) -> bool {
        self.rules.iter().any(|rule| rule.toxic == Toxic::Refused)
    }

    /// The fault for this request; a counted rule uses up one of its requests.
    pub fn strike(&mut self, arrival: &Arrival<'_>) -> Option<Toxic> {
        self.rules.iter_mut().find(|rule| rule.when.covers(arrival)).map(Rule::strike)
    }

    /// The fault for bytes on their way to a sink that is not ours, and the key by which it was picked.
    pub fn strike_bytes(&mut self, arrival: &Arrival<'_>) -> Option<(Toxic, Option<String>)> {
        let rule = self.rules.iter_mut().find(|rule| rule.when.covers_bytes(arrival))?;
        let key = rule.when.key().map(str::to_owned);
        Some((rule.strike(), key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strike(plan: &mut SinkPlan, key: &str) -> Option<Toxic> {
        plan.strike(&Arrival { method: "POST", path: "/hook", key: Some(key), body: b"{}" })
    }

    #[test]
    fn a_counted_rule_wears_off() {
        let mut plan = SinkPlan::next(2, Toxic::Status(500)).and(Toxic::Hold, When::Next(1));
        let struck = [(); 4].map(|()| strike(&mut plan, "a"));
        assert_eq!(struck, [Some(Toxic::Status(500)), Some(Toxic::Status(500)), Some(Toxic::Hold), None]);
    }

    #[test]
    fn rules_pick_by_key_and_by_predicate() {
        let mut plan =
            SinkPlan::key("poison", Toxic::Reset).and(Toxic::TimeOut, When::matching(|a| a.body.is_empty()));
        assert_eq!(strike(&mut plan, "poison"), Some(Toxic::Reset));
        assert_eq!(strike(&mut plan, "other"), None);
        let empty = Arrival { method: "GET", path: "/", key: None, body: b"" };
        assert_eq!(plan.strike(&empty), Some(Toxic::TimeOut));
    }

    #[test]
    fn in_bytes_a_key_is_found_by_its_text() {
        let mut plan = SinkPlan::key("F-1", Toxic::Reset).and(Toxic::Hold, When::KeysFrom("T1-".into()));
        let mut strike = |body| plan.strike_bytes(&Arrival { body, ..Arrival::default() });
        assert_eq!(strike(b"SEND F-1 {}\n"), Some((Toxic::Reset, Some("F-1".into()))));
        assert_eq!(strike(b"SEND T1-4 {}\n"), Some((Toxic::Hold, None)));
        assert_eq!(strike(b"SEND F-2 {}\n"), None);
    }

    #[test]
    fn only_a_success_is_taken() {
        assert!(Toxic::Status(202).accepts());
        assert!(!Toxic::Status(500).accepts());
        assert!(!Toxic::Reset.accepts());
        assert!(Toxic::AcceptThenDrop.accepts());
    }
}
