//! Access tokens: JWT (RFC 7519) signed with EdDSA (RFC 8037), 15 minutes long.

use super::jwt;
use crate::clock::Clock;
use crate::keys::ServerKey;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use sync_core::canonical::sha256;
use sync_core::ids::{DeviceId, UserId};
use sync_core::reference::Role;
use uuid::Uuid;

/// How long an access token lives, in seconds.
pub const LIFETIME_S: i64 = 15 * 60;
/// By how much the clocks of two servers may differ, in seconds.
const LEEWAY_S: i64 = 30;
const ISSUER: &str = "countersign";
const AUDIENCE: &str = "countersign-api";
/// No honest token is near this long.
const LONGEST: usize = 4096;
/// Verified tokens that are remembered: checking a signature costs 40 µs, looking it up one.
const REMEMBERED: usize = 4096;

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// Whose it is.
    pub sub: UserId,
    /// Until when, seconds since 1970 UTC.
    pub exp: i64,
    /// From when.
    pub nbf: i64,
    /// When it was issued.
    pub iat: i64,
    /// Its own id.
    pub jti: Uuid,
    /// The roles when it was issued: for clients to show. The server looks them up.
    pub roles: Vec<Role>,
    /// The device it is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It was good once.
    #[error("the token has expired")]
    Expired,
    /// Not ours, changed, not valid yet, another algorithm, no token at all: a stranger is not told which.
    #[error("the token is not valid")]
    Invalid,
}

/// Issues and checks access tokens.
#[derive(Clone)]
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    header: Header,
    validation: Validation,
    clock: Clock,
    verified: Arc<Mutex<HashMap<[u8; 32], Claims>>>,
}

impl Tokens {
    /// With the key that signs tokens.
    pub fn new(key: &ServerKey, clock: Clock) -> Self {
        jwt::install();
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(key.kid.clone());
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        // The times are checked against our own clock below, for remembered tokens as well.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            encoding: EncodingKey::from_ed_der(key.seed()),
            decoding: DecodingKey::from_ed_der(&hex::decode(key.public().key).unwrap_or_default()),
            header,
            validation,
            clock,
            verified: Arc::default(),
        }
    }

    /// Issues one.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] when it cannot be encoded.
    pub fn issue(&self, user: UserId, roles: &[Role], device: Option<DeviceId>) -> Result<String, TokenError> {
        let now = self.clock.now_ms() / 1000;
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: user,
            exp: now + LIFETIME_S,
            nbf: now,
            iat: now,
            jti: Uuid::now_v7(),
            roles: roles.to_vec(),
            device,
        };
        self.encode(&claims)
    }

    pub(crate) fn encode(&self, claims: &Claims) -> Result<String, TokenError> {
        jsonwebtoken::encode(&self.header, claims, &self.encoding).map_err(|_| TokenError::Invalid)
    }

    /// Checks signature, algorithm, key id, issuer, audience and times.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        if token.len() > LONGEST {
            return Err(TokenError::Invalid);
        }
        let digest = sha256(token.as_bytes());
        let known = self.verified.lock().unwrap_or_else(PoisonError::into_inner).get(&digest).cloned();
        let claims = match known {
            Some(claims) => claims,
            None => self.verify_signature(token, digest)?,
        };
        let now = self.clock.now_ms() / 1000;
        if claims.exp.saturating_add(LEEWAY_S) <= now {
            return Err(TokenError::Expired);
        }
        if claims.nbf.saturating_sub(LEEWAY_S) > now {
            return Err(TokenError::Invalid);
        }
        Ok(claims)
    }

    fn verify_signature(&self, token: &str, digest: [u8; 32]) -> Result<Claims, TokenError> {
        let data =
            jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation).map_err(|_| TokenError::Invalid)?;
        if data.header.kid != self.header.kid {
            return Err(TokenError::Invalid);
        }
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= REMEMBERED {
            verified.clear();
        }
        verified.insert(digest, data.claims.clone());
        Ok(data.claims)
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keys;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn tokens() -> (Tokens, Keys, Clock) {
        let dir = tempfile::tempdir().unwrap();
        let (keys, clock) = (Keys::open(dir.path()).unwrap(), Clock::default());
        (Tokens::new(&keys.token, clock.clone()), keys, clock)
    }
    fn user() -> UserId {
        UserId(Uuid::now_v7())
    }

    #[test]
    fn a_token_is_good_for_its_time_and_no_longer() {
        let (tokens, _, clock) = tokens();
        let device = Some(DeviceId(Uuid::now_v7()));
        let token = tokens.issue(user(), &[Role::Sales], device).unwrap();
        let claims = tokens.verify(&token).unwrap();
        assert_eq!((claims.device, claims.roles), (device, vec![Role::Sales]));
        clock.advance((LIFETIME_S + LEEWAY_S + 1) * 1000);
        assert_eq!(tokens.verify(&token), Err(TokenError::Expired));
        clock.advance(-(LIFETIME_S * 3) * 1000);
        assert_eq!(tokens.verify(&token), Err(TokenError::Invalid));
    }

    #[test]
    fn another_key_is_a_stranger() {
        let (ours, keys, clock) = tokens();
        let (theirs, ..) = tokens();
        assert_eq!(ours.verify(&theirs.issue(user(), &[], None).unwrap()), Err(TokenError::Invalid));
        // Not even this server's other key.
        let receipts = Tokens::new(&keys.receipt, clock);
        assert_eq!(ours.verify(&receipts.issue(user(), &[], None).unwrap()), Err(TokenError::Invalid));
    }

    #[test]
    fn no_algorithm_but_ours() {
        let (tokens, keys, _) = tokens();
        let good = tokens.issue(user(), &[Role::Admin], None).unwrap();
        let payload = good.split('.').nth(1).unwrap();
        for alg in ["none", "None", "HS256", "RS256", "ES256"] {
            let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{alg}","typ":"JWT","kid":"{}"}}"#, keys.token.kid));
            for signature in ["", good.rsplit('.').next().unwrap()] {
                assert_eq!(tokens.verify(&format!("{header}.{payload}.{signature}")), Err(TokenError::Invalid));
            }
        }
    }

    #[test]
    fn what_was_changed_or_is_no_token_is_refused() {
        let (tokens, ..) = tokens();
        let good = tokens.issue(user(), &[], None).unwrap();
        for i in (0..good.len()).step_by(7) {
            let mut bytes = good.clone().into_bytes();
            bytes[i] = if bytes[i] == b'A' { b'B' } else { b'A' };
            assert!(tokens.verify(&String::from_utf8(bytes).unwrap()).is_err(), "byte {i}");
        }
        for text in ["", ".", "..", "a.b.c", &"a".repeat(100_000)] {
            assert!(tokens.verify(text).is_err());
        }
    }

    #[test]
    fn issuer_audience_and_subject_are_required() {
        let (tokens, ..) = tokens();
        let good = tokens.verify(&tokens.issue(user(), &[], None).unwrap()).unwrap();
        for wrong in [Claims { iss: "other".into(), ..good.clone() }, Claims { aud: "other".into(), ..good.clone() }] {
            assert_eq!(tokens.verify(&tokens.encode(&wrong).unwrap()), Err(TokenError::Invalid));
        }
    }
}
