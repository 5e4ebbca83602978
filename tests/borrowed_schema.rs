//! A schema from a dump, or copied from a live database, which is only read: its statistics and its log tell.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;

use assert_cmd::Command;
use sor_gate::postgres::{Cluster, ClusterOptions, ProvisionOptions, Provisioner};
use sor_gate::process::{Scope, ScopeOptions};

/// The live system: roles of every kind, row-level security, settings, and rows that must stay where they are.
const LIVE: &str = r#"
CREATE ROLE shop_owner NOLOGIN;
CREATE ROLE "shop; app" LOGIN;
CREATE ROLE shop_readers;
GRANT shop_readers TO "shop; app" WITH ADMIN OPTION;
ALTER ROLE "shop; app" SET search_path = shop, public;
CREATE SCHEMA shop AUTHORIZATION shop_owner;
SET ROLE shop_owner;
CREATE TYPE shop.state AS ENUM ('new', 'paid');
CREATE TABLE shop.orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant text NOT NULL, key text NOT NULL, cents bigint NOT NULL CHECK (cents > 0),
    state shop.state NOT NULL DEFAULT 'new', UNIQUE (tenant, key));
ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON shop.orders USING (tenant = current_setting('shop.tenant', true));
GRANT USAGE ON SCHEMA shop TO "shop; app";
GRANT SELECT, INSERT ON shop.orders TO "shop; app";
INSERT INTO shop.orders (tenant, key, cents) SELECT 't' || n % 7, 'k' || n, n FROM generate_series(1, 500) AS n;
RESET ROLE;
"#;

const REST: &str = r#"
[roles]
worker = "shop; app"

[tenancy]
set = "SELECT set_config('shop.tenant', ${tenant}, true)"
tenants = ["red", "blue"]
stranger = "nobody"
column = "tenant"
table = "shop.orders"
insert = "INSERT INTO shop.orders (tenant, key, cents) VALUES (${tenant}, 'row-' || ${n}::text, 1)"
add_tenant = "SELECT 1"
"#;

fn gate(folder: &Path, words: &[&str], env: &[(&str, &str)]) -> (i32, String) {
    let mut command = Command::cargo_bin("sor-gate").unwrap();
    let output = command.current_dir(folder).envs(env.iter().copied()).args(words).output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), said)
}

fn subject(folder: &Path, database: &str) {
    let text = format!("name = \"shop\"\n[database]\n{database}\n{REST}");
    std::fs::write(folder.join("sor-gate.toml"), text).unwrap();
}

async fn live() -> (Arc<Scope>, Cluster) {
    let exe = Some(env!("CARGO_BIN_EXE_sor-gate").into());
    let id = uuid::Uuid::new_v4().simple().to_string();
    let scope = Scope::open(&id[..12], ScopeOptions { scratch: None, exe }).unwrap();
    let provisioner = Provisioner::new(ProvisionOptions::new(Arc::clone(&scope)));
    let bare = provisioner.bare().await.unwrap();
    let cluster = provisioner.cluster(&bare, &ClusterOptions::default()).await.unwrap();
    cluster.admin().await.unwrap().batch_execute(LIVE).await.unwrap();
    cluster.log_statements("all").await.unwrap();
    (scope, cluster)
}

/// Rows written, and a digest of every row.
async fn written(cluster: &Cluster) -> (i64, String) {
    let admin = cluster.admin().await.unwrap();
    admin.batch_execute("SELECT pg_stat_force_next_flush()").await.unwrap();
    let sum = "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_all_tables";
    let rows = "SELECT md5(string_agg(o::text, ',' ORDER BY id)) FROM shop.orders AS o";
    (admin.query_one(sum, &[]).await.unwrap().get(0), admin.query_one(rows, &[]).await.unwrap().get(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_database_is_copied_and_never_written_to() {
    let (_scope, cluster) = live().await;
    let folder = tempfile::tempdir().unwrap();
    subject(folder.path(), "copy = \"$LIVE_DATABASE\"");
    let url = cluster.superuser().url();
    let env = [("LIVE_DATABASE", url.as_str())];
    let (before, start) = (written(&cluster).await, cluster.log().unwrap().position());
    for words in [&["check"][..], &["drill", "rls_identity_flip_test"]] {
        let words: Vec<&str> = words.to_vec();
        let (code, said) = tokio::task::block_in_place(|| gate(folder.path(), &words, &env));
        assert_eq!(code, 0, "{said}");
        assert!(!said.contains(&url), "{said}");
    }
    assert_eq!(written(&cluster).await, before);
    let log = cluster.log().unwrap().since(start);
    let statements: Vec<&str> = log.iter().filter_map(|line| line.statement()).collect();
    assert!(statements.iter().any(|sql| sql.contains("pg_auth_members")), "{statements:?}");
    let writes =
        ["INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "TRUNCATE", "COPY"];
    let first = |sql: &str| sql.split_whitespace().next().unwrap_or_default().to_uppercase();
    let own = |sql: &&str| writes.contains(&first(sql).as_str());
    assert_eq!(statements.iter().filter(|sql| own(sql)).collect::<Vec<_>>(), Vec::<&&str>::new());
    // A policy that lets everything through in the source is seen in the copy.
    let open = "ALTER POLICY own ON shop.orders USING (true)";
    cluster.admin().await.unwrap().batch_execute(open).await.unwrap();
    let drill = ["drill", "rls_identity_flip_test"];
    let (code, said) = tokio::task::block_in_place(|| gate(folder.path(), &drill, &env));
    assert_eq!(code, 1, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_cannot_be_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    subject(folder.path(), "copy = \"$LIVE_DATABASE\"");
    let (code, said) = gate(folder.path(), &["check"], &[]);
    assert!(code == 2 && said.contains("LIVE_DATABASE, which is to hold a URL, is not set"), "{said}");
    let nowhere = "postgresql://app:secret-word@127.0.0.1:1/books";
    let (code, said) = gate(folder.path(), &["check"], &[("LIVE_DATABASE", nowhere)]);
    assert!(code == 3 && said.contains("cannot read the database that is to be copied"), "{said}");
    assert!(!said.contains("secret-word"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_is_a_schema() {
    let (_scope, cluster) = live().await;
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("schema.sql");
    let tool = std::fs::read_dir("/usr/lib/postgresql")
        .unwrap()
        .flatten()
        .next()
        .unwrap()
        .path()
        .join("bin/pg_dump");
    let url = cluster.superuser().url();
    let words = ["--schema-only", "--dbname", &url, "--file", dump.to_str().unwrap()];
    assert!(std::process::Command::new(tool).args(words).status().unwrap().success());
    let roles = "CREATE ROLE shop_owner; CREATE ROLE \"shop; app\" LOGIN;";
    std::fs::write(folder.path().join("roles.sql"), roles).unwrap();
    subject(folder.path(), "setup = [\"roles.sql\"]\ndump = \"schema.sql\"");
    let run = |words: &[&str]| tokio::task::block_in_place(|| gate(folder.path(), words, &[]));
    let (code, said) = run(&["drill", "rls_identity_flip_test"]);
    assert_eq!(code, 0, "{said}");
    let (code, said) = run(&["drill", "migration_review"]);
    assert!(code == 1 && said.contains("not testable"), "{said}");
    subject(folder.path(), "dump = \"schema.sql\"");
    let (code, said) = run(&["check"]);
    assert!(code == 2 && said.contains("role \"shop_owner\" does not exist"), "{said}");
    std::fs::write(&dump, "COPY shop.orders (id) FROM stdin;\n1\n\\.\n").unwrap();
    let (code, said) = run(&["check"]);
    assert!(code == 2 && said.contains("schema.sql:1") && said.contains("the dump holds rows"), "{said}");
}
