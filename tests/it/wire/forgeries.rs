//! Every kind of token there is, and what is to be thought of each.

use passerby::auth::{Presented, UserChange};
use serde_json::{Value, json};

use super::forge::{Keys, claims, edited, encode, es256, header, hs256, hs256_header, signature, unsigned};
use super::town::{Resident, Town};
use super::verdict::*;
use crate::support::PUBLIC_URL;

impl Town {
    pub(super) async fn tokens(&self) -> Vec<Token> {
        let mut tokens = Tokens(nonsense());
        for (n, guest) in self.guests.iter().enumerate() {
            tokens.both(&format!("a good token of app {n}"), guest, n, Good, Good);
        }
        self.ended(&mut tokens).await;
        self.forged(&mut tokens).await;
        tokens.0
    }

    /// Tokens of users and sessions that are over in every way.
    async fn ended(&self, tokens: &mut Tokens) {
        let (auth, app) = (&self.house.auth, &self.apps[0]);
        let out = self.log_in(0).await;
        let token = Presented::read(&out.of_house.refresh).unwrap();
        auth.log_out(&auth.refresh_caller(app, &token).await.unwrap()).await.unwrap();
        tokens.both("a logged out session's", &out, 0, ACCESS_BAD, REFRESH_OVER);

        let deleted = self.log_in(0).await;
        let token = Presented::read(&deleted.access).unwrap();
        auth.delete_self(&auth.access(app, &token).await.unwrap()).await.unwrap();
        tokens.both("a user's who deleted itself", &deleted, 0, ACCESS_BAD, REFRESH_OVER);

        for (name, changes) in [
            ("a revoked session's", &[UserChange::Revoke][..]),
            ("a disabled user's", &[UserChange::Disable]),
            ("a user's who was enabled again", &[UserChange::Disable, UserChange::Enable]),
            ("a user's whom an administrator deleted", &[UserChange::Delete]),
        ] {
            let guest = self.log_in(0).await;
            for change in changes {
                auth.change_user(app, guest.of_house.user, *change).await.unwrap();
            }
            tokens.both(name, &guest, 0, ACCESS_BAD, REFRESH_OVER);
        }
    }

    /// Tokens that were never given to anybody.
    async fn forged(&self, tokens: &mut Tokens) {
        let mut keys = Vec::new();
        for app in &self.apps {
            keys.push(Keys::steal(&*self.house.store, app).await);
        }
        let (one, two) = (&keys[0], &keys[1]);
        let (standard, original) = (&self.guests[0].access, &self.guests[2].access);
        let refresh = &self.guests[0].of_house.refresh;
        let (access_claims, refresh_claims) = (claims(standard), claims(refresh));
        tokens.confused_algorithms(one, &access_claims, &refresh_claims);
        tokens.confused_keys(one, two, &access_claims);
        tokens.edited(standard, refresh, &claims(&self.guests[1].access));
        let other = self.log_in(0).await;
        tokens.odd_claims(one, &access_claims, &refresh_claims, &claims(&other.access));

        // In the original form nothing names a key, so only the secrets keep apps and kinds apart.
        let original_claims = claims(original);
        let of_old = |key: &[u8]| hs256(key, &hs256_header(), &original_claims);
        tokens.access(
            "an original token signed with its refresh key",
            of_old(&keys[2].refresh),
            2,
            ACCESS_BAD,
        );
        tokens.access(
            "an original token signed with another app's key",
            of_old(&one.original),
            2,
            ACCESS_BAD,
        );
        tokens.access("an original token signed as it should be", of_old(&keys[2].original), 2, Good);
        let audience = edited(&original_claims, &json!({ "aud": "old-aaaaa" }));
        let audience = hs256(&keys[2].original, &hs256_header(), &audience);
        tokens.access("an original token with an audience", audience, 2, ACCESS_BAD);
        let turned = edited(&original_claims, &json!({ "typ": "refresh" }));
        tokens.refresh(
            "an original token called refresh",
            hs256(&keys[2].original, &hs256_header(), &turned),
            2,
            REFRESH_BAD,
        );
    }
}

/// What is no token at all.
fn nonsense() -> Vec<Token> {
    let nobody = |name: &str, authorization: Option<&str>, access, refresh| Token {
        name: name.to_owned(),
        authorization: authorization.map(str::to_owned),
        of: None,
        access,
        refresh,
    };
    let mut tokens = vec![nobody("no header", None, NO_HEADER, NO_HEADER)];
    for empty in ["", "Bearer", "Bearer ", "Basic Og==", "Bearer\t", "Token x", "Bearer \u{e9}"] {
        tokens.push(nobody(&format!("the header {empty:?}"), Some(empty), ACCESS_EMPTY, REFRESH_EMPTY));
    }
    let object = encode(b"{}");
    let long = format!("{object}.{}.x", encode(&vec![b' '; 60_000]));
    for garbage in [
        "x".to_owned(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        "a.b.c".to_owned(),
        format!("{object}.{object}."),
        format!("{object}.{object}.{object}.{object}"),
        format!("{}.{}.", encode(b"null"), encode(b"[]")),
        format!("{}.{}.", encode(br#"{"alg":"none"}"#), encode(br#"{"exp":1}"#.repeat(2).as_slice())),
        long,
    ] {
        let header = format!("Bearer {garbage}");
        tokens.push(nobody(&format!("the garbage {garbage:.20}"), Some(&header), ACCESS_BAD, REFRESH_BAD));
    }
    tokens
}

struct Tokens(Vec<Token>);

impl Tokens {
    fn add(&mut self, name: &str, token: &str, of: Option<usize>, access: Verdict, refresh: Verdict) {
        let authorization = Some(format!("Bearer {token}"));
        self.0.push(Token { name: name.to_owned(), authorization, of, access, refresh });
    }

    /// A token that says it is an access token of an app.
    fn access(&mut self, name: &str, token: impl AsRef<str>, of: usize, verdict: Verdict) {
        self.add(name, token.as_ref(), Some(of), verdict, REFRESH_IS_ACCESS);
    }

    /// A token that says it is a refresh token of an app.
    fn refresh(&mut self, name: &str, token: impl AsRef<str>, of: usize, verdict: Verdict) {
        self.add(name, token.as_ref(), Some(of), ACCESS_IS_REFRESH, verdict);
    }

    fn both(&mut self, name: &str, guest: &Resident, of: usize, access: Verdict, refresh: Verdict) {
        self.access(&format!("{name} access token"), &guest.access, of, access);
        self.refresh(&format!("{name} refresh token"), &guest.of_house.refresh, of, refresh);
    }

    /// Signed with what everybody has, or with the wrong one of two secrets.
    fn confused_algorithms(&mut self, keys: &Keys, access: &Value, refresh: &Value) {
        for algorithm in
            ["none", "None", "NONE", "nOnE", "", "HS384", "HS512", "RS256", "ES384", "hs256", "EdDSA"]
        {
            let header = json!({ "alg": algorithm, "kid": keys.access_id, "typ": "JWT" });
            let by_secret = |key: &[u8], claims| hs256(key, &header, claims);
            self.access(
                &format!("{algorithm:?} without a signature"),
                format!("{}.", unsigned(&header, access)),
                0,
                ACCESS_BAD,
            );
            self.refresh(
                &format!("{algorithm:?} without a signature"),
                format!("{}.", unsigned(&header, refresh)),
                0,
                REFRESH_BAD,
            );
            self.refresh(
                &format!("{algorithm:?} with the secret"),
                by_secret(&keys.refresh, refresh),
                0,
                REFRESH_BAD,
            );
            self.access(
                &format!("{algorithm:?} with the secret"),
                by_secret(&keys.original, access),
                0,
                ACCESS_BAD,
            );
        }
        let point = keys.public();
        let jwk =
            json!({ "kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..]) });
        for (name, secret) in [
            ("the public point", point.to_vec()),
            ("the public x", point[1..33].to_vec()),
            ("the public point in base64", encode(point).into_bytes()),
            ("the public JWK", jwk.to_string().into_bytes()),
            ("the key's name", keys.access_id.clone().into_bytes()),
            ("nothing", Vec::new()),
            ("zeros", vec![0; 32]),
            ("the refresh secret", keys.refresh.clone()),
        ] {
            let header = json!({ "alg": "HS256", "kid": keys.access_id, "typ": "JWT" });
            self.access(
                &format!("HS256 with {name} as its secret"),
                hs256(&secret, &header, access),
                0,
                ACCESS_BAD,
            );
        }
        self.refresh(
            "refresh claims with the access secret",
            hs256(&keys.original, &hs256_header(), refresh),
            0,
            REFRESH_BAD,
        );
        self.refresh("refresh claims by ES256", keys.standard(refresh), 0, REFRESH_BAD);
        // A standard token's claims under HS256 have the wrong form, whoever signed them.
        self.access(
            "standard claims under HS256",
            hs256(&keys.original, &hs256_header(), access),
            0,
            ACCESS_BAD,
        );
    }

    /// Signed by somebody else, or with a key that is named wrongly.
    fn confused_keys(&mut self, one: &Keys, two: &Keys, claims: &Value) {
        let header = |kid: &Value| edited(&json!({ "alg": "ES256", "typ": "JWT" }), &json!({ "kid": kid }));
        self.access("signed by another app's key, named", two.standard(claims), 0, ACCESS_BAD);
        self.access(
            "signed by another app's key, named as ours",
            es256(&two.access, &header(&json!(one.access_id)), claims),
            0,
            ACCESS_BAD,
        );
        for kid in [
            json!(null),
            json!(""),
            json!("nobody"),
            json!("../../dev/null"),
            json!("' or 1=1"),
            json!(two.access_id),
        ] {
            self.access(
                &format!("our key, named {kid}"),
                es256(&one.access, &header(&kid), claims),
                0,
                ACCESS_BAD,
            );
        }
        let point = two.public();
        let own = json!({
            "alg": "ES256", "typ": "JWT", "kid": one.access_id,
            "jwk": { "kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..]) },
            "jku": "https://evil.example/jwks.json", "x5u": "https://evil.example/cert.pem",
        });
        self.access("a header that brings its own key", es256(&two.access, &own, claims), 0, ACCESS_BAD);
        let critical =
            json!({ "alg": "ES256", "typ": "JWT", "kid": one.access_id, "crit": ["b64"], "b64": false });
        self.access(
            "a critical header that nobody knows",
            es256(&one.access, &critical, claims),
            0,
            ACCESS_BAD,
        );
        self.access("signed as it should be", one.standard(claims), 0, Good);
        let token = one.standard(claims);
        let body = token.rsplit_once('.').unwrap().0;
        for (name, signature) in [
            ("zeros", encode(&[0; 64])),
            ("ones", encode(&[0xff; 64])),
            ("half a signature", signature(&token)[..43].to_owned()),
            ("a signature twice", signature(&token).repeat(2)),
            ("another token's signature", signature(&two.standard(claims)).to_owned()),
        ] {
            // Some of these are not base64 either: then they are no token of anybody.
            let token = format!("{body}.{signature}");
            match Presented::read(&token) {
                Some(_) => self.access(&format!("signed with {name}"), token, 0, ACCESS_BAD),
                None => self.add(&format!("signed with {name}"), &token, None, ACCESS_BAD, REFRESH_BAD),
            }
        }
    }

    /// Good tokens that were changed afterwards.
    fn edited(&mut self, access: &str, refresh: &str, other: &Value) {
        let changed = |token: &str, edits: &Value| {
            format!("{}.{}", unsigned(&header(token), &edited(&claims(token), edits)), signature(token))
        };
        for edits in [
            json!({ "sub": other["sub"] }),
            json!({ "sid": other["sid"] }),
            json!({ "exp": 9_999_999_999_i64 }),
            json!({ "admin": true }),
            json!({ "aud": null }),
        ] {
            self.access(&format!("an access token with {edits}"), changed(access, &edits), 0, ACCESS_BAD);
        }
        for edits in [
            json!({ "sub": other["sub"] }),
            json!({ "baas_id": other["sid"], "stitch_id": other["sid"] }),
            json!({ "exp": 9_999_999_999_i64 }),
        ] {
            self.refresh(&format!("a refresh token with {edits}"), changed(refresh, &edits), 0, REFRESH_BAD);
        }
        self.refresh(
            "an access token called refresh",
            changed(access, &json!({ "typ": "refresh" })),
            0,
            REFRESH_BAD,
        );
        self.access(
            "a refresh token called access",
            changed(refresh, &json!({ "typ": "access" })),
            0,
            ACCESS_BAD,
        );
        let moved = changed(access, &json!({ "baas_domain_id": other["baas_domain_id"] }));
        self.access("an access token moved to another app", moved, 1, ACCESS_BAD);
        let moved = changed(refresh, &json!({ "baas_domain_id": other["baas_domain_id"] }));
        self.refresh("a refresh token moved to another app", moved, 1, REFRESH_BAD);
        // The session of a token from elsewhere is not to be found: so SDKs forget it, and log in again.
        let elsewhere = json!({ "baas_domain_id": "606702e36fe9f75b74bf4dc7" });
        self.add(
            "an access token from elsewhere",
            &changed(access, &elsewhere),
            None,
            ACCESS_BAD,
            REFRESH_OVER,
        );
        self.add(
            "a refresh token from elsewhere",
            &changed(refresh, &elsewhere),
            None,
            ACCESS_BAD,
            REFRESH_OVER,
        );
    }

    /// Signed as they should be, with claims that the server never makes: keys that leaked must not do more than keys.
    fn odd_claims(&mut self, keys: &Keys, access: &Value, refresh: &Value, other: &Value) {
        for (edits, verdict) in [
            (json!({ "aud": "two-aaaaa" }), ACCESS_BAD),
            (json!({ "aud": null }), ACCESS_BAD),
            (json!({ "iss": null }), ACCESS_BAD),
            (json!({ "iss": format!("{PUBLIC_URL}/api/client/v2.0/app/two-aaaaa") }), ACCESS_BAD),
            (json!({ "iss": "/api/client/v2.0/app/one-aaaaa" }), ACCESS_BAD),
            // A server that moved keeps its sessions.
            (json!({ "iss": "http://localhost:8080/api/client/v2.0/app/one-aaaaa" }), Good),
            (json!({ "sub": other["sub"] }), ACCESS_BAD),
            (json!({ "sid": other["sid"] }), ACCESS_BAD),
            (json!({ "sid": null }), ACCESS_BAD),
            (json!({ "sub": null }), ACCESS_BAD),
            (json!({ "exp": 0 }), ACCESS_OVER),
            (json!({ "exp": -1 }), ACCESS_OVER),
        ] {
            self.access(
                &format!("our signature under {edits}"),
                keys.standard(&edited(access, &edits)),
                0,
                verdict,
            );
        }
        let signed = |claims: &Value| hs256(&keys.refresh, &hs256_header(), claims);
        for (edits, verdict) in [
            (json!({ "sub": other["sub"] }), REFRESH_OVER),
            (json!({ "baas_id": other["sid"] }), REFRESH_OVER),
            (json!({ "baas_id": null }), REFRESH_OVER),
            (json!({ "sub": null }), REFRESH_OVER),
            (json!({ "exp": 0 }), REFRESH_OVER),
        ] {
            self.refresh(
                &format!("our signature under {edits}"),
                signed(&edited(refresh, &edits)),
                0,
                verdict,
            );
        }
        for typ in [json!(null), json!("link"), json!("ACCESS"), json!("")] {
            let odd = edited(access, &json!({ "typ": typ }));
            self.add(
                &format!("our signature under the type {typ}"),
                &keys.standard(&odd),
                Some(0),
                ACCESS_BAD,
                REFRESH_BAD,
            );
        }
        // What cannot be read is no token of anybody.
        for edits in [
            json!({ "exp": null }),
            json!({ "exp": "9999999999" }),
            json!({ "exp": 9e99 }),
            json!({ "sub": "636a9db3" }),
            json!({ "sub": 7 }),
            json!({ "sid": { "$oid": "636a9db3bdeec4a0374030d4" } }),
            json!({ "aud": ["one-aaaaa", "two-aaaaa"] }),
            json!({ "typ": ["access"] }),
        ] {
            let token = keys.standard(&edited(access, &edits));
            self.add(&format!("our signature under {edits}"), &token, None, ACCESS_BAD, REFRESH_BAD);
        }
    }
}
