//! What a session answers, beside what the server itself prints.

#![allow(clippy::unwrap_used)]

use sor_gate::postgres::{ClusterOptions, ProvisionOptions, Provisioner};
use sor_gate::process::{Scope, ScopeOptions};
use sor_gate::recorder::Recorder;
use sor_gate::session::Session;
use sor_gate::template::Values;

/// Values that read as the server prints them, whatever their type.
const AS_PRINTED: [&str; 30] = [
    "0::numeric",
    "1::numeric",
    "-1.50::numeric",
    "10000::numeric",
    "100000000.00000001::numeric",
    "0.0001::numeric",
    "0.00001230::numeric",
    "12345678901234567890123456789012345678901234567890.5::numeric",
    "(-0.00)::numeric(9,2)",
    "1e20::numeric",
    "'NaN'::numeric",
    "'-Infinity'::numeric",
    "'2026-11-21'::date",
    "'1999-12-31'::date",
    "'infinity'::date",
    "7::smallint",
    "9223372036854775807",
    "1.5::float8",
    "true::text",
    "'ä'::varchar(3)",
    "'x'::\"char\"",
    "'name'::name",
    "'00000000-0000-4000-8000-0000000000ff'::uuid",
    "'\\x00ff'::bytea",
    "'plain'::kind",
    "12.30::price",
    "array_to_string(ARRAY[1, 2]::bigint[], ',')",
    "17::oid",
    "pg_snapshot_xmin(pg_current_snapshot())",
    "NULL::numeric",
];

#[tokio::test]
async fn values_read_as_the_server_prints_them() {
    let exe = Some(env!("CARGO_BIN_EXE_sor-gate").into());
    let id = uuid::Uuid::new_v4().simple().to_string();
    let scope = Scope::open(&id[..12], ScopeOptions { scratch: None, exe }).unwrap();
    let provisioner = Provisioner::new(ProvisionOptions::new(scope));
    let template = provisioner.bare().await.unwrap();
    let cluster = provisioner.cluster(&template, &ClusterOptions::default()).await.unwrap();
    let session = Session::new(cluster.admin().await.unwrap(), "test", "admin", Recorder::default());
    let none = Values::new();
    session.must("CREATE TYPE kind AS ENUM ('plain', 'other')", &none).await.unwrap();
    session.must("CREATE DOMAIN price AS numeric(9,2)", &none).await.unwrap();
    for value in AS_PRINTED {
        let rows = session
            .must(&format!("SELECT {value} AS read, ({value})::text AS printed"), &none)
            .await
            .unwrap();
        assert_eq!(rows.rows[0].cells[0], rows.rows[0].cells[1], "{value}");
    }
    for (list, read) in [
        ("ARRAY[1, NULL, -3]::bigint[]", "1,NULL,-3"),
        ("ARRAY[1.50, 2]::numeric[]", "1.50,2"),
        ("ARRAY['a', 'b']::text[]", "a,b"),
        ("'{}'::uuid[]", ""),
    ] {
        let rows = session.must(&format!("SELECT {list} AS read"), &none).await.unwrap();
        assert_eq!(rows.scalar(), Some(read), "{list}");
    }
    cluster.stop().await.unwrap();
}
