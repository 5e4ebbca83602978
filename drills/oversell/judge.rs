//! Turns what the crowd was told and what was stored into findings.

#[cfg(test)]
mod tests;

use sor_gate::benchmark::{Benchmark, Measurement};
use sor_gate::session::Refusal;
use sor_gate::verdict::Finding;

use super::variant::Guard;

/// Deadlock, a lock that was not to be had, a serialization failure.
const LOCK_ERRORS: [&str; 3] = ["40P01", "55P03", "40001"];

/// One sale.
pub struct Sale {
    pub guard: Guard,
    pub buyers: u64,
    pub pieces: u64,
    pub at_once: usize,
    /// Sessions that stood in line for a lock at one moment.
    pub waited: i64,
    /// What buyers were told.
    pub ordered: u64,
    pub sold_out: u64,
    pub given_up: u64,
    pub refused: Vec<Refusal>,
    /// What is in the database.
    pub stored: i64,
    pub stock: i64,
    pub measured: Measurement,
}

impl Sale {
    fn exact(&self) -> bool {
        self.ordered == self.pieces && self.told_is_stored() && self.stock == 0
    }

    fn told_is_stored(&self) -> bool {
        i64::try_from(self.ordered) == Ok(self.stored)
    }

    fn oversold(&self) -> bool {
        self.stored > i64::try_from(self.pieces).unwrap_or(i64::MAX)
    }

    fn overlapped(&self) -> bool {
        i64::try_from(self.at_once).is_ok_and(|all| self.waited >= all)
    }

    fn tell(&self) -> String {
        let untold = if self.told_is_stored() { String::new() } else { format!(" ({} stored)", self.stored) };
        format!("{} orders{untold} for {} pieces, stock {}", self.ordered, self.pieces, self.stock)
    }
}

fn of(sales: &[Sale], guard: Guard) -> Option<&Sale> {
    sales.iter().find(|sale| sale.guard == guard)
}

/// The evidence line.
pub fn line(sales: &[Sale]) -> String {
    let Some(first) = sales.first() else { return "nothing was sold".into() };
    let each = sales.iter().map(|sale| {
        let Measurement { p50_us, p99_us, repeated, .. } = sale.measured;
        format!(
            "{}: {} orders, stock {}, {} sold out, {} errors, {repeated} repeats, {:.0} buyers/s, p50 {:.1} ms, p99 {:.1} ms",
            sale.guard.name(),
            sale.ordered,
            sale.stock,
            sale.sold_out,
            sale.refused.len(),
            sale.measured.per_second(),
            p50_us as f64 / 1000.0,
            p99_us as f64 / 1000.0,
        )
    });
    let each = each.collect::<Vec<_>>().join("; ");
    format!("{} buyers, {} pieces, {} at once. {each}.", first.buyers, first.pieces, first.at_once)
}

/// The sales side by side.
pub fn measured(sales: &[Sale]) -> Benchmark {
    let title = sales.first().map(|sale| format!("{} buyers, {} pieces", sale.buyers, sale.pieces));
    Benchmark {
        title: title.unwrap_or_default(),
        unit: "buyers".into(),
        measurements: sales.iter().map(|sale| sale.measured.clone()).collect(),
    }
}

/// One finding a claim.
pub fn judge(sales: &[Sale]) -> Vec<Finding> {
    let unprotected = of(sales, Guard::None);
    let exact = |claim, guard, wanted| match of(sales, guard) {
        Some(sale) => exact(claim, sale, unprotected),
        None => Finding::not_testable(claim, wanted),
    };
    vec![
        exact("exact_stock", Guard::Lock, "stock.locking"),
        exact("optimistic_exact", Guard::Version, "the section [stock.optimistic]"),
        sold_out_told(sales),
        no_deadlock(sales),
    ]
}

fn exact(claim: &str, sale: &Sale, unprotected: Option<&Sale>) -> Finding {
    let expected = format!("exactly {} orders, stock 0", sale.pieces);
    if sale.exact() {
        if !sale.overlapped() {
            let why = format!("only {} of {} sessions stood in line at once", sale.waited, sale.at_once);
            return Finding::unproven(claim, expected, why);
        }
        match unprotected {
            None => {
                let why = "the race is not calibrated: no locking clause can be left out; declare stock.unprotected";
                return Finding::unproven(claim, expected, why);
            }
            Some(bare) if !bare.oversold() => {
                let why = format!("the race is not calibrated: unprotected, too, {}", bare.tell());
                return Finding::unproven(claim, expected, why);
            }
            Some(_) => {}
        }
    }
    let calibrated = unprotected.filter(|bare| bare.oversold());
    let calibrated =
        calibrated.map(|bare| format!("calibrated: unprotected, in the same set-up, {}", bare.tell()));
    let finding = Finding::judge(claim, sale.exact(), expected, sale.tell());
    let finding = finding.witnessed(format!(
        "{} sessions stood in line (pg_stat_activity) while the first buyer held the stock",
        sale.waited
    ));
    calibrated.into_iter().fold(finding, Finding::witnessed)
}

/// The sales that must go well.
fn guarded(sales: &[Sale]) -> impl Iterator<Item = &Sale> {
    sales.iter().filter(|sale| sale.guard != Guard::None)
}

fn sold_out_told(sales: &[Sale]) -> Finding {
    let (claim, expected) = ("sold_out_told", "all but the buyers of a piece are told \"sold out\"");
    let good =
        |sale: &Sale| sale.sold_out == sale.buyers.saturating_sub(sale.pieces) && sale.refused.is_empty();
    let bad = guarded(sales).find(|sale| !good(sale));
    let tell = |sale: &Sale| {
        let first = sale.refused.first().map(|refusal| format!(", the first: {refusal}")).unwrap_or_default();
        format!(
            "{}: {} of {} told \"sold out\", {} errors{first}, {} gave up",
            sale.guard.name(),
            sale.sold_out,
            sale.buyers,
            sale.refused.len(),
            sale.given_up
        )
    };
    let observed = match bad {
        Some(sale) => tell(sale),
        None => guarded(sales).map(tell).collect::<Vec<_>>().join("; "),
    };
    let answers: u64 = guarded(sales).map(|sale| sale.ordered + sale.sold_out).sum();
    if answers == 0 {
        return Finding::unproven(claim, expected, "nobody was served");
    }
    Finding::judge(claim, bad.is_none(), expected, observed)
        .witnessed(format!("{answers} buyers were answered"))
}

fn no_deadlock(sales: &[Sale]) -> Finding {
    let (claim, expected) = ("no_deadlock", "no 40P01, 55P03 or 40001");
    let errors: Vec<&Refusal> = guarded(sales)
        .flat_map(|sale| &sale.refused)
        .filter(|refusal| LOCK_ERRORS.contains(&refusal.sqlstate.as_str()))
        .collect();
    let waited = guarded(sales).map(|sale| sale.waited).max().unwrap_or(0);
    if errors.is_empty() && waited < 2 {
        return Finding::unproven(claim, expected, "no two buyers waited for a lock at the same time");
    }
    let observed = match errors.first() {
        Some(first) => format!("{} lock errors, the first: {first}", errors.len()),
        None => "no lock error".into(),
    };
    Finding::judge(claim, errors.is_empty(), expected, observed)
        .witnessed(format!("up to {waited} sessions waited for a lock at one moment"))
}
