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
    /// Verified in place of a credential that is not there, so that nobody's address costs the same time.
    nobody: Secret<String>,
}

enum Job {
    Hash { password: Secret<String>, salt: [u8; SALT], answer: oneshot::Sender<Option<Secret<String>>> },
    Verify { password: Secret<String>, hash: Secret<String>, answer: oneshot::Sender<bool> },
}

impl Passwords {
    /// Starts the threads: one for every two processors.
    pub(super) fn start(dice: &dyn Dice) -> Result<Passwords> {
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
        let unhashed = || Error::Unreadable("the password hasher".to_owned());
        let mut random = [0; SALT * 2];
        dice.fill(&mut random);
        let (password, salt) = random.split_at(SALT);
        let nobody = Argon2::default().hash_password_with_salt(password, salt).map_err(|_| unhashed())?;
        Ok(Passwords { queue, nobody: Secret::new(nobody.to_string()) })
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
        let against = hash.unwrap_or(&self.nobody).clone();
        self.offer(Job::Verify { password: Secret::new(password.to_owned()), hash: against, answer })?;
        let same = verified.await.unwrap_or(false);
        Ok(same && hash.is_some())
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
                let same =
                    Argon2::default().verify_password(password.expose().as_bytes(), hash.expose().as_str());
                let _ = answer.send(same.is_ok());
            }
            Err(_) => return,
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
        let passwords = Passwords::start(&FixedDice).unwrap();
        let hash = passwords.hash(&FixedDice, "correct horse").await.unwrap();
        assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.expose());
        assert!(passwords.verify("correct horse", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("wrong horse", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("\u{7}".repeat(16).as_str(), None).await.unwrap(), "nobody has a password");
    }
}
