//! `numeric` as Postgres prints it (`numeric_send` and `get_str_from_var` in its `src/backend/utils/adt/numeric.c`).

use std::error::Error;
use std::fmt::Write as _;

/// Each digit of the binary format holds four decimal ones.
const DECIMALS: usize = 4;
const MINUS: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const MINUS_INFINITY: u16 = 0xF000;

/// Reads the binary format: number of digits, weight of the first, sign, decimals to show, digits of base 10,000.
pub fn text(raw: &[u8]) -> Result<String, Box<dyn Error + Sync + Send>> {
    let words: Vec<u16> = raw.chunks_exact(2).map(|two| u16::from_be_bytes([two[0], two[1]])).collect();
    let [count, weight, sign, shown, digits @ ..] = words.as_slice() else { return Err("no numeric".into()) };
    match *sign {
        NAN => return Ok("NaN".into()),
        INFINITY => return Ok("Infinity".into()),
        MINUS_INFINITY => return Ok("-Infinity".into()),
        _ if digits.len() != usize::from(*count) => return Err("a numeric of another length".into()),
        _ => {}
    }
    let weight = i32::from(weight.cast_signed());
    let digit = |place: i32| usize::try_from(place).ok().and_then(|at| digits.get(at)).copied().unwrap_or(0);
    let mut text = String::from(if *sign == MINUS { "-" } else { "" });
    let whole: String = (0..=weight).map(|place| format!("{:04}", digit(place))).collect();
    text.push_str(match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    });
    let shown = usize::from(*shown);
    if shown > 0 {
        let mut fraction = String::new();
        let places = i32::try_from(shown.div_ceil(DECIMALS))?;
        for place in 1..=places {
            write!(fraction, "{:04}", digit(weight + place))?;
        }
        text.push('.');
        text.push_str(&fraction[..shown]);
    }
    Ok(text)
}
