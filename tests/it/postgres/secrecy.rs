//! What the database says of a row that it refuses stays between the two.

use passerby::model::with_causes;
use passerby::store::{Error, SetCustomData, Store};
use serde_json::json;

use crate::contract::given::{APP, NOON, guest, user_id};
use crate::support::Database;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_quotes_nothing_of_a_row() {
    let database = Database::fresh();
    // As an operator's mistake might, it makes the database refuse what it has no reason to.
    database.run("create unique index mistaken on users (custom_data)");
    let store = database.open().await;
    let set = |n| SetCustomData {
        app: APP,
        user: user_id(NOON, n),
        data: json!({ "card": "4000-1234" }).as_object().cloned(),
    };
    for n in 1..=2 {
        store.log_in(guest(NOON, n)).await.unwrap();
    }
    assert!(store.set_custom_data(set(1)).await.unwrap());
    let refused = store.set_custom_data(set(2)).await.unwrap_err();
    assert!(matches!(refused, Error::Unavailable(_)), "{refused:?}");
    let said = with_causes(&refused, ": ");
    assert_eq!(
        said,
        "the store is unavailable: the database refused: ERROR 23505: duplicate key value violates unique \
         constraint \"mistaken\""
    );
    assert!(!format!("{refused:?}").contains("4000"), "{refused:?}");
}
