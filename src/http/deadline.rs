//! A request's body, which must have arrived by a deadline: whoever sends a head and then nothing would otherwise keep
//! a place among the requests under way for as long as a slow answer may take.

use std::future::{Pending, pending};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::time::Timeout;

/// The body did not arrive in time.
#[derive(Debug, thiserror::Error)]
#[error("the body did not arrive in time")]
struct Late;

/// A body with a deadline.
struct Punctual {
    body: Body,
    limit: Duration,
    /// Set when the body is first waited for: most were sent together with their heads and never need it.
    deadline: Option<Pin<Box<Timeout<Pending<()>>>>>,
}

/// A body that fails unless it ends within `limit` of being waited for.
pub(super) fn within(limit: Duration, body: Body) -> Body {
    if body.is_end_stream() { body } else { Body::new(Punctual { body, limit, deadline: None }) }
}

impl HttpBody for Punctual {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        let limit = this.limit;
        let deadline = this.deadline.get_or_insert_with(|| Box::pin(tokio::time::timeout(limit, pending())));
        // It has nothing to wait for but its end.
        let _ = ready!(deadline.as_mut().poll(cx));
        Poll::Ready(Some(Err(axum::Error::new(Late))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
