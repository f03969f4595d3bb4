//! Memory, CPU and disk of this process, as the kernel sees them.

use std::path::Path;

/// Clock ticks a second in `/proc/self/stat`: part of Linux's interface to user space on every architecture that we build for.
const TICKS: f64 = 100.0;

/// What the kernel says of this process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Process {
    /// Resident memory in bytes.
    pub resident: u64,
    /// CPU time in seconds, user and system.
    pub cpu: f64,
}

/// Reads the current figures; none where there is no `/proc`.
pub fn read() -> Option<Process> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    Some(Process { resident: resident(&status)?, cpu: cpu(&stat)? })
}

fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Fields 14 and 15; counted behind the last `)`, because the second field is the program's name and may hold anything.
fn cpu(stat: &str) -> Option<f64> {
    let mut fields = stat[stat.rfind(')')? + 1..].split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some((user + system) as f64 / TICKS)
}

/// Memory that this process may use, in bytes: the smallest limit of its control groups (version 2), else the machine's memory.
pub fn memory_limit() -> Option<u64> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let group = groups.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or_default();
    let root = Path::new("/sys/fs/cgroup");
    let limits = root
        .join(group)
        .ancestors()
        .take_while(|dir| dir.starts_with(root))
        .filter_map(|dir| std::fs::read_to_string(dir.join("memory.max")).ok()?.trim().parse().ok())
        .collect::<Vec<u64>>();
    let machine = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| total(&text));
    limits.into_iter().chain(machine).min()
}

fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Room left for us and the size of the file system of `dir`, in bytes.
pub fn disk(dir: &Path) -> Option<(u64, u64)> {
    let found = rustix::fs::statvfs(dir).ok()?;
    Some((found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_fields_behind_an_awkward_name() {
        assert_eq!(
            cpu("12 (a) b) S 1 12 12 0 -1 4194560 99 0 0 0 250 50 7 7 20 0 4 0 1 2 3"),
            Some(3.0)
        );
        assert_eq!(resident("Name:\tx\nVmRSS:\t    2048 kB\n"), Some(2 * 1024 * 1024));
        assert_eq!((cpu("nonsense"), resident("")), (None, None));
    }

    #[test]
    fn there_is_memory_and_room() {
        assert_eq!(total("MemTotal:  2048 kB\nMemFree: 1 kB\n"), Some(2 << 20));
        let limit = memory_limit().expect("a limit");
        assert!(limit > read().expect("/proc").resident);
        let (free, size) = disk(Path::new("/")).expect("a file system");
        assert!(free <= size && size > 0);
        assert_eq!(disk(Path::new("/no/such/folder")), None);
    }

    #[test]
    fn this_process_has_memory() {
        assert!(read().expect("/proc").resident > 100_000);
    }
}
