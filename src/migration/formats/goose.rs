//! goose (README, "SQL migrations"): `-- +goose Up` first, then perhaps `-- +goose Down`; `-- +goose NO TRANSACTION`
//! anywhere holds for both directions.

use super::annotated::{Annotated, by_number};
use super::sections::{Belongs, Section, Sections, Sorter, Wrong};
use super::statements::Cuts;
use crate::migration::Sending;

pub(super) const GOOSE: Annotated = Annotated { tool: "goose", unnumbered: false, order: by_number, parse };

pub(super) fn parse(text: &str) -> Result<Sections, Wrong> {
    let mut sorter = Sorter::default();
    let (mut up, mut down) = (Cuts::default(), Cuts::default());
    let mut current = Belongs::Neither;
    let mut wrapped = None;
    let mut sending = Sending::Transaction;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let mark = line.strip_prefix("--").map(str::trim).and_then(|mark| mark.strip_prefix("+goose "));
        match (mark.map(str::trim), current) {
            (Some("Up"), Belongs::Neither) => current = Belongs::Up,
            (Some("Up"), _) => return Wrong::new(number, "a second `-- +goose Up`"),
            (Some("Down"), Belongs::Up) if wrapped.is_none() => current = Belongs::Down,
            (Some("Down"), _) => {
                return Wrong::new(number, "`-- +goose Down` must follow `-- +goose Up`, once");
            }
            (Some("NO TRANSACTION"), _) => sending = Sending::Singly,
            (Some("StatementBegin"), Belongs::Up | Belongs::Down) if wrapped.is_none() => {
                wrapped = Some(number)
            }
            (Some("StatementEnd"), _) if wrapped.is_some() => {
                wrapped = None;
                let cuts = if current == Belongs::Up { &mut up } else { &mut down };
                cuts.end(number);
            }
            (Some(mark @ ("StatementBegin" | "StatementEnd")), _) => {
                return Wrong::new(number, format!("`-- +goose {mark}` out of place"));
            }
            (Some("ENVSUB ON"), _) => {
                return Wrong::new(number, "variables of the environment are filled in by goose alone");
            }
            _ => {
                if current == Belongs::Neither && super::sections::says_something(line) {
                    return Wrong::new(number, "goose wants `-- +goose Up` before the first statement");
                }
                match current {
                    Belongs::Up => up.line(number, line, wrapped.is_some()),
                    Belongs::Down => down.line(number, line, wrapped.is_some()),
                    Belongs::Neither => {}
                }
                sorter.line(line, current);
                continue;
            }
        }
        sorter.line(line, Belongs::Neither);
    }
    if current == Belongs::Neither {
        return Wrong::new(1, "goose wants `-- +goose Up`");
    }
    if let Some(line) = wrapped {
        return Wrong::new(line, "`-- +goose StatementBegin` without its end");
    }
    let (first, second) = sorter.texts();
    up.check(&first, "goose")?;
    down.check(&second, "goose")?;
    let has_down = current == Belongs::Down;
    Ok(Sections {
        up: Section { text: first, sending: sending.clone() },
        down: has_down.then_some(Section { text: second, sending }),
    })
}
