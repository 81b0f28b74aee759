//! Passerby lets people into an app before they have a name.
//!
//! The rooms, and the import law that `tests/it/architecture.rs` enforces:
//!
//! | room | may import | must never import |
//! | --- | --- | --- |
//! | [`model`] | std, serde | anything of ours; tokio, axum, drivers |
//! | [`store`] | model | auth, http, config; axum |
//! | [`appdir`] | model | http, store |
//! | [`functions`] | model | http, store, auth |
//! | [`auth`] | model, store's traits, expiry, functions | store engines, http, axum, SQL |
//! | [`outbound`] | model, auth | http, store |
//! | [`http`] | model, auth, appdir, `store::Ask` | `store::Store`, engines, SQL, the real clock and dice |
//! | [`expiry`] | model, store's traits | http, auth |
//! | [`server`] | all but cli | |
//! | [`cli`] | model, config, server, auth, appdir | http internals |

pub mod appdir;
pub mod auth;
pub mod cli;
pub mod config;
pub mod expiry;
pub mod functions;
pub mod http;
pub mod model;
pub mod outbound;
pub mod server;
pub mod store;
