//! Where what is gathered waits for its turn.

use std::sync::{Mutex, PoisonError};

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::failure::Failure;
use crate::store::{Answer, Result};

/// A queue that refuses rather than waits.
pub(super) struct Queue<J>(Mutex<Option<mpsc::Sender<J>>>);

impl<J: 'static> Queue<J> {
    /// A queue with room for so many jobs, and its other end.
    pub(super) fn new(room: usize) -> (Queue<J>, mpsc::Receiver<J>) {
        let (sender, receiver) = mpsc::channel(room.max(1));
        (Queue(Mutex::new(Some(sender))), receiver)
    }

    /// Hands in a job at once; what comes back is only its answer, so dropping that changes nothing.
    pub(super) fn submit<T: Send + 'static>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T>>) -> J,
    ) -> Answer<'static, T> {
        let (reply, answer) = oneshot::channel();
        let sent = match self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            None => Err(Failure::Closed),
            Some(queue) => queue.try_send(job(reply)).map_err(|refused| match refused {
                TrySendError::Full(_) => Failure::QueueFull,
                TrySendError::Closed(_) => Failure::Closed,
            }),
        };
        Box::pin(async move {
            sent?;
            // A reply that is dropped unanswered was waited for too long.
            answer.await.unwrap_or_else(|_| Err(Failure::Late.into()))
        })
    }

    /// Takes no more jobs; those that were accepted can still be taken out.
    pub(super) fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
