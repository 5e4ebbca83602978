//! The built-in reference systems: their files, and their programs behind a hidden subcommand.

use std::ffi::OsString;
use std::process::ExitCode;

use include_dir::{Dir, include_dir};
use sor_gate::cli::Builtin;

static FIXTURE: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/reconciler");
static MIGRATIONS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/migrations/reconciler");
static LOYALTY: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/loyalty");
static LOYALTY_MIGRATIONS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/migrations/loyalty");
static FLASH_SALE: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/flash_sale");
static FLASH_SALE_MIGRATIONS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/migrations/flash_sale");
static CATALOGUE: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/catalogue");
static CATALOGUE_MIGRATIONS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/migrations/catalogue");
static SHORTENER: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/shortener");
static SHORTENER_MIGRATIONS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/migrations/shortener");
static COMMON: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/common");

/// The reference systems, laid out as in the source tree: the Reconciler, and those of the second suite.
pub const BUILTIN: Builtin = Builtin {
    folders: &[
        ("fixtures/reconciler", &FIXTURE),
        ("migrations/reconciler", &MIGRATIONS),
        ("fixtures/loyalty", &LOYALTY),
        ("migrations/loyalty", &LOYALTY_MIGRATIONS),
        ("fixtures/catalogue", &CATALOGUE),
        ("migrations/catalogue", &CATALOGUE_MIGRATIONS),
        ("fixtures/flash_sale", &FLASH_SALE),
        ("migrations/flash_sale", &FLASH_SALE_MIGRATIONS),
        ("fixtures/shortener", &SHORTENER),
        ("migrations/shortener", &SHORTENER_MIGRATIONS),
    ],
    subject: "fixtures/reconciler/sor-gate.toml",
    others: &[
        ("fixtures/loyalty/sor-gate.toml", &["constraint_rejection", "index_plan", "serialization_retry"]),
        ("fixtures/catalogue/sor-gate.toml", &["version_conflict"]),
        ("fixtures/flash_sale/sor-gate.toml", &["oversell"]),
        ("fixtures/shortener/sor-gate.toml", &["cache_coherence"]),
    ],
    shared: ("fixtures/common", &COMMON),
    manifest: include_str!("../Cargo.toml"),
    lock: include_str!("../Cargo.lock"),
};

/// `sor-gate reference SYSTEM …` runs one of a reference system's programs.
pub fn dispatch(args: &[OsString]) -> Option<ExitCode> {
    if args.get(1)? != "reference" {
        return None;
    }
    let own = args[2..].iter().cloned();
    match args.get(2)?.to_str()? {
        "reconciler" => Some(reconciler::main(own)),
        "catalogue" => Some(catalogue::main(own)),
        "loyalty" => Some(loyalty::main(own)),
        "shortener" => Some(shortener::main(own)),
        _ => None,
    }
}
