//! What was set last: a mail to three people and two looks at the page are one rendering.

use super::Layout;
use std::sync::Arc;

/// The file's SHA-256 and how it is laid out.
pub(super) type Key = (String, Layout);

/// Most bytes kept.
const LARGEST: usize = 4 * 1024 * 1024;

/// PDFs, the one used last at the end.
#[derive(Debug, Default)]
pub(super) struct Cache {
    kept: Vec<(Key, Arc<[u8]>)>,
    bytes: usize,
}

impl Cache {
    pub(super) fn get(&mut self, key: &Key) -> Option<Arc<[u8]>> {
        let place = self.kept.iter().position(|(k, _)| k == key)?;
        let found = self.kept.remove(place);
        let pdf = Arc::clone(&found.1);
        self.kept.push(found);
        Some(pdf)
    }

    pub(super) fn put(&mut self, key: Key, pdf: Arc<[u8]>) {
        if pdf.len() > LARGEST {
            return;
        }
        self.bytes += pdf.len();
        self.kept.push((key, pdf));
        while self.bytes > LARGEST {
            let (_, oldest) = self.kept.remove(0);
            self.bytes -= oldest.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receipts::pdf::Languages;

    fn key(n: usize) -> Key {
        (n.to_string(), Layout { languages: Languages::En, public_url: String::new(), token: None, seal: None })
    }

    #[test]
    fn what_was_not_used_longest_goes_first() {
        let mut cache = Cache::default();
        let half: Arc<[u8]> = vec![0; LARGEST / 2].into();
        cache.put(key(1), half.clone());
        cache.put(key(2), half.clone());
        assert!(cache.get(&key(1)).is_some());
        cache.put(key(3), half);
        assert!(cache.get(&key(2)).is_none() && cache.get(&key(1)).is_some() && cache.get(&key(3)).is_some());
        cache.put(key(4), vec![0; LARGEST + 1].into());
        assert!(cache.get(&key(4)).is_none() && cache.bytes <= LARGEST);
    }
}
