//! Who answers a command: a running server through its socket, the same routes within this process, or a server
//! elsewhere.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::UnixStream;

use super::failure::CliError;
use super::profile::Profile;
use super::remote::{Remote, exchange};
use crate::config::Config;
use crate::model::{AppId, ClientAppId, GroupId};
use crate::server::{self, House, HouseDesk, SOCKET_FILE, STORE_FILE};

/// Our own routes, beside the Admin API's.
const OURS: &str = "/api/passerby/v1";

/// Who answers.
pub(super) enum Desk {
    /// A server, at this socket.
    Server(PathBuf),
    /// This process, which holds the store's lock.
    House(Box<HouseDesk>),
    /// A server elsewhere.
    Remote(Box<Remote>),
}

/// Where a command has its desk.
pub(super) enum Place {
    /// At a data directory of this machine.
    Here(Box<Config>),
    /// At a server elsewhere.
    There(Box<Profile>),
}

impl Place {
    /// The settings of this machine, for commands that make sense nowhere else.
    pub(super) fn here(&self) -> Result<&Config, CliError> {
        match self {
            Place::Here(config) => Ok(config),
            Place::There(profile) => Err(CliError::Usage(format!(
                "this command works on files of the server's machine: run it there, not through {}",
                profile.url
            ))),
        }
    }
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

/// A text as one segment of a path, or the value of a parameter.
pub(super) fn segment(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

impl Desk {
    /// Finds the server on the data directory; when there is none, opens the store.
    pub(super) async fn open(place: Place, need: Need) -> Result<Desk, CliError> {
        let config = match place {
            Place::Here(config) => config,
            Place::There(profile) => return Ok(Desk::Remote(Box::new(Remote::new(*profile)?))),
        };
        Desk::here(&config, need).await
    }

    /// The server on a data directory, if there is one.
    pub(super) async fn of_server(data: &Path) -> Result<Option<Desk>, CliError> {
        let socket = data.join(SOCKET_FILE);
        match UnixStream::connect(&socket).await {
            Ok(_) => Ok(Some(Desk::Server(socket))),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                Err(CliError::NotYours(data.to_owned()))
            }
            // No socket, or one that a crashed server left.
            Err(_) => Ok(None),
        }
    }

    /// The same on a data directory of this machine.
    pub(super) async fn here(config: &Config, need: Need) -> Result<Desk, CliError> {
        if let Some(desk) = Desk::of_server(&config.data).await? {
            refuse_other_store(config)?;
            return Ok(desk);
        }
        let in_file = config.store.is_none();
        if need == Need::Store && in_file && !config.data.join(STORE_FILE).exists() {
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
        read(&self.ask(Method::GET, path, Bytes::new()).await?)
    }

    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, CliError> {
        read(&self.ask(Method::POST, path, Bytes::from(body.to_string())).await?)
    }

    /// A request whose answer has no body.
    pub(super) async fn act(&self, method: Method, path: &str, body: &Value) -> Result<(), CliError> {
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        self.ask(method, path, body).await.map(drop)
    }

    /// Sends a request; what is no success becomes a refusal.
    async fn ask(&self, method: Method, path: &str, body: Bytes) -> Result<Bytes, CliError> {
        let (status, bytes) = match self {
            Desk::Server(socket) => through(socket, request(method, path, body)?).await?,
            Desk::House(house) => {
                let response = house.answer(request(method, path, body)?.map(Body::new)).await;
                let status = response.status();
                (status, whole(response.into_body()).await?)
            }
            Desk::Remote(remote) => remote.ask(method, path, body).await?,
        };
        if status.is_success() { Ok(bytes) } else { Err(refusal(status, &bytes)) }
    }
}

/// A server that has another store than the settings name would do to that one what is meant for this one.
fn refuse_other_store(config: &Config) -> Result<(), CliError> {
    let Some(settings) = &config.store else { return Ok(()) };
    match server::other_store(config, settings)? {
        None => Ok(()),
        Some(other) => Err(CliError::OtherStore { data: config.data.clone(), other }),
    }
}

fn request(method: Method, path: &str, body: Bytes) -> Result<Request<Full<Bytes>>, CliError> {
    let request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
    request.body(Full::new(body)).map_err(|error| CliError::Lost(error.into()))
}

async fn through(socket: &Path, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), CliError> {
    let stream = UnixStream::connect(socket).await.map_err(|error| CliError::Lost(error.into()))?;
    exchange(stream, request).await.map_err(CliError::Lost)
}

async fn whole(body: Body) -> Result<Bytes, CliError> {
    Ok(body.collect().await.map_err(|error| CliError::Lost(error.into()))?.to_bytes())
}

pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CliError> {
    serde_json::from_slice(bytes).map_err(|error| CliError::Lost(error.into()))
}

/// The server's word for why not.
pub(super) fn refusal(status: StatusCode, bytes: &[u8]) -> CliError {
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
