//! What the system knows about the processes of a node. Only where there is a `/proc`; elsewhere nothing is known.

use std::{fs, path::Path};

/// The memory of all processes of a group, each at its highest, in bytes.
pub(super) fn peak_rss_bytes(group: u32) -> u64 {
    let peak = |pid: String| high_water_bytes(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?);
    members(group).filter_map(peak).sum()
}

/// Whether a process of the group has this folder, or something below it, in its command line.
pub(super) fn is_started_with(group: u32, folder: &Path) -> bool {
    let folder = format!("{}/", folder.display());
    members(group).any(|pid| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&folder)
    })
}

fn members(group: u32) -> impl Iterator<Item = String> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let pids = names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
    pids.filter(move |pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        group_of(&stat) == Some(group)
    })
}

/// From the line `stat` of a process: number, name in brackets, state, parent, group. The name may hold anything.
fn group_of(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.split(' ').nth(2)?.parse().ok()
}

/// From the text `status` of a process. Kernel threads and processes that have ended have no such line.
fn high_water_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests;
