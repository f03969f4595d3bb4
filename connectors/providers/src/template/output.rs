//! A buffer with a limit.

use std::io;

/// The most bytes that one part may become: 256 KiB.
pub const MAX_OUTPUT: usize = 256 * 1024;

/// Collects output and fails when it would pass [`MAX_OUTPUT`].
#[derive(Default)]
pub(super) struct Capped {
    bytes: Vec<u8>,
    full: bool,
}

impl Capped {
    /// Whether the limit was met.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// What was written.
    pub(super) fn into_string(self) -> Option<String> {
        String::from_utf8(self.bytes).ok()
    }
}

impl io::Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.full || self.bytes.len() + bytes.len() > MAX_OUTPUT {
            self.full = true;
            return Err(io::Error::other("the output is too long"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
