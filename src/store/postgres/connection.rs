//! One connection: its driver, its statements, and when it is given up.
//!
//! A connection is never trusted after an answer that did not come in time: it is dropped without a word, since a
//! cancelled commit would be answered as if it were done while it waits for a replica.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::{AsyncMessage, Client, Row, Statement};

use super::address::{Address, Line};
use super::bind::{Bound, Params};
use super::failure::{Failure, Said};
use super::sql;

/// How connections are made and used.
#[derive(Debug)]
pub(super) struct Manners {
    pub(super) address: Address,
    /// Whether a pooler hands out another session for every transaction: then nothing of a session lasts.
    pub(super) pooler: bool,
    /// How long an answer may take.
    pub(super) patience: Duration,
}

impl Manners {
    /// How long whoever asked is kept waiting in all. It is longer than one answer may take, so that it is the silent
    /// connection which is given up, and what it was asked is asked another one.
    pub(super) fn whole(&self) -> Duration {
        self.patience * 3 / 2
    }
}

/// A connection. Dropping it ends it.
pub(super) struct Connection {
    client: Client,
    driver: AbortHandle,
    severed: AtomicBool,
    /// Set when a commit was answered that some replica may not have.
    doubt: Arc<AtomicBool>,
    /// Those that were prepared; `None` where nothing of a session lasts.
    prepared: Option<Mutex<HashMap<&'static str, Statement>>>,
    patience: Duration,
}

impl Connection {
    /// Connects, and sets the session up.
    pub(super) async fn open(manners: &Manners) -> Result<Connection, Failure> {
        Connection::listening(manners, None).await
    }

    /// The same; what is notified goes to the sender.
    pub(super) async fn listening(
        manners: &Manners,
        heard: Option<UnboundedSender<String>>,
    ) -> Result<Connection, Failure> {
        let patience = manners.patience;
        // Each server that may be asked has its own time.
        let opened = manners.address.connect().await;
        let (client, line) = opened.map_err(|error| Failure::Unreachable(Arc::new(error)))?;
        let doubt = Arc::new(AtomicBool::new(false));
        let driver = tokio::spawn(drive(line, Arc::clone(&doubt), heard)).abort_handle();
        let prepared = (!manners.pooler).then(Mutex::default);
        let connection =
            Connection { client, driver, severed: AtomicBool::new(false), doubt, prepared, patience };
        if !manners.pooler {
            connection.batch(&sql::session(patience)).await?;
        }
        // What was said of the database in general is no word about a commit.
        connection.doubt.store(false, Ordering::Release);
        Ok(connection)
    }

    /// Whether it was given up, or lost.
    pub(super) fn is_closed(&self) -> bool {
        self.severed.load(Ordering::Acquire) || self.client.is_closed()
    }

    /// Gives the connection up: whatever it was doing is not waited for, and not cancelled.
    pub(super) fn sever(&self) {
        self.severed.store(true, Ordering::Release);
        self.driver.abort();
    }

    /// Runs a statement that returns no rows; says how many rows it changed.
    pub(super) async fn run(&self, statement: &'static str, params: Params<'_>) -> Result<u64, Failure> {
        let bound: Vec<Bound<'_>> = params.iter().map(|value| Bound(*value)).collect();
        let whole = async {
            match self.statement(statement, params).await? {
                Some(statement) => self.client.execute_raw(&statement, &bound).await,
                None => {
                    let typed = bound.iter().map(|value| (value, value.0.kind()));
                    let rows = self.client.query_typed_raw(statement, typed).await?;
                    counted(rows).await
                }
            }
        };
        self.answer(whole).await
    }

    /// The rows of a query: none when it asks for a text that cannot be there.
    pub(super) async fn rows(&self, query: &'static str, params: Params<'_>) -> Result<Vec<Row>, Failure> {
        if params.iter().any(|value| value.is_nowhere()) {
            return Ok(Vec::new());
        }
        let bound: Vec<Bound<'_>> = params.iter().map(|value| Bound(*value)).collect();
        let whole = async {
            match self.statement(query, params).await? {
                Some(statement) => collected(self.client.query_raw(&statement, &bound).await?).await,
                None => {
                    let typed = bound.iter().map(|value| (value, value.0.kind()));
                    collected(self.client.query_typed_raw(query, typed).await?).await
                }
            }
        };
        self.answer(whole).await
    }

    /// The same of a query that was put together for this one time.
    pub(super) async fn rows_once(&self, query: &str, params: Params<'_>) -> Result<Vec<Row>, Failure> {
        if params.iter().any(|value| value.is_nowhere()) {
            return Ok(Vec::new());
        }
        let bound: Vec<Bound<'_>> = params.iter().map(|value| Bound(*value)).collect();
        let typed = bound.iter().map(|value| (value, value.0.kind()));
        self.answer(async { collected(self.client.query_typed_raw(query, typed).await?).await }).await
    }

    /// Runs a statement that was put together for this one time.
    pub(super) async fn run_once(&self, statement: &str, params: Params<'_>) -> Result<u64, Failure> {
        let bound: Vec<Bound<'_>> = params.iter().map(|value| Bound(*value)).collect();
        let typed = bound.iter().map(|value| (value, value.0.kind()));
        self.answer(async { counted(self.client.query_typed_raw(statement, typed).await?).await }).await
    }

    /// The rows of a query that is run when another statement has run, in one round trip: it sees what that one
    /// waited for.
    pub(super) async fn rows_after(
        &self,
        first: (&'static str, Params<'_>),
        query: &'static str,
        params: Params<'_>,
    ) -> Result<Vec<Row>, Failure> {
        // Whatever is to be prepared is, before the two set out: none overtakes the other.
        self.answer(async {
            self.statement(first.0, first.1).await?;
            self.statement(query, params).await.map(|_| ())
        })
        .await?;
        let (locked, rows) = both(self.run(first.0, first.1), self.rows(query, params)).await;
        locked?;
        rows
    }

    /// Whether a query returns any row.
    pub(super) async fn exists(&self, query: &'static str, params: Params<'_>) -> Result<bool, Failure> {
        Ok(!self.rows(query, params).await?.is_empty())
    }

    /// Runs statements without parameters, one after the other.
    pub(super) async fn batch(&self, statements: &str) -> Result<(), Failure> {
        self.answer(self.client.batch_execute(statements)).await
    }

    /// Does something in a transaction of its own: what begins it travels with the first statement.
    pub(super) async fn transaction<T, F>(&self, begin: &str, work: F) -> Transacted<T>
    where
        F: Future<Output = crate::store::Result<T>>,
    {
        let mut begin = Box::pin(self.batch(begin));
        let mut begun = None;
        poll_fn(|context| {
            if let std::task::Poll::Ready(done) = begin.as_mut().poll(context) {
                begun = Some(done);
            }
            std::task::Poll::Ready(())
        })
        .await;
        let done = work.await;
        let begun = match begun {
            Some(begun) => begun,
            None => begin.await,
        };
        // What was refused at the beginning has begun a transaction all the same.
        match begun.map_err(Into::into).and(done) {
            Ok(done) => match self.batch(sql::COMMIT).await {
                Ok(()) => Transacted::Done(done),
                Err(failure) if failure.ends_connection() => Transacted::Unanswered(failure),
                Err(failure) => Transacted::Undone(failure.into()),
            },
            Err(error) => {
                if self.batch(sql::ROLLBACK).await.is_err() {
                    self.sever();
                }
                Transacted::Undone(error)
            }
        }
    }

    /// Waits for an answer, but not for ever.
    async fn answer<T>(
        &self,
        whole: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Failure> {
        let answered = match timeout(self.patience, whole).await {
            Ok(answered) => answered.map_err(Failure::from),
            Err(_) => Err(Failure::Late),
        };
        let answered = if self.doubt.load(Ordering::Acquire) { Err(Failure::Doubtful) } else { answered };
        if answered.as_ref().is_err_and(Failure::ends_connection) {
            self.sever();
        }
        answered
    }

    /// The prepared form of a statement, where sessions last.
    async fn statement(
        &self,
        statement: &'static str,
        params: Params<'_>,
    ) -> Result<Option<Statement>, tokio_postgres::Error> {
        let Some(prepared) = &self.prepared else { return Ok(None) };
        let known = prepared.lock().unwrap_or_else(PoisonError::into_inner).get(statement).cloned();
        if let Some(known) = known {
            return Ok(Some(known));
        }
        let kinds: Vec<_> = params.iter().map(|value| value.kind()).collect();
        let new = self.client.prepare_typed(statement, &kinds).await?;
        prepared.lock().unwrap_or_else(PoisonError::into_inner).insert(statement, new.clone());
        Ok(Some(new))
    }
}

/// Waits for two things that are begun in this order.
async fn both<A, B>(first: impl Future<Output = A>, second: impl Future<Output = B>) -> (A, B) {
    let (mut first, mut second) = (Box::pin(first), Box::pin(second));
    let (mut one, mut other) = (None, None);
    poll_fn(|context| {
        if one.is_none()
            && let std::task::Poll::Ready(done) = first.as_mut().poll(context)
        {
            one = Some(done);
        }
        if other.is_none()
            && let std::task::Poll::Ready(done) = second.as_mut().poll(context)
        {
            other = Some(done);
        }
        match (one.take(), other.take()) {
            (Some(one), Some(other)) => std::task::Poll::Ready((one, other)),
            (first, second) => {
                (one, other) = (first, second);
                std::task::Poll::Pending
            }
        }
    })
    .await
}

/// How a transaction ended.
pub(super) enum Transacted<T> {
    /// It is committed.
    Done(T),
    /// Nothing of it is there.
    Undone(crate::store::Error),
    /// Nobody knows: the answer to the commit was lost.
    Unanswered(Failure),
}

async fn collected(rows: tokio_postgres::RowStream) -> Result<Vec<Row>, tokio_postgres::Error> {
    let mut rows = std::pin::pin!(rows);
    let mut found = Vec::new();
    while let Some(row) = poll_fn(|context| futures_core::Stream::poll_next(rows.as_mut(), context)).await {
        found.push(row?);
    }
    Ok(found)
}

async fn counted(rows: tokio_postgres::RowStream) -> Result<u64, tokio_postgres::Error> {
    let mut rows = std::pin::pin!(rows);
    while let Some(row) = poll_fn(|context| futures_core::Stream::poll_next(rows.as_mut(), context)).await {
        row?;
    }
    Ok(rows.rows_affected().unwrap_or_default())
}

/// Moves what is said over the line, until it ends. A warning of class 01000 follows a commit that was told to wait for
/// a replica no longer; it comes before the commit's answer, so whoever waits for that sees it.
async fn drive(mut line: Line, doubt: Arc<AtomicBool>, heard: Option<UnboundedSender<String>>) {
    while let Some(message) = poll_fn(|context| line.poll_message(context)).await {
        match message {
            Ok(AsyncMessage::Notice(notice)) if *notice.code() == SqlState::WARNING => {
                doubt.store(true, Ordering::Release);
            }
            Ok(AsyncMessage::Notification(said)) => {
                if let Some(heard) = &heard {
                    let _ = heard.send(said.payload().to_owned());
                }
            }
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(said = %Said::from(&error), "a connection to the database ended");
                return;
            }
        }
    }
}
