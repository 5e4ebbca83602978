//! Whether a side door shows one tenant the rows of another.

use std::collections::BTreeMap;

use sor_gate::verdict::Finding;

use super::super::doors::CALIBRATION;

/// Something that the role can read tenants' rows through.
pub struct Door {
    pub name: String,
    pub kind: String,
    /// The role to assume first; empty for the Worker's own.
    pub role: String,
    /// Reads it as `tenant, image`.
    pub read: String,
    /// The tables of tenants that it reads.
    pub over: String,
    /// Whether the rows seeded by the drill would show in it.
    pub seeded: bool,
    /// Whether, by the catalog, it reads a table of tenants as an owner whom no policy binds.
    pub unbound: bool,
}

/// The doors, and what was looked at to find them.
#[derive(Default)]
pub struct Doors {
    pub doors: Vec<Door>,
    /// How many of each kind there are, reachable or not.
    pub looked_at: BTreeMap<String, usize>,
    /// What a tenant read through each, before another tenant's rows were there.
    pub before: Vec<DoorReading>,
    /// The same with them.
    pub after: Vec<DoorReading>,
}

/// What a tenant read through a door.
#[derive(Default, PartialEq, Eq)]
pub struct DoorReading {
    pub refused: Option<String>,
    /// Other tenants whose rows it showed.
    pub others: Vec<String>,
    /// Every row, as text.
    pub rows: Vec<String>,
    /// Whether reading it twice gave the same.
    pub steady: bool,
}

enum Told {
    Leaks(String),
    Unclear(String),
    Tight,
}

/// No door shows another tenant's rows, or changes when his rows appear.
pub fn side_doors(seen: &Doors) -> Finding {
    let claim = "side_doors";
    let expected = "no view, function, child or partition shows another tenant's rows";
    let (mut leaks, mut unclear, mut tight) = (Vec::new(), Vec::new(), Vec::new());
    let mut calibrated = None;
    for ((door, before), after) in seen.doors.iter().zip(&seen.before).zip(&seen.after) {
        let told = tell(door, before, after);
        if door.name.ends_with(CALIBRATION) {
            if let Told::Leaks(how) = told {
                calibrated = Some(how);
            }
            continue;
        }
        match told {
            Told::Leaks(how) => leaks.push(how),
            Told::Unclear(why) => unclear.push(why),
            Told::Tight => tight.push(label(door)),
        }
    }
    if leaks.is_empty() && !unclear.is_empty() {
        return Finding::unproven(claim, expected, unclear.join("; "));
    }
    let Some(calibrated) = calibrated else {
        return Finding::unproven(
            claim,
            expected,
            "a definer view of the harness's own was not seen to leak",
        );
    };
    let observed = match (leaks.is_empty(), tight.is_empty()) {
        (false, _) => leaks.join("; "),
        (true, true) => "no side door is reachable".into(),
        (true, false) => format!("nothing leaks through {}", tight.join(", ")),
    };
    let counts: Vec<_> = seen.looked_at.iter().map(|(kind, count)| format!("{count} × {kind}")).collect();
    Finding::judge(claim, leaks.is_empty(), expected, observed)
        .witnessed(format!("looked at, the harness's own included: {}", counts.join(", ")))
        .witnessed(format!("calibrated: {calibrated}"))
}

fn label(door: &Door) -> String {
    match door.role.as_str() {
        "" => format!("{} {}", door.kind, door.name),
        role => format!("{} {} as {role}", door.kind, door.name),
    }
}

fn tell(door: &Door, before: &DoorReading, after: &DoorReading) -> Told {
    let name = label(door);
    if !after.others.is_empty() {
        return Told::Leaks(format!("{name} shows rows of {}", after.others.join(", ")));
    }
    let steady = before.steady && after.steady;
    if steady && sorted(&before.rows) != sorted(&after.rows) {
        let (was, is) = (before.rows.len(), after.rows.len());
        return Told::Leaks(format!(
            "{name} changed when another tenant's rows appeared ({was} row(s) before, {is} after)"
        ));
    }
    let read = after.refused.is_none();
    if door.unbound && read && !(steady && door.seeded) {
        return Told::Unclear(format!("{name} reads {} past row-level security", door.over));
    }
    Told::Tight
}

fn sorted(rows: &[String]) -> Vec<&String> {
    let mut rows: Vec<_> = rows.iter().collect();
    rows.sort_unstable();
    rows
}
