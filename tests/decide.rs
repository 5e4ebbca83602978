//! The release step through the public interface: hand-made bundles, good and bad, and what is decided on each.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use sor_gate::error::ErrorKind;
use sor_gate::release::{
    BundleShape, DrillFacts, DrillMeta, EvidenceBundle, Line, RecordFacts, ReleaseDecision, ReleasePolicy,
    Waiver, decide, decide_bundle, decide_file, read, seal,
};
use sor_gate::verdict::Finding;

fn shape() -> BundleShape {
    let drills = [
        ("migration_review", "reviewed, reversible migrations"),
        ("run_journal_resume_drill", "run journal"),
        ("idempotency_retry_test", "idempotency keys"),
        ("concurrency_claim_test", "claims with FOR UPDATE SKIP LOCKED"),
        ("outbox_relay_retry_test", "transactional outbox"),
        ("append_only_event_test", "append-only events"),
        ("rls_identity_flip_test", "row-level security"),
        ("mcp_boundary_test", "the MCP boundary"),
        ("forensics_drill", "forensics by run id"),
    ];
    let mut drills: Vec<DrillMeta> =
        drills.iter().zip(1..).map(|((id, habit), lesson)| DrillMeta::new(*id, lesson, *habit)).collect();
    drills[6] =
        drills[6].clone().claim("unset_sees_none", "compare with NULLIF(current_setting(…, true), '')");
    BundleShape { name: "bundle".into(), drills }
}

fn now() -> Timestamp {
    "2026-11-21T08:00:00Z".parse().expect("a moment")
}

fn all_pass() -> Vec<(String, Line)> {
    shape().drills.iter().map(|drill| (drill.id.clone(), Line::Pass)).collect()
}

fn with(changes: &[(usize, &str)]) -> Vec<(String, Line)> {
    let mut lines = all_pass();
    for (place, text) in changes {
        lines[*place].1 = Line::parse(text);
    }
    lines
}

fn facts() -> RecordFacts {
    let drills = shape().drills.into_iter().map(|drill| DrillFacts {
        id: drill.id,
        claims_examined: 7,
        caught: vec!["some_break".into()],
        missed: Vec::new(),
    });
    RecordFacts {
        drills: drills.collect(),
        commit: Some("4f2a9c81d07be35a6f11c0de9b8a7766554433ff".into()),
        uncommitted: Some(Vec::new()),
        finished_at: "2026-11-21T07:59:00Z".parse().expect("a moment"),
        problems: Vec::new(),
    }
}

const UNSET: &str = "unset_sees_none: expected 0 rows, observed 78 rows";
const NO_OUTBOX: &str = "not testable: stays_pending: the subject file has no [outbox]";
const WAIVED: &str =
    "waived until 2027-01-31: not testable at_scale; the events table is new, approved by the data owner";

fn good() -> Vec<(&'static str, EvidenceBundle)> {
    let sealed = |changes: &[(usize, &str)], facts: Option<&RecordFacts>| {
        seal(&shape(), &with(changes), facts, &ReleasePolicy::default(), now()).0
    };
    vec![
        ("permitted", sealed(&[], None)),
        ("permitted-with-record", sealed(&[], Some(&facts()))),
        ("blocked", sealed(&[(4, NO_OUTBOX), (6, UNSET)], None)),
        ("waived", sealed(&[(8, WAIVED)], None)),
    ]
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bundles")
}

fn weigh(bytes: &[u8], now: Timestamp) -> ReleaseDecision {
    match read(&shape(), bytes) {
        Ok(bundle) => decide_bundle(&shape(), &bundle, None, &ReleasePolicy::default(), now),
        Err(defects) => ReleaseDecision::malformed(defects),
    }
}

#[test]
fn the_good_bundles_are_what_the_gate_writes() {
    for (name, bundle) in good() {
        let file = std::fs::read_to_string(folder().join(name).with_extension("json")).unwrap();
        assert_eq!(file, bundle.to_json(), "{name}");
        assert_eq!(read(&shape(), file.as_bytes()).unwrap(), bundle, "{name}");
    }
}

#[test]
fn every_bundle_on_file_is_decided() {
    let mut names: Vec<PathBuf> =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    names.sort();
    let mut table = String::new();
    let mut permitted = Vec::new();
    for path in &names {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let decision = decide_file(path, &shape(), now()).unwrap();
        assert!(decision.text.starts_with(decision.word()), "{name}");
        assert_eq!(decision.text.lines().count(), 1, "{name}");
        assert!(!decision.reasons.is_empty(), "{name}");
        writeln!(table, "{name}\n  {}\n  - {}\n", decision.text, decision.reasons.join("\n  - ")).unwrap();
        if decision.permitted {
            permitted.push(name);
        }
    }
    assert_eq!(permitted, ["permitted-in-other-words", "permitted-with-record", "permitted", "waived"]);
    insta::assert_snapshot!(table);
}

#[test]
fn what_cannot_be_read_is_a_usage_error() {
    for path in [folder(), folder().join("no-such.json")] {
        let error = decide_file(&path, &shape(), now()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Usage);
        assert!(error.place.is_some() && error.remedy.is_some());
    }
}

/// What a bundle means: the lines, each passing, waived (then its words count) or failing.
fn meaning(lines: &[(String, Line)]) -> Vec<(String, String)> {
    lines
        .iter()
        .map(|(id, line)| match line {
            Line::Pass | Line::Waived { .. } => (id.clone(), line.to_string()),
            _ => (id.clone(), "fails".into()),
        })
        .collect()
}

#[test]
fn no_single_edit_yields_a_permit_of_another_meaning() {
    for (name, bundle) in good() {
        let json = bundle.to_json().into_bytes();
        let before = weigh(&json, now());
        let check = |edited: &[u8]| {
            let after = weigh(edited, now());
            if after.permitted {
                let read = read(&shape(), edited).unwrap();
                assert!(before.permitted, "{name}: {}", String::from_utf8_lossy(edited));
                assert_eq!(meaning(&read.lines), meaning(&bundle.lines), "{name}");
            }
        };
        for at in 0..json.len() {
            let (head, tail) = (&json[..at], &json[at + 1..]);
            check(&[head, tail].concat());
            check(&json[..at]);
            for byte in *b"7\"" {
                check(&[head, &[byte], tail].concat());
                check(&[head, &[byte], &json[at..]].concat());
            }
        }
        for place in 0..bundle.lines.len() {
            for text in ["pass", UNSET, NO_OUTBOX, WAIVED, "error: x", "waived until 2099-01-01: y"] {
                let mut edited = bundle.clone();
                edited.lines[place].1 = Line::parse(text);
                check(edited.to_json().as_bytes());
            }
        }
        for (_, other) in good() {
            check(EvidenceBundle { lines: bundle.lines.clone(), ..other }.to_json().as_bytes());
        }
    }
}

#[test]
fn a_waiver_runs_out_without_looking_like_tampering() {
    let json = good()[3].1.to_json();
    let on = |day: &str| weigh(json.as_bytes(), format!("{day}T12:00:00Z").parse().unwrap());
    assert!(on("2027-01-31").permitted);
    let after = on("2027-02-01");
    assert!(!after.permitted);
    insta::assert_snapshot!(after.text);
}

#[test]
fn a_record_that_does_not_bear_out_a_pass_blocks() {
    let blocked = |change: &dyn Fn(&mut RecordFacts), policy: &ReleasePolicy| {
        let mut facts = facts();
        change(&mut facts);
        let (bundle, decision) = seal(&shape(), &all_pass(), Some(&facts), policy, now());
        assert!(!decision.permitted);
        let again = weigh(bundle.to_json().as_bytes(), now());
        assert!(!again.permitted);
        decision.reasons.join("\n")
    };
    let policy = ReleasePolicy::default();
    let reasons = [
        blocked(&|facts| facts.drills[0].claims_examined = 0, &policy),
        blocked(&|facts| facts.drills[1].caught.clear(), &policy),
        blocked(
            &|facts| {
                facts.drills[2].missed.push("no_unique_key: missed: serial_retry did not turn red".into())
            },
            &policy,
        ),
        blocked(&|facts| drop(facts.drills.remove(8)), &policy),
        blocked(&|facts| facts.problems.push("the digest of bundle.json differs".into()), &policy),
        blocked(&|facts| facts.finished_at = "2026-11-22T00:00:00Z".parse().unwrap(), &policy),
        blocked(&|_| (), &ReleasePolicy { commit: Some("0000000".into()), ..policy.clone() }),
        blocked(&|_| (), &ReleasePolicy { commit: Some("4f2a".into()), ..policy.clone() }),
        blocked(&|_| (), &ReleasePolicy { max_age: Some(SignedDuration::from_secs(30)), ..policy.clone() }),
    ];
    insta::assert_snapshot!(reasons.join("\n"));
    let asked = ReleasePolicy { commit: Some("4f2a9c8".into()), ..policy };
    assert!(decide(&shape(), &all_pass(), Some(&facts()), &asked, now()).permitted);
    assert!(!decide(&shape(), &all_pass(), None, &asked, now()).permitted);
    assert!(!decide(&shape(), &all_pass()[1..], None, &ReleasePolicy::default(), now()).permitted);
}

#[test]
fn a_record_of_changed_files_is_of_no_commit() {
    let asked = ReleasePolicy { commit: Some("4f2a9c8".into()), ..ReleasePolicy::default() };
    let reasons = |uncommitted: Option<usize>, policy: &ReleasePolicy| {
        let named = |count| (1..=count).map(|at| format!("migrations/{at:03}.sql")).collect();
        let facts = RecordFacts { uncommitted: uncommitted.map(named), ..facts() };
        let decision = decide(&shape(), &all_pass(), Some(&facts), policy, now());
        assert_eq!(decision.permitted, policy.commit.is_none() || uncommitted == Some(0));
        decision.reasons
    };
    let blocked = [Some(1), Some(6), None].map(|uncommitted| reasons(uncommitted, &asked).join("\n"));
    insta::assert_snapshot!(blocked.join("\n"), @r"
    the record is of 4f2a9c8 with uncommitted changes (migrations/001.sql)
    the record is of 4f2a9c8 with uncommitted changes (migrations/001.sql, migrations/002.sql, migrations/003.sql, migrations/004.sql, migrations/005.sql, …)
    whether the record is of 4f2a9c8 without changes is not known
    ");
    let unasked = ReleasePolicy::default();
    let clean = reasons(Some(0), &unasked);
    assert_eq!([Some(6), None].map(|uncommitted| reasons(uncommitted, &unasked)), [clean.clone(), clean]);
}

#[test]
fn a_waiver_covers_what_is_not_testable_and_nothing_else() {
    let waiver = |covers: &str, expires: &str| Waiver {
        covers: covers.into(),
        reason: "no outbox yet".into(),
        approver: "the data owner".into(),
        expires: expires.parse().unwrap(),
    };
    let policy = |waivers: Vec<Waiver>| ReleasePolicy { waivers, ..ReleasePolicy::default() };
    let missing =
        [Finding::not_testable("a", "[outbox]"), Finding::judge("b", true, "x", "x").witnessed("w")];
    let broken = [Finding::not_testable("a", "[outbox]"), Finding::judge("b", false, "x", "y")];
    let mut lines = String::new();
    for (waivers, findings) in [
        (vec![], &missing),
        (vec![waiver("drill", "2027-01-31")], &missing),
        (vec![waiver("drill.a", "2027-01-31")], &missing),
        (vec![waiver("drill.a", "2026-01-31")], &missing),
        (vec![waiver("drill.b", "2027-01-31")], &missing),
        (vec![waiver("drill", "2027-01-31")], &broken),
    ] {
        let line = policy(waivers).line("drill", findings);
        assert_eq!(Line::parse(&line.to_string()), line);
        writeln!(lines, "{line}").unwrap();
    }
    insta::assert_snapshot!(lines);
    let unknown = policy(vec![waiver("forensic_drill", "2027-01-31")]).check(&shape()).unwrap_err();
    assert!(unknown.to_string().contains("did you mean `forensics_drill`?"), "{unknown}");
    assert!(
        policy(vec![Waiver { approver: " ".into(), ..waiver("forensics_drill", "2027-01-31") }])
            .check(&shape())
            .is_err()
    );
    assert!(policy(vec![waiver("forensics_drill.at_scale", "2027-01-31")]).check(&shape()).is_ok());
}

#[test]
fn nothing_but_waivers_shows_nothing() {
    let lines = with(&(0..9).map(|place| (place, WAIVED)).collect::<Vec<_>>());
    assert!(!decide(&shape(), &lines, None, &ReleasePolicy::default(), now()).permitted);
}
