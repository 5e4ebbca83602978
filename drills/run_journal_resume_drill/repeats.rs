//! Effects held against those of a run without a crash, with the repeats that the subject declares.

use std::collections::BTreeSet;

use sor_gate::effects::Counts;
use sor_gate::subject::{Effect, Guarantee};

use super::observed::{Outcome, RunState};

/// A turn and an effect.
type Key = (String, String);

/// What may be repeated.
#[derive(Debug, Clone, Default)]
pub struct Repeats {
    /// The effects that are promised at least once, by name.
    effects: BTreeSet<String>,
    /// Whether messages are.
    deliveries: bool,
}

impl Repeats {
    /// Those that the subject declares.
    pub fn declared(effects: &[Effect], deliveries: Guarantee) -> Self {
        let named = effects.iter().filter(|effect| effect.guarantee == Guarantee::AtLeastOnce);
        let effects = named.map(|effect| effect.name().to_owned()).collect();
        Self { effects, deliveries: deliveries == Guarantee::AtLeastOnce }
    }

    /// Most that an effect may have taken place: once more for each blow in the midst of its turn. `struck` are the journals
    /// at the blows.
    fn most(&self, (turn, effect): &Key, control: &Counts, struck: &[&RunState]) -> i64 {
        let once = control.get(&(turn.clone(), effect.clone())).copied().unwrap_or(0);
        let Some(turn) = turn.parse().ok().filter(|_| self.effects.contains(effect)) else { return once };
        once + struck.iter().filter(|state| state.in_flight(turn)).map(|_| once).sum::<i64>()
    }

    /// Where the effects of a run that was struck differ from those of one that was not, in words.
    pub fn differences(&self, control: &Counts, struck: &[&RunState], seen: &Counts) -> Vec<String> {
        differing(control, seen, |key| self.most(key, control, struck))
    }

    /// Where effects changed after `before`, beyond the repeats of a Worker that was frozen when the journal was `frozen`.
    pub fn late(&self, control: &Counts, frozen: &RunState, before: &Counts, after: &Counts) -> Vec<String> {
        differing(before, after, |key| self.most(key, control, &[frozen]))
    }

    /// Whether the messages are those of a run that was not struck; with a declared guarantee there may be one more for each
    /// repeated effect.
    pub fn delivered(&self, control: &Outcome, end: &Outcome) -> bool {
        let (Some(wanted), Some(seen)) = (&control.deliveries, &end.deliveries) else {
            return control.deliveries == end.deliveries;
        };
        let more = if self.deliveries { repeated(&control.effects, &end.effects) } else { 0 };
        let fits = |wanted: usize, seen: usize| (wanted..=wanted + more).contains(&seen);
        fits(wanted.queued, seen.queued)
            && fits(wanted.arrived, seen.arrived)
            && fits(wanted.effective, seen.effective)
    }
}

/// How many effects there were beyond those of a run that was not struck.
fn repeated(control: &Counts, seen: &Counts) -> usize {
    let more = |(key, n): (&Key, &i64)| n - control.get(key).copied().unwrap_or(0);
    usize::try_from(seen.iter().map(more).sum::<i64>()).unwrap_or(0)
}

/// How often effects took place, for the evidence; those that differ beyond what is declared are told elsewhere.
pub fn told(control: &Counts, seen: &Counts) -> String {
    match repeated(control, seen) {
        0 => "each once".into(),
        repeats => format!("each once but for {repeats} of the turn in flight, promised at least once"),
    }
}

/// Where two counts of effects differ, in words; empty when they are the same.
pub fn differences(expected: &Counts, seen: &Counts) -> Vec<String> {
    differing(expected, seen, |_| 0)
}

/// The same, where some may have taken place more often, at most so often.
fn differing(expected: &Counts, seen: &Counts, most: impl Fn(&Key) -> i64) -> Vec<String> {
    let mut keys: Vec<_> = expected.keys().chain(seen.keys()).collect();
    keys.sort();
    keys.dedup();
    let count = |counts: &Counts, key: &Key| counts.get(key).copied().unwrap_or(0);
    let allowed = |key: &Key| {
        let (wanted, seen) = (count(expected, key), count(seen, key));
        seen == wanted || (wanted < seen && seen <= most(key))
    };
    let differing = keys.into_iter().filter(|key| !allowed(key));
    differing
        .map(|key| {
            let (turn, effect) = key;
            format!("turn {turn}: {effect} {} times, not {}", count(seen, key), count(expected, key))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::observed::{Deliveries, Turn};
    use super::*;

    /// Turn 1 done, turn 2 open, turn 3 not begun.
    fn struck() -> RunState {
        let turn = |ordinal, status: &str| Turn { ordinal, status: status.into(), digest: String::new() };
        RunState { status: "running".into(), finished: false, turns: vec![turn(1, "done"), turn(2, "open")] }
    }

    fn counts(of: &[(&str, i64)]) -> Counts {
        of.iter().map(|(turn, n)| (((*turn).to_owned(), "mail".to_owned()), *n)).collect()
    }

    fn at_least_once(deliveries: bool) -> Repeats {
        Repeats { effects: ["mail".into()].into(), deliveries }
    }

    fn wrong(struck: &[&RunState], seen: &[(&str, i64)]) -> Vec<String> {
        let control = counts(&[("1", 1), ("2", 1), ("3", 1)]);
        at_least_once(false).differences(&control, struck, &counts(seen))
    }

    #[test]
    fn the_turn_in_flight_may_repeat_once_for_each_blow_and_no_other_turn_may() {
        let at = &struck();
        let none: [String; 0] = [];
        assert_eq!(wrong(&[at], &[("1", 1), ("2", 1), ("3", 1)]), none, "no repeat is no fault");
        assert_eq!(wrong(&[at], &[("1", 1), ("2", 2), ("3", 1)]), none);
        assert_eq!(wrong(&[at], &[("1", 1), ("2", 3), ("3", 1)]), ["turn 2: mail 3 times, not 1"]);
        assert_eq!(wrong(&[at, at], &[("1", 1), ("2", 3), ("3", 1)]), none);
        assert_eq!(wrong(&[], &[("1", 1), ("2", 2), ("3", 1)]), ["turn 2: mail 2 times, not 1"]);
        assert_eq!(wrong(&[at], &[("1", 2), ("2", 1), ("3", 1)]), ["turn 1: mail 2 times, not 1"]);
        assert_eq!(wrong(&[at], &[("1", 1), ("2", 1), ("3", 2)]), ["turn 3: mail 2 times, not 1"]);
        assert_eq!(wrong(&[at], &[("1", 1), ("3", 1)]), ["turn 2: mail 0 times, not 1"]);
        assert_eq!(wrong(&[at], &[("1", 1), ("2", 1), ("3", 1), ("", 1)]), ["turn : mail 1 times, not 0"]);
    }

    #[test]
    fn what_is_not_declared_may_not_repeat() {
        let (control, seen) = (counts(&[("2", 1)]), counts(&[("2", 2)]));
        let told = Repeats::default().differences(&control, &[&struck()], &seen);
        assert_eq!(told, ["turn 2: mail 2 times, not 1"]);
        assert_eq!(differences(&control, &seen), told);
    }

    #[test]
    fn a_frozen_worker_may_repeat_what_it_had_in_flight_and_nothing_more() {
        let repeats = at_least_once(false);
        let control = counts(&[("1", 1), ("2", 1)]);
        let late = |before: i64, after: i64, turn: &str| {
            let (before, after) = (counts(&[(turn, before)]), counts(&[(turn, after)]));
            repeats.late(&control, &struck(), &before, &after).len()
        };
        assert_eq!(late(1, 2, "2"), 0);
        assert_eq!(late(2, 3, "2"), 1, "it had been repeated already");
        assert_eq!(late(1, 2, "1"), 1, "a finished turn");
        assert_eq!(late(2, 1, "2"), 1, "an effect that vanished");
    }

    #[test]
    fn there_may_be_a_message_more_for_each_repeat_where_that_is_declared() {
        let run = |mails, queued| Outcome {
            effects: counts(&[("2", mails)]),
            deliveries: Some(Deliveries { queued, arrived: queued, effective: queued }),
            ..Outcome::default()
        };
        let fits =
            |declared, mails, queued| at_least_once(declared).delivered(&run(1, 1), &run(mails, queued));
        assert!(fits(true, 2, 2) && fits(true, 2, 1) && fits(false, 2, 1));
        assert!(!fits(false, 2, 2), "not declared");
        assert!(!fits(true, 1, 2), "nothing was repeated");
        assert!(!fits(true, 2, 3) && !fits(true, 2, 0), "too many, too few");
        assert!(!at_least_once(true).delivered(&run(1, 1), &Outcome::default()), "not counted");
    }
}
