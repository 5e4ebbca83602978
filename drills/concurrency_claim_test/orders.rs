//! Every order of two Workers' steps, played one at a time.

use std::time::Duration;

use sor_gate::error::Result;
use sor_gate::interleaving::{Actor, History, Interleavings, Performed, Step, count};
use sor_gate::template::Values;

use super::queue::Queue;

/// Longest that one step may neither return nor be seen to wait.
const DEADLINE: Duration = Duration::from_secs(30);
/// begin, claim, end, work; who gives its row back has no work.
const STEPS: usize = 4;

/// Plays all orders twice, side by side on two tenants' queues: both commit, and A rolls back.
pub async fn all(queue: &Queue<'_>) -> Result<Vec<History>> {
    let [one, other] = &queue.tenancy.tenants;
    let ids = |letter: &str, orders: Option<u64>| {
        let orders = orders.and_then(|orders| usize::try_from(orders).ok());
        queue.ids(letter, 2 * orders.unwrap_or(0))
    };
    let (both, given_back) = (ids("I", count(&[STEPS, STEPS])), ids("J", count(&[STEPS - 1, STEPS])));
    let commit = script(queue, one, &Step::sql("end", "COMMIT")).await?;
    let give_back = script(queue, other, &Step::sql("give back", "ROLLBACK")).await?;
    let recorder = &queue.cx.recorder;
    if one == other {
        // Without tenants there is one queue, and the two games would meet in it.
        queue.seed_for(one, &both).await?;
        let committed = commit.run(recorder).await?;
        queue.seed_for(other, &given_back).await?;
        return Ok([committed, give_back.run(recorder).await?].concat());
    }
    tokio::try_join!(queue.seed_for(one, &both), queue.seed_for(other, &given_back))?;
    let (committed, rolled_back) = tokio::try_join!(commit.run(recorder), give_back.run(recorder))?;
    Ok([committed, rolled_back].concat())
}

async fn script(queue: &Queue<'_>, tenant: &str, end_of_a: &Step) -> Result<Interleavings> {
    let cluster = &queue.cx.cluster;
    let info = cluster.connect_info(&queue.cx.subject.roles.worker, &cluster.database());
    let actor = |name: &str, own: Values, end: Step| {
        let values = own.with("tenant", tenant);
        let context = (queue.tenancy.set.clone(), values.clone());
        let begin = |opening: String| vec![(opening, Values::new()), context.clone()];
        let open = begin(queue.opening());
        let claim = Step::with("claim", queue.binding.claim.clone(), values.clone());
        let (claim, end) = made_again(queue, claim, end, &values, &open);
        let work = (end.name == "end").then(|| work(&queue.binding.done, begin("BEGIN".into()), values));
        let steps = [Step::all("begin", open), claim, end].into_iter().chain(work).collect();
        Actor { name: name.into(), info: info.clone(), prelude: String::new(), steps }
    };
    let (a, b) = (queue.as_worker("A").await?, queue.as_worker("B").await?);
    Ok(Interleavings {
        admin: cluster.superuser(),
        setup: String::new(),
        actors: vec![actor("A", a, end_of_a.clone()), actor("B", b, Step::sql("end", "COMMIT"))],
        observe: None,
        teardown: String::new(),
        deadline: DEADLINE,
    })
}

/// Claims and ends that are made again after a lost race, where the subject says that its Worker does so.
fn made_again(
    queue: &Queue<'_>,
    claim: Step,
    end: Step,
    values: &Values,
    open: &[(String, Values)],
) -> (Step, Step) {
    if queue.binding.isolation.is_none() {
        return (claim, end);
    }
    let (attempts, answer) = (queue.attempts(), open.len());
    let mut anew = open.to_vec();
    anew.push((queue.binding.claim.clone(), values.clone()));
    let claim = claim.or_again(anew.clone(), answer, attempts);
    anew.push(("COMMIT".to_owned(), Values::new()));
    let end = if end.name == "end" { end.or_again(anew, answer, attempts) } else { end };
    (claim, end)
}

/// Marks what the session claimed as done, each row in a transaction of its own.
fn work(done: &str, begin: Vec<(String, Values)>, values: Values) -> Step {
    let done = done.to_owned();
    Step::all_after("work", move |own: &[Performed]| {
        let lost =
            |end: &&Performed| end.step == "end" && (end.attempts > 1 || end.outcome.sqlstate().is_some());
        let claim = own.iter().find(lost).or_else(|| own.iter().find(|step| step.step == "claim"));
        let claimed = claim.map(|step| step.outcome.firsts()).unwrap_or_default();
        let mark = |id: &str| (done.clone(), values.clone().with("id", id));
        let end = ("COMMIT".to_owned(), Values::new());
        let each = |id| begin.iter().cloned().chain([mark(id), end.clone()]).collect::<Vec<_>>();
        claimed.into_iter().flat_map(each).collect()
    })
}
