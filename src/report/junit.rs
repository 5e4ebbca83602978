//! `junit.xml`: a suite a drill, a case a claim; a claim that broke is a failure, one that could not be judged an error.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::error::{Error, Result};
use crate::record::Record;
use crate::runner::DrillRecord;
use crate::verdict::{Finding, Verdict};

/// The report.
///
/// # Errors
/// A harness error when it cannot be written.
pub fn report(record: &Record) -> Result<String> {
    let mut report = Report::new("sor-gate");
    report.add_test_suites(record.drills.iter().map(suite));
    let took = record.finished_at.duration_since(record.started_at);
    report.set_time(Duration::try_from(took).unwrap_or_default());
    let text = report
        .to_string()
        .map_err(|error| Error::harness(format!("the JUnit report cannot be written: {error}")))?;
    // Jenkins' schema (junit-10.xsd) has no such attribute on `testsuites`, where it comes first; nothing is ever skipped.
    Ok(text.replacen(" skipped=\"0\"", "", 1))
}

fn suite(drill: &DrillRecord) -> TestSuite {
    let mut suite = TestSuite::new(drill.id.as_str());
    suite.set_time(Duration::from_millis(drill.duration_ms));
    suite.set_system_out(drill.evidence.as_str());
    suite.add_test_cases(drill.findings.iter().map(|finding| case(&drill.id, finding)));
    for tried in &drill.breaks {
        let status = match tried.shortfall() {
            None => TestCaseStatus::success(),
            Some(why) => {
                failed(NonSuccessKind::Failure, "not seen to fail", format!("{}: {why}", tried.summary))
            }
        };
        let mut case = TestCase::new(format!("seen to fail under {}", tried.id), status);
        case.set_classname(drill.id.as_str());
        case.set_time(Duration::from_millis(tried.duration_ms));
        suite.add_test_case(case);
    }
    suite
}

fn case(drill: &str, finding: &Finding) -> TestCase {
    let message = format!("expected {}, observed {}", finding.expected, finding.observed);
    let status = match finding.verdict {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Fail => failed(NonSuccessKind::Failure, "broken", message),
        Verdict::Error => failed(NonSuccessKind::Error, "could not be judged", message),
        // It blocks, so it is no skip.
        Verdict::NotTestable => failed(NonSuccessKind::Error, "not testable", message),
    };
    let mut case = TestCase::new(finding.claim.as_str(), status);
    case.set_classname(drill);
    if !finding.witness.is_empty() {
        case.set_system_out(finding.witness.join("\n"));
    }
    case
}

fn failed(kind: NonSuccessKind, kind_of: &str, message: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(kind_of).set_message(message);
    status
}
