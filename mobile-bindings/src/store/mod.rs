//! The durable encrypted store of native hosts: one redb file (docs/adr/0008). A batch is written in one transaction that
//! is on disk (fsync) before [`Store::write`] returns; a crash at any instruction, a torn write or a full disk leaves the
//! last committed state.
//!
//! ```text
//! table about    "form" → 4 bytes, big-endian    "key" → the data key, sealed with the host's key
//! table entries  32-byte slot → sealed name and value         read all at the start
//! table bytes    32-byte slot → sealed name and photo         read when they are asked for
//! ```

mod keys;
#[cfg(test)]
mod tests;

use self::keys::EntryKeys;
use crate::disk::Disk;
use crate::error::PhoneError;
use crate::seal::{self, Key};
use redb::{Builder, Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};
use std::path::{Path, PathBuf};
use sync_core::phone::Write;

/// The form of the store that this version writes.
const FORM: u32 = 1;
/// redb's default of 1 GiB is made for servers.
const CACHE_BYTES: usize = 4 * 1024 * 1024;
/// Names of what is read only when it is asked for.
const BYTES_PREFIX: &str = "b/";

const ABOUT: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("about");
const ENTRIES: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("entries");
const BYTES: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("bytes");

/// Where the file comes from.
type Opener = Box<dyn Fn() -> Result<Database, PhoneError> + Send>;

/// An open store.
pub(crate) struct Store {
    /// `None` after a failure, until it is opened again.
    database: Option<Database>,
    opener: Opener,
    keys: EntryKeys,
}

impl Store {
    /// Opens the store at `path`, or makes one where there is none.
    ///
    /// # Errors
    /// `store_wrong_key`, `store_too_new`, `store_in_use`, `store_damaged`, `store_failed`; the store is as it was.
    pub(crate) fn open(path: &Path, host_key: &Key) -> Result<Self, PhoneError> {
        if !path.try_exists().map_err(|e| failed(redb::Error::Io(e)))? {
            make(path, host_key)?;
        }
        // Opening for writing marks the file. A wrong key and an older app shall not leave even that; only a file that was
        // not closed properly must be repaired before anything can be read from it.
        match builder().open_read_only(path) {
            Err(redb::DatabaseError::RepairAborted) => {}
            Err(e) => return Err(failed(e)),
            Ok(database) => drop(data_key(&database, host_key)?),
        }
        let path = path.to_owned();
        Self::unlock(Box::new(move || builder().open(&path).map_err(failed)), host_key)
    }

    fn unlock(opener: Opener, host_key: &Key) -> Result<Self, PhoneError> {
        let database = opener()?;
        let data_key = data_key(&database, host_key)?;
        Ok(Self { database: Some(database), opener, keys: EntryKeys::new(&data_key) })
    }

    fn database(&self) -> Result<&Database, PhoneError> {
        self.database.as_ref().ok_or_else(|| PhoneError::store("store_closed", &[]))
    }

    fn commit(&self, writes: &[Write]) -> Result<(), PhoneError> {
        let mut transaction = self.database()?.begin_write().map_err(failed)?;
        transaction.set_durability(Durability::Immediate).map_err(failed)?;
        // The second phase costs another fsync and makes a torn header impossible rather than improbable.
        transaction.set_two_phase_commit(true);
        {
            let mut entries = transaction.open_table(ENTRIES).map_err(failed)?;
            let mut bytes = transaction.open_table(BYTES).map_err(failed)?;
            for write in writes {
                let (name, value) = match write {
                    Write::Put(name, value) => (name, Some(self.keys.seal(name, value)?)),
                    Write::Delete(name) => (name, None),
                };
                let table = if name.starts_with(BYTES_PREFIX) { &mut bytes } else { &mut entries };
                let slot = self.keys.slot(name);
                match &value {
                    Some(value) => table.insert(&slot[..], &value[..]).map(drop),
                    None => table.remove(&slot[..]).map(drop),
                }
                .map_err(failed)?;
            }
        }
        transaction.commit().map_err(failed)
    }

    /// Encrypts everything anew under a fresh data key, which `host_key` then opens; in one transaction.
    fn encrypt_anew(&self, host_key: &Key) -> Result<EntryKeys, PhoneError> {
        let data_key = keys::fresh()?;
        let keys = EntryKeys::new(&data_key);
        let mut transaction = self.database()?.begin_write().map_err(failed)?;
        transaction.set_durability(Durability::Immediate).map_err(failed)?;
        transaction.set_two_phase_commit(true);
        for definition in [ENTRIES, BYTES] {
            let mut table = transaction.open_table(definition).map_err(failed)?;
            let slots: Result<Vec<Vec<u8>>, _> =
                table.iter().map_err(failed)?.map(|e| e.map(|(slot, _)| slot.value().to_vec())).collect();
            for slot in slots.map_err(failed)? {
                // One at a time: a photo may be large, and all of them larger than memory.
                let Some(old) = table.remove(&slot[..]).map_err(failed)?.map(|v| v.value().to_vec()) else { continue };
                let (name, value) = self.keys.open(&slot, &old).ok_or_else(|| damaged("an entry"))?;
                let sealed = keys.seal(&name, &value)?;
                table.insert(&keys.slot(&name)[..], &sealed[..]).map_err(failed)?;
            }
        }
        describe(&transaction, &data_key, host_key)?;
        transaction.commit().map_err(failed)?;
        Ok(keys)
    }
}

impl Disk for Store {
    fn load(&mut self) -> Result<Vec<(String, Vec<u8>)>, PhoneError> {
        let transaction = self.database()?.begin_read().map_err(failed)?;
        let table = transaction.open_table(ENTRIES).map_err(failed)?;
        let mut all = Vec::new();
        for entry in table.iter().map_err(failed)? {
            let (slot, sealed) = entry.map_err(failed)?;
            all.push(self.keys.open(slot.value(), sealed.value()).ok_or_else(|| damaged("an entry"))?);
        }
        all.sort();
        Ok(all)
    }

    fn write(&mut self, writes: &[Write]) -> Result<(), PhoneError> {
        let done = self.commit(writes);
        if done.is_err() {
            // What a failed fsync left behind is known only after opening the file again.
            self.database = None;
        }
        done
    }

    fn bytes(&self, name: &str) -> Result<Option<Vec<u8>>, PhoneError> {
        let transaction = self.database()?.begin_read().map_err(failed)?;
        let table = transaction.open_table(BYTES).map_err(failed)?;
        let slot = self.keys.slot(name);
        let Some(sealed) = table.get(&slot[..]).map_err(failed)? else { return Ok(None) };
        let (_, value) = self.keys.open(&slot, sealed.value()).ok_or_else(|| damaged("a photo"))?;
        Ok(Some(value))
    }

    fn rotate(&mut self, host_key: &[u8]) -> Result<(), PhoneError> {
        match self.encrypt_anew(&seal::key(host_key)?) {
            Ok(keys) => {
                self.keys = keys;
                Ok(())
            }
            Err(e) => {
                self.database = None;
                Err(e)
            }
        }
    }

    fn is_open(&self) -> bool {
        self.database.is_some()
    }

    fn reopen(&mut self) -> Result<(), PhoneError> {
        // The file must be let go of before it can be opened again.
        self.database = None;
        self.database = Some((self.opener)()?);
        Ok(())
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

/// Makes an empty store beside `path` and moves it there when it is whole: a crash leaves no half of one.
fn make(path: &Path, host_key: &Key) -> Result<(), PhoneError> {
    let io = |e: std::io::Error| failed(redb::Error::Io(e));
    let draft: PathBuf = {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        path.with_file_name(name)
    };
    match std::fs::remove_file(&draft) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io(e)),
        _ => {}
    }
    let database = builder().create(&draft).map_err(failed)?;
    begin(&database, host_key)?;
    database.close().map_err(failed)?;
    std::fs::File::open(&draft).and_then(|f| f.sync_all()).map_err(io)?;
    std::fs::rename(&draft, path).map_err(io)?;
    // The name itself must survive, too.
    let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(directory).and_then(|d| d.sync_all()).map_err(io)
}

/// The tables of an empty store.
fn begin(database: &Database, host_key: &Key) -> Result<(), PhoneError> {
    let data_key = keys::fresh()?;
    let transaction = database.begin_write().map_err(failed)?;
    for table in [ENTRIES, BYTES] {
        transaction.open_table(table).map_err(failed)?;
    }
    describe(&transaction, &data_key, host_key)?;
    transaction.commit().map_err(failed)
}

fn describe(transaction: &redb::WriteTransaction, data_key: &Key, host_key: &Key) -> Result<(), PhoneError> {
    let mut about = transaction.open_table(ABOUT).map_err(failed)?;
    about.insert("form", &FORM.to_be_bytes()[..]).map_err(failed)?;
    let sealed = keys::seal(host_key, &key_context(FORM), &**data_key)?;
    about.insert("key", &sealed[..]).map_err(failed)?;
    Ok(())
}

fn key_context(form: u32) -> Vec<u8> {
    format!("countersign/store key/{form}").into_bytes()
}

/// The store's data key, if this version can read the store and `host_key` opens it.
fn data_key(database: &impl ReadableDatabase, host_key: &Key) -> Result<Key, PhoneError> {
    let transaction = database.begin_read().map_err(failed)?;
    let about = transaction.open_table(ABOUT).map_err(failed)?;
    let get = |name: &str| about.get(name).map_err(failed).map(|v| v.map(|v| v.value().to_vec()));
    let form = get("form")?.and_then(|v| v.try_into().ok()).map(u32::from_be_bytes).ok_or_else(|| damaged("form"))?;
    if form > FORM {
        let parameters = [("found", form.to_string()), ("known", FORM.to_string())];
        return Err(PhoneError::store("store_too_new", &parameters));
    }
    let sealed = get("key")?.ok_or_else(|| damaged("key"))?;
    let open =
        seal::open(host_key, &key_context(form), &sealed).ok_or_else(|| PhoneError::store("store_wrong_key", &[]))?;
    seal::key(&open)
}

fn damaged(what: &str) -> PhoneError {
    PhoneError::store("store_damaged", &[("what", what.to_owned())])
}

fn failed(e: impl Into<redb::Error>) -> PhoneError {
    match e.into() {
        redb::Error::DatabaseAlreadyOpen => PhoneError::store("store_in_use", &[]),
        redb::Error::Io(e) if e.kind() == std::io::ErrorKind::InvalidData => damaged(&e.to_string()),
        e @ (redb::Error::Corrupted(_)
        | redb::Error::TableDoesNotExist(_)
        | redb::Error::TableTypeMismatch { .. }
        | redb::Error::UpgradeRequired(_)) => damaged(&e.to_string()),
        e => PhoneError::store("store_failed", &[("why", e.to_string())]),
    }
}
