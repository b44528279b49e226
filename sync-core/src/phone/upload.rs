//! Photos on their way to the server: which part of which one is next, and what an answer means. Sans-I/O, and without a
//! memory on disk: a phone that was killed asks the server how far it has come.

use crate::blob::CHUNK_BYTES;
use std::collections::BTreeMap;

/// How often bytes that did not arrive as they were sent are sent again before that is given up.
const TRIES: u8 = 3;

/// What is known of one photo on its way.
#[derive(Clone, Debug, Default)]
struct Standing {
    size: u64,
    /// How much the server has; `None` before it was asked.
    offset: Option<u64>,
    /// The server waits for it by its own word.
    awaited: bool,
    /// Not before the next sync: the server does not know of it yet.
    waits: bool,
    /// How often it arrived spoilt.
    spoilt: u8,
    refused: bool,
}

/// The photos that this phone still has to bring to the server.
#[derive(Clone, Debug, Default)]
pub struct Uploads {
    photos: BTreeMap<String, Standing>,
}

/// What to ask of the server next, at `/api/v1/blobs/{sha256}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// How far it has come: `HEAD`.
    Ask {
        /// The photo, SHA-256 in lower-case hex.
        sha256: String,
    },
    /// These bytes of the photo: `PATCH` with `Upload-Offset: from`.
    Send {
        /// The photo, SHA-256 in lower-case hex.
        sha256: String,
        /// The first byte, from 0.
        from: u64,
        /// The byte after the last.
        until: u64,
    },
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The server has all of it on its disk: the bytes here may go.
    Confirmed,
    /// There is more to send or to ask.
    GoOn,
    /// The server cannot take it now: another sync comes first, or some time.
    Later {
        /// Seconds to wait, where the server says so.
        seconds: Option<u32>,
    },
    /// The server will not take it as it is; the bytes stay here.
    Refused,
}

impl Uploads {
    /// A photo that the server may not have yet.
    pub fn add(&mut self, sha256: &str, size: u64) {
        self.photos.entry(sha256.to_owned()).or_insert_with(|| Standing { size, ..Standing::default() });
    }

    /// A photo that is no longer to be sent.
    pub fn remove(&mut self, sha256: &str) {
        self.photos.remove(sha256);
    }

    /// What a sync brought: photos that the server waits for come first, and what had to wait for the sync is tried again.
    pub fn heard(&mut self, awaited: &[String]) {
        for (sha256, photo) in &mut self.photos {
            photo.waits = false;
            photo.awaited = awaited.contains(sha256);
        }
    }

    /// How many photos are not known to be on the server, and how many bytes of them.
    pub fn left(&self) -> (usize, u64) {
        self.left_of(|_| true)
    }

    /// As [`Uploads::left`], of those that `mine` says yes to.
    pub fn left_of(&self, mine: impl Fn(&str) -> bool) -> (usize, u64) {
        let of = self.photos.iter().filter(|(sha256, _)| mine(sha256));
        of.fold((0, 0), |(n, bytes), (_, p)| (n + 1, bytes + p.size.saturating_sub(p.offset.unwrap_or(0))))
    }

    /// What to ask of the server next: what was begun first, then what it waits for. `None` when there is nothing, or
    /// nothing before the next sync. Asking changes nothing.
    pub fn next(&self) -> Option<Part> {
        self.next_of(|_| true)
    }

    /// As [`Uploads::next`], of those that `mine` says yes to: photos of several devices go with each its own token.
    pub fn next_of(&self, mine: impl Fn(&str) -> bool) -> Option<Part> {
        let open = self.photos.iter().filter(|(sha256, p)| !p.waits && !p.refused && mine(sha256));
        let (sha256, photo) = open.min_by_key(|(_, p)| (p.offset.unwrap_or(0) == 0, !p.awaited))?;
        let sha256 = sha256.clone();
        let chunk = CHUNK_BYTES as u64;
        // Small ones are sent right away: if the server has it, its answer says so as well.
        let from = match photo.offset {
            None if photo.size > chunk => return Some(Part::Ask { sha256 }),
            offset => offset.unwrap_or(0),
        };
        // All of it was sent, and the server has not said that it is whole.
        if from >= photo.size {
            return Some(Part::Ask { sha256 });
        }
        Some(Part::Send { sha256, from, until: photo.size.min(from.saturating_add(chunk)) })
    }

    /// The server's answer to what [`Uploads::next`] said: its status, and the headers `Upload-Offset`, `Upload-Complete`
    /// and `Retry-After` where it has them. A request that had no answer is simply made again.
    pub fn answered(
        &mut self,
        sha256: &str,
        status: u16,
        offset: Option<&str>,
        complete: Option<&str>,
        retry_after: Option<&str>,
    ) -> Answered {
        let Some(photo) = self.photos.get_mut(sha256) else { return Answered::GoOn };
        let offset: Option<u64> = offset.and_then(|o| o.trim().parse().ok()).filter(|o| *o <= photo.size);
        let later = Answered::Later { seconds: retry_after.and_then(|s| s.trim().parse().ok()) };
        match (status, offset) {
            (200 | 204, Some(at)) if complete.is_some_and(|c| c.trim() == "?1") && at == photo.size => {
                self.photos.remove(sha256);
                Answered::Confirmed
            }
            // Whole, and yet not complete: it will not become so by itself.
            (200 | 204 | 409, Some(at)) if at < photo.size => {
                photo.offset = Some(at);
                Answered::GoOn
            }
            (404, _) => {
                (photo.waits, photo.offset) = (true, None);
                later
            }
            (422, _) if photo.spoilt < TRIES => {
                (photo.spoilt, photo.offset) = (photo.spoilt + 1, None);
                Answered::GoOn
            }
            (413 | 415 | 422, _) => {
                photo.refused = true;
                Answered::Refused
            }
            // A token that ended, too much, too busy, or an answer that is none of this server's.
            _ => {
                photo.offset = None;
                later
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNK: u64 = CHUNK_BYTES as u64;

    fn one(size: u64) -> Uploads {
        let mut uploads = Uploads::default();
        uploads.add("a", size);
        uploads
    }

    fn send(sha256: &str, from: u64, until: u64) -> Option<Part> {
        Some(Part::Send { sha256: sha256.into(), from, until })
    }

    #[test]
    fn a_large_one_goes_part_by_part_from_where_the_server_is() {
        let mut up = one(2 * CHUNK + 5);
        assert_eq!(up.next(), Some(Part::Ask { sha256: "a".into() }));
        // The phone was killed before: the server has a part already.
        assert_eq!(up.answered("a", 204, Some("100"), Some("?0"), None), Answered::GoOn);
        assert_eq!(up.next(), send("a", 100, CHUNK + 100));
        // The answer was lost; the same again is told where to go on.
        assert_eq!(up.next(), send("a", 100, CHUNK + 100));
        let at = (CHUNK + 100).to_string();
        assert_eq!(up.answered("a", 409, Some(&at), Some("?0"), None), Answered::GoOn);
        assert_eq!(up.next(), send("a", CHUNK + 100, 2 * CHUNK + 5));
        assert_eq!(up.left(), (1, CHUNK - 95));
        let end = (2 * CHUNK + 5).to_string();
        assert_eq!(up.answered("a", 204, Some(&end), Some("?1"), None), Answered::Confirmed);
        assert_eq!((up.next(), up.left()), (None, (0, 0)));
    }

    #[test]
    fn only_the_servers_word_that_it_is_whole_confirms() {
        for (status, offset, complete) in [
            (204, Some("10"), None),
            (204, Some("10"), Some("?0")),
            (204, None, Some("?1")),
            (204, Some("9"), Some("?1")),
            (204, Some("11"), Some("?1")),
            (200, None, None),
            (301, Some("10"), Some("?1")),
            (502, Some("10"), Some("?1")),
        ] {
            let mut up = one(10);
            assert_ne!(up.answered("a", status, offset, complete, None), Answered::Confirmed, "{status} {offset:?}");
            assert!(up.next().is_some());
        }
    }

    #[test]
    fn what_the_server_does_not_know_waits_for_the_next_sync() {
        let mut up = one(10);
        up.add("b", 10);
        assert_eq!(up.answered("a", 404, None, None, None), Answered::Later { seconds: None });
        assert_eq!(up.next(), send("b", 0, 10));
        up.answered("b", 404, None, None, None);
        assert_eq!(up.next(), None);
        up.heard(&["b".into()]);
        assert_eq!(up.next(), send("b", 0, 10), "what the server waits for comes first");
    }

    #[test]
    fn a_server_that_is_busy_is_asked_again_and_one_that_refuses_is_not() {
        let mut up = one(10);
        for status in [401, 429, 500, 503] {
            assert_eq!(up.answered("a", status, None, None, Some("7")), Answered::Later { seconds: Some(7) });
            assert_eq!(up.next(), send("a", 0, 10));
        }
        for _ in 0..TRIES {
            assert_eq!(up.answered("a", 422, None, None, None), Answered::GoOn);
        }
        assert_eq!(up.answered("a", 422, None, None, None), Answered::Refused);
        assert_eq!((up.next(), up.left()), (None, (1, 10)), "its bytes are still only here");
        let mut up = one(10);
        assert_eq!(up.answered("a", 415, None, None, None), Answered::Refused);
        assert_eq!(up.next(), None);
    }
}
