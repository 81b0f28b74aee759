//! Apple: an ID token says who it is, and perhaps an address, which may be a relay's.

use serde_json::{Map, Value};

use super::{OAuth, Reach, Refusal};
use crate::auth::person::Person;

impl OAuth {
    pub(super) async fn apple(
        &self,
        token: &str,
        nonce: Option<&str>,
        reach: &Reach<'_>,
    ) -> Result<Person, Refusal> {
        let claims = self.id_token(token, nonce, reach).await?;
        let email = claims.all.get("email").filter(|email| email.as_str().is_some_and(|e| !e.is_empty()));
        let data: Map<String, Value> =
            email.map(|email| ("email".to_owned(), email.clone())).into_iter().collect();
        Ok(Person { id: claims.subject, data })
    }
}
