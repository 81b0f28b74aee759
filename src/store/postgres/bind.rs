//! Values as PostgreSQL is given them: what a value is decides the type that a statement is told.
//!
//! Every statement says the types of its parameters, so that it needs no round trip to learn them, and none has to be
//! prepared before it runs.

use std::fmt;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

/// What is bound to a statement's parameters.
pub(super) type Params<'a> = &'a [&'a (dyn Bind + Sync)];

/// A list of values to bind, in the order of the parameters.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$(&$value as &(dyn $crate::store::postgres::bind::Bind + Sync)),*]
    };
}
pub(super) use params;

/// A value that can be bound.
pub(super) trait Bind {
    /// The type that PostgreSQL is told.
    fn kind(&self) -> Type;

    /// Writes the value; says whether it is there.
    fn write(&self, out: &mut BytesMut) -> bool;

    /// Whether it is a text that PostgreSQL cannot hold, so that nothing there equals it.
    fn is_nowhere(&self) -> bool {
        false
    }
}

/// A value whose type is known without it, so that it can be null.
pub(super) trait Typed {
    const TYPE: Type;
}

/// Each is a value of one type, written one way.
macro_rules! bind {
    ($($value:ty: $kind:ident, |$self:ident, $out:ident| $write:expr;)*) => {
        $(
            impl Typed for $value {
                const TYPE: Type = Type::$kind;
            }

            impl Bind for $value {
                fn kind(&self) -> Type {
                    Self::TYPE
                }

                fn write(&self, $out: &mut BytesMut) -> bool {
                    let $self = self;
                    $write;
                    true
                }
            }
        )*
    };
}

bind! {
    bool: INT2, |value, out| out.put_i16(i16::from(*value));
    u8: INT2, |value, out| out.put_i16(i16::from(*value));
    i16: INT2, |value, out| out.put_i16(*value);
    u16: INT4, |value, out| out.put_i32(i32::from(*value));
    i32: INT4, |value, out| out.put_i32(*value);
    u32: INT8, |value, out| out.put_i64(i64::from(*value));
    i64: INT8, |value, out| out.put_i64(*value);
    Vec<u8>: BYTEA, |value, out| out.put_slice(value);
    [u8]: BYTEA, |value, out| out.put_slice(value);
}

impl<const N: usize> Typed for [u8; N] {
    const TYPE: Type = Type::BYTEA;
}

impl<const N: usize> Bind for [u8; N] {
    fn kind(&self) -> Type {
        Self::TYPE
    }

    fn write(&self, out: &mut BytesMut) -> bool {
        out.put_slice(self);
        true
    }
}

impl Typed for str {
    const TYPE: Type = Type::TEXT;
}

impl Bind for str {
    fn kind(&self) -> Type {
        Self::TYPE
    }

    fn write(&self, out: &mut BytesMut) -> bool {
        out.put_slice(self.as_bytes());
        true
    }

    fn is_nowhere(&self) -> bool {
        self.contains('\0')
    }
}

impl Typed for String {
    const TYPE: Type = Type::TEXT;
}

impl Bind for String {
    fn kind(&self) -> Type {
        Self::TYPE
    }

    fn write(&self, out: &mut BytesMut) -> bool {
        self.as_str().write(out)
    }

    fn is_nowhere(&self) -> bool {
        self.as_str().is_nowhere()
    }
}

impl<T: Typed + ?Sized> Typed for &T {
    const TYPE: Type = T::TYPE;
}

impl<T: Bind + ?Sized> Bind for &T {
    fn kind(&self) -> Type {
        (**self).kind()
    }

    fn write(&self, out: &mut BytesMut) -> bool {
        (**self).write(out)
    }

    fn is_nowhere(&self) -> bool {
        (**self).is_nowhere()
    }
}

impl<T: Typed> Typed for Option<T> {
    const TYPE: Type = T::TYPE;
}

impl<T: Typed + Bind> Bind for Option<T> {
    fn kind(&self) -> Type {
        T::TYPE
    }

    fn write(&self, out: &mut BytesMut) -> bool {
        self.as_ref().is_some_and(|value| value.write(out))
    }
}

/// Values that are kept, as they are bound.
pub(super) fn borrowed(values: &[Box<dyn Bind + Send + Sync>]) -> Vec<&(dyn Bind + Sync)> {
    values.iter().map(|value| &**value as &(dyn Bind + Sync)).collect()
}

/// Values that one parameter takes together.
pub(super) struct List<T>(pub(super) Vec<T>);

impl<T: Typed + Bind> Bind for List<T> {
    fn kind(&self) -> Type {
        match T::TYPE {
            Type::INT2 => Type::INT2_ARRAY,
            Type::INT4 => Type::INT4_ARRAY,
            Type::INT8 => Type::INT8_ARRAY,
            Type::TEXT => Type::TEXT_ARRAY,
            _ => Type::BYTEA_ARRAY,
        }
    }

    /// One dimension that counts from 1: its head, then each value behind its length.
    fn write(&self, out: &mut BytesMut) -> bool {
        let length = i32::try_from(self.0.len()).unwrap_or(i32::MAX);
        let (dimensions, may_hold_null, first) = (i32::from(length > 0), 1, 1);
        out.put_i32(dimensions);
        out.put_i32(may_hold_null);
        out.put_u32(T::TYPE.oid());
        if length == 0 {
            return true;
        }
        out.put_i32(length);
        out.put_i32(first);
        for value in &self.0 {
            let head = out.len();
            out.put_i32(-1);
            if value.write(out) {
                let written = i32::try_from(out.len() - head - 4).unwrap_or(i32::MAX);
                out[head..head + 4].copy_from_slice(&written.to_be_bytes());
            }
        }
        true
    }
}

/// A value on its way to the driver, which was told its type already. The driver's log is not told the value, which may
/// be anybody's address.
pub(super) struct Bound<'a>(pub(super) &'a (dyn Bind + Sync));

impl fmt::Debug for Bound<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.kind().name())
    }
}

impl ToSql for Bound<'_> {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        Ok(if self.0.write(out) { IsNull::No } else { IsNull::Yes })
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
