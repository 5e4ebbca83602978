//! The configuration files of a cluster's copy.

use std::fs;
use std::path::Path;

use crate::error::{Error, Result};
use crate::postgres::backend::ClusterOptions;
use crate::postgres::log::LINE_PREFIX;

/// What every scratch cluster runs with. Nothing here changes what a statement means: durability against a power cut is
/// given up, and background work that would make timings and locks differ from run to run is off.
pub(in crate::postgres) const USUAL: [(&str, &str); 25] = [
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("autovacuum", "off"),
    ("max_connections", "260"),
    ("superuser_reserved_connections", "5"),
    // As many locks in all as a server has by default, with 100 connections; each start lays out the tables for them.
    ("max_locks_per_transaction", "25"),
    ("max_pred_locks_per_transaction", "25"),
    // What it is by default; unsaid, it would follow the line above.
    ("max_pred_locks_per_relation", "32"),
    ("shared_buffers", "64MB"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    // With this WAL level there is no logical replication to launch.
    ("max_logical_replication_workers", "0"),
    ("max_wal_size", "256MB"),
    ("min_wal_size", "2MB"),
    ("wal_init_zero", "off"),
    ("unix_socket_permissions", "0700"),
    ("logging_collector", "off"),
    ("log_destination", "stderr"),
    ("log_min_messages", "warning"),
    ("log_statement", "none"),
    ("log_checkpoints", "off"),
    ("lc_messages", "C"),
    ("log_timezone", "UTC"),
    ("jit", "off"),
    // Each backend that runs a trigger would load it anew.
    ("shared_preload_libraries", "plpgsql"),
];

/// Trust stops at the socket's folder, which only the server's account and root may enter; over TCP the password is
/// asked for.
const ACCESS: &str = "local all all trust\nlocal replication all trust\n\
                      host all all 127.0.0.1/32 scram-sha-256\nhost all all ::1/128 scram-sha-256\n";

/// Writes postgresql.conf and pg_hba.conf. They replace the template's, and being files and not command-line arguments
/// they can be overridden by ALTER SYSTEM.
pub(super) fn write(
    data: &Path,
    socket: &Path,
    port: u16,
    in_memory: bool,
    options: &ClusterOptions,
) -> Result<()> {
    let mut text = String::new();
    let mut set = |name: &str, value: &str| {
        let value = value.replace('\\', "\\\\").replace('\'', "''");
        text.push_str(&format!("{name} = '{value}'\n"));
    };
    USUAL.iter().for_each(|(name, value)| set(name, value));
    set("unix_socket_directories", &socket.to_string_lossy());
    set("port", &port.to_string());
    set("listen_addresses", if options.tcp { "127.0.0.1" } else { "" });
    // In memory, files serve as well as POSIX shared memory, and go with the folder when a server is killed.
    set("dynamic_shared_memory_type", if in_memory { "mmap" } else { "posix" });
    options.settings.iter().for_each(|(name, value)| set(name, value));
    text.push_str(&format!("log_line_prefix = '{LINE_PREFIX}'\n"));
    let written = fs::write(data.join("postgresql.conf"), text);
    written.and_then(|()| fs::write(data.join("pg_hba.conf"), ACCESS)).map_err(|error| {
        Error::environment(format!("cannot write the server's configuration: {error}")).at(data.display())
    })
}
