//! Guests who come and go on one connection until the server dies, and what must be true of them afterwards.

use std::io;
use std::sync::mpsc::Sender;

use super::{DELETE, PROFILE, SESSION, login_target, text};
use crate::support::{Line, Seeded};

/// How a guest stands, as far as the server answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    In,
    LoggedOut,
    Deleted,
    /// Asked to be logged out; the server died before it answered.
    LeavingUnanswered,
    /// Asked to be deleted; the server died before it answered.
    DeletingUnanswered,
}

/// A guest whose login was answered.
#[derive(Clone, Debug)]
pub(super) struct Guest {
    pub(super) user: String,
    pub(super) state: State,
    access: String,
    refresh: String,
}

impl Guest {
    pub(super) fn log_in(line: &mut Line, app: &str) -> io::Result<Guest> {
        let reply = line.ask("POST", &login_target(app), &[], b"")?;
        assert_eq!(reply.status, 200, "{reply:?}");
        Ok(Guest {
            user: text(&reply, "user_id"),
            state: State::In,
            access: text(&reply, "access_token"),
            refresh: text(&reply, "refresh_token"),
        })
    }

    fn refresh(&self, line: &mut Line) -> io::Result<()> {
        let reply = line.ask_with_token("POST", SESSION, &self.refresh)?;
        assert_eq!(reply.status, 201, "{self:?}: {reply:?}");
        Ok(())
    }

    fn log_out(&mut self, line: &mut Line) -> io::Result<()> {
        self.state = State::LeavingUnanswered;
        let reply = line.ask_with_token("DELETE", SESSION, &self.refresh)?;
        assert_eq!(reply.status, 204, "{self:?}: {reply:?}");
        self.state = State::LoggedOut;
        Ok(())
    }

    fn delete(&mut self, line: &mut Line) -> io::Result<()> {
        self.state = State::DeletingUnanswered;
        let reply = line.ask_with_token("DELETE", DELETE, &self.access)?;
        assert_eq!(reply.status, 204, "{self:?}: {reply:?}");
        self.state = State::Deleted;
        Ok(())
    }

    /// Asks the server how the guest stands. What it never answered may have happened or not, but not by half: both
    /// tokens say the same, and from now on it stays so.
    pub(super) fn check(&mut self, line: &mut Line) -> io::Result<()> {
        let refreshed = line.ask_with_token("POST", SESSION, &self.refresh)?;
        let profile = line.ask_with_token("GET", PROFILE, &self.access)?;
        match (refreshed.status, profile.status) {
            (201, 200) => {
                assert_eq!(text(&profile, "user_id"), self.user);
                if matches!(self.state, State::LeavingUnanswered | State::DeletingUnanswered) {
                    self.state = State::In;
                }
                assert_eq!(self.state, State::In, "{self:?} came back: {refreshed:?}");
            }
            (401, 401) => {
                self.state = match self.state {
                    State::LeavingUnanswered | State::LoggedOut => State::LoggedOut,
                    State::DeletingUnanswered | State::Deleted => State::Deleted,
                    State::In => panic!("{self:?} was answered and is lost: {refreshed:?}"),
                };
                assert_eq!(text(&refreshed, "error"), "invalid session: failed to find refresh token");
            }
            _ => panic!("{self:?} is there by half: {refreshed:?} {profile:?}"),
        }
        Ok(())
    }
}

/// Guests come, refresh, leave and delete themselves on a connection of their own, until the server dies. Tells of
/// every answer.
pub(super) fn come_and_go(
    authority: &str,
    app: &str,
    chance: &Seeded,
    guests: &mut Vec<Guest>,
    answers: &Sender<()>,
) {
    let mut turn = |line: &mut Line| -> io::Result<()> {
        let staying: Vec<usize> = (0..guests.len()).filter(|&n| guests[n].state == State::In).collect();
        let chosen = if staying.is_empty() { None } else { Some(staying[chance.index(staying.len())]) };
        match (chance.index(20), chosen) {
            (0..=2, Some(n)) => guests[n].refresh(line),
            (3..=4, Some(n)) => guests[n].log_out(line),
            (5, Some(n)) => guests[n].delete(line),
            _ => Guest::log_in(line, app).map(|guest| guests.push(guest)),
        }
    };
    // The server may be dead before the connection is made.
    let Ok(mut line) = Line::open(authority) else { return };
    while turn(&mut line).is_ok() {
        if answers.send(()).is_err() {
            return;
        }
    }
}
