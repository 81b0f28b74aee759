//! `anon-user`: no credential, so every login is somebody new.

use crate::model::{Dice, Timestamp, UserId, anonymous_identity_id};

/// A guest who just came in.
pub(crate) struct Guest {
    /// The new user.
    pub(crate) user: UserId,
    /// The id of its one identity.
    pub(crate) identity: String,
}

/// Makes somebody new.
pub(crate) fn arrive(dice: &dyn Dice, now: Timestamp) -> Guest {
    let user = UserId(dice.object_id(now));
    Guest { user, identity: anonymous_identity_id(user) }
}
