//! How the configuration of an app changes: by whom, in a draft or at once, and what was live before.
//!
//! | file | what is in it |
//! | --- | --- |
//! | `author` | whose change it is |
//! | `change` | one change, of a draft or of what is live |
//! | `drafts` | changes that wait |
//! | `history` | deployments, and back to an old one |
//! | `refusal` | what is refused of a part |
//! | `apps` | an app is made, an app goes |

mod apps;
mod author;
mod change;
mod drafts;
mod history;
mod refusal;

pub use apps::FreshApp;
pub use author::Author;
pub use change::{Shown, Snapshot};
pub use drafts::Draft;
pub use history::{DeployConfig, Deployed};
pub use refusal::{PartKind, PartRefusal};
