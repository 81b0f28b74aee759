//! `GET|POST /api/admin/v3.0/groups/{group}/apps`, `GET|DELETE …/apps/{app}`, and what tools ask of a whole app.

use axum::body::Body;
use axum::extract::{Path, RawQuery};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::app_in_group;
use super::query::Query;
use super::view::AppView;
use super::working::{Refused, change, object, shown};
use crate::appdir;
use crate::auth::{App, Error, FreshApp, PartRefusal, Snapshot};
use crate::http::Failure;
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::default_location;

const ENVIRONMENTS: [&str; 5] = ["", "development", "testing", "qa", "production"];
/// Where the original ran apps; kept, without effect.
const REGIONS: [&str; 20] = [
    "aws-us-east-1",
    "aws-us-west-2",
    "aws-us-east-2",
    "aws-eu-central-1",
    "aws-eu-west-1",
    "aws-eu-west-2",
    "aws-ap-southeast-1",
    "aws-ap-southeast-2",
    "aws-ap-south-1",
    "aws-sa-east-1",
    "azure-eastus2",
    "azure-westus",
    "azure-westeurope",
    "azure-eastasia",
    "azure-southeastasia",
    "gcp-us-central1",
    "gcp-us-east4",
    "gcp-us-west1",
    "gcp-europe-west1",
    "gcp-asia-south1",
];

/// The apps of a project. All of ours are of the `standard` product, which is also what no `product` asks for: a tool
/// that lists one product after the other must not meet an app twice.
pub(super) async fn list(call: Call, Path(group): Path<String>, RawQuery(query): RawQuery) -> Answer {
    let query = Query::read(query);
    let products = query.text("product").filter(|p| !p.is_empty()).unwrap_or("standard");
    let wanted = products.split(',').any(|product| product == "standard");
    let mut apps = call.auth().apps();
    apps.retain(|app| wanted && app.group_id.to_string() == group);
    let views: Vec<AppView<'_>> = apps.iter().map(|app| AppView::of(app)).collect();
    Ok(reply::json(StatusCode::OK, &views))
}

pub(super) async fn one(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    Ok(reply::json(StatusCode::OK, &AppView::of(&app)))
}

pub(super) async fn create(call: Call, Path(group): Path<String>, request: Body) -> Answer {
    let body = super::body::<Map<String, Value>>(&call, request).await?;
    let group_id = group.parse().map_err(|_| call.failed(Error::AdminAppNotFound(group.clone()), None))?;
    let fresh = fresh(&body).map_err(|wrong| call.failed(Error::Part(wrong), None))?;
    let fresh = FreshApp { group_id, ..fresh };
    let app = call.auth().create_app(fresh).await.map_err(|e| call.failed(e, None))?;
    Ok(reply::json(StatusCode::CREATED, &AppView::of(&app)))
}

/// Where the app is to be made says the path.
fn fresh(body: &Map<String, Value>) -> Result<FreshApp, PartRefusal> {
    let text = |key: &'static str| match body.get(key) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(_) => Err(PartRefusal::Wrong(format!("`{key}`: expected a text"))),
    };
    let name = Some(text("name")?).filter(|name| !name.is_empty()).ok_or(PartRefusal::Missing("name"))?;
    if !appdir::is_app_name(name) {
        let rule = "a letter, then ASCII letters, digits, `_` and `-`, at most 64 in all";
        return Err(PartRefusal::Wrong(format!("`name`: {rule}")));
    }
    if !text("template_id")?.is_empty() {
        return Err(PartRefusal::Wrong("`template_id`: there are no template apps here".to_owned()));
    }
    let or = |key, default| text(key).map(|text| if text.is_empty() { default } else { text }.to_owned());
    let mut root = Map::new();
    for key in ["provider_region", "environment"] {
        if !text(key)?.is_empty() {
            root.insert(key.to_owned(), text(key)?.into());
        }
    }
    environment(text("environment")?)?;
    Ok(FreshApp {
        group_id: crate::model::GroupId(crate::model::ObjectId::ZERO),
        name: name.to_owned(),
        location: or("location", default_location())?,
        deployment_model: or("deployment_model", "GLOBAL")?,
        root,
    })
}

fn environment(name: &str) -> Result<(), PartRefusal> {
    if ENVIRONMENTS.contains(&name) {
        return Ok(());
    }
    Err(PartRefusal::Wrong(format!("`environment`: there is no environment '{name}'")))
}

pub(super) async fn delete(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    call.auth().delete_app(&app).await.map_err(|e| call.failed(e, None))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `PUT …/environment`: answers the app.
pub(super) async fn set_environment(
    call: Call,
    Path((group, app)): Path<(String, String)>,
    request: Body,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let body = call.object(request, &app).await?;
    change(&call, &app, |snapshot| {
        let name = body.get("environment").and_then(Value::as_str);
        let name = name.ok_or(PartRefusal::Missing("environment"))?;
        environment(name)?;
        snapshot.config.root.insert("environment".to_owned(), name.into());
        Ok(())
    })
    .await?;
    let app = app_in_group(&call, &group, &app.id.to_string())?;
    Ok(reply::json(StatusCode::OK, &AppView::of(&app)))
}

/// `GET …/security/allowed_request_origins`.
pub(super) async fn origins(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    Ok(reply::json(StatusCode::OK, &snapshot.config.allowed_request_origins))
}

/// `POST …/security/allowed_request_origins`: the whole list.
pub(super) async fn set_origins(
    call: Call,
    Path((group, app)): Path<(String, String)>,
    request: Body,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let origins: Vec<String> = list_body(&call, request).await?;
    change(&call, &app, |snapshot| {
        if let Some(wrong) = origins.iter().find(|origin| !origin.contains("://") || origin.contains('\0')) {
            let rule = format!("expected an origin such as https://example.com, found '{wrong}'");
            return Err(Refused::from(PartRefusal::Wrong(rule)));
        }
        snapshot.config.allowed_request_origins.clone_from(&origins);
        Ok(())
    })
    .await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

async fn list_body(call: &Call, request: Body) -> Result<Vec<String>, Failure> {
    let bytes = call.bytes(request).await.map_err(|e| call.failed(e, None))?;
    serde_json::from_slice(&bytes).map_err(|e| call.failed(Error::BadBody(e.to_string()), None))
}

pub(super) async fn regions() -> Answer {
    let view = |id: &&str| {
        let cloud = id.split('-').next().unwrap_or_default();
        json!({ "id": id, "name": id, "cloud_provider": cloud, "country": "", "deployment_models": ["GLOBAL", "LOCAL"] })
    };
    Ok(reply::json(StatusCode::OK, &REGIONS.iter().map(view).collect::<Vec<_>>()))
}

/// There are no template apps.
pub(super) async fn templates() -> Answer {
    Ok(reply::json(StatusCode::OK, &json!([])))
}

pub(super) async fn app_templates(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let none = PartRefusal::Wrong("this app was not made of a template".to_owned());
    Err(call.failed(Error::Part(none), Some(&app)))
}

pub(super) async fn template_client(
    call: Call,
    Path((group, app, _)): Path<(String, String, String)>,
) -> Answer {
    app_templates(call, Path((group, app))).await
}

/// `GET …/description`: what tools show of an app. Sync, GraphQL, hosting and data rules are kept for the sake of
/// round trips and do nothing here; `inert` names those that the app has.
pub(super) async fn description(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    Ok(reply::json(StatusCode::OK, &described(&app, &snapshot, call.auth().public_url())))
}

fn described(app: &App, snapshot: &Snapshot, base: &str) -> Value {
    let custom = Value::Object(super::documents::custom_user_data(snapshot));
    let text = |value: &Value, key: &str| value.get(key).cloned().unwrap_or_else(|| json!(""));
    let named = |parts| super::parts::all(snapshot, parts);
    let providers = snapshot.config.providers.iter().map(|provider| {
        let name = provider.kind.as_str();
        json!({ "name": name, "type": name, "enabled": !provider.disabled })
    });
    let functions = super::functions::all(snapshot).into_iter();
    let functions = functions.map(|(name, _)| json!({ "path": format!("functions/{name}"), "name": name }));
    let services = super::services::all(snapshot);
    let service = |service: &super::services::Service| json!({ "name": service.name, "type": service.kind });
    let (sources, others): (Vec<_>, Vec<_>) = services.iter().partition(|service| service.is_data_source());
    let values = named(super::parts::VALUES).into_iter().map(|(name, map)| {
        let is = |key: &str| map.get(key).and_then(Value::as_bool).unwrap_or(false);
        json!({ "name": name, "private": is("private"), "secret": is("from_secret") })
    });
    let triggers = named(super::parts::TRIGGERS).into_iter().map(|(name, map)| {
        let disabled = map.get("disabled").and_then(Value::as_bool).unwrap_or(false);
        json!({ "name": name, "type": map.get("type"), "enabled": !disabled })
    });
    let forwarders = named(super::parts::LOG_FORWARDERS).into_iter().map(|(name, _)| json!({ "name": name }));
    let sync = Value::Object(object(snapshot, "sync/config.json").unwrap_or_default());
    json!({
        "client_app_id": app.client_app_id,
        "name": snapshot.config.name,
        "realm_url": format!("{base}/groups/{}/apps/{}/dashboard", app.group_id, app.id),
        "data_sources": sources.iter().map(|s| {
            json!({ "name": s.name, "type": s.kind, "data_source": text(&s.config, "clusterName") })
        }).collect::<Vec<_>>(),
        "http_endpoints": [],
        "services": others.into_iter().map(service).collect::<Vec<_>>(),
        "auth_providers": providers.collect::<Vec<_>>(),
        "custom_user_data": {
            "enabled": custom.get("enabled").and_then(Value::as_bool).unwrap_or(false),
            "data_source": text(&custom, "mongo_service_name"),
            "database": text(&custom, "database_name"),
            "collection": text(&custom, "collection_name"),
            "user_id_field": text(&custom, "user_id_field"),
        },
        "values": values.collect::<Vec<_>>(),
        "hosting": { "enabled": false, "status": "", "url": "" },
        "functions": functions.collect::<Vec<_>>(),
        "sync": {
            "state": "",
            "data_source": text(&sync, "service_name"),
            "database": text(&sync, "database_name"),
            "development_mode_enabled": false,
        },
        "graphql": {
            "url": format!("{base}/api/client/v2.0/app/{}/graphql", app.client_app_id),
            "custom_resolvers": [],
        },
        "environment": snapshot.config.root.get("environment").and_then(Value::as_str).unwrap_or_default(),
        "event_subscription": triggers.collect::<Vec<_>>(),
        "log_forwarders": forwarders.collect::<Vec<_>>(),
        "inert": inert(snapshot),
    })
}

/// The sections that the app has and that do nothing here.
fn inert(snapshot: &Snapshot) -> Vec<&'static str> {
    let sections = [
        ("data_sources", "data_sources/"),
        ("graphql", "graphql/"),
        ("hosting", "hosting/"),
        ("http_endpoints", "http_endpoints/"),
        ("https_endpoints", "https_endpoints/"),
        ("log_forwarders", "log_forwarders/"),
        ("services", "services/"),
        ("sync", "sync/"),
    ];
    let has = |folder: &str| snapshot.files.keys().any(|path| path.starts_with(folder));
    sections.into_iter().filter(|(_, folder)| has(folder)).map(|(name, _)| name).collect()
}

/// `GET /api/private/v1.0/groups/{group}/apps/{app}/features`: none.
pub(super) async fn features(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    app_in_group(&call, &group, &app)?;
    Ok(reply::json(StatusCode::OK, &json!({ "enabled": [] })))
}

/// `GET …/settings`: none.
pub(super) async fn settings(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    app_in_group(&call, &group, &app)?;
    Ok(reply::json(StatusCode::OK, &json!({})))
}

/// `POST …/features`, `PATCH …/settings`: taken, without effect.
pub(super) async fn take(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    app_in_group(&call, &group, &app)?;
    Ok(reply::json(StatusCode::OK, &json!({})))
}
