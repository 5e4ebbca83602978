//! Finds keys that stand twice in an object, which JSON maps hide (RFC 8259, section 4).

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The path of the first key that stands twice, `drills.0.id`; `None` where there is none or the text is no JSON.
pub(crate) fn doubled(bytes: &[u8]) -> Option<String> {
    let walk = Walk { path: RefCell::default(), found: RefCell::default() };
    let mut json = serde_json::Deserializer::from_slice(bytes);
    // What is no JSON is named by the reader itself.
    let _ = (&walk).deserialize(&mut json);
    walk.found.into_inner()
}

struct Walk {
    path: RefCell<Vec<String>>,
    found: RefCell<Option<String>>,
}

impl Walk {
    fn within<T>(&self, part: String, walk: impl FnOnce() -> T) -> T {
        self.path.borrow_mut().push(part);
        let result = walk();
        self.path.borrow_mut().pop();
        result
    }
}

impl<'de> DeserializeSeed<'de> for &Walk {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &Walk {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            self.within(key.clone(), || {
                if !seen.insert(key) {
                    self.found.borrow_mut().get_or_insert_with(|| self.path.borrow().join("."));
                }
                map.next_value_seed(self)
            })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        for at in 0.. {
            if self.within(at.to_string(), || items.next_element_seed(self))?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_ignored_any(IgnoredAny).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_double_is_found_at_any_depth() {
        assert_eq!(doubled(br#"{"a": 1, "b": [{"c": null, "d": 1.5, "c": "x"}]}"#).as_deref(), Some("b.0.c"));
        assert_eq!(doubled(br#"{"a": {"b": true}, "b": [{"b": -1}, {"b": 1}]}"#), None);
        assert_eq!(doubled(b"{"), None);
    }
}
