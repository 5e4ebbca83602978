//! Values as text in both directions, whatever their type.

use std::error::Error;

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres_protocol::types::array_from_sql;
use tokio_postgres::types::{Format, FromSql, IsNull, Kind, ToSql, Type, to_sql_checked};

/// A parameter sent in text format, so that Postgres reads it as it would a literal.
#[derive(Debug)]
pub struct Text<'a>(pub Option<&'a str>);

impl ToSql for Text<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self.0 {
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

/// A result value, printed. Types without a printed form of their own here appear as `\x…`.
pub struct Cell(pub String);

impl<'a> FromSql<'a> for Cell {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let text = match *ty {
            Type::BOOL => bool::from_sql(ty, raw)?.to_string(),
            Type::CHAR => std::str::from_utf8(raw)?.to_owned(),
            Type::INT2 => i16::from_sql(ty, raw)?.to_string(),
            Type::INT4 => i32::from_sql(ty, raw)?.to_string(),
            Type::INT8 => i64::from_sql(ty, raw)?.to_string(),
            Type::OID => u32::from_sql(ty, raw)?.to_string(),
            Type::FLOAT4 => f32::from_sql(ty, raw)?.to_string(),
            Type::FLOAT8 => f64::from_sql(ty, raw)?.to_string(),
            Type::UUID => uuid::Uuid::from_sql(ty, raw)?.to_string(),
            Type::JSON | Type::JSONB => serde_json::Value::from_sql(ty, raw)?.to_string(),
            Type::TIMESTAMPTZ | Type::TIMESTAMP => timestamp(raw)?,
            Type::DATE => date(raw)?,
            Type::NUMERIC => super::numeric::text(raw)?,
            Type::XID8 => u64::from_be_bytes(raw.try_into()?).to_string(),
            Type::VOID => String::new(),
            _ if <String as FromSql>::accepts(ty) || matches!(ty.kind(), Kind::Enum(_)) => {
                std::str::from_utf8(raw)?.to_owned()
            }
            _ if let Kind::Array(element) = ty.kind() => array(element, raw)?,
            _ => format!("\\x{}", raw.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
        };
        Ok(Self(text))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The elements with commas between them; NULL is `NULL`.
fn array(element: &Type, raw: &[u8]) -> Result<String, Box<dyn Error + Sync + Send>> {
    let values = array_from_sql(raw)?.values().map(|value| match value {
        Some(raw) => Ok(Cell::from_sql(element, raw)?.0),
        None => Ok("NULL".to_owned()),
    });
    Ok(values.collect::<Vec<String>>()?.join(","))
}

/// Days since 2000-01-01.
fn date(raw: &[u8]) -> Result<String, Box<dyn Error + Sync + Send>> {
    let days = i32::from_be_bytes(raw.try_into()?);
    Ok(match days {
        i32::MAX => "infinity".into(),
        i32::MIN => "-infinity".into(),
        finite => jiff::civil::date(2000, 1, 1).checked_add(jiff::Span::new().try_days(finite)?)?.to_string(),
    })
}

/// Microseconds since 2000-01-01 (manual, 8.5 Date/Time Types) as RFC 3339 UTC.
fn timestamp(raw: &[u8]) -> Result<String, Box<dyn Error + Sync + Send>> {
    const EPOCH_2000: i64 = 946_684_800_000_000;
    let micros = i64::from_be_bytes(raw.try_into()?);
    Ok(match micros {
        i64::MAX => "infinity".into(),
        i64::MIN => "-infinity".into(),
        finite => jiff::Timestamp::from_microsecond(finite.saturating_add(EPOCH_2000))?.to_string(),
    })
}
