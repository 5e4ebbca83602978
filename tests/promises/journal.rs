//! The run journal: rescue by a command, effects that may repeat, and the policy's bound.

use crate::ground::System;

const DRILL: [&str; 1] = ["run_journal_resume_drill"];

/// The reference, whose runs stay leased until somebody ends the lease; `said` of the journal says who.
fn leased(said: &str) -> System {
    let system = System::reference();
    let text = system.text("sor-gate.toml");
    let from = text.find("age = \"\"\"\nUPDATE public.runs").unwrap();
    let to = from + text[from..].find("held_exit_codes").unwrap();
    system.write("sor-gate.toml", &[&text[..from], &text[to..]].concat());
    system.change("[[journal.effects]]", &format!("{said}\n\n[[journal.effects]]"));
    system
}

#[test]
fn a_command_brings_the_runs_of_the_dead_back() {
    let end = "SET app.tenant = '${tenant}'; UPDATE public.runs SET lease_until = clock_timestamp() WHERE id = '${run_id}' AND status = 'running'";
    let command = format!(
        "[journal.rescue_program]\ncommand = [\"psql\", \"-qX\", \"-v\", \"ON_ERROR_STOP=1\", \"-c\", \"{end}\", \"${{database_url}}\"]"
    );
    let system = leased(&command);
    system.checks();
    system.drill(&DRILL).all_pass();
}

#[test]
fn a_command_that_brings_nothing_back_is_noticed() {
    let told = leased("[journal.rescue_program]\ncommand = [\"true\"]").drill(&DRILL);
    let failed = told.with("fail");
    assert!(failed.contains(&"no_lost_turn") && failed.contains(&"every_crash_point"), "{}", told.said);
}

const END: &str =
    "UPDATE public.runs SET lease_until = clock_timestamp() WHERE id = ${run_id} AND status = 'running'";

#[test]
fn a_statement_brings_the_runs_of_the_dead_back() {
    let system = leased(&format!("rescue = \"{END}\""));
    system.checks();
    system.drill(&DRILL).all_pass();
}

/// A Worker on a run that was begun before says that it lives and waits; the rescue ends the lease for it, if it is there.
fn rescued_for_a_live_worker(said: &str) -> System {
    let rescue = r#"
[journal.rescue_program]
command = ["sh", "rescue.sh", "${run_id}", "${tenant}", "${database_url}"]"#;
    let system = leased(&format!("{said}\n{rescue}"));
    system.write(
        "rescue.sh",
        "for i in $(seq 300); do [ -e lives-$1 ] && break; sleep 0.01; done
         [ -e lives-$1 ] || { echo there is no live Worker >&2; exit 1; }
         psql -qX -v ON_ERROR_STOP=1 -c \"SET app.tenant = '$2'; UPDATE public.runs SET lease_until = clock_timestamp()
                                          WHERE id = '$1' AND status = 'running'\" \"$3\" && rm lives-$1",
    );
    system.write(
        "worker.sh",
        "if [ -e begun-$1 ]; then touch lives-$1; while [ -e lives-$1 ]; do sleep 0.01; done; fi
         touch begun-$1; shift; exec \"$@\"",
    );
    system.change(
        "\"${sor_gate}\", \"reference\", \"reconciler\", \"worker\"",
        "\"sh\", \"worker.sh\", \"${run_id}\", \"${sor_gate}\", \"reference\", \"reconciler\", \"worker\"",
    );
    system
}

#[test]
fn a_command_that_needs_a_live_worker_comes_beside_it() {
    let told = rescued_for_a_live_worker("rescue_beside_worker = true").drill(&DRILL);
    for claim in
        ["no_lost_turn", "exactly_once_effects", "every_crash_point", "crash_while_resuming", "zombie_fenced"]
    {
        assert!(told.with("pass").contains(&claim), "{claim}: {}", told.said);
    }
    let told = rescued_for_a_live_worker("").drill(&DRILL);
    assert_eq!(told.with("error").len(), 8, "{}", told.said);
    told.says("there is no live Worker");
}

/// Each turn sends a mail when it is begun, in a transaction before the one that closes it.
fn mails(trigger: &str, guarantee: &str, policy: &str) -> System {
    let system = System::reference();
    let seed = system.text("seed.sql");
    let schema = format!(
        "CREATE TABLE public.mails (run text, turn integer);
         CREATE FUNCTION public.mail() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
         BEGIN {trigger} RETURN NULL; END $$;
         CREATE TRIGGER mail AFTER INSERT OR UPDATE ON public.turns FOR EACH ROW WHEN (NEW.status = 'open')
             EXECUTE FUNCTION public.mail();"
    );
    system.write("seed.sql", &format!("{seed}\n{schema}\n"));
    let effect = "[[journal.effects]]\nname = \"mail sent\"\ntable = \"public.mails\"\nrun = \"NEW.run\"\nturn = \"NEW.turn\"";
    let text = system.text("sor-gate.toml");
    system.write("sor-gate.toml", &format!("{text}\n[policy]\n{policy}\n\n{effect}\n{guarantee}\n"));
    system
}

const ONE: &str = "INSERT INTO public.mails VALUES (NEW.run_id, NEW.ordinal);";
/// A turn that is begun again sends the mails of all turns before it again, too.
const MANY: &str = "INSERT INTO public.mails SELECT NEW.run_id, n FROM generate_series(CASE NEW.attempts WHEN 1 THEN NEW.ordinal ELSE 1 END, NEW.ordinal) AS n;";
const AT_LEAST_ONCE: &str = "guarantee = \"at_least_once\"";

#[test]
fn an_effect_that_may_repeat_for_the_turn_in_flight_passes() {
    let system = mails(ONE, AT_LEAST_ONCE, "resume_s = 90");
    system.checks();
    let told = system.drill(&DRILL);
    told.all_pass();
    told.says("of the turn in flight, promised at least once");
}

#[test]
fn the_same_undeclared_or_a_run_that_is_back_too_late_fails() {
    let told = mails(ONE, "", "resume_s = 20").drill(&DRILL);
    told.fail(&["crash_while_resuming", "every_crash_point", "exactly_once_effects", "no_lost_turn"]);
    told.says("s after the kill, and policy.resume_s allows 20 s");
}

#[test]
fn an_effect_of_a_finished_turn_may_not_repeat_whatever_is_declared() {
    let told = mails(MANY, AT_LEAST_ONCE, "resume_s = 90").drill(&DRILL);
    told.fail(&["crash_while_resuming", "every_crash_point", "resumes_at_gap"]);
}
