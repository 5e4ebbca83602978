//! A sweep: blows at the points of a conversation, one run each, and what came of them. Pure.

mod points;
#[cfg(test)]
mod tests;

use std::fmt;

pub use points::{Conversation, CrashPoint, second_places};

use crate::verdict::Finding;

/// What strikes at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// SIGKILL to the program's process group.
    Kill,
    /// The same, and once more to the program that takes its work up again.
    SecondKill,
    /// An immediate stop of the server.
    ServerCrash,
    /// A SIGKILL, and an immediate stop of the server while another program takes the work up again.
    SecondServerCrash,
}

impl fmt::Display for Blow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kill => "killed",
            Self::SecondKill => "killed while resuming",
            Self::ServerCrash => "server crashed",
            Self::SecondServerCrash => "server crashed while resuming",
        })
    }
}

/// A blow and where it falls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strike {
    /// What strikes.
    pub blow: Blow,
    /// Where the program stands; where it is struck first, of a second blow.
    pub first: CrashPoint,
    /// Where the program stands that takes its work up again, of a second blow.
    pub then: Option<CrashPoint>,
}

impl Strike {
    /// A first blow.
    pub fn once(blow: Blow, first: CrashPoint) -> Self {
        Self { blow, first, then: None }
    }

    /// A kill, and a second blow to the program that takes the work up again.
    pub fn again(blow: Blow, first: CrashPoint, then: CrashPoint) -> Self {
        Self { blow, first, then: Some(then) }
    }

    /// A name that no other strike of the sweep has, for its run or key.
    pub fn name(&self) -> String {
        let kind = match self.blow {
            Blow::Kill | Blow::SecondKill => "K",
            Blow::ServerCrash | Blow::SecondServerCrash => "S",
        };
        let then = self.then.as_ref().map(|then| format!("-{}", then.at.number)).unwrap_or_default();
        format!("{kind}{}{then}", self.first.at.number)
    }

    /// The blow has fallen; `landed`: each program stood at its point by then.
    pub fn struck(&self, landed: bool, wrong: Vec<String>) -> Struck {
        let place = match &self.then {
            None => self.first.place(),
            Some(then) => format!("{}, after a kill {}", then.place(), self.first.place()),
        };
        let stands_for = if self.blow == Blow::Kill { self.first.stands_for() } else { 0 };
        Struck { blow: self.blow, place, stands_for, landed, wrong }
    }
}

/// A blow, and what was wrong in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Struck {
    /// What struck.
    pub blow: Blow,
    /// Where, in words.
    pub place: String,
    /// For how many boundaries of the uncrashed run it stands; 0 where it is one more of its kind.
    pub stands_for: u64,
    /// The program was at its point when the blow fell.
    pub landed: bool,
    /// What differs from a run without a crash; empty when nothing does.
    pub wrong: Vec<String>,
}

/// All blows of a sweep.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sweep {
    /// Messages of the run that nothing struck.
    pub boundaries: usize,
    /// Kills between a statement that was done and its answer.
    pub replies_lost: usize,
    /// The run that nothing struck reached the server by the proxy and by no other way; else the blows fell on nothing.
    pub by_the_proxy: bool,
    /// Only some of the points were struck: the drill ran under a break that aims at another claim.
    pub sampled: bool,
    /// The server is the run's own; somebody else's is not crashed.
    pub server_is_ours: bool,
    /// Points that there was no time for.
    pub left_out: usize,
    /// One entry a blow.
    pub struck: Vec<Struck>,
}

/// All the points, or of a sample every eighth; the seed says which.
pub fn some_of<T>(points: Vec<T>, sampled: bool, seed: u64) -> Vec<T> {
    const EVERY: usize = 8;
    if !sampled || points.is_empty() {
        return points;
    }
    let begin = usize::try_from(seed % EVERY as u64).unwrap_or(0).min(points.len() - 1);
    points.into_iter().skip(begin).step_by(EVERY).collect()
}

impl Sweep {
    fn landed(&self) -> impl Iterator<Item = &Struck> {
        self.struck.iter().filter(|struck| struck.landed)
    }

    /// How many blows of a kind landed.
    pub fn count(&self, blow: Blow) -> usize {
        self.landed().filter(|struck| struck.blow == blow).count()
    }

    fn covered(&self) -> u64 {
        self.landed().filter(|struck| struck.blow == Blow::Kill).map(|struck| struck.stands_for).sum()
    }

    /// The numbers of points, by kind.
    pub fn tell(&self) -> String {
        let kills = format!(
            "{} kills, standing for {} of {} boundaries; {} second kills while resuming",
            self.count(Blow::Kill),
            self.covered(),
            self.boundaries,
            self.count(Blow::SecondKill)
        );
        match self.server_is_ours {
            true => format!(
                "{kills}; server crashed at {} points, and at {} while resuming",
                self.count(Blow::ServerCrash),
                self.count(Blow::SecondServerCrash)
            ),
            false => format!("{kills}; the server is not the run's own, so it was not crashed"),
        }
    }

    /// What went wrong, the first of it in full; `None` when nothing did.
    pub fn wrong(&self) -> Option<String> {
        let mut wrong = self.landed().filter(|struck| !struck.wrong.is_empty());
        let first = wrong.next()?;
        let Struck { blow, place, .. } = first;
        let more = wrong.count() + 1;
        Some(format!("{more} of them went wrong, the first {blow} {place}: {}", first.wrong.join(", ")))
    }

    /// Why it proves nothing although nothing went wrong; `None` when it does.
    pub fn gap(&self) -> Option<String> {
        if !self.by_the_proxy {
            return Some("the program reaches the server by another way than the URL it was given".into());
        }
        if self.left_out > 0 {
            let left = self.left_out;
            return Some(format!(
                "the drill's time was over before {left} more points; --timeout gives it more"
            ));
        }
        let missed: Vec<String> = self
            .struck
            .iter()
            .filter(|struck| !struck.landed)
            .map(|struck| format!("{} {}", struck.blow, struck.place))
            .collect();
        if !missed.is_empty() {
            return Some(format!(
                "{} not reached: {}",
                missed.len(),
                missed[..missed.len().min(3)].join(", ")
            ));
        }
        if self.boundaries == 0 || !self.sampled && self.covered() != self.boundaries as u64 {
            return Some("not every boundary is covered".into());
        }
        let mut wanted = vec![Blow::Kill, Blow::SecondKill];
        if self.server_is_ours {
            wanted.extend([Blow::ServerCrash, Blow::SecondServerCrash]);
        }
        let absent = wanted.into_iter().find(|blow| self.count(*blow) == 0)?;
        Some(format!("no point: {absent}"))
    }

    /// The finding of a claim that rests on the sweep alone.
    pub fn finding(&self, claim: &str, expected: &str) -> Finding {
        let points = self.tell();
        if let Some(wrong) = self.wrong() {
            let observed = format!("{points}; {wrong}");
            return Finding::judge(claim, false, expected, observed).witnessed(points);
        }
        if let Some(gap) = self.gap() {
            return Finding::unproven(claim, expected, format!("{points}; {gap}"));
        }
        Finding::judge(claim, true, expected, format!("{points}; all whole, each effect once"))
            .witnessed(self.witness())
    }

    /// How each blow is known to have landed.
    pub fn witness(&self) -> String {
        format!(
            "{points}: each time the wire proxy held the message while the blow fell; {lost} times a statement was done and \
             its answer lost; boundaries within one transaction, or with no statement between them, leave the same state: \
             one kill stands for them",
            points = self.tell(),
            lost = self.replies_lost
        )
    }
}
