//! Drill 8: the MCP server is the Worker's only door to the database, and it lets through what it lists.

mod breaks;
mod disallowed;
mod environment;
mod garbage;
mod ground;
mod judge;
mod privileges;
mod read_only;
mod smuggling;

use sor_gate::context::Context;
use sor_gate::drill::{Claim, Drill, DrillSpec, Suite};
use sor_gate::error::Result;
use sor_gate::evidence::Evidence;

use ground::Ground;

/// The MCP boundary.
pub struct McpBoundaryTest;

const SPEC: DrillSpec = DrillSpec {
    id: "mcp_boundary_test",
    suite: Suite::SystemOfRecord,
    lesson: 8,
    habit: "the MCP boundary",
    claims: &[
        Claim {
            id: "no_database_url",
            statement: "the running Worker holds no way into the database: no URL, variable, password, file or socket",
            remedy: "start the Worker without DATABASE_URL and PG* variables, and give the URL to the MCP server alone",
            rests_on: &[],
        },
        Claim {
            id: "allow_list",
            statement: "the server lists exactly the declared tools, on all pages and after every change of the list",
            remedy: "register only the declared tools, from one list that the dispatch uses too",
            rests_on: &[],
        },
        Claim {
            id: "disallowed_refused",
            statement: "a tool that is not on the list is refused, however its name is spelt",
            remedy: "compare tool names exactly, and answer everything else with error -32602",
            rests_on: &[],
        },
        Claim {
            id: "log_silence",
            statement: "the refused call reaches the database with no statement",
            remedy: "refuse unknown tools before a connection is taken",
            rests_on: &["disallowed_refused"],
        },
        Claim {
            id: "no_smuggling",
            statement: "SQL in any string argument of any tool is stored literally or refused, never run",
            remedy: "send every argument as a bind parameter",
            rests_on: &[],
        },
        Claim {
            id: "least_privilege",
            statement: "the server's own role can run no DDL and touch no table beyond what its tools need",
            remedy: "connect as a role with grants on the tools' tables only, neither owner nor superuser",
            rests_on: &[],
        },
        Claim {
            id: "survives_garbage",
            statement: "garbage is answered with a proper error, the server goes on serving, and no answer tells a secret",
            remedy: "answer malformed lines and unknown methods with JSON-RPC errors, and keep the driver's words out of them",
            rests_on: &[],
        },
    ],
    breaks: breaks::ALL,
    page: include_str!("README.md"),
};

#[async_trait::async_trait]
impl Drill for McpBoundaryTest {
    fn spec(&self) -> &'static DrillSpec {
        &SPEC
    }

    async fn run(&self, cx: &Context) -> Result<Evidence> {
        let Some(mcp) = &cx.subject.mcp else {
            return Ok(Evidence::not_testable(SPEC.claims, "the section [mcp]"));
        };
        let tenant = cx.subject.tenancy.as_ref().map_or("", |tenancy| tenancy.tenants[0].as_str());
        let ground = Ground::lay(cx, mcp, tenant).await?;
        // The Worker is held at a lock that the tools' writes would wait for, and silence needs quiet around it.
        let environment = environment::observe(&ground).await?;
        let client = ground.client().await?;
        let first = client.tools().await?;
        let disallowed = disallowed::observe(&ground, &client).await?;
        let read_only = read_only::observe(&ground, &client).await?;
        let (smuggling, privileges, garbage) = tokio::try_join!(
            smuggling::observe(&ground, &client, &first),
            privileges::observe(&ground),
            garbage::observe(&ground),
        )?;
        let lists = judge::Lists {
            declared: mcp.allow.clone(),
            listed: vec![names(&first), names(&client.tools().await?)],
            changes: client.list_changes(),
        };
        let seen = judge::Seen {
            strict: mcp.strict,
            environment,
            lists,
            disallowed,
            smuggling,
            read_only,
            privileges,
            garbage,
        };
        Ok(Evidence::new(judge::line(&seen), judge::judge(&seen)))
    }
}

fn names(tools: &[sor_gate::mcp::Listed]) -> Vec<String> {
    tools.iter().map(|tool| tool.name.clone()).collect()
}
