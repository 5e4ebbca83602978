//! What the owner of a release allows: waivers, and which record counts.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::facts::RecordFacts;
use super::line::{Line, one_line};
use super::shape::{BundleShape, nearest};
use crate::error::{Error, Result};
use crate::verdict::{Finding, Verdict};

/// The policy of a release. The default waives nothing and asks nothing of the record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReleasePolicy {
    /// What may be missing, until when.
    pub waivers: Vec<Waiver>,
    /// The commit that the record must be of (a full id, or a prefix of at least seven digits).
    pub commit: Option<String>,
    /// How old the record may be.
    pub max_age: Option<SignedDuration>,
}

/// Lets a drill or a claim be not testable for a while.
///
/// It covers what the subject does not describe. It never covers a claim that was put to the test and
/// broke, one that the harness could not judge, or a malformed bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// A drill's id, or `drill.claim`.
    pub covers: String,
    /// Why it is accepted.
    pub reason: String,
    /// Who accepted it.
    pub approver: String,
    /// The last day on which it holds, UTC.
    pub expires: Date,
}

impl Waiver {
    fn applies(&self, drill: &str, claim: &str) -> bool {
        match self.covers.split_once('.') {
            Some((own_drill, own_claim)) => own_drill == drill && own_claim == claim,
            None => self.covers == drill,
        }
    }
}

impl ReleasePolicy {
    /// Refuses a waiver of something unknown, or one without reason or approver (a usage error).
    pub fn check(&self, shape: &BundleShape) -> Result<()> {
        for waiver in &self.waivers {
            let place = format!("waiver of `{}`", waiver.covers);
            if waiver.reason.trim().is_empty() || waiver.approver.trim().is_empty() {
                return Err(Error::usage("a waiver lacks its reason or its approver")
                    .at(place)
                    .fix("say why it is accepted and by whom"));
            }
            let (drill, claim) =
                waiver.covers.split_once('.').map_or((waiver.covers.as_str(), None), |(d, c)| (d, Some(c)));
            let Some(meta) = shape.drill(drill) else {
                let ids = shape.drills.iter().map(|d| d.id.as_str());
                return Err(unknown("drill", drill, nearest(drill, ids)).at(place));
            };
            let claims = || meta.remedies.keys().map(String::as_str);
            if let Some(claim) =
                claim.filter(|claim| claims().count() > 0 && claims().all(|known| known != *claim))
            {
                return Err(unknown("claim", claim, nearest(claim, claims())).at(place));
            }
        }
        Ok(())
    }

    /// The line of a drill from its claims, with the waivers applied.
    ///
    /// A waiver that has expired still makes a `waived until …` line, so that the decision can name it.
    pub fn line(&self, drill: &str, findings: &[Finding]) -> Line {
        let missing: Vec<&Finding> = findings.iter().filter(|f| f.verdict == Verdict::NotTestable).collect();
        let others: Vec<Finding> =
            findings.iter().filter(|f| f.verdict != Verdict::NotTestable).cloned().collect();
        let waivers: Option<Vec<&Waiver>> =
            missing.iter().map(|finding| self.best_waiver(drill, &finding.claim)).collect();
        let rest_holds = others.is_empty() || Line::from_findings(&others) == Line::Pass;
        match waivers.as_deref() {
            Some([first, more @ ..]) if rest_holds => waived(&missing, first, more),
            _ => Line::from_findings(findings),
        }
    }

    /// The waiver that holds longest, where several cover the same claim.
    fn best_waiver(&self, drill: &str, claim: &str) -> Option<&Waiver> {
        self.waivers.iter().filter(|waiver| waiver.applies(drill, claim)).max_by_key(|waiver| waiver.expires)
    }

    /// What the policy holds against a record, one line each. Asking without a record is a reason too.
    pub(super) fn objections(&self, facts: Option<&RecordFacts>, now: Timestamp) -> Vec<String> {
        let Some(facts) = facts else {
            let asked = self.commit.is_some() || self.max_age.is_some();
            return asked
                .then(|| "a commit or an age was asked for, and no record is at hand".to_owned())
                .into_iter()
                .collect();
        };
        let mut objections = facts.problems.clone();
        objections.extend(self.commit.as_deref().and_then(|wanted| not_of(wanted, facts)));
        let age = now.duration_since(facts.finished_at);
        // Clocks of two machines differ a little; a record from further ahead is not believed.
        if age < -SignedDuration::from_mins(5) {
            objections.push(format!("the record ends in the future, at {}", facts.finished_at));
        }
        if let Some(max) = self.max_age.filter(|max| age > *max) {
            objections.push(format!("the record is {age:#} old, at most {max:#} is allowed"));
        }
        objections
    }
}

/// Why a record does not tell what the wanted commit is worth. Files that are not the commit's make it one of none.
fn not_of(wanted: &str, facts: &RecordFacts) -> Option<String> {
    const NAMED: usize = 5;
    let found = facts.commit.as_deref();
    if !found.is_some_and(|commit| same_commit(commit, wanted)) {
        let found = found.unwrap_or("no known commit");
        return Some(format!("the record is of {found}, asked for was {wanted}"));
    }
    match facts.uncommitted.as_deref() {
        Some([]) => None,
        Some(files) => {
            let more = if files.len() > NAMED { ", …" } else { "" };
            let named = files[..files.len().min(NAMED)].join(", ");
            Some(format!("the record is of {wanted} with uncommitted changes ({named}{more})"))
        }
        None => Some(format!("whether the record is of {wanted} without changes is not known")),
    }
}

fn same_commit(commit: &str, wanted: &str) -> bool {
    const SHORTEST: usize = 7;
    wanted.len() >= SHORTEST && commit.to_lowercase().starts_with(&wanted.to_lowercase())
}

fn waived(missing: &[&Finding], first: &Waiver, more: &[&Waiver]) -> Line {
    let claims: Vec<&str> = missing.iter().map(|finding| finding.claim.as_str()).collect();
    let mut causes: Vec<String> = Vec::new();
    let mut until = first.expires;
    for waiver in std::iter::once(&first).chain(more) {
        until = until.min(waiver.expires);
        let cause = format!("{}, approved by {}", one_line(&waiver.reason), one_line(&waiver.approver));
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    Line::Waived { until, why: format!("not testable {}; {}", claims.join(", "), causes.join("; ")) }
}

fn unknown(what: &str, name: &str, nearest: Option<&str>) -> Error {
    let error = Error::usage(format!("unknown {what} `{name}`"));
    match nearest {
        Some(meant) => error.fix(format!("did you mean `{meant}`?")),
        None => error,
    }
}

/// The day of a moment, in UTC.
pub(super) fn day(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}
