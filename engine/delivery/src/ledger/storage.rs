//! Where the bytes of a ledger live.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The owner alone reads what is made here: whom a shop writes to, and when, is nobody's business.
const OURS: u32 = 0o600;

/// An append-only run of bytes.
pub trait Storage {
    /// Everything.
    fn read(&mut self) -> io::Result<Vec<u8>>;
    /// Appends; with `durable` it survives the loss of power once this returns.
    fn append(&mut self, bytes: &[u8], durable: bool) -> io::Result<()>;
    /// Cuts off what lies behind the first `len` bytes, durably.
    fn truncate(&mut self, len: u64) -> io::Result<()>;
    /// Puts `content` in the place of everything: durably, and either wholly or not at all.
    fn replace(&mut self, content: &[u8]) -> io::Result<()>;
}

/// A local file, locked against a second process.
#[derive(Debug)]
pub struct File {
    path: PathBuf,
    file: fs::File,
    /// Held as long as this lives; a file of its own, since `replace` changes the file under the name.
    _lock: fs::File,
}

impl File {
    /// Opens or creates the file; its folder must exist. Fails with `WouldBlock` if another process has it.
    pub fn open(path: &Path) -> io::Result<Self> {
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(OURS)
            .open(path.with_extension("lock"))?;
        lock.try_lock().map_err(io::Error::from)?;
        let _ = fs::remove_file(path.with_extension("new"));
        let file = Self::handle(path)?;
        sync_folder(path)?;
        Ok(Self { path: path.to_owned(), file, _lock: lock })
    }

    fn handle(path: &Path) -> io::Result<fs::File> {
        OpenOptions::new().read(true).append(true).create(true).mode(OURS).open(path)
    }
}

impl Storage for File {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.read_to_end(&mut content)?;
        Ok(content)
    }

    fn append(&mut self, bytes: &[u8], durable: bool) -> io::Result<()> {
        self.file.write_all(bytes)?;
        if durable { self.file.sync_data() } else { Ok(()) }
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.file.set_len(len)?;
        self.file.sync_all()
    }

    fn replace(&mut self, content: &[u8]) -> io::Result<()> {
        let fresh = self.path.with_extension("new");
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(OURS).open(&fresh)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&fresh, &self.path)?;
        sync_folder(&self.path)?;
        self.file = Self::handle(&self.path)?;
        Ok(())
    }
}

/// A file's name is durable only once its folder is synced.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder)?.sync_all()
}

/// Bytes in memory, for tests and the simulator: a crash keeps what was durable and any part of the rest.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    content: Vec<u8>,
    durable: usize,
}

impl Memory {
    /// A storage with this content, all of it durable.
    pub fn with(content: Vec<u8>) -> Self {
        Self { durable: content.len(), content }
    }

    /// All bytes written.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// What a loss of power leaves: the durable bytes and at most `more` of those after them.
    pub fn crashed(&self, more: usize) -> Self {
        let kept = self.content.len().min(self.durable.saturating_add(more));
        Self::with(self.content[..kept].to_vec())
    }
}

impl Storage for Memory {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        Ok(self.content.clone())
    }

    fn append(&mut self, bytes: &[u8], durable: bool) -> io::Result<()> {
        self.content.extend_from_slice(bytes);
        if durable {
            self.durable = self.content.len();
        }
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.content.truncate(usize::try_from(len).unwrap_or(usize::MAX));
        self.durable = self.content.len();
        Ok(())
    }

    fn replace(&mut self, content: &[u8]) -> io::Result<()> {
        *self = Self::with(content.to_vec());
        Ok(())
    }
}

/// A storage that several hold, so that a test can look at what a worker wrote.
impl<S: Storage> Storage for std::rc::Rc<std::cell::RefCell<S>> {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        self.borrow_mut().read()
    }

    fn append(&mut self, bytes: &[u8], durable: bool) -> io::Result<()> {
        self.borrow_mut().append(bytes, durable)
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.borrow_mut().truncate(len)
    }

    fn replace(&mut self, content: &[u8]) -> io::Result<()> {
        self.borrow_mut().replace(content)
    }
}
