//! An API key as it is told to its owner, and a server's to administrators.

use serde::Serialize;

use crate::auth::OwnApiKey;
use crate::model::ApiKeyId;

/// Exactly these fields: tests of SDKs compare the whole.
#[derive(Serialize)]
pub(super) struct ApiKeyView {
    #[serde(rename = "_id")]
    id: ApiKeyId,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    name: String,
    disabled: bool,
}

impl ApiKeyView {
    pub(super) fn of(key: OwnApiKey) -> ApiKeyView {
        ApiKeyView { id: key.id, key: key.value, name: key.name, disabled: key.disabled }
    }
}
