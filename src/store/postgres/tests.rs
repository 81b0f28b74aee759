//! What holds of the statements.

mod plans;

use tokio_postgres::NoTls;
use tokio_postgres::types::Type;

use super::address::Address;
use super::connection::Connection;
use super::{open, sql};
use crate::model::with_causes;

/// Parameters, by number, whose types no statement shows and which are told when they are bound.
const TOLD: &[(&str, &[(usize, Type)])] = &[
    ("LOGS_OF_REQUEST", &[(9, Type::BYTEA)]),
    ("EXPIRED", &[(4, Type::INT8), (5, Type::INT8)]),
    ("LOOK_AHEAD", &[(4, Type::INT8), (5, Type::INT8)]),
    ("DELETE_DUE_UP_TO", &[(4, Type::INT8), (5, Type::INT8)]),
    ("AUDIT", &[(2, Type::TEXT)]),
];

/// In a transaction that nobody commits, so that it needs no database of its own.
#[tokio::test]
async fn every_statement_prepares() {
    let url = std::env::var("PASSERBY_TEST_POSTGRES");
    let url = url.expect("PostgreSQL is there: export PASSERBY_TEST_POSTGRES=$(scripts/postgres start)");
    let (client, line) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(line);
    client.batch_execute("begin; create schema only_here; set local search_path = only_here").await.unwrap();
    for migration in open::MIGRATIONS {
        client.batch_execute(migration).await.unwrap();
    }
    let mut refused = Vec::new();
    let every = [sql::ALL, sql::admins::ALL, sql::apps::ALL, sql::care::ALL, sql::tallies::ALL];
    for (name, statement) in every.concat() {
        client.batch_execute("savepoint before").await.unwrap();
        if let Err(error) = client.prepare_typed(statement, &types(name)).await {
            refused.push(format!("{name}: {error:?}"));
            client.batch_execute("rollback to before").await.unwrap();
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// As it happens when a pooler gives the next transaction another session, of which it was not told.
#[tokio::test]
async fn where_a_prepared_statement_is_not_there_the_pooler_is_named() {
    let url = std::env::var("PASSERBY_TEST_POSTGRES").unwrap();
    let address = Address::new(&url, None, |_| None).unwrap();
    let connection = Connection::open(&open::Options::new(address).manners(1)).await.unwrap();
    connection.rows(sql::ENGINE_TIME, &[]).await.unwrap();
    connection.batch("deallocate all").await.unwrap();
    let refused = connection.rows(sql::ENGINE_TIME, &[]).await.map(|_| ()).unwrap_err();
    let said = with_causes(&refused, ": ");
    assert!(said.starts_with("the database refused: ERROR 26000: "), "{said}");
    let remedy = "; set `store_pooler` to true if a pooler in transaction mode stands before the database";
    assert!(said.ends_with(remedy), "{said}");
}

/// The types of a statement's first parameters; whatever is not told is for the statement to show.
fn types(name: &str) -> Vec<Type> {
    let mut types = vec![Type::UNKNOWN; 9];
    let told = TOLD.iter().find(|(told, _)| *told == name).map_or(&[][..], |(_, told)| told);
    for (number, of) in told {
        types[number - 1] = of.clone();
    }
    types.truncate(told.iter().map(|(number, _)| *number).max().unwrap_or(0));
    types
}
