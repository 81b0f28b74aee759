//! The cells of a row, whatever they hold.

use serde_json::{Map, Value};

use crate::model::{ObjectId, ProviderType, hex};
use crate::store::{Error, Result};

/// A row as an engine's driver gives it.
pub(in crate::store) trait Columns {
    /// The value of a column as it came, or why there is none that could be of ours.
    fn raw(&self, column: usize) -> std::result::Result<Raw<'_>, String>;
}

/// A value as it came. Texts may be no UTF-8.
pub(in crate::store) enum Raw<'a> {
    Null,
    Number(i64),
    Text(&'a [u8]),
    Bytes(&'a [u8]),
}

/// One row of a table, as far as a query returned it, with the columns of that table beginning at `from`.
pub(in crate::store) struct Cells<'a> {
    row: &'a dyn Columns,
    table: &'static str,
    from: usize,
}

impl<'a> Cells<'a> {
    pub(in crate::store) fn new(row: &'a impl Columns, table: &'static str, from: usize) -> Cells<'a> {
        Cells { row, table, from }
    }

    pub(in crate::store) fn get<T: Cell>(&self, column: usize) -> Result<T> {
        let read = self.row.raw(self.from + column).and_then(T::read);
        read.map_err(|error| self.corrupt(&error))
    }

    pub(in crate::store) fn object_id(&self, column: usize) -> Result<ObjectId> {
        self.get(column)
    }

    pub(in crate::store) fn json(&self, column: usize) -> Result<Option<Map<String, Value>>> {
        let json = self.get::<Option<String>>(column)?;
        json.map(|json| serde_json::from_str(&json).map_err(|error| self.corrupt(&error))).transpose()
    }

    /// Names the row by its first column.
    pub(in crate::store) fn corrupt(&self, what: &dyn std::fmt::Display) -> Error {
        let id = match self.row.raw(self.from) {
            Ok(Raw::Bytes(bytes)) => hex(bytes),
            Ok(Raw::Number(number)) => number.to_string(),
            Ok(Raw::Text(text)) => String::from_utf8_lossy(text).into_owned(),
            Ok(Raw::Null) | Err(_) => String::new(),
        };
        Error::Corrupt { table: self.table, id: format!("{id}: {what}") }
    }
}

/// What a column can be read as: whole numbers of any width as any that holds them.
pub(in crate::store) trait Cell: Sized {
    fn read(raw: Raw<'_>) -> std::result::Result<Self, String>;
}

impl<T: Cell> Cell for Option<T> {
    fn read(raw: Raw<'_>) -> std::result::Result<Option<T>, String> {
        match raw {
            Raw::Null => Ok(None),
            raw => T::read(raw).map(Some),
        }
    }
}

impl Cell for i64 {
    fn read(raw: Raw<'_>) -> std::result::Result<i64, String> {
        match raw {
            Raw::Number(number) => Ok(number),
            _ => Err("it is no number".to_owned()),
        }
    }
}

/// Numbers that are narrower.
macro_rules! numbers {
    ($($number:ty),*) => {
        $(
            impl Cell for $number {
                fn read(raw: Raw<'_>) -> std::result::Result<$number, String> {
                    let number = i64::read(raw)?;
                    number.try_into().map_err(|_| format!("{number} is out of range"))
                }
            }
        )*
    };
}

numbers!(u8, u16, i32, u32, usize);

impl Cell for bool {
    fn read(raw: Raw<'_>) -> std::result::Result<bool, String> {
        match i64::read(raw)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(format!("{other} is no flag")),
        }
    }
}

impl Cell for String {
    fn read(raw: Raw<'_>) -> std::result::Result<String, String> {
        match raw {
            Raw::Text(text) => {
                std::str::from_utf8(text).map(str::to_owned).map_err(|error| error.to_string())
            }
            _ => Err("it is no text".to_owned()),
        }
    }
}

impl Cell for Vec<u8> {
    fn read(raw: Raw<'_>) -> std::result::Result<Vec<u8>, String> {
        match raw {
            Raw::Bytes(bytes) => Ok(bytes.to_vec()),
            _ => Err("it holds no bytes".to_owned()),
        }
    }
}

impl<const N: usize> Cell for [u8; N] {
    fn read(raw: Raw<'_>) -> std::result::Result<[u8; N], String> {
        match raw {
            Raw::Bytes(bytes) => bytes.try_into().map_err(|_| format!("{} bytes are not {N}", bytes.len())),
            _ => Err("it holds no bytes".to_owned()),
        }
    }
}

impl Cell for ObjectId {
    fn read(raw: Raw<'_>) -> std::result::Result<ObjectId, String> {
        Cell::read(raw).map(ObjectId)
    }
}

impl Cell for ProviderType {
    fn read(raw: Raw<'_>) -> std::result::Result<ProviderType, String> {
        let number = u8::read(raw)?;
        ProviderType::from_number(number).ok_or_else(|| format!("{number} is no provider"))
    }
}
