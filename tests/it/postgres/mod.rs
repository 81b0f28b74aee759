//! What only a database can promise: several servers on one store.

mod leases;
mod many_servers;
mod secrecy;
