//! Links between a phone and a server, and what goes wrong on them.

use crate::world::Seeded;

/// A way to a server: bytes there, bytes back.
pub trait Link {
    /// Sends one request and waits for the answer.
    ///
    /// # Errors
    /// [`LinkError`]; whether the server got the request is then unknown.
    fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>, LinkError>;

    /// Sends only the first part of a request and breaks off. Links that cannot do that send nothing.
    fn cut(&mut self, _request: &[u8], _at: usize) {}
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// The request or its answer was lost.
    Lost(&'static str),
    /// Nobody listens, or the connection broke.
    Unreachable(String),
    /// The server refused: HTTP status, stable code, detail.
    Refused {
        /// HTTP status.
        status: u16,
        /// The problem's code.
        code: String,
        /// Its text.
        detail: String,
    },
}

impl std::fmt::Display for LinkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Lost(what) => write!(f, "{what} was lost"),
            Self::Unreachable(why) => write!(f, "unreachable: {why}"),
            Self::Refused { status, code, detail } => write!(f, "{status} {code}: {detail}"),
        }
    }
}

impl std::error::Error for LinkError {}

/// How often each fault strikes, in percent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// The request never arrives.
    pub drop_request: u64,
    /// The request arrives, its answer does not.
    pub drop_answer: u64,
    /// The connection is cut in the middle of the request.
    pub cut: u64,
    /// The request arrives twice.
    pub double: u64,
    /// The request is held back and arrives later, after newer ones; its answer is thrown away.
    pub reorder: u64,
}

impl Faults {
    /// The hospital basement of the demo.
    pub const BASEMENT: Self = Self { drop_request: 12, drop_answer: 12, cut: 10, double: 12, reorder: 10 };
}

/// What struck, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// Requests that never arrived.
    pub dropped_requests: u64,
    /// Answers that never arrived.
    pub dropped_answers: u64,
    /// Requests cut in the middle.
    pub cut: u64,
    /// Requests that arrived twice.
    pub doubled: u64,
    /// Requests that arrived after newer ones.
    pub reordered: u64,
}

/// A link over another one, with faults.
pub struct FaultyLink<L> {
    inner: L,
    faults: Faults,
    rng: Seeded,
    held: Vec<Vec<u8>>,
    /// What has struck so far.
    pub struck: Fault,
}

impl<L: Link> FaultyLink<L> {
    /// `inner` with these faults.
    pub fn new(inner: L, faults: Faults, seed: u64) -> Self {
        Self { inner, faults, rng: Seeded::new(seed), held: Vec::new(), struck: Fault::default() }
    }

    /// From now on other faults.
    pub fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// The link below.
    pub fn inner(&mut self) -> &mut L {
        &mut self.inner
    }

    /// Lets every request that was held back arrive now.
    pub fn release(&mut self) {
        for late in std::mem::take(&mut self.held) {
            let _ = self.inner.exchange(&late);
        }
    }
}

impl<L: Link> Link for FaultyLink<L> {
    fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>, LinkError> {
        if self.rng.chance(self.faults.drop_request) {
            self.struck.dropped_requests += 1;
            return Err(LinkError::Lost("the request"));
        }
        if self.rng.chance(self.faults.cut) {
            self.struck.cut += 1;
            let at = self.rng.below(request.len() as u64) as usize;
            self.inner.cut(request, at);
            return Err(LinkError::Lost("the rest of the request"));
        }
        if self.rng.chance(self.faults.reorder) {
            self.struck.reordered += 1;
            self.held.push(request.to_vec());
            return Err(LinkError::Lost("the request (it arrives later)"));
        }
        if self.rng.chance(self.faults.double) {
            self.struck.doubled += 1;
            let _ = self.inner.exchange(request);
        }
        let answer = self.inner.exchange(request);
        if !self.held.is_empty() && self.rng.chance(50) {
            self.release();
        }
        if self.rng.chance(self.faults.drop_answer) {
            self.struck.dropped_answers += 1;
            return Err(LinkError::Lost("the answer"));
        }
        answer
    }

    fn cut(&mut self, request: &[u8], at: usize) {
        self.inner.cut(request, at);
    }
}
