//! Memory and CPU of this process, from Linux's `/proc`.

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
    fn this_process_has_memory() {
        assert!(read().expect("/proc").resident > 100_000);
    }
}
