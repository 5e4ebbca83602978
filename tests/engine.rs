//! The engine with toy drills: whatever a drill does, each claim is settled, and each break is told for what it was.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use sor_gate::context::{Context, Scenario};
use sor_gate::drill::{Applied, Break, Claim, Drill, DrillSpec, Suite};
use sor_gate::error::{Error, Result};
use sor_gate::events::{Event, Listener};
use sor_gate::evidence::Evidence;
use sor_gate::postgres::{ProvisionOptions, Provisioner, Source};
use sor_gate::process::{Scope, ScopeOptions};
use sor_gate::runner::{Assigned, DrillRecord, Plan, Prove, Runner};
use sor_gate::subject;
use sor_gate::template::Values;
use sor_gate::verdict::{Finding, Verdict};

const fn claim(id: &'static str, rests_on: &'static [&'static str]) -> Claim {
    Claim { id, statement: "notes are kept", remedy: "keep the notes", rests_on }
}

const CLAIMS: &[Claim] =
    &[claim("one_note", &[]), claim("counted_right", &["one_note"]), claim("signed", &[])];

macro_rules! sabotage {
    ($id:literal, $claim:literal, $sql:literal) => {
        Break {
            id: $id,
            claim: $claim,
            summary: "writes on the notes",
            apply: |stage| {
                Box::pin(async move { stage.sql($sql).await.map(|()| Applied::Done("written on".into())) })
            },
        }
    };
}

const BREAKS: &[Break] = &[
    sabotage!("second_note", "one_note", "INSERT INTO notes VALUES ('b', 'me')"),
    sabotage!("nothing_done", "signed", "SELECT 1"),
    sabotage!("unsigned_twice", "signed", "UPDATE notes SET by = ''; INSERT INTO notes VALUES ('b', '')"),
    sabotage!("impossible", "signed", "SELECT no_such_function()"),
    Break {
        id: "nothing_to_break",
        claim: "signed",
        summary: "finds nothing",
        apply: |_| Box::pin(std::future::ready(Ok(Applied::Unviable("there is nothing".into())))),
    },
];

macro_rules! spec {
    ($id:literal) => {
        &DrillSpec {
            id: $id,
            suite: Suite::SystemOfRecord,
            lesson: 1,
            habit: "notes",
            claims: CLAIMS,
            breaks: BREAKS,
            page: "",
        }
    };
}

/// What a toy does instead of its deed.
#[derive(Clone, Copy, PartialEq)]
enum Quirk {
    None,
    Lengthy,
    Fails,
    Panics,
    Hangs,
    KillsTheServer,
    SeesNothing,
    TellsTwice,
    TellsOfAnother,
    HasNoWitness,
}

struct Toy(&'static DrillSpec, Quirk);

#[async_trait]
impl Drill for Toy {
    fn spec(&self) -> &'static DrillSpec {
        self.0
    }

    fn lengthy(&self) -> bool {
        self.1 == Quirk::Lengthy
    }

    async fn run(&self, cx: &Context) -> Result<Evidence> {
        match self.1 {
            Quirk::Fails => return Err(Error::harness("the pencil broke")),
            Quirk::Panics => panic!("the table fell over"),
            Quirk::Hangs => std::future::pending().await,
            Quirk::KillsTheServer => cx.cluster.crash().await?,
            _ => {}
        }
        let read = "SELECT count(*) AS notes, count(*) FILTER (WHERE by <> '') AS signed FROM notes";
        let rows = cx.admin().await?.must(read, &Values::new()).await?;
        let (notes, signed) = (rows.first("notes")?, rows.first("signed")?);
        let seen =
            |claim: &str, holds: bool| Finding::judge(claim, holds, "one", format!("{notes}/{signed}"));
        let mut findings = vec![
            seen("one_note", notes == "1").witnessed("counted"),
            seen("counted_right", notes == "1").witnessed("counted again"),
            seen("signed", signed == notes).witnessed("read"),
        ];
        match self.1 {
            Quirk::SeesNothing => findings.clear(),
            Quirk::TellsTwice => findings.push(findings[0].clone()),
            Quirk::TellsOfAnother => findings.push(seen("dotted", true).witnessed("looked")),
            Quirk::HasNoWitness => findings[0].witness.clear(),
            _ => {}
        }
        Ok(Evidence::new(format!("{notes} note(s)"), findings))
    }
}

/// The drills in the order in which they were started, baselines only.
#[derive(Default)]
struct Order(Mutex<Vec<&'static str>>);

impl Listener for Order {
    fn on(&self, event: &Event<'_>) {
        if let Event::Started { drill, scenario: Scenario::Baseline } = event {
            self.0.lock().unwrap().push(drill);
        }
    }
}

/// Runs the toys on a system of one table.
async fn run(prove: Prove, toys: &[Toy]) -> (Vec<DrillRecord>, Vec<&'static str>) {
    let folder = tempfile::tempdir().unwrap();
    let system = "name = \"Notes\"\n[database]\nmigrations = \"migrations\"\n[roles]\nworker = \"writer\"\n";
    let file = folder.path().join("sor-gate.toml");
    std::fs::write(&file, system).unwrap();
    std::fs::create_dir(folder.path().join("migrations")).unwrap();
    let up = "CREATE ROLE writer LOGIN; CREATE TABLE notes (text text, by text); INSERT INTO notes VALUES ('a', 'me')";
    std::fs::write(folder.path().join("migrations/1_notes.up.sql"), up).unwrap();
    std::fs::write(folder.path().join("migrations/1_notes.down.sql"), "DROP TABLE notes; DROP ROLE writer")
        .unwrap();

    let id = uuid::Uuid::new_v4().simple().to_string();
    let exe = Some(env!("CARGO_BIN_EXE_sor-gate").into());
    let scope = Scope::open(&id[..12], ScopeOptions { scratch: None, exe }).unwrap();
    let mut options = ProvisionOptions::new(Arc::clone(&scope));
    options.source = Source::Local;
    options.cache = Some(folder.path().join("cache"));
    let plan = Plan {
        prove,
        jobs: 1,
        seed: 7,
        workers: 1,
        rows: 1,
        keep: false,
        timeout: Duration::from_secs(if toys.iter().any(|toy| toy.1 == Quirk::Hangs) { 2 } else { 60 }),
        whole_history: false,
    };
    let drills: Vec<&dyn Drill> = toys.iter().map(|toy| toy as &dyn Drill).collect();
    let assigned = Assigned {
        subject: subject::load(&file).unwrap(),
        drills: drills.iter().map(|drill| drill.spec().id).collect(),
    };
    let order = Order::default();
    let runner =
        Runner::new(&[assigned], Arc::new(Provisioner::new(options)), Arc::clone(&scope), plan, &order);
    let records = runner.run(&drills).await.unwrap();
    drop(runner);
    scope.close();
    (records, order.0.into_inner().unwrap())
}

/// One line a claim or break.
fn told(record: &DrillRecord) -> String {
    let findings = record.findings.iter().map(|finding| {
        let follows = finding.follows.as_ref().map(|id| format!(", follows from {id}")).unwrap_or_default();
        format!("{:?} {}: {}{follows}", finding.verdict, finding.claim, finding.observed)
    });
    let breaks = record.breaks.iter().map(|one| {
        let why = one.shortfall().map(|why| format!(": {why}")).unwrap_or_default();
        format!("{:?} {}{why}", one.proof, one.id)
    });
    let lines: Vec<String> = findings.chain(breaks).collect();
    format!("{:?} {}\n  {}\n", record.verdict, record.id, lines.join("\n  "))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_break_is_told_for_what_it_was() {
    let (records, _) = run(Prove::All, &[Toy(spec!("notes"), Quirk::None)]).await;
    insta::assert_snapshot!(told(&records[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_a_witnessed_pass_passes() {
    let toys = [
        Toy(spec!("fails"), Quirk::Fails),
        Toy(spec!("panics"), Quirk::Panics),
        Toy(spec!("kills_the_server"), Quirk::KillsTheServer),
        Toy(spec!("sees_nothing"), Quirk::SeesNothing),
        Toy(spec!("tells_twice"), Quirk::TellsTwice),
        Toy(spec!("tells_of_another"), Quirk::TellsOfAnother),
        Toy(spec!("has_no_witness"), Quirk::HasNoWitness),
    ];
    let (records, _) = run(Prove::None, &toys).await;
    assert!(records.iter().all(|record| record.verdict == Verdict::Error));
    let mut settings = insta::Settings::clone_current();
    settings.add_filter("its last words: .* LOG: received", "its last words: … LOG: received");
    settings.add_filter(r" \(/\S+\)", " (its folder)");
    settings.bind(|| insta::assert_snapshot!(records.iter().map(told).collect::<String>()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_that_does_not_end_is_ended() {
    let (records, _) = run(Prove::One, &[Toy(spec!("hangs"), Quirk::Hangs)]).await;
    insta::assert_snapshot!(told(&records[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn lengthy_drills_begin_first_and_records_keep_the_order() {
    let toys = [
        Toy(spec!("first"), Quirk::None),
        Toy(spec!("second"), Quirk::Lengthy),
        Toy(spec!("third"), Quirk::None),
    ];
    let (records, started) = run(Prove::None, &toys).await;
    assert_eq!(started, ["second", "first", "third"]);
    let ids: Vec<&str> = records.iter().map(|record| record.id.as_str()).collect();
    assert_eq!(ids, ["first", "second", "third"]);
    assert!(records.iter().all(|record| record.verdict == Verdict::Pass));
}
