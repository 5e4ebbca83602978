//! dbmate (README, "Creating Migrations" and "Migration Options"): `-- migrate:up`, then `-- migrate:down`, each perhaps
//! with `transaction:false`. A block is sent as it stands; files go by name.

use super::annotated::Annotated;
use super::sections::{Belongs, Section, Sections, Sorter, Wrong, says_something};
use crate::migration::Sending;

pub(super) const DBMATE: Annotated =
    Annotated { tool: "dbmate", unnumbered: false, order: |a, b| a.cmp(b), parse };

pub(super) fn parse(text: &str) -> Result<Sections, Wrong> {
    let mut sorter = Sorter::default();
    let mut current = Belongs::Neither;
    let (mut up, mut down) = (Sending::Transaction, None);
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let Some((direction, sending)) = mark(line) else {
            if current == Belongs::Neither && says_something(line) {
                return Wrong::new(number, "dbmate takes no statement before `-- migrate:up`");
            }
            sorter.line(line, current);
            continue;
        };
        sorter.line(line, Belongs::Neither);
        match (direction, current) {
            (Belongs::Up, Belongs::Neither) => up = sending,
            (Belongs::Down, Belongs::Up) => down = Some(sending),
            (Belongs::Down, Belongs::Neither) => {
                return Wrong::new(number, "dbmate wants `-- migrate:up` before `-- migrate:down`");
            }
            _ => {
                return Wrong::new(
                    number,
                    "a second block of one direction, which is read by newer dbmate alone",
                );
            }
        }
        current = direction;
    }
    if current == Belongs::Neither {
        return Wrong::new(1, "dbmate wants `-- migrate:up`");
    }
    let (first, second) = sorter.texts();
    Ok(Sections {
        up: Section { text: first, sending: up },
        down: down.map(|sending| Section { text: second, sending }),
    })
}

/// `-- migrate:up transaction:false` at the start of a line.
fn mark(line: &str) -> Option<(Belongs, Sending)> {
    let rest = line.strip_prefix("--")?.trim_start().strip_prefix("migrate:")?;
    let mut words = rest.split_whitespace();
    let direction = match words.next()? {
        "up" => Belongs::Up,
        "down" => Belongs::Down,
        _ => return None,
    };
    let whole = words.any(|word| word == "transaction:false");
    Some((direction, if whole { Sending::Whole } else { Sending::Transaction }))
}
