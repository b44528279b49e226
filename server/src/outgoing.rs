//! Requests that the server itself makes: to a time-stamping authority, to a hook for text messages. Bounded in time and size,
//! without redirects, and nothing of an address but its host in an error.

use std::time::Duration;

/// What is posted.
pub(crate) struct Post {
    pub(crate) url: String,
    pub(crate) content_type: &'static str,
    /// A secret to show.
    pub(crate) bearer: Option<String>,
    pub(crate) body: Vec<u8>,
    /// The largest answer, in bytes.
    pub(crate) largest: usize,
    /// How long all of it may take.
    pub(crate) patience: Duration,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OutgoingError {
    /// No connection, or none in time.
    #[error("{0}")]
    Unreachable(String),
    /// Another status than 2xx.
    #[error("the status {0}")]
    Status(u16),
    /// The answer is larger than it may be.
    #[error("the answer is too large")]
    TooLarge,
}

/// Posts, away from the async workers, and returns the answer's body.
pub(crate) async fn post(post: Post) -> Result<Vec<u8>, OutgoingError> {
    tokio::task::spawn_blocking(move || blocking(&post))
        .await
        .unwrap_or_else(|e| Err(OutgoingError::Unreachable(e.to_string())))
}

fn blocking(post: &Post) -> Result<Vec<u8>, OutgoingError> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(post.patience))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent("countersign")
        .build()
        .into();
    let mut request = agent.post(&post.url).header("Content-Type", post.content_type);
    if let Some(secret) = &post.bearer {
        request = request.header("Authorization", format!("Bearer {secret}"));
    }
    let mut response = request.send(&post.body[..]).map_err(|e| unreachable(&e))?;
    if !response.status().is_success() {
        return Err(OutgoingError::Status(response.status().as_u16()));
    }
    let limit = u64::try_from(post.largest).unwrap_or(u64::MAX);
    response.body_mut().with_config().limit(limit).read_to_vec().map_err(|e| match e {
        ureq::Error::BodyExceedsLimit(_) => OutgoingError::TooLarge,
        e => unreachable(&e),
    })
}

/// An error's kind without its words, which may hold the address.
fn unreachable(e: &ureq::Error) -> OutgoingError {
    OutgoingError::Unreachable(match e {
        ureq::Error::Io(e) => e.kind().to_string(),
        ureq::Error::Timeout(_) => "it took too long".to_owned(),
        ureq::Error::HostNotFound => "its host is not known".to_owned(),
        ureq::Error::ConnectionFailed => "no connection".to_owned(),
        ureq::Error::BadUri(_) => "its address is none".to_owned(),
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => "its TLS does not hold".to_owned(),
        _ => "the connection broke".to_owned(),
    })
}
