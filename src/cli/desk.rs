//! Who answers a command: a running server through its socket, or the same routes within this process.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::UnixStream;

use super::failure::CliError;
use crate::config::Config;
use crate::model::{AppId, ClientAppId, GroupId};
use crate::server::{House, HouseDesk, SOCKET_FILE, STORE_FILE};

/// Our own routes, beside the Admin API's.
const OURS: &str = "/api/passerby/v1";

/// Who answers.
pub(super) enum Desk {
    /// A server, at this socket.
    Server(PathBuf),
    /// This process, which holds the store's lock.
    House(Box<HouseDesk>),
}

/// What must be there before a command makes sense.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// A store that somebody made.
    Store,
    /// Nothing: the command may make the store.
    Nothing,
}

/// An app, as far as its paths need it.
#[derive(Deserialize)]
pub(super) struct AppPath {
    pub(super) client_app_id: ClientAppId,
    #[serde(rename = "_id")]
    id: AppId,
    group_id: GroupId,
}

impl AppPath {
    /// The app in the Admin API.
    pub(super) fn admin(&self, rest: &str) -> String {
        format!("/api/admin/v3.0/groups/{}/apps/{}{rest}", self.group_id, self.id)
    }

    /// The app in ours.
    pub(super) fn ours(&self, rest: &str) -> String {
        format!("{OURS}/apps/{}{rest}", self.client_app_id)
    }
}

impl Desk {
    /// Finds the server on the data directory; when there is none, opens the store.
    pub(super) async fn open(config: &Config, need: Need) -> Result<Desk, CliError> {
        let socket = config.data.join(SOCKET_FILE);
        match UnixStream::connect(&socket).await {
            Ok(_) => return Ok(Desk::Server(socket)),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Err(CliError::NotYours(config.data.clone()));
            }
            // No socket, or one that a crashed server left.
            Err(_) => {}
        }
        if need == Need::Store && !config.data.join(STORE_FILE).exists() {
            return Err(CliError::NoStore(config.data.clone()));
        }
        let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{}", config.listen));
        match House::open(config, &public_url).await {
            Ok(house) => Ok(Desk::House(Box::new(house.desk(config)))),
            Err(error) if error.is_in_use() => Err(CliError::InUse(config.data.clone())),
            Err(error) => Err(error.into()),
        }
    }

    /// An app by its client app id; one that is not there is answered with what was probably meant.
    pub(super) async fn app(&self, id: &ClientAppId) -> Result<AppPath, CliError> {
        match self.get(&format!("{OURS}/apps/{id}")).await {
            Err(error) if error.is(StatusCode::NOT_FOUND) => {
                let apps: Vec<AppPath> = self.ours("/apps?count=false").await?;
                let alike = |app: &AppPath| strsim::jaro_winkler(app.client_app_id.as_str(), id.as_str());
                let nearest =
                    apps.iter().max_by(|a, b| alike(a).total_cmp(&alike(b))).filter(|app| alike(app) > 0.8);
                Err(error.hinting(match nearest {
                    Some(app) => format!("did you mean {}?", app.client_app_id),
                    None => "`passerby apps list` shows which there are".to_owned(),
                }))
            }
            other => other,
        }
    }

    /// Asks at one of our paths.
    pub(super) async fn ours<T: DeserializeOwned>(&self, path: &str) -> Result<T, CliError> {
        self.get(&format!("{OURS}{path}")).await
    }

    /// Has something done at one of our paths.
    pub(super) async fn order<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, CliError> {
        self.post(&format!("{OURS}{path}"), body).await
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CliError> {
        read(&self.ask(Method::GET, path, Body::empty()).await?)
    }

    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, CliError> {
        read(&self.ask(Method::POST, path, Body::from(body.to_string())).await?)
    }

    /// A request whose answer has no body.
    pub(super) async fn act(&self, method: Method, path: &str, body: &Value) -> Result<(), CliError> {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.ask(method, path, body).await.map(drop)
    }

    /// Sends a request; what is no success becomes a refusal.
    async fn ask(&self, method: Method, path: &str, body: Body) -> Result<Bytes, CliError> {
        let request =
            Request::builder().method(method).uri(path).header(header::HOST, "localhost").body(body);
        let request = request.map_err(|error| CliError::Lost(error.into()))?;
        let (status, bytes) = match self {
            Desk::Server(socket) => through(socket, request).await?,
            Desk::House(house) => {
                let response = house.answer(request).await;
                let status = response.status();
                (status, whole(response.into_body()).await?)
            }
        };
        if status.is_success() { Ok(bytes) } else { Err(refusal(status, &bytes)) }
    }
}

async fn through(socket: &Path, request: Request<Body>) -> Result<(StatusCode, Bytes), CliError> {
    let stream = UnixStream::connect(socket).await.map_err(|error| CliError::Lost(error.into()))?;
    let lost = |error: hyper::Error| CliError::Lost(error.into());
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(lost)?;
    let driven = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(lost)?;
    let status = response.status();
    let bytes = response.into_body().collect().await.map_err(lost)?.to_bytes();
    driven.abort();
    Ok((status, bytes))
}

async fn whole(body: Body) -> Result<Bytes, CliError> {
    Ok(body.collect().await.map_err(|error| CliError::Lost(error.into()))?.to_bytes())
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CliError> {
    serde_json::from_slice(bytes).map_err(|error| CliError::Lost(error.into()))
}

/// The server's word for why not.
fn refusal(status: StatusCode, bytes: &[u8]) -> CliError {
    #[derive(Deserialize)]
    struct Said {
        error: String,
        #[serde(default)]
        problems: Vec<Problem>,
    }
    #[derive(Deserialize)]
    struct Problem {
        text: String,
    }
    let said: Option<Said> = serde_json::from_slice(bytes).ok();
    let (text, problems) = match said {
        Some(said) => (said.error, said.problems.into_iter().map(|p| p.text).collect()),
        // Another version's server may not know the path.
        None => {
            (format!("the server answered {status}: is it of the same version as this command?"), Vec::new())
        }
    };
    CliError::Refused { status, text, problems, hint: None, unconfirmed: false }
}
