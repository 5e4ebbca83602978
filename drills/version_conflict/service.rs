//! The subject's service, started behind a wire proxy; it says itself where it listens.

use std::sync::LazyLock;

use regex::Regex;
use sor_gate::error::Result;
use sor_gate::fault::proxy::{WirePlan, WireProxy};
use sor_gate::subject::Service;
use sor_gate::template::Values;
use sor_gate::worker::{Assignment, Worker};

use super::http::Http;
use super::rows::Ground;

static URL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"https?://[^\s'\x22]+").ok());

fn url(line: &str) -> Option<&str> {
    Some(URL.as_ref()?.find(line)?.as_str())
}

/// A running service; dropping it stops it.
pub struct Served {
    url: String,
    pub proxy: WireProxy,
    _worker: Worker,
}

impl Served {
    pub fn door<'s>(&self, service: &'s Service) -> Result<Http<'s>> {
        Http::new(&self.url, service)
    }
}

impl Ground<'_> {
    /// Starts the service and waits until it says where it listens.
    pub async fn serve(&self, name: &str, service: &Service, plan: WirePlan) -> Result<Served> {
        let role = &self.cx.subject.roles.worker;
        let proxy = self.cx.proxy(role, plan).await?;
        let assignment = Assignment::with(name, Values::new()).through(proxy.connect_info());
        let program = &service.program;
        let worker = self.cx.start_program("service", program, role, &assignment).await?;
        let line = worker.ready(|line| url(line).is_some(), program.timeout()).await?;
        let url = url(&line).unwrap_or_default().to_owned();
        Ok(Served { url, proxy, _worker: worker })
    }
}
