//! Passwords, hashed with argon2id on few threads of low priority: however many password logins are offered, guests
//! log in beside them.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::oneshot;

use super::{Error, Result};
use crate::model::{Dice, Secret};

/// Hashes that may wait, some seconds of work; more are answered with 503.
const QUEUE: usize = 64;

const SALT: usize = 16;

/// The threads that hash.
pub(super) struct Passwords {
    queue: SyncSender<Job>,
}

enum Job {
    Hash { password: Secret<String>, salt: [u8; SALT], answer: oneshot::Sender<Option<Secret<String>>> },
    Verify { password: Secret<String>, hash: Option<Secret<String>>, answer: oneshot::Sender<bool> },
}

impl Passwords {
    /// Starts the threads: one for every two processors.
    pub(super) fn start() -> Result<Passwords> {
        let (queue, jobs) = sync_channel(QUEUE);
        let jobs = Arc::new(Mutex::new(jobs));
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get().div_ceil(2));
        for n in 0..threads {
            let jobs = Arc::clone(&jobs);
            std::thread::Builder::new()
                .name(format!("password-{n}"))
                .spawn(move || work(&jobs))
                .map_err(|_| Error::Unreadable("the threads that hash passwords".to_owned()))?;
        }
        Ok(Passwords { queue })
    }

    /// Hashes a password; the answer is a PHC string.
    pub(super) async fn hash(&self, dice: &dyn Dice, password: &str) -> Result<Secret<String>> {
        let mut salt = [0; SALT];
        dice.fill(&mut salt);
        let (answer, hashed) = oneshot::channel();
        self.offer(Job::Hash { password: Secret::new(password.to_owned()), salt, answer })?;
        let hashed = hashed.await.ok().flatten();
        hashed.ok_or_else(|| Error::Unreadable("the password hasher".to_owned()))
    }

    /// Whether a password is the one of a hash; without a hash it is not, and that takes as long.
    pub(super) async fn verify(&self, password: &str, hash: Option<&Secret<String>>) -> Result<bool> {
        let (answer, verified) = oneshot::channel();
        self.offer(Job::Verify { password: Secret::new(password.to_owned()), hash: hash.cloned(), answer })?;
        Ok(verified.await.unwrap_or(false))
    }

    fn offer(&self, job: Job) -> Result<()> {
        self.queue.try_send(job).map_err(|_| Error::Busy)
    }
}

/// The lowest priority, for this thread alone. Only a wish: where it cannot be had, passwords and guests share the
/// processors evenly.
fn yield_to_others() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(19) {
        tracing::warn!(%error, "passwords are hashed at the usual priority");
    }
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    yield_to_others();
    loop {
        // Held while waiting: one thread waits for the next job, the others for their turn.
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            // A caller that went away needs no answer.
            Ok(Job::Hash { password, salt, answer }) => {
                let hashed = Argon2::default().hash_password_with_salt(password.expose().as_bytes(), &salt);
                let _ = answer.send(hashed.ok().map(|hash| Secret::new(hash.to_string())));
            }
            Ok(Job::Verify { password, hash, answer }) => {
                let _ = answer.send(is_its_password(password.expose(), hash.as_ref()));
            }
            Err(_) => return,
        }
    }
}

/// Without a hash the password is hashed all the same, so that nobody's address costs what somebody's does.
fn is_its_password(password: &str, hash: Option<&Secret<String>>) -> bool {
    let (argon2, password) = (Argon2::default(), password.as_bytes());
    match hash {
        Some(hash) => argon2.verify_password(password, hash.expose().as_str()).is_ok(),
        None => {
            let _ = argon2.hash_password_with_salt(password, &[0; SALT]);
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ObjectId, Timestamp};

    struct FixedDice;
    impl Dice for FixedDice {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
        fn object_id(&self, now: Timestamp) -> ObjectId {
            ObjectId::first_of(now)
        }
    }

    #[tokio::test]
    async fn only_the_password_of_a_hash_is_its_password() {
        let passwords = Passwords::start().unwrap();
        let hash = passwords.hash(&FixedDice, "correct horse").await.unwrap();
        assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.expose());
        assert!(passwords.verify("correct horse", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("wrong horse", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("correct horse", None).await.unwrap(), "nobody has a password");
    }
}
