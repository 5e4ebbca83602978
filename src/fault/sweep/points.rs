//! Where to strike: which boundaries of a conversation stand for the others. Pure.

use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use crate::fault::proxy::{Direction, Point, Statement, StatementKind};

/// What passed between a program and the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conversation {
    /// The messages in order.
    pub points: Vec<Point>,
    /// The statements among them, with what the server answered.
    pub statements: Vec<Statement>,
}

/// A boundary to strike at, and those for which it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrashPoint {
    /// The first message of those.
    pub first: u64,
    /// The last.
    pub last: u64,
    /// The one before which the blow falls.
    pub at: Point,
    /// The statement that it belongs to, and its kind, where it was chosen for one.
    pub statement: Option<(String, String)>,
}

impl CrashPoint {
    /// For how many boundaries it stands.
    pub fn stands_for(&self) -> u64 {
        self.last + 1 - self.first
    }

    /// A statement was done at the server, and its answer is on the way.
    pub fn loses_reply(&self) -> bool {
        tells_done(&self.at)
    }

    /// The place in words.
    pub fn place(&self) -> String {
        let about = self.statement.as_ref();
        let about = about.map(|(sql, _)| format!(" of `{}`", shorten(sql))).unwrap_or_default();
        format!("before message {}, {}{about}", self.at.number, self.at.name())
    }
}

fn tells_done(point: &Point) -> bool {
    point.direction == Direction::ToClient && point.tag == b'C'
}

/// A program that takes leave (Terminate) ends without an answer: it may be gone before it is struck.
fn takes_leave(point: &Point) -> bool {
    point.direction == Direction::ToServer && point.tag == b'X'
}

/// What the server calls a statement in its answer, without its numbers; by its first word when there was no answer.
fn kind(statement: &Statement) -> &str {
    let told = statement.completed.first().unwrap_or(&statement.sql);
    told.split_whitespace().next().unwrap_or_default()
}

/// The first words of a statement, on one line; comments before it are left out.
fn shorten(sql: &str) -> String {
    let lines = sql.lines().skip_while(|line| line.trim_start().starts_with("--"));
    lines.flat_map(str::split_whitespace).take(6).collect::<Vec<_>>().join(" ")
}

impl Conversation {
    /// The messages that can change what a crash leaves behind: each statement outside of a transaction, and each end of
    /// one. What runs inside a transaction does not, since the server rolls it back. With several connections no
    /// statement is taken to be inside.
    fn turning_points(&self) -> BTreeSet<u64> {
        let single = self.points.iter().all(|point| point.connection == 1);
        let mut inside = false;
        let mut turning = BTreeSet::new();
        for statement in self.statements.iter().filter(|statement| statement.kind != StatementKind::Parse) {
            let tag = |wanted: &str| statement.completed.iter().any(|tag| tag == wanted);
            let ends = tag("COMMIT") || tag("ROLLBACK");
            if !inside || ends || !single {
                turning.insert(statement.number);
            }
            inside = single && !ends && (inside || tag("BEGIN") || tag("START TRANSACTION"));
        }
        turning
    }

    /// Cuts the conversation into classes, each of which ends with a message that can change what a crash leaves behind:
    /// all boundaries of a class leave the same. Behind every other such message the boundary before its answer stands
    /// for the class: done, and the answer lost. Elsewhere the seed picks one.
    pub fn classes(&self, seed: u64) -> Vec<CrashPoint> {
        let turning = self.turning_points();
        let mut random = StdRng::seed_from_u64(seed);
        let mut classes = Vec::new();
        let mut rest = self.points.as_slice();
        while !rest.is_empty() {
            let end =
                rest.iter().position(|point| turning.contains(&point.number)).map_or(rest.len(), |at| at + 1);
            let (class, others) = rest.split_at(end);
            let picked = class[random.random_range(0..class.len())];
            let stays = class.iter().rev().find(|point| !takes_leave(point));
            let picked = if takes_leave(&picked) { stays.copied().unwrap_or(picked) } else { picked };
            let done = class.iter().find(|point| tells_done(point)).copied();
            let at = if classes.len() % 2 == 0 { done.unwrap_or(picked) } else { picked };
            classes.push(CrashPoint {
                first: class[0].number,
                last: class[class.len() - 1].number,
                at,
                statement: None,
            });
            rest = others;
        }
        classes
    }

    /// One boundary for each kind of statement, and one before the first: before the statement reaches the server, or before
    /// its answer reaches the program. The kind is what the server calls it in its answer (`BEGIN`, `SELECT`, `INSERT`). The
    /// seed picks which statement of a kind, and which side of it; of a COMMIT always the answer, since what was committed
    /// must not be lost.
    pub fn of_each_kind(&self, seed: u64) -> Vec<CrashPoint> {
        let mut random = StdRng::seed_from_u64(seed);
        let runs =
            |statement: &&Statement| matches!(statement.kind, StatementKind::Query | StatementKind::Execute);
        let mut kinds: BTreeMap<&str, Vec<&Statement>> = BTreeMap::new();
        for statement in self.statements.iter().filter(runs) {
            kinds.entry(kind(statement)).or_default().push(statement);
        }
        let first = self.statements.first().map_or(u64::MAX, |statement| statement.number);
        let before = self.points.iter().take_while(|point| point.number < first).count();
        let mut picked = Vec::new();
        if before > 0 {
            picked.push(self.points[random.random_range(0..before)].alone(None));
        }
        for (kind, statements) in kinds {
            let statement = statements[random.random_range(0..statements.len())];
            let asked = statement.number;
            let done = random.random() || kind == "COMMIT";
            let wanted = if done { self.answer_to(asked).unwrap_or(asked) } else { asked };
            let point = self.points.iter().find(|point| point.number == wanted);
            picked.extend(point.map(|point| point.alone(Some(statement))));
        }
        picked.sort_by_key(|point| point.at.number);
        picked
    }

    /// The message that tells that the statement of message `asked` was done.
    fn answer_to(&self, asked: u64) -> Option<u64> {
        let statement = self.points.iter().find(|point| point.number == asked)?;
        let on_it = |point: &&Point| point.number > asked && point.connection == statement.connection;
        self.points.iter().filter(on_it).find(|point| tells_done(point)).map(|point| point.number)
    }
}

/// Places for a second blow: `resumed` is, for each point where a program was killed, what the next one then said. One
/// place for each kind of statement in them all; the seed says which.
pub fn second_places(resumed: &[(CrashPoint, Conversation)], seed: u64) -> Vec<(CrashPoint, CrashPoint)> {
    let mut places: Vec<(CrashPoint, CrashPoint)> = Vec::new();
    for (first, spoken) in resumed {
        let then = spoken.of_each_kind(seed.wrapping_add(first.at.number));
        places.extend(then.into_iter().map(|then| (first.clone(), then)));
    }
    places.shuffle(&mut StdRng::seed_from_u64(seed));
    let mut seen = BTreeSet::new();
    places.retain(|(_, then)| seen.insert(then.statement.as_ref().map(|(_, kind)| kind.clone())));
    places
}

impl Point {
    /// A crash point that stands for itself.
    fn alone(self, statement: Option<&Statement>) -> CrashPoint {
        let statement = statement.map(|statement| (statement.sql.clone(), kind(statement).to_owned()));
        CrashPoint { first: self.number, last: self.number, at: self, statement }
    }
}
