//! Strictness that JSON parsers leave to their callers: size, depth, number of values, duplicate
//! keys.
//!
//! `serde_json` keeps the last of two equal keys, so two readers could disagree about one file. The
//! check here walks the text once and keeps nothing but the keys of the objects it is inside of.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A manifest is at most this long; arrays and long lists belong in segments.
pub(super) const BYTES_MAX: usize = 1024 * 1024;

/// Objects and arrays nest at most this deep.
const DEPTH_MAX: u32 = 32;

/// At most this many values in all: it bounds what a parser that keeps them needs to about 10 MiB.
const VALUES_MAX: u32 = 16_384;

/// Says what is wrong with a text that should be one JSON value.
pub(super) fn check(text: &str) -> Result<(), String> {
    if text.len() > BYTES_MAX {
        return Err(format!(
            "its JSON is {} bytes long, at most {BYTES_MAX} are allowed",
            text.len()
        ));
    }
    let mut n_values = 0;
    let mut parser = serde_json::Deserializer::from_str(text);
    Walk { depth: 0, n_values: &mut n_values }
        .deserialize(&mut parser)
        .and_then(|()| parser.end())
        .map_err(|error| error.to_string())
}

struct Walk<'a> {
    depth: u32,
    n_values: &'a mut u32,
}

impl Walk<'_> {
    fn inside(&mut self) -> Walk<'_> {
        Walk { depth: self.depth + 1, n_values: self.n_values }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        *self.n_values += 1;
        if *self.n_values > VALUES_MAX {
            return Err(D::Error::custom(format_args!("more than {VALUES_MAX} values")));
        }
        if self.depth > DEPTH_MAX {
            return Err(D::Error::custom(format_args!("nested more than {DEPTH_MAX} deep")));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
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

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(self.inside())?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        let mut keys = BTreeSet::new();
        while let Some(key) = members.next_key::<String>()? {
            if keys.contains(&key) {
                return Err(A::Error::custom(format_args!("the key {key:?} occurs twice")));
            }
            keys.insert(key);
            members.next_value_seed(self.inside())?;
        }
        Ok(())
    }
}
