//! What may be done, each act as the statements that do it. They run on the writer's thread, in a savepoint each.

mod apps;
mod expiry;
mod users;

pub(super) use apps::{Sealed, SeeTime};
