//! sql-migrate (README, "Writing migrations"): `-- +migrate Up` and `-- +migrate Down`, each perhaps with
//! `notransaction`. Files are ordered by the number in front; those without one come after, by name.

use std::cmp::Ordering;

use super::annotated::Annotated;
use super::folder;
use super::sections::{Belongs, Section, Sections, Sorter, Wrong};
use super::statements::Cuts;
use crate::migration::Sending;

pub(super) const SQL_MIGRATE: Annotated = Annotated { tool: "sql-migrate", unnumbered: true, order, parse };

fn order(a: &str, b: &str) -> Ordering {
    let number = |name: &str| folder::number(name).and_then(|(digits, _)| digits.parse::<i64>().ok());
    match (number(a), number(b)) {
        (Some(x), Some(y)) if x != y => x.cmp(&y),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        _ => a.cmp(b),
    }
}

pub(super) fn parse(text: &str) -> Result<Sections, Wrong> {
    let mut sorter = Sorter::default();
    let (mut up, mut down) = (Cuts::default(), Cuts::default());
    let (mut up_sending, mut down_sending) = (Sending::Transaction, None);
    let mut current = Belongs::Neither;
    let mut wrapped = None;
    let mut any = false;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let Some(mark) = line.strip_prefix("-- +migrate ") else {
            match current {
                Belongs::Up => up.line(number, line, wrapped.is_some()),
                Belongs::Down => down.line(number, line, wrapped.is_some()),
                Belongs::Neither => {}
            }
            sorter.line(line, current);
            continue;
        };
        sorter.line(line, Belongs::Neither);
        let mut words = mark.split_whitespace();
        let command = words.next();
        let singly = words.any(|word| word == "notransaction");
        match command {
            Some("Up") => {
                (current, any) = (Belongs::Up, true);
                if singly {
                    up_sending = Sending::Singly;
                }
            }
            Some("Down") => {
                current = Belongs::Down;
                let sending = if singly { Sending::Singly } else { Sending::Transaction };
                down_sending = match down_sending {
                    Some(Sending::Singly) => Some(Sending::Singly),
                    _ => Some(sending),
                };
            }
            Some("StatementBegin") if current != Belongs::Neither => wrapped = Some(number),
            Some("StatementEnd") if wrapped.is_some() => {
                wrapped = None;
                let cuts = if current == Belongs::Up { &mut up } else { &mut down };
                cuts.end(number);
            }
            Some(_) => {}
            None => return Wrong::new(number, "`-- +migrate` without a word behind it"),
        }
    }
    if let Some(line) = wrapped {
        return Wrong::new(line, "`-- +migrate StatementBegin` without its end");
    }
    if !any {
        return Wrong::new(1, "sql-migrate wants `-- +migrate Up`");
    }
    let (first, second) = sorter.texts();
    up.check(&first, "sql-migrate")?;
    down.check(&second, "sql-migrate")?;
    Ok(Sections {
        up: Section { text: first, sending: up_sending },
        down: down_sending.map(|sending| Section { text: second, sending }),
    })
}
