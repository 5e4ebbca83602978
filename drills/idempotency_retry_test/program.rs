//! The write as a program: each call is a process, its answer an exit code and a line.

use std::time::Instant;

use futures::future::try_join_all;
use regex::Regex;
use sor_gate::error::{Error, Result};
use sor_gate::fault::proxy::{StatementKind, Trigger, WirePlan, WireProxy, WireToxic};
use sor_gate::fault::sweep::Conversation;
use sor_gate::session::Row;
use sor_gate::subject::Program;
use sor_gate::template::Values;
use sor_gate::worker::{Assignment, Worker};

use super::calls::Caller;
use super::judge::{Answer, LostReply};

impl Caller<'_> {
    /// Starts the program, perhaps through a wire proxy.
    pub async fn start(
        &self,
        program: &Program,
        values: &Values,
        proxy: Option<&WireProxy>,
    ) -> Result<Worker> {
        let tenant =
            values.pairs().into_iter().find(|(name, _)| name == "tenant").and_then(|(_, tenant)| tenant);
        let assignment = Assignment::run("", &tenant.unwrap_or_default(), "caller").knowing(values.clone());
        let assignment = match proxy {
            Some(proxy) => assignment.through(proxy.connect_info()),
            None => assignment,
        };
        self.cx.start_program("caller", program, &self.cx.subject.roles.worker, &assignment).await
    }

    /// Waits for its end, and says what it answered.
    pub async fn answered(&self, program: &Program, worker: &Worker) -> Result<Answer> {
        let process = worker.process();
        let Some(status) = worker.wait_exit(program.timeout()).await? else {
            worker.kill().await?;
            return Ok(Answer::Unclear(format!("no end within {} s", program.timeout_s)));
        };
        let fine = status.code().is_some_and(|code| code == 0 || program.exit_codes.contains(&code));
        process.stdout().closed(program.timeout()).await;
        if !fine {
            return Ok(Answer::Ended(format!("{status}: {}", process.last_lines(2).join(" / "))));
        }
        let Some(pattern) = &self.binding.answer else { return Ok(Answer::Nothing) };
        let pattern = Regex::new(pattern).map_err(|error| Error::usage(error.to_string()))?;
        let printed = process.stdout().since(0);
        let row = printed.iter().rev().find_map(|(_, line)| row(&pattern, line));
        Ok(row.unwrap_or_else(|| {
            let last = printed.last().map_or("nothing", |(_, line)| line.as_str());
            Answer::Unclear(format!("no line that fits idempotency.answer; it printed {last}"))
        }))
    }

    /// Many of them with one key, held back by a lock until all of them wait at the table.
    pub async fn programs_at_once(
        &self,
        program: &Program,
        values: &Values,
        many: usize,
    ) -> Result<(Vec<Answer>, i64)> {
        self.hold(&self.binding.table).await?;
        let started = try_join_all((0..many).map(|_| self.start(program, values, None))).await?;
        let holder = self.admin.pid().await?;
        let deadline = Instant::now() + program.timeout();
        let waited = loop {
            let alive = started.iter().filter(|worker| worker.process().ended().is_none()).count();
            let waiting = self.cx.wait_blocked_by(holder, alive).await?;
            if usize::try_from(waiting).is_ok_and(|waiting| waiting >= alive) || Instant::now() > deadline {
                break waiting;
            }
        };
        self.admin.script("COMMIT", &Values::new()).await?;
        let answers = try_join_all(started.iter().map(|worker| self.answered(program, worker))).await?;
        Ok((answers, waited))
    }

    /// One of them whose write is done and whose reply is lost: that to its COMMIT, or to the last statement that writes.
    /// Another key shows which message that is. Then the retry.
    pub async fn program_without_reply(
        &self,
        program: &Program,
        values: &Values,
        key: &str,
    ) -> Result<LostReply> {
        let shown = self.spoken(program, &values.clone().with("key", format!("{key}, shown"))).await?;
        let before = self.count().await?;
        // Without any such message no boundary fits, and nothing is lost.
        let number = last_write(&shown).unwrap_or(u64::MAX);
        let plan = self.cx.wire_plan().and(Trigger::Boundary(number), WireToxic::LoseReply);
        let proxy = self.proxy(plan).await?;
        // An answer would mean that it tried again by itself, or that nothing was lost, which the missing event tells.
        let _ = self.answered(program, &self.start(program, values, Some(&proxy)).await?).await?;
        let fault = proxy.events().into_iter().next().map(|event| event.detail);
        self.cx.recorder.faults(proxy.events());
        for pid in proxy.backends() {
            self.gone(pid).await?;
        }
        let landed = self.rows(key).await?.len();
        let retry = self.once(values).await?;
        Ok(LostReply { fault, landed, retry, added: self.count().await? - before })
    }

    /// What passes between it and the server.
    ///
    /// # Errors
    /// When it ends badly.
    pub async fn spoken(&self, program: &Program, values: &Values) -> Result<Conversation> {
        let proxy = self.proxy(self.cx.wire_plan()).await?;
        let worker = self.start(program, values, Some(&proxy)).await?;
        worker.finish(&program.exit_codes, program.timeout()).await?;
        Ok(proxy.conversation())
    }

    /// A wire proxy before the server, for the Worker's role.
    pub async fn proxy(&self, plan: WirePlan) -> Result<WireProxy> {
        self.cx.proxy(&self.cx.subject.roles.worker, plan).await
    }
}

/// The answer in a line: the pattern's groups as columns, `id` first.
fn row(pattern: &Regex, line: &str) -> Option<Answer> {
    let found = pattern.captures(line)?;
    let mut names: Vec<&str> = pattern.capture_names().flatten().collect();
    names.sort_by_key(|name| *name != "id");
    let cells = names.iter().map(|name| found.name(name).map(|part| part.as_str().to_owned())).collect();
    Some(Answer::Row(names.into_iter().map(str::to_owned).collect(), Row { cells }))
}

/// The number of the message that commits the write; where nothing says COMMIT, the last that writes or calls.
fn last_write(spoken: &Conversation) -> Option<u64> {
    let run = spoken.statements.iter().rev();
    let run = run.filter(|one| matches!(one.kind, StatementKind::Query | StatementKind::Execute));
    let run: Vec<_> = run.collect();
    let told = |words: &[&str]| {
        let fits = |tag: &String| words.iter().any(|word| tag.starts_with(word));
        run.iter().find(|statement| statement.completed.iter().any(fits)).map(|statement| statement.number)
    };
    told(&["COMMIT"]).or_else(|| told(&["INSERT", "UPDATE", "DELETE", "MERGE"])).or_else(|| told(&["SELECT"]))
}
