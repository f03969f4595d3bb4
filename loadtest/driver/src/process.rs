//! What a process has used, read from `/proc`: Linux only, no privileges for one's own processes.

use crate::Error;

/// Clock ticks a second in `/proc/*/stat`: 100 on every Linux platform (`USER_HZ`).
const TICKS: f64 = 100.0;

/// A process to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Process {
    /// This one.
    Own,
    /// The calling thread alone: for its CPU seconds.
    Thread,
    /// Another one, by its id.
    Id(u32),
}

impl Process {
    fn read(self, file: &str) -> Result<String, Error> {
        let path = self.path(file);
        std::fs::read_to_string(&path).map_err(Error::io(path))
    }

    fn path(self, file: &str) -> String {
        match self {
            Process::Own => format!("/proc/self/{file}"),
            Process::Thread => format!("/proc/thread-self/{file}"),
            Process::Id(id) => format!("/proc/{id}/{file}"),
        }
    }

    /// CPU seconds so far, user and system, of all its threads; in steps of 10 ms.
    pub fn cpu_seconds(self) -> Result<f64, Error> {
        let text = self.read("stat")?;
        cpu_of(&text).ok_or_else(|| Error::Config("/proc/*/stat reads differently here".into()))
    }

    /// The greatest resident memory so far, bytes.
    pub fn peak_rss(self) -> Result<u64, Error> {
        self.status("VmHWM:")
    }

    /// The resident memory now, bytes.
    pub fn rss(self) -> Result<u64, Error> {
        self.status("VmRSS:")
    }

    fn status(self, name: &str) -> Result<u64, Error> {
        Ok(number_after(&self.read("status")?, name).unwrap_or(0) * 1_024)
    }

    /// Bytes that it made the kernel write to storage.
    pub fn written(self) -> Result<u64, Error> {
        Ok(number_after(&self.read("io")?, "write_bytes:").unwrap_or(0))
    }

    /// Makes the greatest resident memory begin anew.
    pub fn reset_peak(self) -> Result<(), Error> {
        let path = self.path("clear_refs");
        std::fs::write(&path, "5").map_err(Error::io(path))
    }
}

/// Memory that processes may still take on this machine, bytes.
pub fn available() -> Result<u64, Error> {
    let path = "/proc/meminfo";
    let text = std::fs::read_to_string(path).map_err(Error::io(path))?;
    Ok(number_after(&text, "MemAvailable:").unwrap_or(0) * 1_024)
}

/// utime and stime, the 14th and 15th field; the second, the name, is in parentheses and may contain anything.
fn cpu_of(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some((user + system) as f64 / TICKS)
}

fn number_after(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_parentheses_does_not_shift_the_fields() {
        let stat =
            "4711 (a) b (c) S 1 4711 4711 0 -1 4194560 100 0 0 0 250 50 7 8 20 0 1 0 12345 1000 10";
        assert_eq!(cpu_of(stat), Some(3.0));
        assert_eq!(cpu_of("nonsense"), None);
    }

    #[test]
    fn our_own_figures_are_there() {
        let own = Process::Own.cpu_seconds().unwrap();
        assert!(Process::Id(std::process::id()).cpu_seconds().unwrap() >= own);
        assert!(Process::Thread.cpu_seconds().unwrap() <= Process::Own.cpu_seconds().unwrap());
        assert!(Process::Own.rss().unwrap() > 0);
        assert!(available().unwrap() > Process::Own.rss().unwrap() / 100);
        assert!(Process::Own.peak_rss().unwrap() >= Process::Own.rss().unwrap() / 2);
        assert_eq!(
            Process::Id(std::process::id()).written().unwrap(),
            Process::Own.written().unwrap()
        );
        assert_eq!(number_after("rchar: 5\nwrite_bytes: 4096\n", "write_bytes:"), Some(4_096));
    }
}
