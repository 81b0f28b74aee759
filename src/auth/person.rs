//! What a credential of somebody else's making proves.

use serde_json::{Map, Value};

/// Who it is, as one provider knows them.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// The provider's id for the person; the identity's id.
    pub id: String,
    /// What the provider tells of them, as far as the configuration asks.
    pub data: Map<String, Value>,
}
