//! What the database itself must refuse, whoever writes.

mod breaks;
mod columns;
mod judge;
mod rules;

use sor_gate::context::Context;
use sor_gate::drill::{Claim, Drill, DrillSpec, Suite};
use sor_gate::error::Result;
use sor_gate::evidence::Evidence;

/// Constraints in the database.
pub struct ConstraintRejection;

const RULES: &[&str] =
    &["duplicate_refused", "set_refused", "negative_refused", "orphan_refused", "missing_refused"];

const SPEC: DrillSpec = DrillSpec {
    id: "constraint_rejection",
    suite: Suite::DataIntegrity,
    lesson: 1,
    habit: "constraints in the database",
    claims: &[
        Claim {
            id: "duplicate_refused",
            statement: "a second row with a value that must be unique is refused with 23505",
            remedy: "declare UNIQUE on the column",
            rests_on: &[],
        },
        Claim {
            id: "set_refused",
            statement: "a value outside of the permitted set is refused with 23514",
            remedy: "add CHECK (column IN (…))",
            rests_on: &[],
        },
        Claim {
            id: "negative_refused",
            statement: "an amount below its bound is refused with 23514",
            remedy: "add CHECK (amount >= 0)",
            rests_on: &[],
        },
        Claim {
            id: "orphan_refused",
            statement: "a row that refers to nobody is refused with 23503",
            remedy: "add a foreign key",
            rests_on: &[],
        },
        Claim {
            id: "missing_refused",
            statement: "a row that lacks a required field is refused with 23502",
            remedy: "declare the column NOT NULL",
            rests_on: &[],
        },
        Claim {
            id: "any_writer",
            statement: "every writer is refused alike, also an administrator who types the statement by hand",
            remedy: "declare the rule as a constraint of the table, not in a program or for one role",
            rests_on: RULES,
        },
        Claim {
            id: "generated_ids",
            statement: "ids come back by INSERT … RETURNING from an identity column",
            remedy: "declare the column GENERATED ALWAYS AS IDENTITY, and read the id with RETURNING",
            rests_on: &[],
        },
        Claim {
            id: "integer_money",
            statement: "money is whole cents: no column in scope is a floating-point number or money",
            remedy: "store cents as bigint",
            rests_on: &[],
        },
    ],
    breaks: breaks::ALL,
    page: include_str!("README.md"),
};

#[async_trait::async_trait]
impl Drill for ConstraintRejection {
    fn spec(&self) -> &'static DrillSpec {
        &SPEC
    }

    async fn run(&self, cx: &Context) -> Result<Evidence> {
        let Some(binding) = &cx.subject.constraints else {
            return Ok(Evidence::not_testable(SPEC.claims, "the section [constraints]"));
        };
        let seen = judge::Seen {
            attempts: rules::try_all(cx, binding).await?,
            ids: columns::ids(cx, binding).await?,
            money: columns::money(cx, binding).await?,
        };
        Ok(Evidence::new(judge::line(&seen), judge::judge(&seen)))
    }
}
