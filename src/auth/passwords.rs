//! Passwords, hashed with argon2id on few threads of low priority: however many password logins are offered, guests
//! log in beside them.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
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
    let mut memory = Memory::default();
    while let Some(job) = next(jobs, &mut memory) {
        match job {
            // A caller that went away needs no answer.
            Job::Hash { password, salt, answer } => {
                let _ = answer.send(memory.hash(password.expose(), &salt));
            }
            Job::Verify { password, hash, answer } => {
                let _ = answer.send(memory.is_its_password(password.expose(), hash.as_ref()));
            }
        }
    }
}

/// The next job. A thread that has to wait for it gives its memory back meanwhile.
fn next(jobs: &Mutex<Receiver<Job>>, memory: &mut Memory) -> Option<Job> {
    // Held while waiting: one thread waits for the next job, the others for their turn.
    let jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
    match jobs.try_recv() {
        Ok(job) => Some(job),
        Err(_) => {
            *memory = Memory::default();
            jobs.recv().ok()
        }
    }
}

/// The 19 MiB that a hash fills, kept from one to the next while there is a queue. Taking them from the kernel and
/// giving them back for each, at the lowest priority, would hold up every thread of the process that needs memory.
#[derive(Default)]
struct Memory(Vec<Block>);

impl Memory {
    /// A PHC string.
    fn hash(&mut self, password: &str, salt: &[u8; SALT]) -> Option<Secret<String>> {
        let (algorithm, version, params) = (Algorithm::default(), Version::default(), Params::default());
        let output = self.fill(algorithm, version, &params, password, salt)?;
        let hash = PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: ParamsString::try_from(&params).ok()?,
            salt: Some(Salt::new(salt).ok()?),
            hash: Some(output),
        };
        Some(Secret::new(hash.to_string()))
    }

    /// Without a hash, or with one that is none, the password is hashed all the same, so that an address of nobody, or
    /// of somebody without a password, costs what another's does.
    fn is_its_password(&mut self, password: &str, hash: Option<&Secret<String>>) -> bool {
        match hash.and_then(|hash| self.verify(password, hash.expose())) {
            Some(right) => right,
            None => {
                let _ = self.hash(password, &[0; SALT]);
                false
            }
        }
    }

    fn verify(&mut self, password: &str, hash: &str) -> Option<bool> {
        let hash = PasswordHash::new(hash).ok()?;
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
        let version = Version::try_from(hash.version?).ok()?;
        let found = self.fill(algorithm, version, &Params::try_from(&hash).ok()?, password, &hash.salt?)?;
        // Compares in a time that tells nothing.
        Some(found == hash.hash?)
    }

    fn fill(
        &mut self,
        algorithm: Algorithm,
        version: Version,
        params: &Params,
        password: &str,
        salt: &[u8],
    ) -> Option<Output> {
        let mut out = [0; Output::MAX_LENGTH];
        let out = out.get_mut(..params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN))?;
        self.0.resize(params.block_count(), Block::new());
        let argon2 = Argon2::new(algorithm, version, params.clone());
        argon2.hash_password_into_with_memory(password.as_bytes(), salt, out, &mut self.0).ok()?;
        Output::new(out).ok()
    }
}

#[cfg(test)]
mod tests {
    use argon2::PasswordHasher;

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

    #[test]
    fn memory_that_held_another_hash_makes_the_same_one() {
        let mut memory = Memory::default();
        let first = memory.hash("correct horse", &[1; SALT]).unwrap();
        let _ = memory.hash("another", &[2; SALT]).unwrap();
        assert_eq!(memory.hash("correct horse", &[1; SALT]).unwrap().expose(), first.expose());
        let plain = Argon2::default().hash_password_with_salt(b"correct horse", &[1; SALT]).unwrap();
        assert_eq!(first.expose(), &plain.to_string(), "as the library makes it");
        assert!(memory.is_its_password("correct horse", Some(&first)));
        for broken in
            ["", "secret", "$argon2id$v=19$m=19456,t=2,p=1$", "$scrypt$ln=1$c2FsdHNhbHQ$aGFzaGhhc2g"]
        {
            let broken = Secret::new(broken.to_owned());
            assert!(!memory.is_its_password("correct horse", Some(&broken)));
        }
    }
}
