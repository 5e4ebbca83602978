//! Drill 2: a Worker is killed in mid-turn, and its run goes on where it stopped.

mod bench;
mod breaks;
mod crashes;
mod judge;
mod observed;
mod outage;
mod repeats;
mod rescue;
mod sweep;
mod zombie;

use sor_gate::context::Context;
use sor_gate::drill::{Claim, Drill, DrillSpec, Suite};
use sor_gate::error::Result;
use sor_gate::evidence::Evidence;

use bench::Bench;
use judge::Seen;

/// The run journal.
pub struct RunJournalResumeDrill;

const SPEC: DrillSpec = DrillSpec {
    id: "run_journal_resume_drill",
    suite: Suite::SystemOfRecord,
    lesson: 2,
    habit: "run journal",
    claims: &[
        Claim {
            id: "crash_signature",
            statement: "after the kill the run reads as running and unfinished, and the killed turn is not done",
            remedy: "set the run's status and finished_at in the transaction that closes its last turn, not before",
            rests_on: &[],
        },
        Claim {
            id: "resumes_at_gap",
            statement: "the run resumes at its first unfinished turn; finished turns keep their rows, and their effects happened once",
            remedy: "read the journal before working, and go on behind the last finished turn",
            rests_on: &[],
        },
        Claim {
            id: "no_lost_turn",
            statement: "the run ends complete, with turns 1 to n, none missing, none twice, each with its effects",
            remedy: "close a turn in the transaction that holds its effect",
            rests_on: &[],
        },
        Claim {
            id: "exactly_once_effects",
            statement: "rows and deliveries are those that a run without a crash yields",
            remedy: "derive each write's idempotency key from run and turn, and let a unique index decide",
            rests_on: &["no_lost_turn"],
        },
        Claim {
            id: "every_crash_point",
            statement: "a kill, a second kill and a crash of the server at any message between the Worker's side and Postgres are survived the same way",
            remedy: "put a turn's effect and its journal row into one transaction",
            rests_on: &[],
        },
        Claim {
            id: "one_resumer",
            statement: "of two Workers started at once, one resumes the run and the other leaves it alone",
            remedy: "take a run over by one conditional UPDATE that sets a lease, and only when the old lease has run out",
            rests_on: &[],
        },
        Claim {
            id: "crash_while_resuming",
            statement: "a second kill, during the resume, is survived like the first",
            remedy: "let a resumed turn follow the same path as a first one",
            rests_on: &[],
        },
        Claim {
            id: "zombie_fenced",
            statement: "a Worker that lost its run while it was frozen can no longer write to it",
            remedy: "let every take-over raise a fencing token, and every write of the run name the token it holds",
            rests_on: &[],
        },
    ],
    breaks: breaks::ALL,
    page: include_str!("README.md"),
};

#[async_trait::async_trait]
impl Drill for RunJournalResumeDrill {
    fn spec(&self) -> &'static DrillSpec {
        &SPEC
    }

    fn lengthy(&self) -> bool {
        true
    }

    async fn run(&self, cx: &Context) -> Result<Evidence> {
        let (Some(journal), Some(_)) = (&cx.subject.journal, &cx.subject.worker) else {
            return Ok(Evidence::not_testable(SPEC.claims, "the sections [journal] and [worker]"));
        };
        let tenant = cx.subject.tenancy.as_ref().map_or("", |tenancy| tenancy.tenants[0].as_str());
        let bench = Bench::new(cx, journal, tenant).await?;
        let crashes::Seen { control, crashed, two, twice } = crashes::crash(&bench).await?;
        let (zombie, swept) = tokio::try_join!(zombie::zombie(&bench), sweep::sweep(&bench))?;
        // The crash of the server comes last: it takes every session with it.
        let sweep::Swept { sweep, control: unstruck, .. } = outage::outage(&bench, swept).await?;
        let (turns, held_exit_codes) = (i64::from(journal.turn_count), journal.held_exit_codes.clone());
        let (repeats, resume_s) = (bench.repeats, cx.subject.policy.resume_s);
        let seen = Seen {
            sweep,
            unstruck,
            zombie,
            turns,
            held_exit_codes,
            control,
            crashed,
            two,
            twice,
            resume_s,
            repeats,
        };
        Ok(Evidence::new(tell(&seen), judge::judge(&seen)))
    }
}

/// The evidence line, from what was seen.
fn tell(seen: &Seen) -> String {
    let (kill, end) = (&seen.crashed.kill, &seen.crashed.end);
    if let Some(miss) = kill.miss() {
        return format!("No Worker was killed in mid-turn: {miss}.");
    }
    let done: Vec<String> = kill.journal.done().iter().map(ToString::to_string).collect();
    let finished = match done.as_slice() {
        [] => "No turn was finished before".into(),
        [only] => format!("Turn {only} was"),
        [most @ .., last] => format!("Turns {} and {last} were", most.join(", ")),
    };
    let again = judge::touched_again(seen, kill, end);
    let again = match (done.is_empty(), again.is_empty()) {
        (true, _) => String::new(),
        (_, true) => " not re-executed".into(),
        (_, false) => format!(" not left alone ({})", again.join("; ")),
    };
    let timeline = match end.journal.is_whole(seen.turns) {
        true => "Journal shows continuous timeline with one gap closed".to_owned(),
        false => format!("Journal is not whole: {}", end.journal.tell()),
    };
    format!("Run resumed from turn {} of {}. {finished}{again}. {timeline}.", kill.journal.gap(), seen.turns)
}
