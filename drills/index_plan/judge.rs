//! Turns plans into findings.

#[cfg(test)]
mod tests;

use sor_gate::explain::Scan;
use sor_gate::verdict::Finding;

const SEQUENTIAL: &str = "Seq Scan";

/// A query that runs often, with the table accesses of its plan.
pub struct Hot {
    pub name: String,
    pub scans: Vec<Scan>,
}

/// Everything that was seen.
pub struct Seen {
    pub asked: u64,
    pub rows: i64,
    pub large: i64,
    /// The lookup in the Worker's own session.
    pub own: Vec<Scan>,
    /// Without the indexes that it uses.
    pub before: Vec<Scan>,
    /// With them made again.
    pub after: Vec<Scan>,
    /// What made them again.
    pub created: Vec<String>,
    pub hot: Vec<Hot>,
    pub switched: Vec<String>,
}

/// The evidence line.
pub fn line(seen: &Seen) -> String {
    format!(
        "The lookup among {} rows: {} before, {} after {} CREATE INDEX. {} hot queries, {} of them read a large table from \
         end to end.",
        seen.rows,
        nodes(&seen.before),
        nodes(&seen.after),
        seen.created.len(),
        seen.hot.len(),
        seen.hot.iter().filter(|hot| whole(seen, hot).is_some()).count()
    )
}

/// All plans, for the reader.
pub fn plans(seen: &Seen) -> String {
    let tell = |name: &str, scans: &[Scan]| {
        let scans = scans.iter().map(|scan| {
            let index = scan.index.as_ref().map(|index| format!(" by {index}")).unwrap_or_default();
            format!("  {} on {} ({} rows){index}\n", scan.node, scan.table, scan.rows)
        });
        format!("{name}\n{}", scans.collect::<String>())
    };
    let mut text = tell("lookup, as the Worker's role", &seen.own);
    text += &tell("lookup, without its indexes", &seen.before);
    for create in &seen.created {
        text += &format!("{create};\n");
    }
    text += &tell("lookup, with them again", &seen.after);
    seen.hot.iter().for_each(|hot| text += &tell(&hot.name, &hot.scans));
    text
}

/// One finding a claim.
pub fn judge(seen: &Seen) -> Vec<Finding> {
    vec![point_lookup(seen), hot_queries(seen), no_switches(seen)]
}

fn point_lookup(seen: &Seen) -> Finding {
    let (claim, expected) = ("point_lookup", "Seq Scan without the index, an index scan with it");
    if seen.rows < i64::try_from(seen.asked).unwrap_or(i64::MAX) {
        let why = format!("the table holds {} rows, {} were asked for", seen.rows, seen.asked);
        return Finding::unproven(claim, expected, why);
    }
    let known = seen.own.iter().map(|scan| scan.rows).max().unwrap_or(-1);
    if (known - seen.rows).abs() * 10 > seen.rows {
        let why = format!("the statistics know of {known} rows, there are {}", seen.rows);
        return Finding::unproven(claim, expected, why);
    }
    let observed = format!(
        "{} as the Worker's role; {} without its indexes, {} with them",
        nodes(&seen.own),
        nodes(&seen.before),
        nodes(&seen.after)
    );
    let searched = |scans: &[Scan]| !scans.is_empty() && scans.iter().all(|scan| scan.index.is_some());
    let indexed = searched(&seen.own) && searched(&seen.after);
    if indexed && seen.before.iter().all(|scan| scan.node != SEQUENTIAL) {
        return Finding::unproven(claim, expected, format!("no Seq Scan was seen before: {observed}"));
    }
    Finding::judge(claim, indexed, expected, observed).witnessed(format!(
        "{} rows, statistics of {known}; {}",
        seen.rows,
        seen.created.join("; ")
    ))
}

fn hot_queries(seen: &Seen) -> Finding {
    let (claim, expected) = ("hot_queries", format!("no table of {} rows or more is read whole", seen.large));
    if seen.hot.is_empty() {
        return Finding::not_testable(claim, "[[plans.hot]]");
    }
    if seen.hot.iter().flat_map(|hot| &hot.scans).all(|scan| scan.rows < seen.large) {
        return Finding::unproven(claim, expected, "no query reaches a large table");
    }
    let bad: Vec<String> = seen.hot.iter().filter_map(|hot| whole(seen, hot)).collect();
    let observed = if bad.is_empty() {
        let told = seen.hot.iter().map(|hot| format!("{}: {}", hot.name, nodes(&hot.scans)));
        told.collect::<Vec<_>>().join("; ")
    } else {
        bad.join("; ")
    };
    let largest = seen.hot.iter().flat_map(|hot| &hot.scans).map(|scan| scan.rows).max().unwrap_or(0);
    Finding::judge(claim, bad.is_empty(), expected, observed)
        .witnessed(format!("{} queries run, on tables of up to {largest} rows", seen.hot.len()))
}

/// How a query reads a large table whole, if it does.
fn whole(seen: &Seen, hot: &Hot) -> Option<String> {
    let bad = hot.scans.iter().find(|scan| {
        let read = scan.passed_on + scan.thrown_away;
        scan.rows >= seen.large && (scan.node == SEQUENTIAL || read >= seen.large)
    })?;
    Some(format!("{}: {} on {}, {} rows", hot.name, bad.node, bad.table, bad.rows))
}

fn no_switches(seen: &Seen) -> Finding {
    let observed = if seen.switched.is_empty() { "none".to_owned() } else { seen.switched.join(", ") };
    Finding::judge("no_switches", seen.switched.is_empty(), "no enable_* setting is switched", observed)
        .witnessed("pg_settings, read in a session of the Worker's role")
}

fn nodes(scans: &[Scan]) -> String {
    if scans.is_empty() {
        return "plan without a table".into();
    }
    scans.iter().map(|scan| scan.node.as_str()).collect::<Vec<_>>().join(" and ")
}
