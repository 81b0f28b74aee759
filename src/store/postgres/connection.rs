//! One connection: its driver, its statements, and when it is given up.
//!
//! A connection is never trusted after an answer that did not come in time: it is dropped without a word, since a
//! cancelled commit would be answered as if it were done while it waits for a replica.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;
use tokio_postgres::error::SqlState;
use tokio_postgres::{AsyncMessage, Client, Row, Statement};

use super::address::{Address, Line};
use super::bind::{Bind, Bound, Params, borrowed};
use super::failure::{Failure, Said};
use super::pool::within;
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
        Ok(self.answer(self.say(statement, params)).await?.changed)
    }

    /// The rows of a query: none when it asks for a text that cannot be there.
    pub(super) async fn rows(&self, query: &'static str, params: Params<'_>) -> Result<Vec<Row>, Failure> {
        if is_nowhere(query, params)? {
            return Ok(Vec::new());
        }
        Ok(self.answer(self.say(query, params)).await?.rows)
    }

    /// Says a statement, and waits for all of its answer.
    async fn say(&self, statement: &'static str, params: Params<'_>) -> Result<Told, tokio_postgres::Error> {
        let bound: Vec<Bound<'_>> = params.iter().map(|value| Bound(*value)).collect();
        match self.statement(statement, params).await? {
            Some(statement) => told(self.client.query_raw(&statement, &bound).await?).await,
            None => {
                let typed = bound.iter().map(|value| (value, value.0.kind()));
                told(self.client.query_typed_raw(statement, typed).await?).await
            }
        }
    }

    /// Says statements one behind the other, and waits for all of their answers: one round trip. Each sees what those
    /// before it waited for. Of a query that asks for a text that cannot be there, nothing is said.
    pub(super) async fn together<const N: usize>(
        &self,
        statements: [(&'static str, Params<'_>); N],
    ) -> Result<[Told; N], Failure> {
        self.prepare(&statements).await?;
        let mut answers =
            all(statements.iter().map(|said| self.one_of_several(said)).collect()).await.into_iter();
        let mut found = [const { Told::NOTHING }; N];
        for (place, answer) in found.iter_mut().zip(&mut answers) {
            *place = answer?;
        }
        Ok(found)
    }

    /// Prepares what is not yet, so that none of several statements overtakes another.
    async fn prepare(&self, statements: &[(&'static str, Params<'_>)]) -> Result<(), Failure> {
        let all = async {
            for (statement, params) in statements {
                self.statement(statement, params).await?;
            }
            Ok(())
        };
        self.answer(all).await
    }

    fn one_of_several<'a>(&'a self, (statement, params): &'a (&'static str, Params<'a>)) -> Telling<'a> {
        Box::pin(async move {
            if is_nowhere(statement, params)? {
                return Ok(Told::NOTHING);
            }
            self.answer(self.say(statement, params)).await
        })
    }

    /// The same of a query that was put together for this one time.
    pub(super) async fn rows_once(&self, query: &str, params: Params<'_>) -> Result<Vec<Row>, Failure> {
        if is_nowhere(query, params)? {
            return Ok(Vec::new());
        }
        let bound: Vec<Bound<'_>> = params.iter().map(|value| Bound(*value)).collect();
        let typed = bound.iter().map(|value| (value, value.0.kind()));
        Ok(self.answer(async { told(self.client.query_typed_raw(query, typed).await?).await }).await?.rows)
    }

    /// Runs a statement that was put together for this one time.
    pub(super) async fn run_once(&self, statement: &str, params: Params<'_>) -> Result<u64, Failure> {
        let bound: Vec<Bound<'_>> = params.iter().map(|value| Bound(*value)).collect();
        let typed = bound.iter().map(|value| (value, value.0.kind()));
        Ok(self
            .answer(async { told(self.client.query_typed_raw(statement, typed).await?).await })
            .await?
            .changed)
    }

    /// Whether a query returns any row.
    pub(super) async fn exists(&self, query: &'static str, params: Params<'_>) -> Result<bool, Failure> {
        Ok(!self.rows(query, params).await?.is_empty())
    }

    /// Runs statements without parameters, one after the other.
    pub(super) async fn batch(&self, statements: &str) -> Result<(), Failure> {
        self.answer(self.client.batch_execute(statements)).await
    }

    /// Does something in a transaction of its own. What begins it travels with the first statement, and what `last`
    /// says when all is done with the commit.
    pub(super) async fn transaction<T, F>(
        &self,
        begin: &str,
        work: F,
        last: impl FnOnce() -> Option<Last>,
    ) -> Transacted<T>
    where
        F: Future<Output = crate::store::Result<T>>,
    {
        let mut begin = Box::pin(self.batch(begin));
        let mut begun = None;
        poll_fn(|context| {
            if let Poll::Ready(done) = begin.as_mut().poll(context) {
                begun = Some(done);
            }
            Poll::Ready(())
        })
        .await;
        let done = work.await;
        let begun = match begun {
            Some(begun) => begun,
            None => begin.await,
        };
        // What was refused at the beginning has begun a transaction all the same.
        let done = match begun.map_err(Into::into).and(done) {
            Ok(done) => self.ready(last()).await.map(|last| (done, last)).map_err(Into::into),
            Err(error) => Err(error),
        };
        let error = match done {
            Ok((done, last)) => match self.commit(last).await {
                Ok(()) => return Transacted::Done(done),
                Err(failure) if failure.ends_connection() => return Transacted::Unanswered(failure),
                Err(failure) => failure.into(),
            },
            Err(error) => error,
        };
        if self.batch(sql::ROLLBACK).await.is_err() {
            self.sever();
        }
        Transacted::Undone(error)
    }

    /// Prepares a last statement: when that fails, nothing was committed.
    async fn ready(&self, last: Option<Last>) -> Result<Option<Last>, Failure> {
        if let Some(Last { statement, params }) = &last {
            self.prepare(&[(*statement, &borrowed(params)[..])]).await?;
        }
        Ok(last)
    }

    /// Commits behind a last statement. When that was refused so was the commit, whatever became of its answer.
    async fn commit(&self, last: Option<Last>) -> Result<(), Failure> {
        let Some(Last { statement, params }) = last else { return self.batch(sql::COMMIT).await };
        let params = borrowed(&params);
        let last = (statement, &params[..]);
        let commit = Box::pin(async { self.batch(sql::COMMIT).await.map(|()| Told::NOTHING) });
        all(vec![self.one_of_several(&last), commit])
            .await
            .into_iter()
            .try_for_each(|answer| answer.map(drop))
    }

    /// Waits for an answer, but not for ever.
    async fn answer<T>(
        &self,
        whole: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Failure> {
        let answered = match within(self.patience, whole).await {
            Some(answered) => answered.map_err(Failure::from),
            None => Err(Failure::Late),
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
        let kinds: Vec<_> = params.iter().map(Bind::kind).collect();
        let new = self.client.prepare_typed(statement, &kinds).await?;
        prepared.lock().unwrap_or_else(PoisonError::into_inner).insert(statement, new.clone());
        Ok(Some(new))
    }
}

/// What is said last in a transaction.
pub(super) struct Last {
    pub(super) statement: &'static str,
    pub(super) params: Vec<Box<dyn Bind + Send + Sync>>,
}

/// What a statement was answered.
pub(super) struct Told {
    pub(super) rows: Vec<Row>,
    /// How many rows it changed.
    pub(super) changed: u64,
}

impl Told {
    const NOTHING: Told = Told { rows: Vec::new(), changed: 0 };
}

type Telling<'a> = Pin<Box<dyn Future<Output = Result<Told, Failure>> + Send + 'a>>;

/// Whether a statement asks for a text that cannot be there. One that would write such a text is refused.
fn is_nowhere(statement: &str, params: Params<'_>) -> Result<bool, Failure> {
    match params.iter().any(Bind::is_nowhere) {
        true if statement.starts_with("select") || statement.starts_with("delete") => Ok(true),
        true => Err(Failure::Nul),
        false => Ok(false),
    }
}

/// Waits for several things that are begun in this order.
async fn all(mut under_way: Vec<Telling<'_>>) -> Vec<Result<Told, Failure>> {
    let mut done: Vec<_> = under_way.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (done, under_way) in done.iter_mut().zip(&mut under_way).filter(|(done, _)| done.is_none()) {
            if let Poll::Ready(answer) = under_way.as_mut().poll(context) {
                *done = Some(answer);
            }
        }
        if done.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
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

async fn told(rows: tokio_postgres::RowStream) -> Result<Told, tokio_postgres::Error> {
    let mut rows = std::pin::pin!(rows);
    let mut found = Vec::new();
    while let Some(row) = poll_fn(|context| futures_core::Stream::poll_next(rows.as_mut(), context)).await {
        found.push(row?);
    }
    Ok(Told { rows: found, changed: rows.rows_affected().unwrap_or_default() })
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
