//! The drill `oversell` through the binary: on the flash sale, on orders of other shapes, and where it can prove nothing.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

const SUBJECT: &str = "fixtures/flash_sale/sor-gate.toml";

/// The flash sale, copied and changed: `(file, what stands there, what is to stand there)`.
fn flash_sale(changes: &[(&str, &str, &str)]) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["fixtures/flash_sale", "migrations/flash_sale"] {
        std::fs::create_dir_all(home.path().join(folder)).unwrap();
        for entry in std::fs::read_dir(root.join(folder)).unwrap().flatten() {
            std::fs::copy(entry.path(), home.path().join(folder).join(entry.file_name())).unwrap();
        }
    }
    for (file, was, is) in changes {
        let file = home.path().join(file);
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(was), "{} has no {was:?}", file.display());
        std::fs::write(&file, text.replacen(was, is, 1)).unwrap();
    }
    home
}

fn gate(home: &Path, words: &[&str]) -> Output {
    let mut gate = Command::cargo_bin("sor-gate").unwrap();
    gate.args(words).args(["--postgres", "local", "--format", "json", "--no-progress"]);
    gate.arg("--subject").arg(home.join(SUBJECT)).current_dir(home).output().unwrap()
}

fn drill(home: &Path) -> Value {
    let output = gate(home, &["drill", "oversell"]);
    let drills: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    drills[0].clone()
}

fn finding<'d>(drill: &'d Value, claim: &str) -> &'d Value {
    drill["findings"].as_array().unwrap().iter().find(|finding| finding["claim"] == claim).unwrap()
}

/// Few buyers, where the crowd is not what is tested.
const FEW: (&str, &str, &str) =
    (SUBJECT, "buyers = 10000\npieces = 100", "buyers = 500\npieces = 20\nat_once = 8");

#[test]
fn ten_thousand_buyers_leave_figures_behind() {
    let drill = drill(flash_sale(&[]).path());
    assert_eq!(drill["verdict"], "pass", "{drill:#}");
    let line = drill["evidence"].as_str().unwrap();
    assert!(
        line.starts_with(
            "10000 buyers, 100 pieces, 64 at once. with a lock: 100 orders, stock 0, 9900 sold out"
        ),
        "{line}"
    );
    let [sale, contention] = drill["benchmarks"].as_array().unwrap().as_slice() else { panic!("{drill:#}") };
    let variants: Vec<&str> =
        sale["measurements"].as_array().unwrap().iter().map(|one| one["variant"].as_str().unwrap()).collect();
    assert_eq!(variants, ["with a lock", "optimistic", "unprotected"]);
    let at_once: Vec<u64> = contention["measurements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["at_once"].as_u64().unwrap())
        .collect();
    assert_eq!(at_once, [1, 2, 4, 8, 16, 32, 64].repeat(3));
    for one in
        sale["measurements"].as_array().unwrap().iter().chain(contention["measurements"].as_array().unwrap())
    {
        assert!(
            one["done"].as_u64().unwrap() > 0 && one["p99_us"].as_u64() >= one["p50_us"].as_u64(),
            "{one}"
        );
    }
}

/// An order as many programs send it: several statements, and a function that raises when nothing is left.
#[test]
fn orders_of_several_statements_that_raise_are_served_too() {
    let locking = r#"locking = [
  "SELECT CASE WHEN stock = 0 THEN public.sold_out() END FROM public.sales WHERE id = ${sale} FOR UPDATE",
  "UPDATE public.sales SET stock = stock - 1 WHERE id = ${sale}",
  "INSERT INTO public.orders (sale_id, buyer) VALUES (${sale}, ${buyer})",
]
sold_out = ["P0002"]
unprotected = [
  "INSERT INTO public.orders (sale_id, buyer) SELECT id, ${buyer} FROM public.sales WHERE id = ${sale} AND stock > 0",
  "UPDATE public.sales SET stock = greatest(stock - 1, 0) WHERE id = ${sale}",
]
was = [""#;
    let function = "CREATE FUNCTION public.sold_out() RETURNS int LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'sold out' USING ERRCODE = 'no_data_found'; END $$;\n\nGRANT SELECT, UPDATE";
    let home = flash_sale(&[FEW, (SUBJECT, "locking = [\"", locking)]);
    let file = home.path().join(SUBJECT);
    let text = std::fs::read_to_string(&file).unwrap();
    let (kept, rest) = text.split_once("was = [").unwrap();
    let (_, behind) = rest.split_once("RETURNING id\"\"\"]").unwrap();
    std::fs::write(&file, format!("{kept}{behind}")).unwrap();
    let up = home.path().join("migrations/flash_sale/0001_sales.up.sql");
    let sql = std::fs::read_to_string(&up).unwrap().replacen("GRANT SELECT, UPDATE", function, 1);
    std::fs::write(up, sql).unwrap();
    let down = home.path().join("migrations/flash_sale/0001_sales.down.sql");
    std::fs::write(down, "DROP FUNCTION public.sold_out();\nDROP TABLE public.sales;\n").unwrap();
    let output = gate(home.path(), &["prove", "oversell"]);
    let matrix: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(matrix["baseline"], "pass", "{matrix:#}");
    assert!(matrix["breaks"].as_array().unwrap().iter().all(|one| one["proof"] == "caught"), "{matrix:#}");
}

#[test]
fn an_unprotected_order_that_oversells_nothing_proves_nothing() {
    // With its lock or without: one UPDATE takes what is there, and waits for who was first.
    let (was, is) = (
        "locking = [\"\"\"",
        "unprotected = [\"\"\"\nWITH taken AS (UPDATE public.sales SET stock = stock - 1 WHERE id = ${sale} AND stock > 0 RETURNING id)\nINSERT INTO public.orders (sale_id, buyer) SELECT id, ${buyer} FROM taken RETURNING id\"\"\"]\nlocking = [\"\"\"",
    );
    let drill = drill(flash_sale(&[FEW, (SUBJECT, was, is)]).path());
    for claim in ["exact_stock", "optimistic_exact"] {
        let finding = finding(&drill, claim);
        assert_eq!(finding["verdict"], "error", "{finding:#}");
        let observed = finding["observed"].as_str().unwrap();
        assert!(observed.contains("not calibrated: unprotected, too, 20 orders for 20 pieces"), "{observed}");
    }
}

#[test]
fn a_crowd_that_does_not_stand_in_line_proves_nothing() {
    let drill = drill(
        flash_sale(&[FEW, (SUBJECT, "stock > 0 FOR UPDATE", "stock > 0 FOR UPDATE SKIP LOCKED")]).path(),
    );
    let finding = finding(&drill, "exact_stock");
    // Who skips the row is told that nothing is left: pieces stay behind, or nobody was seen to wait.
    assert_ne!(finding["verdict"], "pass", "{finding:#}");
}

#[test]
fn what_the_file_does_not_say_is_not_testable() {
    let home = flash_sale(&[FEW]);
    let file = home.path().join(SUBJECT);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.split("# Without a lock").next().unwrap()).unwrap();
    let drill = drill(home.path());
    assert_eq!(
        finding(&drill, "optimistic_exact")["observed"],
        "not testable: the section [stock.optimistic]"
    );
    assert_eq!(finding(&drill, "exact_stock")["verdict"], "pass");
    std::fs::write(&file, text.split("[stock]").next().unwrap()).unwrap();
    let drill = self::drill(home.path());
    assert!(
        drill["findings"].as_array().unwrap().iter().all(|one| one["verdict"] == "not_testable"),
        "{drill:#}"
    );
}

#[test]
fn a_file_that_is_wrong_is_said_to_be_before_anything_runs() {
    for (was, is, why) in [
        ("buyers = 10000", "buyers = 10", "`stock.buyers` is 10, wanted is a number between 200 and 1000000"),
        ("${buyer} FROM taken", "${byer} FROM taken", "unknown placeholder ${byer}"),
        ("AS orders", "AS number", "orders"),
    ] {
        let home = flash_sale(&[(SUBJECT, was, is)]);
        let output = gate(home.path(), &["check"]);
        let said =
            String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(why), "{said}");
    }
}
