//! Google: an ID token says everything.

use serde_json::Value;

use super::{OAuth, Reach, Refusal};
use crate::auth::person::Person;

impl OAuth {
    pub(super) async fn google(
        &self,
        token: &str,
        nonce: Option<&str>,
        reach: &Reach<'_>,
    ) -> Result<Person, Refusal> {
        let claims = self.id_token(token, nonce, reach).await?;
        let text = |name: &str| claims.all.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        // Google knows addresses that it never confirmed; without its word an address is not confirmed.
        let confirmed = match claims.all.get("email_verified") {
            Some(Value::Bool(confirmed)) => *confirmed,
            Some(Value::String(word)) => word == "true",
            _ => false,
        };
        self.check_domain(text("email").filter(|_| confirmed))?;
        let data = self.data(|field| {
            let claim = match field {
                "first_name" => "given_name",
                "last_name" => "family_name",
                "name" | "email" | "picture" => field,
                _ => return None,
            };
            text(claim).map(str::to_owned)
        });
        Ok(Person { id: claims.subject, data })
    }
}
