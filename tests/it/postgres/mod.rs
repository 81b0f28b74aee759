//! What only a database can promise: several servers on one store.

mod changes;
mod hostile;
mod leases;
mod many_servers;
mod secrecy;
