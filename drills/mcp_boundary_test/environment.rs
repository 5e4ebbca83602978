//! The running Worker: what it holds that leads into the database.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sor_gate::error::Result;
use sor_gate::postgres::Host;
use sor_gate::process::{Seen, Socket};
use sor_gate::template::Values;
use sor_gate::worker::Assignment;
use tokio_postgres::{Config, NoTls};

use super::ground::Ground;
use super::judge::Environment;

/// How long a connection may take to be refused.
const PATIENCE: Duration = Duration::from_secs(2);
/// Where libpq looks when no host is given (manual, 34.1.2, host), by how distributions build it.
const DEFAULT_HOSTS: [&str; 3] = ["/var/run/postgresql", "/tmp", "localhost"];

/// Starts the Worker, holds it in mid-turn by the journal's lock, and looks at it while it waits.
pub async fn observe(ground: &Ground<'_>) -> Result<Environment> {
    let cx = ground.cx;
    let (Some(program), Some(journal)) = (&cx.subject.worker, &cx.subject.journal) else {
        return Ok(Environment::NotDescribed);
    };
    let run = ground.fresh_run();
    let values = Values::new().with("run_id", &run).with("tenant", ground.tenant);
    if let Some(seed) = &journal.seed {
        ground.admin.script(seed, &values).await?;
    }
    let holder = cx.admin().await?;
    holder.script("BEGIN", &values).await?;
    holder.script(&journal.hold, &values).await?;
    let assignment = Assignment::run(&run, ground.tenant, "boundary");
    let worker = cx.start_worker(&assignment).await?;
    let held = cx.wait_held(holder.pid().await?, &[&worker]).await?;
    if held == 0 {
        return Ok(Environment::NotHeld(worker.process().last_lines(3).join(" | ")));
    }
    let server = ground.server()?.argv;
    let is_server =
        |seen: &Seen| !server.is_empty() && seen.args.ends_with(&server[1..]) && program.stdio.is_none();
    let tree = Seen::tree(worker.process().pid(), is_server)?;
    let mut ways = Vec::new();
    let mut sockets = 0;
    for seen in &tree {
        ways.extend(variables(&seen.env).into_iter().map(|name| format!("variable {name}")));
        ways.extend(arguments(&seen.args).into_iter().map(|at| format!("argument {at}")));
        ways.extend(files(seen).into_iter().map(|file| format!("file {}", file.display())));
        let open = seen.sockets()?;
        sockets += open.len();
        ways.extend(
            open.iter().filter(|one| leads_there(one, ground)).map(|_| "a socket to Postgres".to_owned()),
        );
    }
    let mut attempts = Vec::new();
    for config in configs(&tree[0]) {
        let (name, reached) = (describe(&config), reaches(ground, &config).await?);
        if reached {
            ways.push(format!("a connection to {name}"));
        }
        attempts.push(name);
    }
    // The same attempt with the server's own URL gets through, so that one with less would have been seen to.
    let own = cx.cluster.connect_info(ground.role, &cx.cluster.database());
    let control = reaches(ground, &own.config("sor-gate control")).await?;
    let (pid, variables) = (tree[0].pid, tree[0].env.len());
    worker.kill().await?;
    holder.script("ROLLBACK", &values).await?;
    ways.sort();
    ways.dedup();
    Ok(Environment::Seen { pid, processes: tree.len(), variables, sockets, attempts, ways, control })
}

/// Whether a text holds a connection string, as a URI of any dialect or as `host=… user=…`.
fn connects(text: &str) -> bool {
    let lower = text.to_lowercase();
    let uri = lower.match_indices("://").any(|(at, _)| {
        let scheme =
            lower[..at].rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '+')).next().unwrap_or("");
        scheme.split('+').next().is_some_and(|name| name == "postgres" || name == "postgresql")
    });
    let has = |key: &str| lower.split([' ', ';', '\'', '"']).any(|word| word.starts_with(key));
    uri || ((has("dbname=") || has("user=")) && (has("host=") || has("password=")))
}

/// Names of variables that lead into a database; their values stay out of the evidence.
fn variables(env: &BTreeMap<String, String>) -> Vec<String> {
    let telling = |name: &str| {
        let name = name.to_uppercase();
        // PGHOST, PGPASSWORD … (manual, 34.15); PG_… belongs to other programs.
        let libpq =
            name.strip_prefix("PG").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
        let secret = ["PASSWORD", "PASSWD", "PWD"].iter().any(|word| name.ends_with(word));
        let database = ["DATABASE", "POSTGRES", "DB_", "SQL"].iter().any(|word| name.contains(word));
        libpq || name.ends_with("DATABASE_URL") || name.ends_with("DATABASE_DSN") || (secret && database)
    };
    env.iter()
        .filter(|(name, value)| telling(name) || connects(value))
        .map(|(name, _)| name.clone())
        .collect()
}

/// Positions of arguments that hold a connection string.
fn arguments(args: &[String]) -> Vec<usize> {
    args.iter().enumerate().filter(|(_, word)| connects(word)).map(|(at, _)| at).collect()
}

/// Password and service files that libpq would find (manual, 34.16 and 34.17).
fn files(seen: &Seen) -> Vec<PathBuf> {
    let home = seen.env.get("HOME").map(PathBuf::from).or_else(|| home_of(seen.uid));
    let in_home = home.iter().flat_map(|home| [home.join(".pgpass"), home.join(".pg_service.conf")]);
    let named =
        ["PGPASSFILE", "PGSERVICEFILE"].iter().filter_map(|name| seen.env.get(*name)).map(PathBuf::from);
    let system = seen.env.get("PGSYSCONFDIR").map(|folder| Path::new(folder).join("pg_service.conf"));
    in_home.chain(named).chain(system).filter(|file| file.is_file()).collect()
}

fn home_of(uid: u32) -> Option<PathBuf> {
    nix::unistd::User::from_uid(nix::unistd::Uid::from_raw(uid)).ok().flatten().map(|user| user.dir)
}

/// Whether a socket's other end is a Postgres server, this one or any.
fn leads_there(socket: &Socket, ground: &Ground<'_>) -> bool {
    let cluster = &ground.cx.cluster;
    let tcp = cluster.tcp_info(ground.role, &cluster.database());
    let ports: Vec<u16> =
        [5432, cluster.superuser().port].into_iter().chain(tcp.map(|info| info.port)).collect();
    match socket {
        Socket::Unix(Some(path)) => {
            let own = matches!(cluster.superuser().host, Host::Socket(folder) if Path::new(path).starts_with(&folder));
            own || path.contains(".s.PGSQL.")
        }
        Socket::Tcp(port) => ports.contains(port),
        Socket::Unix(None) | Socket::Other => false,
    }
}

/// What a client would try that is given nothing but this environment: its URIs, and libpq's rules for the rest.
fn configs(seen: &Seen) -> Vec<Config> {
    let uris = seen.env.values().chain(&seen.args).filter(|text| connects(text));
    let mut configs: Vec<Config> = uris.filter_map(|text| text.parse().ok()).collect();
    let var = |name: &str| seen.env.get(name).cloned();
    let account = nix::unistd::User::from_uid(nix::unistd::Uid::from_raw(seen.uid)).ok().flatten();
    let user = var("PGUSER").or_else(|| account.map(|user| user.name)).unwrap_or_else(|| "postgres".into());
    let hosts = match var("PGHOST").or_else(|| var("PGHOSTADDR")) {
        Some(host) => vec![host],
        None => DEFAULT_HOSTS.map(str::to_owned).into(),
    };
    for host in hosts {
        let mut config = Config::new();
        config.host(&host).user(&user).dbname(var("PGDATABASE").unwrap_or_else(|| user.clone()));
        config.port(var("PGPORT").and_then(|port| port.parse().ok()).unwrap_or(5432));
        if let Some(password) = var("PGPASSWORD") {
            config.password(password);
        }
        configs.push(config);
    }
    configs
}

fn describe(config: &Config) -> String {
    let host = match config.get_hosts().first() {
        Some(tokio_postgres::config::Host::Tcp(host)) => host.clone(),
        Some(tokio_postgres::config::Host::Unix(folder)) => folder.display().to_string(),
        None => "nowhere".into(),
    };
    format!("{} at {host}", config.get_user().unwrap_or("nobody"))
}

/// Whether it gets through to this very server, told by when that was started. Another Postgres that happens to be on
/// this machine is not the system of record.
async fn reaches(ground: &Ground<'_>, config: &Config) -> Result<bool> {
    let started = "SELECT pg_postmaster_start_time()::text";
    let mut config = config.clone();
    config.connect_timeout(PATIENCE);
    let Ok(Ok((client, connection))) = tokio::time::timeout(PATIENCE, config.connect(NoTls)).await else {
        return Ok(false);
    };
    tokio::spawn(async move { drop(connection.await) });
    let theirs: String = client.query_one(started, &[]).await?.get(0);
    let own: String = ground.admin.client().query_one(started, &[]).await?.get(0);
    Ok(theirs == own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_strings_of_every_dialect_are_seen() {
        for text in [
            "postgres://u:p@h/d",
            "x=postgresql+psycopg://h/d",
            "POSTGRESQL://h",
            "host=/run user=worker",
            "dbname=books password=x",
        ] {
            assert!(connects(text), "{text}");
        }
        for text in ["https://example.org", "notpostgres://h", "user=worker", "host=a", "a host= user"] {
            assert!(!connects(text), "{text}");
        }
    }

    #[test]
    fn telling_names_are_seen() {
        let env = |name: &str| variables(&BTreeMap::from([(name.to_owned(), "x".to_owned())])).len();
        for name in
            ["PGHOST", "PGPASSWORD", "DATABASE_URL", "APP_DATABASE_URL", "POSTGRES_PASSWORD", "DB_PASSWORD"]
        {
            assert_eq!(env(name), 1, "{name}");
        }
        for name in ["PATH", "HOME", "PG_COLOR", "SMTP_PASSWORD", "PWD", "OLDPWD"] {
            assert_eq!(env(name), 0, "{name}");
        }
    }
}
