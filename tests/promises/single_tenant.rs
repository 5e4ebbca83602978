//! A system without tenants gets its verdicts of idempotency, the outbox, the MCP boundary and the forensics.

use crate::ground::System;

/// The reference for one tenant, which its role brings along: nothing sets it, and nothing tells of tenants.
fn single() -> System {
    let system = System::reference();
    let text = system.text("sor-gate.toml");
    let (from, to) = (text.find("[tenancy]").unwrap(), text.find("[idempotency]").unwrap());
    let text = [&text[..from], &text[to..]].concat();
    let text = text.replace("\"${tenant}\"", "\"alice\"").replace("${tenant}", "'alice'");
    system.write("sor-gate.toml", &text);
    let roles = system.text("roles.sql");
    system.write("roles.sql", &format!("{roles}\nALTER ROLE reconciler_worker SET app.tenant = 'alice';\n"));
    system
}

#[test]
fn it_checks_clean() {
    single().checks();
}

#[test]
fn its_writes_get_their_verdict() {
    let system = single();
    let told = system.drill(&["idempotency_retry_test"]);
    assert_eq!((told.wrong(), told.of("tenant_scoped")), (vec!["tenant_scoped"], "not_testable"));
    let told = system.drill(&["idempotency_retry_test", "--break", "unique_key_dropped"]);
    told.says("caught: under unique_key_dropped");
}

#[test]
fn its_outbox_gets_its_verdict() {
    let system = single();
    system.drill(&["outbox_relay_retry_test"]).all_pass();
    let told = system.drill(&["outbox_relay_retry_test", "--break", "outbox_after_commit"]);
    told.says("caught: under outbox_after_commit");
}

#[test]
fn its_boundary_gets_its_verdict() {
    let system = single();
    system.drill(&["mcp_boundary_test"]).all_pass();
    system.drill(&["mcp_boundary_test", "--break", "fifth_tool"]).says("caught: under fifth_tool");
}

/// Runs that share a queue cannot be told which transaction to fail on; this refuses by the run. They share a limit, too.
const SHARED: &str = "
UPDATE public.tenants SET expense_limit_cents = 1000000;
CREATE TABLE public.refused (run text);
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF EXISTS (SELECT FROM public.refused WHERE run = NEW.run_id) THEN
        RAISE EXCEPTION 'the books are closed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse BEFORE INSERT ON public.expenses FOR EACH ROW EXECUTE FUNCTION public.refuse();";

#[test]
fn its_nights_get_their_verdict() {
    let system = single();
    let seed = system.text("seed.sql");
    system.write("seed.sql", &format!("{seed}{SHARED}\n"));
    let text = system.text("sor-gate.toml");
    let from = text.find("INSERT INTO public.expenses (tenant_id, idempotency_key, transaction_id").unwrap();
    let to = from + text[from..].find("\"\"\"").unwrap();
    let seed = "INSERT INTO public.refused VALUES (${run_id})";
    system.write("sor-gate.toml", &[&text[..from], seed, &text[to..]].concat());
    // Whose work a run finds in the queue that all share is not for its name to tell.
    system.change("SELECT 'alice', ${run_id} || '/' || n,", "SELECT 'alice', md5(${run_id}::text || n),");
    system.change("\"23505\", \"expenses_transaction\"", "\"23514\", \"books are closed\"");
    system.drill(&["forensics_drill"]).all_pass();
    let told = system.drill(&["forensics_drill", "--break", "condition_missing"]);
    told.says("caught: under condition_missing");
}
