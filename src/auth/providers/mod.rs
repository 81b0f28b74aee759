//! One file per provider: each proves a credential and yields an identity. What becomes of it is not theirs to say.

pub(super) mod anon_user;
pub(super) mod api_key;
pub(super) mod custom_function;
pub(super) mod custom_token;
pub(super) mod local_userpass;
pub(super) mod oauth2;
