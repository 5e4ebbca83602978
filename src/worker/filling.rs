//! A program of the subject as it is started: every placeholder filled, its files written.

use std::path::PathBuf;

use super::readiness::Readiness;
use super::{Assignment, WorkerCommand, dialect};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::fault::proxy::Listen;
use crate::postgres::ConnectInfo;
use crate::process::free_port;
use crate::subject::{Mcp, Program, Ready};
use crate::template::{self, Values};

impl Context {
    /// The address by which the subject's programs reach the database: over TCP where `database.tcp` asks for it.
    pub fn address(&self, role: &str) -> ConnectInfo {
        let database = self.cluster.database();
        let tcp = self.subject.database.tcp.then(|| self.cluster.tcp_info(role, &database)).flatten();
        tcp.unwrap_or_else(|| self.cluster.connect_info(role, &database))
    }

    /// What a wire proxy before the subject's programs listens on.
    pub(crate) fn listen(&self) -> Listen {
        if self.subject.database.tcp { Listen::Tcp } else { Listen::Unix }
    }

    /// A program of the subject with every placeholder filled, as `role`. It gets PATH, HOME and its own variables.
    ///
    /// # Errors
    /// Usage for an unknown placeholder; environment when its files cannot be written or there is no free port.
    pub fn program(&self, program: &Program, role: &str, assignment: &Assignment) -> Result<WorkerCommand> {
        self.program_at(program, &assignment.redirect(self.address(role)), assignment)
    }

    /// The same with the database at another address.
    ///
    /// # Errors
    /// As [`Context::program`].
    pub fn program_at(
        &self,
        program: &Program,
        address: &ConnectInfo,
        assignment: &Assignment,
    ) -> Result<WorkerCommand> {
        let given = |name: &str| program.uses(name).then(free_port).transpose();
        // A break that takes the program's place leaves it a port of its own.
        let (port, inner) = (given("port")?, given("inner_port")?);
        let values = self
            .own_values()
            .and(&assignment.more)
            .with("run_id", &assignment.run_id)
            .with("tenant", &assignment.tenant)
            .with("worker", &assignment.worker)
            .with("sink_url", &assignment.sink_url)
            .with("sink_port", assignment.sink_port())
            .with("mcp_url", &assignment.mcp_url)
            .with("port", port.map(|port| port.to_string()).unwrap_or_default())
            .with("inner_port", inner.map(|port| port.to_string()).unwrap_or_default());
        let values = dialect::spoken(values, address, program.url_scheme.as_deref());
        let files = self.files(program, &values)?;
        let values = values.with("files", files.unwrap_or_default().display());
        let mut env: Vec<(String, String)> =
            std::env::var("HOME").map(|home| ("HOME".to_owned(), home)).into_iter().collect();
        for (name, value) in &program.env {
            env.push((name.clone(), template::fill(value, &values)?));
        }
        let cwd =
            program.cwd.as_ref().map_or_else(|| self.subject.folder.clone(), |cwd| self.subject.path(cwd));
        let ready = program.ready.as_ref().map(|ready| self.readiness(ready, &values)).transpose()?;
        Ok(WorkerCommand {
            argv: program.command.iter().map(|word| template::fill(word, &values)).collect::<Result<_>>()?,
            env,
            cwd: Some(cwd),
            ready,
            port,
            ..WorkerCommand::default()
        })
    }

    /// The subject's MCP server, with the URL at which it serves where it does so over HTTP.
    ///
    /// # Errors
    /// As [`Context::program`].
    pub fn server(&self, mcp: &Mcp, address: &ConnectInfo, assignment: &Assignment) -> Result<WorkerCommand> {
        let mut command = self.program_at(&mcp.program, address, assignment)?;
        if let Some(url) = &mcp.url {
            let port = command.port.map(|port| port.to_string()).unwrap_or_default();
            let url = template::fill(url, &Values::new().with("port", port))?;
            command.ready.get_or_insert(Readiness { port: Some(port_of(&url)?), ..Readiness::default() });
            command.serves = Some(url);
        }
        Ok(command)
    }

    /// The address of the role that the MCP server connects as.
    pub fn server_address(&self, mcp: &Mcp, assignment: &Assignment) -> ConnectInfo {
        assignment.redirect(self.address(mcp.role.as_deref().unwrap_or(&self.subject.roles.worker)))
    }

    /// The placeholders that do not differ from program to program.
    fn own_values(&self) -> Values {
        // Under a shell /proc/self/exe is the shell, so this process is named by its id.
        let own = self
            .scope
            .exe()
            .to_string_lossy()
            .replace("/proc/self/", &format!("/proc/{}/", std::process::id()));
        Values::new().with("sor_gate", own).with("folder", self.subject.folder.display())
    }

    /// The program's files, written into a folder of their own; `None` when it has none.
    fn files(&self, program: &Program, values: &Values) -> Result<Option<PathBuf>> {
        if program.files.is_empty() {
            return Ok(None);
        }
        let cannot = |error: std::io::Error| {
            Error::environment(format!("cannot write a program's files: {error}")).at(self.scratch.display())
        };
        let folder = tempfile::Builder::new().prefix("files-").tempdir_in(&self.scratch).map_err(cannot)?;
        // The scratch folder takes it along.
        let folder = folder.keep();
        for (name, text) in &program.files {
            if name.contains('/') || name.starts_with('.') {
                return Err(Error::usage(format!("`{name}` is no plain file name"))
                    .fix("name the file alone; it is written into ${files}"));
            }
            std::fs::write(folder.join(name), template::fill(text, values)?).map_err(cannot)?;
        }
        Ok(Some(folder))
    }

    fn readiness(&self, ready: &Ready, values: &Values) -> Result<Readiness> {
        let port = match &ready.port {
            Some(word) => {
                let text = template::fill(word, values)?;
                let wrong =
                    |_| Error::usage(format!("`{text}` is no port")).fix("write ${port}, or a number");
                Some(text.parse().map_err(wrong)?)
            }
            None => None,
        };
        let admin = self.cluster.superuser();
        let sql = ready.sql.as_ref().map(|sql| (admin, sql.clone(), values.clone()));
        Ok(Readiness {
            line: ready.line.clone(),
            port,
            sql,
            within: std::time::Duration::from_secs(ready.within_s),
        })
    }
}

fn port_of(url: &str) -> Result<u16> {
    let parsed = reqwest::Url::parse(url).ok().filter(|url| url.scheme() == "http");
    parsed.and_then(|url| url.port_or_known_default()).ok_or_else(|| {
        Error::usage(format!("`{url}` is no URL of a server on this machine"))
            .at("mcp.url")
            .fix("write http://127.0.0.1:${port}/mcp")
    })
}
