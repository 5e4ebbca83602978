//! What was found, a line a migration, and one finding a claim over all of them.

use sor_gate::drill::Claim;
use sor_gate::evidence::{Evidence, Exhibit, ExhibitKind};
use sor_gate::migration::MigrationSet;
use sor_gate::subject::Proposal;
use sor_gate::verdict::{Finding, Verdict};

use super::super::judge::Seen;

/// One migration.
pub struct Line {
    id: String,
    findings: Vec<Finding>,
    /// Where the scripts begin to do something: upgrade and downgrade.
    places: (String, String),
    irreversible: bool,
    follows: Option<String>,
    rows: u64,
}

/// Claims that the downgrade decides, and their place in the file with it.
const BACK: [&str; 3] = ["reverses", "repeats", "preserves_data"];

impl Line {
    pub fn new(
        seen: &Seen<'_>,
        proposal: &Proposal,
        findings: Vec<Finding>,
        follows: Option<String>,
        claims: &'static [Claim],
    ) -> Self {
        let findings = Evidence::new("", findings).settled(claims).findings;
        let first = |script: &sor_gate::migration::Script| {
            let line = sor_gate::migration::reading::statements(script).first().map_or(1, |(line, _)| *line);
            script.place(line)
        };
        let up = first(&proposal.up);
        let down = proposal.down.as_ref().map_or_else(|| up.clone(), first);
        Self {
            id: proposal.id.clone(),
            findings,
            places: (up, down),
            irreversible: proposal.irreversible.is_some(),
            follows,
            rows: seen.trial.rows_before,
        }
    }

    fn verdict(&self) -> Verdict {
        match &self.follows {
            Some(_) => Verdict::Error,
            None => Verdict::worst(self.findings.iter().map(|finding| finding.verdict)),
        }
    }

    /// Findings of its own, with file and line.
    fn own(&self) -> impl Iterator<Item = (&Finding, String)> {
        let red = self
            .findings
            .iter()
            .filter(|finding| finding.verdict != Verdict::Pass && finding.follows.is_none());
        red.map(|finding| {
            let place = if BACK.contains(&finding.claim.as_str()) { &self.places.1 } else { &self.places.0 };
            let file = place.rsplit_once(':').map_or(place.as_str(), |(file, _)| file);
            let placed = finding.observed.contains(&format!("{file}:"));
            (finding, if placed { finding.observed.clone() } else { format!("{place} {}", finding.observed) })
        })
    }

    fn told(&self) -> String {
        let word = match self.verdict() {
            Verdict::Pass => "pass",
            Verdict::Fail => "FAIL",
            Verdict::Error => "????",
            Verdict::NotTestable => "none",
        };
        let mut text = format!("{word} {}", self.id);
        if let Some(missing) = &self.follows {
            return format!("{text}  not judged, because {missing} could not be applied");
        }
        for (finding, observed) in self.own() {
            text.push_str(&format!("  {}: {observed};", finding.claim));
        }
        if self.irreversible {
            text.push_str("  declared irreversible");
        }
        text.trim_end_matches(';').to_owned()
    }
}

/// The history.
pub struct Tally {
    claims: &'static [Claim],
    format: &'static str,
    lines: Vec<Line>,
}

impl Tally {
    pub fn new(claims: &'static [Claim], set: &MigrationSet) -> Self {
        Self { claims, format: set.format.id(), lines: Vec::new() }
    }

    pub fn add(&mut self, line: Line) {
        self.lines.push(line);
    }

    pub fn evidence(&self) -> Evidence {
        let count = |verdict: Verdict| self.lines.iter().filter(|line| line.verdict() == verdict).count();
        let irreversible = self.lines.iter().filter(|line| line.irreversible).count();
        let summary = format!(
            "{} migrations in the format {}: {} pass, {} fail, {} not proven; {irreversible} declared irreversible; up to \
             {} rows in the tables.",
            self.lines.len(),
            self.format,
            count(Verdict::Pass),
            count(Verdict::Fail),
            count(Verdict::Error) + count(Verdict::NotTestable),
            self.lines.iter().map(|line| line.rows).max().unwrap_or_default(),
        );
        let findings = self.claims.iter().map(|claim| self.finding(claim)).collect();
        let list: Vec<String> = self.lines.iter().map(Line::told).collect();
        Evidence::new(summary, findings).with_exhibit(
            Exhibit::EVERY_MIGRATION,
            ExhibitKind::Text,
            list.join("\n"),
        )
    }

    /// The worst that was found about one claim. What follows from another claim, or from a migration that is missing,
    /// is no finding of its own, but no proof either.
    fn finding(&self, claim: &Claim) -> Finding {
        let mut red = Vec::new();
        let mut verdicts = Vec::new();
        for line in &self.lines {
            if line.follows.is_some() {
                verdicts.push(Verdict::Error);
                continue;
            }
            for (finding, observed) in line.own().filter(|(finding, _)| finding.claim == claim.id) {
                verdicts.push(finding.verdict);
                red.push(format!("{}: {observed}", line.id));
            }
        }
        let whole = self.lines.len() - verdicts.len().min(self.lines.len());
        let expected = format!("{}, in every migration", claim.statement);
        let observed = match (red.len(), verdicts.len()) {
            (0, 0) => format!("{} migrations", self.lines.len()),
            (0, missing) => {
                format!("not proven for {missing} migrations after one that could not be applied")
            }
            (some, _) => format!("{some} of {} migrations, the first {}", self.lines.len(), red[0]),
        };
        let verdict = if self.lines.is_empty() {
            Verdict::Error
        } else {
            verdicts.into_iter().max().unwrap_or(Verdict::Pass)
        };
        let witness = format!("{whole} of {} migrations held it, each tried by itself", self.lines.len());
        Finding { verdict, ..Finding::judge(claim.id, true, expected, observed) }.witnessed(witness)
    }
}
