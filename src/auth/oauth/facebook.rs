//! Facebook: an access token is asked about, since it says nothing itself.

use aws_lc_rs::hmac;
use serde::Deserialize;
use serde_json::Value;

use super::{OAuth, Reach, Refusal, read, unavailable};
use crate::auth::outbound::{Request, Response};
use crate::auth::person::Person;
use crate::model::hex;

/// What `debug_token` says of a token.
#[derive(Deserialize)]
struct Debugged {
    data: About,
}

#[derive(Deserialize)]
struct About {
    app_id: Option<String>,
    user_id: Option<String>,
    #[serde(default)]
    is_valid: bool,
    /// Seconds since 1970; 0 for never.
    #[serde(default)]
    expires_at: i64,
}

impl OAuth {
    /// Whoever runs another app has tokens of its users: one that was not given to ours proves nothing.
    pub(super) async fn facebook(&self, token: &str, reach: &Reach<'_>) -> Result<Person, Refusal> {
        let secret = self.secret.of(self.client_id(), "", reach.now)?;
        let app_token = format!("{}|{}", self.client_id(), secret.expose());
        let question = [("input_token", token), ("access_token", &app_token)];
        let response = self.graph("debug_token", &question, reach).await?;
        let about =
            read::<Debugged>(&response).ok_or(Refusal::Answer("debug_token's answer is unreadable"))?.data;
        let over = about.expires_at != 0 && about.expires_at <= reach.now.0;
        if response.status != 200 || !about.is_valid || over {
            return Err(Refusal::AccessToken);
        }
        if about.app_id.as_deref() != Some(self.client_id()) {
            return Err(Refusal::OtherApp);
        }
        let user = about.user_id.filter(|id| !id.is_empty()).ok_or(Refusal::AccessToken)?;
        let proof =
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes()), token.as_bytes());
        let proof = hex(proof.as_ref());
        let fields = self.graph_fields();
        let question = [("fields", &*fields), ("access_token", token), ("appsecret_proof", &proof)];
        let response = self.graph("me", &question, reach).await?;
        if response.status != 200 {
            return Err(Refusal::AccessToken);
        }
        let profile: Value = read(&response).ok_or(Refusal::Answer("the profile is unreadable"))?;
        let text = |path: &str| profile.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty());
        if text("/id") != Some(&user) {
            return Err(Refusal::Answer("the profile is somebody else's"));
        }
        // Graph gives an address only when it is confirmed.
        self.check_domain(text("/email"))?;
        let data = self.data(|field| match field {
            // An address that holds the person's token is nothing to keep.
            "picture" => {
                text("/picture/data/url").filter(|url| !url.contains("access_token=")).map(str::to_owned)
            }
            "min_age" => profile.pointer("/age_range/min").and_then(Value::as_u64).map(|age| age.to_string()),
            "max_age" => profile.pointer("/age_range/max").and_then(Value::as_u64).map(|age| age.to_string()),
            field => text(&format!("/{field}")).map(str::to_owned),
        });
        Ok(Person { id: user, data })
    }

    fn graph_fields(&self) -> String {
        let mut fields = vec!["id"];
        for field in &self.fields {
            let field = if matches!(field.as_str(), "min_age" | "max_age") { "age_range" } else { field };
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        if !self.domains.is_empty() && !fields.contains(&"email") {
            fields.push("email");
        }
        fields.join(",")
    }

    async fn graph(
        &self,
        what: &str,
        question: &[(&str, &str)],
        reach: &Reach<'_>,
    ) -> Result<Response, Refusal> {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(question).finish();
        let url = format!("{}/{what}?{query}", self.endpoints.graph);
        let response = reach.fetch.fetch(Request::get(url)).await?;
        unavailable(&response)?;
        Ok(response)
    }
}
