//! PostgreSQL through the contract, and what only a database can promise.

use std::sync::Arc;

use passerby::store::Store;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use super::given::hex;
use super::{Engine, contract};
use crate::support::Database;

impl Engine for Database {
    fn fresh() -> Database {
        Database::fresh()
    }

    fn open(&self) -> Arc<dyn Store> {
        // Every law is told on a runtime of several threads.
        Arc::new(block_in_place(|| Handle::current().block_on(Database::open(self))))
    }

    fn run(&self, sql: &str) {
        Database::run(self, sql);
    }

    fn bytes(&self, bytes: &[u8]) -> String {
        format!("'\\x{}'", hex(bytes))
    }
}

contract!(Database);
