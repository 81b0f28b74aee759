//! The cells of a row, whatever they hold.

use serde_json::{Map, Value};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};

use crate::model::{ObjectId, ProviderType, hex};
use crate::store::{Error, Result};

/// One row of a table, as far as a query returned it, with the columns of that table beginning at `from`.
pub(in crate::store::postgres) struct Cells<'a> {
    row: &'a Row,
    table: &'static str,
    from: usize,
}

impl<'a> Cells<'a> {
    pub(in crate::store::postgres) fn new(row: &'a Row, table: &'static str, from: usize) -> Cells<'a> {
        Cells { row, table, from }
    }

    pub(in crate::store::postgres) fn get<T: Cell>(&self, column: usize) -> Result<T> {
        let raw = self.row.try_get::<_, Option<Raw<'_>>>(self.from + column);
        let raw = raw.map_err(|error| self.corrupt(&error))?;
        T::read(raw).map_err(|error| self.corrupt(&error))
    }

    pub(in crate::store::postgres) fn object_id(&self, column: usize) -> Result<ObjectId> {
        self.get(column).map(ObjectId)
    }

    pub(super) fn flag(&self, column: usize) -> Result<bool> {
        match self.get::<i64>(column)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.corrupt(&format_args!("{other} is no flag"))),
        }
    }

    pub(super) fn provider(&self, column: usize) -> Result<ProviderType> {
        let number = self.get::<u8>(column)?;
        ProviderType::from_number(number)
            .ok_or_else(|| self.corrupt(&format_args!("{number} is no provider")))
    }

    pub(super) fn json(&self, column: usize) -> Result<Option<Map<String, Value>>> {
        let json = self.get::<Option<String>>(column)?;
        json.map(|json| serde_json::from_str(&json).map_err(|error| self.corrupt(&error))).transpose()
    }

    /// Names the row by its first column.
    pub(in crate::store::postgres) fn corrupt(&self, what: &dyn std::fmt::Display) -> Error {
        let id = match self.row.try_get::<_, Option<Raw<'_>>>(self.from) {
            Ok(Some(Raw { kind: Type::BYTEA, bytes })) => hex(bytes),
            Ok(Some(Raw { kind: Type::TEXT, bytes })) => String::from_utf8_lossy(bytes).into_owned(),
            Ok(raw) => i64::read(raw).map(|number| number.to_string()).unwrap_or_default(),
            Err(_) => String::new(),
        };
        Error::Corrupt { table: self.table, id: format!("{id}: {what}") }
    }
}

/// A value as it came.
pub(in crate::store::postgres) struct Raw<'a> {
    kind: Type,
    bytes: &'a [u8],
}

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(
        kind: &Type,
        bytes: &'a [u8],
    ) -> std::result::Result<Raw<'a>, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Raw { kind: kind.clone(), bytes })
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// What a column can be read as: whole numbers of any width as any that holds them, as SQLite reads them.
pub(in crate::store::postgres) trait Cell: Sized {
    fn read(raw: Option<Raw<'_>>) -> std::result::Result<Self, String>;
}

impl<T: Cell> Cell for Option<T> {
    fn read(raw: Option<Raw<'_>>) -> std::result::Result<Option<T>, String> {
        raw.map(|raw| T::read(Some(raw))).transpose()
    }
}

impl Cell for i64 {
    fn read(raw: Option<Raw<'_>>) -> std::result::Result<i64, String> {
        let Raw { kind, bytes } = raw.ok_or("it is null")?;
        let number = match kind {
            Type::INT2 => bytes.try_into().map(i16::from_be_bytes).map(i64::from),
            Type::INT4 => bytes.try_into().map(i32::from_be_bytes).map(i64::from),
            Type::INT8 => bytes.try_into().map(i64::from_be_bytes),
            other => return Err(format!("{other} is no number")),
        };
        number.map_err(|_| "it is no number".to_owned())
    }
}

/// Numbers that are narrower.
macro_rules! numbers {
    ($($number:ty),*) => {
        $(
            impl Cell for $number {
                fn read(raw: Option<Raw<'_>>) -> std::result::Result<$number, String> {
                    let number = i64::read(raw)?;
                    number.try_into().map_err(|_| format!("{number} is out of range"))
                }
            }
        )*
    };
}

numbers!(u8, u16, i32, u32, usize);

impl Cell for bool {
    fn read(raw: Option<Raw<'_>>) -> std::result::Result<bool, String> {
        match raw {
            Some(Raw { kind: Type::BOOL, bytes: [byte] }) => Ok(*byte != 0),
            _ => Err("it is neither true nor false".to_owned()),
        }
    }
}

impl Cell for String {
    fn read(raw: Option<Raw<'_>>) -> std::result::Result<String, String> {
        match raw {
            Some(Raw { kind: Type::TEXT, bytes }) => {
                std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| error.to_string())
            }
            _ => Err("it is no text".to_owned()),
        }
    }
}

impl Cell for Vec<u8> {
    fn read(raw: Option<Raw<'_>>) -> std::result::Result<Vec<u8>, String> {
        match raw {
            Some(Raw { kind: Type::BYTEA, bytes }) => Ok(bytes.to_vec()),
            _ => Err("it holds no bytes".to_owned()),
        }
    }
}

impl<const N: usize> Cell for [u8; N] {
    fn read(raw: Option<Raw<'_>>) -> std::result::Result<[u8; N], String> {
        match raw {
            Some(Raw { kind: Type::BYTEA, bytes }) => {
                bytes.try_into().map_err(|_| format!("{} bytes are not {N}", bytes.len()))
            }
            _ => Err("it holds no bytes".to_owned()),
        }
    }
}
