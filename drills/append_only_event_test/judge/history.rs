//! Whether the events tell the whole story, and none is missed by who follows them.

use std::collections::BTreeMap;

use sor_gate::verdict::Finding;

/// One event as told, with what it brought about.
pub struct Told {
    pub id: String,
    pub text: String,
    /// A thing and the state that it came into.
    pub fact: Option<(String, String)>,
}

/// A run rebuilt from its events, and the tables that hold the present state.
pub struct Replay {
    /// In the order of their ids.
    pub events: Vec<Told>,
    pub snapshot: BTreeMap<String, String>,
    /// What kept the Worker from ending well.
    pub trouble: Option<String>,
}

impl Replay {
    /// Puts the events in order: by number where the ids are numbers, else as text.
    pub fn new(mut events: Vec<Told>, snapshot: BTreeMap<String, String>, trouble: Option<String>) -> Self {
        events.sort_by_cached_key(|event| (event.id.parse::<i128>().ok(), event.id.clone()));
        Self { events, snapshot, trouble }
    }

    /// The story in plain English, a line an event.
    pub fn story(&self) -> String {
        let mut story = String::new();
        let mut last = None;
        for event in &self.events {
            if last != Some(&event.id) {
                story.push_str(&format!("{}. {}\n", event.id, event.text));
            }
            last = Some(&event.id);
        }
        story
    }

    /// How many events there are; one may take several rows.
    pub fn count(&self) -> usize {
        let mut ids: Vec<_> = self.events.iter().map(|event| &event.id).collect();
        ids.dedup();
        ids.len()
    }

    /// The state of everything after the last event.
    fn rebuilt(&self) -> BTreeMap<&str, &str> {
        self.events
            .iter()
            .filter_map(|event| event.fact.as_ref())
            .map(|(thing, state)| (thing.as_str(), state.as_str()))
            .collect()
    }

    fn differences(&self) -> Vec<String> {
        let rebuilt = self.rebuilt();
        let mut found = Vec::new();
        for (thing, state) in &self.snapshot {
            match rebuilt.get(thing.as_str()) {
                Some(told) if told == state => {}
                Some(told) => found.push(format!("{thing} is {state}, by the events {told}")),
                None => found.push(format!("{thing} is {state}, the events do not tell of it")),
            }
        }
        for (thing, state) in rebuilt {
            if !self.snapshot.contains_key(thing) {
                found.push(format!("{thing} by the events {state}, is nowhere"));
            }
        }
        found
    }
}

/// What was rebuilt is what is there.
pub fn replay(seen: &Replay) -> Finding {
    let claim = "replay";
    let expected = "the run rebuilt from its events alone equals the tables";
    if let Some(trouble) = &seen.trouble {
        return Finding::unproven(claim, expected, format!("the Worker did not end its run: {trouble}"));
    }
    if seen.snapshot.is_empty() || seen.events.is_empty() {
        let why = format!("{} events, {} things in the tables", seen.count(), seen.snapshot.len());
        return Finding::unproven(claim, expected, why);
    }
    let silent = seen.events.iter().filter(|event| event.text.trim().is_empty()).count();
    let mut differences = seen.differences();
    if silent > 0 {
        differences.push(format!("{silent} event(s) have no words"));
    }
    let observed = if differences.is_empty() {
        format!("{} events, {} things in the same state", seen.count(), seen.snapshot.len())
    } else {
        differences.join("; ")
    };
    Finding::judge(claim, differences.is_empty(), expected, observed)
        .witnessed(format!("the Worker really worked the run, and left {} events", seen.count()))
        .witnessed("they were told by a role that may read no other table")
}

/// Two writers, the one with the smaller id committing last.
#[derive(Default)]
pub struct Gap {
    /// The second writer waited for the first: there is no gap.
    pub serialised: bool,
    /// The smaller id, then the larger.
    pub ids: Vec<String>,
    /// Which of them the follower had seen when only the larger was committed.
    pub between: Vec<String>,
    /// Which of them it never saw.
    pub missed: Vec<String>,
    /// Whether a follower by the greatest id seen missed the smaller one.
    pub naive_missed: bool,
}

/// The follower misses nothing.
pub fn commit_order_gap(seen: Option<&Gap>) -> Finding {
    let claim = "commit_order_gap";
    let expected = "the follower misses no event though the smaller id commits last";
    let Some(seen) = seen else {
        return Finding::unproven(claim, expected, "no event could be appended");
    };
    if seen.serialised {
        return Finding::judge(
            claim,
            true,
            expected,
            "writers wait for each other, so that ids are committed in order",
        )
        .witnessed("the second writer was blocked by the first until it committed");
    }
    let holds = seen.missed.is_empty();
    if holds && !seen.naive_missed {
        return Finding::unproven(
            claim,
            expected,
            "following by the greatest id missed nothing either: no gap was made",
        );
    }
    let (small, large) = (seen.ids.first(), seen.ids.last());
    let (small, large) = (small.map_or("", String::as_str), large.map_or("", String::as_str));
    let observed = if holds {
        format!("events {small} and {large} both seen")
    } else {
        format!("event {} never seen", seen.missed.join(", "))
    };
    let between = match seen.between.as_slice() {
        [] => "neither".to_owned(),
        some => some.join(", "),
    };
    Finding::judge(claim, holds, expected, observed)
        .witnessed(format!(
            "event {large} was committed before event {small}; the follower had then seen {between}"
        ))
        .witnessed(format!(
            "calibrated: following by the greatest id missed event {small} in the same set-up"
        ))
}
