//! Which fault happens at which message, and which statements are rewritten. Pure.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::WireMessage;
use crate::fault::FaultKind;

/// A fault on the wire.
#[derive(Clone)]
pub enum WireToxic {
    /// Calls the function, which kills and waits, while no message of any connection passes; then cuts this
    /// connection. The message itself never arrives.
    Kill(Arc<dyn Fn() + Send + Sync>),
    /// Cuts the connection on both sides; the message never arrives.
    CutBefore,
    /// Passes the message, then cuts the connection on both sides.
    CutAfter,
    /// For a message to the server: passes it, waits until the server has done it and is ready again, passes
    /// none of the answer and cuts the client. If the server answered with an error or rolled back, the
    /// answer is passed on and the rule waits for another message.
    LoseReply,
    /// Passes the message this much later.
    Delay(Duration),
    /// Keeps the message until released; the other direction stays open.
    Hold,
}

impl WireToxic {
    /// The kind of event that it leaves.
    pub fn kind(&self) -> FaultKind {
        match self {
            Self::Kill(_) => FaultKind::Kill,
            Self::CutBefore => FaultKind::CutBefore,
            Self::CutAfter => FaultKind::CutAfter,
            Self::LoseReply => FaultKind::ReplyLost,
            Self::Delay(_) => FaultKind::Delay,
            Self::Hold => FaultKind::Hold,
        }
    }
}

impl fmt::Debug for WireToxic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind())
    }
}

type Picks = Arc<dyn Fn(&WireMessage<'_>) -> bool + Send + Sync>;

/// When a rule fires.
#[derive(Clone)]
pub enum Trigger {
    /// At this boundary: before the message of this number, counted from 1. Once.
    Boundary(u64),
    /// At the first message that the function picks. Once.
    First(Picks),
    /// At every message that the function picks.
    Every(Picks),
}

impl Trigger {
    /// The first message that `picks` says yes to.
    pub fn first(picks: impl Fn(&WireMessage<'_>) -> bool + Send + Sync + 'static) -> Self {
        Self::First(Arc::new(picks))
    }

    /// Every message that `picks` says yes to.
    pub fn every(picks: impl Fn(&WireMessage<'_>) -> bool + Send + Sync + 'static) -> Self {
        Self::Every(Arc::new(picks))
    }
}

impl fmt::Debug for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boundary(number) => write!(f, "Boundary({number})"),
            Self::First(_) => f.write_str("First(…)"),
            Self::Every(_) => f.write_str("Every(…)"),
        }
    }
}

/// A fault and when it happens.
#[derive(Debug, Clone)]
pub struct WireRule {
    /// When.
    pub trigger: Trigger,
    /// What.
    pub toxic: WireToxic,
    /// It has fired and is not to fire again.
    pub(super) spent: bool,
}

type Replaces = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Replaces statement texts on their way to the server: for sabotage of programs whose SQL cannot be edited.
///
/// The function sees the text of each Query and Parse and returns the new one, or none to leave it. A
/// program that looks at the answer still wants one that fits: use a statement with an answer of the same
/// shape (`DO 'BEGIN END'` rather than nothing at all for a `BEGIN`).
#[derive(Clone)]
pub struct Rewrite {
    /// What it does, for the evidence.
    pub name: String,
    replace: Replaces,
}

impl Rewrite {
    /// A rewrite with a name for the evidence.
    pub fn new(
        name: impl Into<String>,
        replace: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), replace: Arc::new(replace) }
    }
}

impl fmt::Debug for Rewrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rewrite({:?})", self.name)
    }
}

/// Faults and rewrites. Empty: everything passes unharmed.
#[derive(Debug, Clone, Default)]
pub struct WirePlan {
    pub(super) rules: Vec<WireRule>,
    pub(super) rewrites: Vec<Rewrite>,
}

impl WirePlan {
    /// Passes everything.
    pub fn clear() -> Self {
        Self::default()
    }

    /// Whether it holds no fault and no rewrite.
    pub fn is_clear(&self) -> bool {
        self.rules.is_empty() && self.rewrites.is_empty()
    }

    /// One fault.
    pub fn one(trigger: Trigger, toxic: WireToxic) -> Self {
        Self::clear().and(trigger, toxic)
    }

    /// COMMIT is done at the server and its reply lost, once.
    pub fn lose_commit_reply() -> Self {
        Self::one(Trigger::first(|message| message.asks_commit()), WireToxic::LoseReply)
    }

    /// Adds a fault. Where several fit a message, the first decides.
    #[must_use]
    pub fn and(mut self, trigger: Trigger, toxic: WireToxic) -> Self {
        self.rules.push(WireRule { trigger, toxic, spent: false });
        self
    }

    /// Adds a rewrite behind the others; each sees what those before it made of the text.
    #[must_use]
    pub fn rewrite(mut self, rewrite: Rewrite) -> Self {
        self.rewrites.push(rewrite);
        self
    }

    /// The rule that this message sets off, marked as spent if it fires only once.
    pub(super) fn strike(&mut self, number: u64, message: &WireMessage<'_>) -> Option<(usize, WireToxic)> {
        let fits = |rule: &WireRule| match &rule.trigger {
            Trigger::Boundary(wanted) => *wanted == number,
            Trigger::First(picks) | Trigger::Every(picks) => picks(message),
        };
        let index = self.rules.iter().position(|rule| !rule.spent && fits(rule))?;
        let rule = &mut self.rules[index];
        rule.spent = !matches!(rule.trigger, Trigger::Every(_));
        Some((index, rule.toxic.clone()))
    }

    /// The text as it is to reach the server, with the names of the rewrites that changed it.
    pub(super) fn rewritten(&self, sql: &str) -> Option<(String, Vec<&str>)> {
        let mut text = None;
        let mut names = Vec::new();
        for rewrite in &self.rewrites {
            if let Some(new) = (rewrite.replace)(text.as_deref().unwrap_or(sql)) {
                text = Some(new);
                names.push(rewrite.name.as_str());
            }
        }
        text.map(|text| (text, names))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Direction;
    use super::*;

    fn query(sql: &str) -> WireMessage<'_> {
        WireMessage {
            connection: 1,
            direction: Direction::ToServer,
            tag: b'Q',
            sql: Some(sql),
            completed: None,
            sqlstate: None,
        }
    }

    #[test]
    fn the_first_fires_once_and_every_one_each_time() {
        let mut plan = WirePlan::lose_commit_reply().and(Trigger::every(|m| m.runs()), WireToxic::CutAfter);
        let struck = |plan: &mut WirePlan, sql| plan.strike(9, &query(sql)).map(|(_, toxic)| toxic.kind());
        assert_eq!(struck(&mut plan, "BEGIN"), Some(FaultKind::CutAfter));
        assert_eq!(struck(&mut plan, "COMMIT"), Some(FaultKind::ReplyLost));
        assert_eq!(struck(&mut plan, "COMMIT"), Some(FaultKind::CutAfter));
    }

    #[test]
    fn a_boundary_is_hit_by_its_number() {
        let mut plan = WirePlan::one(Trigger::Boundary(3), WireToxic::CutBefore);
        assert!(plan.strike(2, &query("BEGIN")).is_none());
        assert!(plan.strike(3, &query("BEGIN")).is_some());
        assert!(plan.strike(3, &query("BEGIN")).is_none());
    }

    #[test]
    fn rewrites_build_on_each_other() {
        let strip = |what: &'static str| {
            Rewrite::new(what, move |sql| sql.contains(what).then(|| sql.replace(what, "")))
        };
        let plan = WirePlan::clear().rewrite(strip(" SKIP LOCKED")).rewrite(strip(" FOR UPDATE"));
        let (text, names) = plan.rewritten("SELECT 1 FOR UPDATE SKIP LOCKED").unwrap();
        assert_eq!((text.as_str(), names.len()), ("SELECT 1", 2));
        assert!(plan.rewritten("SELECT 1").is_none());
    }
}
