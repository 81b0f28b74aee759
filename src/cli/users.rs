//! `passerby users`.

mod change;
mod delete;
mod expire;
mod filter;
mod list;
mod pending;
mod set_data;
mod show;

use std::path::PathBuf;

use clap::Subcommand;

use super::failure::CliError;
use crate::model::UserId;

#[derive(Subcommand)]
pub(super) enum UsersCommand {
    /// Lists users, the oldest first.
    List(list::ListArgs),
    /// Shows a user with its sessions and devices.
    Show(show::ShowArgs),
    /// Refuses users: their sessions end, and they cannot log in.
    Disable(change::ChangeArgs),
    /// Lets disabled users log in again; ended sessions stay ended.
    Enable(change::ChangeArgs),
    /// Ends every session of users. A guest cannot come back.
    Revoke(change::ChangeArgs),
    /// Removes users for good, with their identities and sessions: those who are named, or all that a filter meets.
    Delete(delete::DeleteArgs),
    /// Sets what the app keeps of a user: told in each new access token, and to functions.
    SetData(set_data::SetDataArgs),
    /// Lists registered addresses that are nobody yet: not confirmed, or never logged in.
    Pending(pending::PendingArgs),
    /// Confirms a registered address in its owner's stead.
    Confirm(pending::RegistrationArgs),
    /// Removes a registered address that is nobody yet; it can be registered anew.
    PendingDelete(pending::RegistrationArgs),
    /// Removes the guests whom the app's expiry policy lets go now; the server does so by itself.
    Expire(expire::ExpireArgs),
}

pub(super) async fn users(file: Option<&PathBuf>, command: UsersCommand) -> Result<(), CliError> {
    match command {
        UsersCommand::List(args) => list::list(file, args).await,
        UsersCommand::Show(args) => show::show(file, args).await,
        UsersCommand::Disable(args) => change::change(file, args, change::Change::Disable).await,
        UsersCommand::Enable(args) => change::change(file, args, change::Change::Enable).await,
        UsersCommand::Revoke(args) => change::change(file, args, change::Change::Revoke).await,
        UsersCommand::Delete(args) => delete::delete(file, args).await,
        UsersCommand::SetData(args) => set_data::set_data(file, args).await,
        UsersCommand::Pending(args) => pending::list(file, args).await,
        UsersCommand::Confirm(args) => pending::confirm(file, args).await,
        UsersCommand::PendingDelete(args) => pending::delete(file, args).await,
        UsersCommand::Expire(args) => expire::expire(file, args).await,
    }
}

fn user_id(text: &str) -> Result<UserId, String> {
    text.parse().map_err(|_| "expected a user id: 24 hex digits".to_owned())
}
