//! The routes of an app's configuration: what works, and what is only kept.

use axum::Router;
use axum::extract::Path;
use axum::routing::{delete, get, patch, post, put};
use http::StatusCode;
use serde_json::{Value, json};

use super::documents::{self, DATA_API, Document, GRAPHQL, HOSTING, SYNC, VALIDATION};
use super::parts::{self, LOG_FORWARDERS, Parts, TRIGGERS, VALUES};
use super::{apps, dependencies, drafts, functions, providers, services, travel};
use crate::http::Http;
use crate::http::call::Call;

/// Below `…/groups/{group}/apps`.
pub(super) fn routes() -> Router<Http> {
    Router::new()
        .route("/", post(apps::create))
        .route("/{app}", delete(apps::delete))
        .route("/{app}/description", get(apps::description))
        .route("/{app}/environment", put(apps::set_environment))
        .route("/{app}/templates", get(apps::app_templates))
        .route("/{app}/templates/{template}/client", get(apps::template_client))
        .route("/{app}/security/allowed_request_origins", get(apps::origins).post(apps::set_origins))
        .merge(provider_routes())
        .merge(function_routes())
        .merge(part_routes("values", VALUES))
        .merge(part_routes("triggers", TRIGGERS))
        .merge(part_routes("event_subscriptions", TRIGGERS))
        .merge(part_routes("log_forwarders", LOG_FORWARDERS))
        .route("/{app}/triggers/{part}/resume", put(parts::resume))
        .route("/{app}/event_subscriptions/{part}/resume", put(parts::resume))
        .merge(environment_routes())
        .route(
            "/{app}/custom_user_data",
            get(documents::get_custom_user_data).patch(documents::set_custom_user_data),
        )
        .merge(draft_routes())
        .merge(dependency_routes())
        .route("/{app}/import", post(travel::import))
        .route("/{app}/export", get(travel::export))
        .route("/{app}/pull", get(travel::pull))
        .route("/{app}/push", patch(travel::push))
        .merge(kept_routes())
}

/// Below `/api/private/v1.0/groups/{group}/apps`.
pub(super) fn private_routes() -> Router<Http> {
    Router::new()
        .route("/{app}/features", get(apps::features).post(apps::take))
        .route("/{app}/settings", get(apps::settings).patch(apps::take))
}

fn provider_routes() -> Router<Http> {
    let set = |disabled| move |call, path| providers::set_disabled(call, path, disabled);
    Router::new()
        .route("/{app}/auth_providers", get(providers::list).post(providers::create))
        .route(
            "/{app}/auth_providers/{provider}",
            get(providers::one).patch(providers::patch).delete(providers::delete),
        )
        .route("/{app}/auth_providers/{provider}/enable", put(set(false)))
        .route("/{app}/auth_providers/{provider}/disable", put(set(true)))
}

fn function_routes() -> Router<Http> {
    Router::new().route("/{app}/functions", get(functions::list).post(functions::create)).route(
        "/{app}/functions/{function}",
        get(functions::one).put(functions::update).delete(functions::delete),
    )
}

fn part_routes(name: &str, kind: Parts) -> Router<Http> {
    Router::new()
        .route(
            &format!("/{{app}}/{name}"),
            get(move |call, path, query| parts::list(call, path, query, kind))
                .post(move |call, path, body| parts::create(call, path, body, kind)),
        )
        .route(
            &format!("/{{app}}/{name}/{{part}}"),
            get(move |call, path| parts::one(call, path, kind))
                .put(move |call, path, body| parts::update(call, path, body, kind))
                .patch(move |call, path, body| parts::update(call, path, body, kind))
                .delete(move |call, path| parts::delete(call, path, kind)),
        )
}

fn environment_routes() -> Router<Http> {
    Router::new()
        .route(
            "/{app}/environment_values",
            get(documents::environment_values).post(documents::create_environment_value),
        )
        .route(
            "/{app}/environment_values/{value}",
            get(documents::environment_value)
                .put(documents::update_environment_value)
                .delete(documents::delete_environment_value),
        )
}

fn dependency_routes() -> Router<Http> {
    Router::new()
        .route(
            "/{app}/dependencies",
            get(dependencies::list).put(dependencies::upload).post(dependencies::upload),
        )
        .route("/{app}/dependencies/status", get(dependencies::status))
        .route("/{app}/dependencies/diff", post(dependencies::diff))
        .route("/{app}/dependencies/archive", get(dependencies::download))
        .route("/{app}/dependencies/export", get(dependencies::download))
}

fn draft_routes() -> Router<Http> {
    Router::new()
        .route("/{app}/drafts", get(drafts::list).post(drafts::begin))
        .route("/{app}/drafts/{draft}", get(drafts::one).delete(drafts::discard))
        .route("/{app}/drafts/{draft}/diff", get(drafts::diff))
        .route("/{app}/drafts/{draft}/deployment", post(drafts::deploy))
        .route("/{app}/deployments", get(drafts::deployments))
        .route("/{app}/deployments/{deployment}", get(drafts::deployment))
        .route("/{app}/deployments/{deployment}/redeploy", post(drafts::redeploy))
        .route(
            "/{app}/deploy/config",
            get(drafts::deploy_config).put(drafts::set_deploy_config).patch(drafts::set_deploy_config),
        )
}

/// What belongs to parts that we do not have: kept, so that tools and round trips live.
fn kept_routes() -> Router<Http> {
    let default = |done| {
        move |call: Call, Path(path): Path<(String, String, String)>, body| {
            services::put_rule(call, path, body, true, done)
        }
    };
    let new_rule = |call: Call, Path(path): Path<(String, String, String)>, body| {
        services::put_rule(call, path, body, false, StatusCode::CREATED)
    };
    let put_rule =
        |call: Call, Path((group, app, service, _)): Path<(String, String, String, String)>, body| {
            services::put_rule(call, (group, app, service), body, false, StatusCode::NO_CONTENT)
        };
    let new_schema =
        |call: Call, Path(path): Path<(String, String)>, body| services::put_schema(call, path, None, body);
    let put_schema = |call: Call, Path((group, app, schema)): Path<(String, String, String)>, body| {
        services::put_schema(call, (group, app), Some(schema), body)
    };
    Router::new()
        .route("/{app}/services", get(services::list).post(services::create))
        .route("/{app}/services/{service}", get(services::one).delete(services::delete))
        .route("/{app}/services/{service}/config", get(services::config).patch(services::patch_config))
        .route(
            "/{app}/services/{service}/default_rule",
            get(services::default_rule)
                .post(default(StatusCode::CREATED))
                .put(default(StatusCode::NO_CONTENT)),
        )
        .route("/{app}/services/{service}/rules", get(services::rules).post(new_rule))
        .route("/{app}/services/{service}/rules/{rule}", put(put_rule).delete(services::delete_rule))
        .route("/{app}/schemas", get(services::schemas).post(new_schema))
        .route(
            "/{app}/schemas/{schema}",
            get(services::one_schema).put(put_schema).delete(services::delete_schema),
        )
        .merge(document_routes("sync/config", SYNC))
        .merge(document_routes("graphql/config", GRAPHQL))
        .merge(document_routes("validation_settings/graphql", VALIDATION))
        .merge(document_routes("hosting/config", HOSTING))
        .merge(document_routes("data_api/config", DATA_API))
        .merge(fixed_routes())
}

fn document_routes(path: &str, document: Document) -> Router<Http> {
    let set = |whole, done| move |call, path, body| documents::set(call, path, body, document, whole, done);
    Router::new().route(
        &format!("/{{app}}/{path}"),
        get(move |call, path| documents::get(call, path, document))
            .put(set(true, StatusCode::NO_CONTENT))
            .patch(set(false, StatusCode::NO_CONTENT))
            .post(set(true, StatusCode::CREATED)),
    )
}

/// Answers that are true of every app here.
fn fixed_routes() -> Router<Http> {
    let says =
        |answer: Value| get(move |call, path| documents::fixed(call, path, StatusCode::OK, answer.clone()));
    let takes = || put(|call, path| documents::fixed(call, path, StatusCode::NO_CONTENT, Value::Null));
    Router::new()
        .route(
            "/{app}/sync/progress",
            says(json!({ "progress": { "x": { "complete": true } }, "accepting_clients": true })),
        )
        .route("/{app}/sync/state", says(json!({ "state": "" })))
        .route("/{app}/sync/data", says(json!({})))
        .route("/{app}/sync/force_reset", takes())
        .route("/{app}/graphql/custom_resolvers", says(json!([])))
        .route("/{app}/hosting/assets", says(json!([])))
        .route("/{app}/hosting/cache", takes())
        .route("/{app}/data_api/versions", says(json!([])))
        .route("/{app}/endpoints", says(json!([])))
        .route("/{app}/push/notifications", says(json!([])))
        .route("/{app}/measurements", says(json!({ "measurements": [] })))
}
