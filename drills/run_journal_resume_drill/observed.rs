//! What is read of a run: its journal, its effects, its deliveries, and how its Workers ended.

use sor_gate::effects::Counts;

/// One turn as the journal presents it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub ordinal: i64,
    pub status: String,
    pub digest: String,
}

/// One run as the journal presents it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunState {
    /// Empty when there is no such run.
    pub status: String,
    pub finished: bool,
    /// In the order of their ordinals.
    pub turns: Vec<Turn>,
}

impl RunState {
    /// The turns that are done, by ordinal.
    pub fn done(&self) -> Vec<i64> {
        self.turns.iter().filter(|turn| turn.status == "done").map(|turn| turn.ordinal).collect()
    }

    /// The first turn that is not done.
    pub fn gap(&self) -> i64 {
        let done = self.done();
        (1..).find(|ordinal| !done.contains(ordinal)).unwrap_or(1)
    }

    /// How the journal has the turn at the gap: `open`, `failed`, or `not begun`.
    pub fn at_gap(&self) -> &str {
        let gap = self.gap();
        let turn = self.turns.iter().find(|turn| turn.ordinal == gap);
        turn.map_or("not begun", |turn| turn.status.as_str())
    }

    /// Whether a turn was in flight: the first that is not done, or an open one.
    pub fn in_flight(&self, ordinal: i64) -> bool {
        let open = |turn: &Turn| turn.ordinal == ordinal && turn.status == "open";
        ordinal == self.gap() || self.turns.iter().any(open)
    }

    /// The digest of a turn.
    pub fn digest(&self, ordinal: i64) -> Option<&str> {
        self.turns.iter().find(|turn| turn.ordinal == ordinal).map(|turn| turn.digest.as_str())
    }

    /// Whether it is complete with turns 1 to `count`, each of them once and done.
    pub fn is_whole(&self, count: i64) -> bool {
        let ordinals: Vec<i64> = self.turns.iter().map(|turn| turn.ordinal).collect();
        self.status == "complete" && ordinals == (1..=count).collect::<Vec<_>>() && self.done() == ordinals
    }

    pub fn tell(&self) -> String {
        let turns: Vec<String> =
            self.turns.iter().map(|turn| format!("{} {}", turn.ordinal, turn.status)).collect();
        let status = if self.status.is_empty() { "missing" } else { &self.status };
        format!("run {status}, turns: {}", if turns.is_empty() { "none".into() } else { turns.join(", ") })
    }
}

/// A kill and what it hit.
#[derive(Debug, Clone, Default)]
pub struct Kill {
    /// The Worker was running, and SIGKILL ended it.
    pub landed: bool,
    /// The wait status, in words.
    pub status: String,
    /// Its backend waited for the hold, and `journal.kill_when` was true.
    pub mid_turn: bool,
    /// The journal at that moment.
    pub journal: RunState,
}

impl Kill {
    /// Why it does not count, if it does not.
    pub fn miss(&self) -> Option<String> {
        if !self.landed {
            return Some(format!("the Worker had ended before the kill ({})", self.status));
        }
        (!self.mid_turn).then(|| format!("the kill did not land in mid-turn: {}", self.journal.tell()))
    }

    pub fn witness(&self) -> String {
        format!(
            "{} to the whole process group while its backend waited for the hold; journal at that moment: {}",
            self.status,
            self.journal.tell()
        )
    }
}

/// How a Worker ended by itself.
#[derive(Debug, Clone, Default)]
pub struct Ended {
    pub worker: String,
    pub code: Option<i32>,
    pub last_line: String,
}

impl Ended {
    pub fn tell(&self) -> String {
        let code = self.code.map_or("no exit code".into(), |code| format!("exit code {code}"));
        match self.last_line.as_str() {
            "" => format!("{}: {code}", self.worker),
            line => format!("{}: {code} ({line})", self.worker),
        }
    }
}

/// Messages of one run at the harness's sink.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deliveries {
    /// Keys that the run has queued.
    pub queued: usize,
    /// Deliveries that arrived with one of these keys.
    pub arrived: usize,
    /// Those of them that took effect.
    pub effective: usize,
}

/// A run at its end.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    pub ended: Ended,
    pub journal: RunState,
    pub effects: Counts,
    /// None when the subject has no relay or does not name its messages.
    pub deliveries: Option<Deliveries>,
}

impl Outcome {
    /// The effects of some turns, of those that `wanted` says yes to.
    pub fn effects_of(&self, wanted: impl Fn(&str) -> bool) -> Counts {
        self.effects.iter().filter(|((turn, _), _)| wanted(turn)).map(|(k, n)| (k.clone(), *n)).collect()
    }
}
