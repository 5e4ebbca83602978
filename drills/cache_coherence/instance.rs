//! One running instance of the service, behind a proxy on each of its ways.

use std::time::Duration;

use regex::Regex;
use sor_gate::error::{Error, Result};
use sor_gate::fault::FaultEvent;
use sor_gate::fault::proxy::{
    Direction, Statement, StatementKind, Trigger, WireMessage, WireProxy, WireToxic,
};
use sor_gate::redis_server::{Command, RedisProxy};
use sor_gate::subject::Cache;
use sor_gate::template::Values;
use sor_gate::worker::{Assignment, Killed, Worker};

use super::ground::Ground;
use super::http::{Answer, Http};

/// Whether a statement loads what the cache did not have.
pub fn loads(binding: &Cache, sql: &str) -> bool {
    let first = sql.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let reads = || ["SELECT", "WITH"].iter().any(|word| first.eq_ignore_ascii_case(word));
    binding.load.as_ref().map_or_else(reads, |text| sql.contains(text))
}

pub struct Instance<'a> {
    ground: &'a Ground<'a>,
    worker: Worker,
    wire: WireProxy,
    cache: RedisProxy,
    http: Http<'a>,
}

impl<'a> Instance<'a> {
    /// Starts it and waits until it says where it listens.
    pub async fn start(ground: &'a Ground<'a>, name: &str) -> Result<Self> {
        let (cx, binding) = (ground.cx, ground.binding);
        let role = &cx.subject.roles.worker;
        let wire = cx.proxy(role, cx.wire_plan()).await?;
        let cache = ground.redis.proxy().await?;
        let values = Values::new().with("cache_url", cache.url());
        let assignment = Assignment::with(name, values).through(wire.connect_info());
        let worker = cx.start_program("service", &binding.service, role, &assignment).await?;
        let url = Regex::new(r"https?://[^\s/]+").map_err(|error| Error::harness(error.to_string()))?;
        let line = worker.ready(|line| url.is_match(line), binding.service.timeout()).await?;
        let url = url.find(&line).map(|found| found.as_str().to_owned()).unwrap_or_default();
        Ok(Self { ground, worker, wire, cache, http: Http::new(url, binding)? })
    }

    pub async fn read(&self, key: &str) -> Result<Answer> {
        self.http.read(key).await
    }

    pub async fn write(&self, key: &str, value: &str) -> Result<Answer> {
        self.http.write(key, value).await
    }

    /// How many loads it has sent so far.
    pub fn loads(&self) -> usize {
        let runs = |kind| matches!(kind, StatementKind::Query | StatementKind::Execute);
        self.about_loads(|statement| runs(statement.kind).then_some(())).len()
    }

    /// The SQLSTATEs of the loads that were refused so far, at whichever of their messages.
    pub fn refusals(&self) -> Vec<String> {
        self.about_loads(|statement| statement.sqlstate.clone())
    }

    fn about_loads<T>(&self, of: impl Fn(&Statement) -> Option<T>) -> Vec<T> {
        let loads = |statement: &&Statement| loads(self.ground.binding, &statement.sql);
        self.wire.statements().iter().filter(loads).filter_map(of).collect()
    }

    /// The commands by which it has asked the cache about an entry so far.
    pub fn asked(&self, entry: &str) -> Vec<Command> {
        let about = |command: &Command| command.words.iter().any(|word| word == entry);
        self.cache.commands().into_iter().filter(about).collect()
    }

    /// Has the answer to its next load held back.
    pub fn hold_next_load(&self) {
        let binding = self.ground.binding.clone();
        let answers = move |message: &WireMessage<'_>| {
            let row = message.direction == Direction::ToClient && message.tag == b'D';
            row && message.sql.is_some_and(|sql| loads(&binding, sql))
        };
        self.wire.set_plan(self.ground.cx.wire_plan().and(Trigger::first(answers), WireToxic::Hold));
    }

    /// The proof that a load is held, once it is.
    pub async fn held(&self, patience: Duration) -> Option<FaultEvent> {
        self.wire.wait_fired(patience).await.ok()
    }

    /// Lets what is held go on.
    pub fn release(&self) {
        self.wire.set_plan(self.ground.cx.wire_plan());
        self.wire.release();
    }

    /// Kills it in the midst of its work.
    pub async fn kill(&self) -> Result<Killed> {
        self.worker.kill().await
    }

    /// The faults on its way to the database.
    pub fn events(&self) -> Vec<FaultEvent> {
        self.wire.events()
    }
}
