//! A Python MCP server by the official SDK, over streamable HTTP and over standard input and output.

use crate::ground::Example;

fn sorted(mut claims: [&str; 2]) -> [&str; 2] {
    claims.sort_unstable();
    claims
}

const DRILL: &str = "mcp_boundary_test";

#[test]
fn its_subject_files_check_clean() {
    let example = Example::named("mcp_python");
    example.checks(&[]);
    example.checks(&["--subject", "stdio.toml"]);
}

#[test]
fn over_http_its_role_may_do_more_than_its_tools_need() {
    let told = Example::named("mcp_python").drill(&[DRILL]);
    assert_eq!(told.with("fail"), ["least_privilege"], "{}", told.said);
    assert_eq!(told.with("pass").len(), 6, "{}", told.said);
    assert!(told.said.contains("refused with a result with isError true"), "{}", told.said);
}

#[test]
fn over_pipes_it_falls_silent_on_wrong_parameters() {
    let told = Example::named("mcp_python").drill(&[DRILL, "--subject", "stdio.toml"]);
    assert_eq!(told.with("fail"), ["least_privilege", "survives_garbage"], "{}", told.said);
    assert_eq!(told.with("not_testable"), ["no_database_url"], "{}", told.said);
}

#[test]
fn what_a_careless_server_does_over_http_is_noticed() {
    let example = Example::named("mcp_python");
    for (sabotage, claim) in [("late_tool", "allow_list"), ("string_built_sql", "no_smuggling")] {
        let told = example.drill(&[DRILL, "--break", sabotage]);
        assert_eq!(told.with("fail"), sorted([claim, "least_privilege"]), "{}", told.said);
    }
}
