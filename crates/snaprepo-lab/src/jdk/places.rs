//! Where JDKs usually are.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

/// Folders of the system that hold homes, one each.
const OF_THE_SYSTEM: [&str; 6] =
    ["/usr/lib/jvm", "/usr/lib64/jvm", "/usr/java", "/opt/java", "/opt", "/Library/Java/JavaVirtualMachines"];
/// The same, below the person's own folder.
const OF_THE_PERSON: [&str; 4] =
    [".sdkman/candidates/java", ".jdks", ".local/share/mise/installs/java", "Library/Java/JavaVirtualMachines"];
/// Where the home is inside of such an entry: itself, or where macOS and some packages have it.
const INSIDE: [&str; 3] = ["", "Contents/Home", "libexec/openjdk.jdk/Contents/Home"];

/// Every folder of this machine that may be a home, those that the person chose first.
pub(super) fn homes(variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let mut homes: Vec<PathBuf> =
        variable("JAVA_HOME").filter(|home| !home.is_empty()).map(PathBuf::from).into_iter().collect();
    homes.extend(variable("PATH").and_then(|path| home_on_path(&path)));
    let person = variable("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    let of_the_person = person.iter().flat_map(|person| OF_THE_PERSON.iter().map(|folder| person.join(folder)));
    for folder in OF_THE_SYSTEM.iter().map(PathBuf::from).chain(of_the_person) {
        homes.extend(homes_below(&folder));
    }
    homes
}

/// The home of the `java` that a shell would run.
fn home_on_path(path: &OsString) -> Option<PathBuf> {
    let java = std::env::split_paths(path).map(|folder| folder.join("java")).find(|java| java.is_file())?;
    // Usually a link, or a link to a link.
    fs::canonicalize(java).ok()?.parent()?.parent().map(Path::to_path_buf)
}

fn homes_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    // Newest first, and not in the order of the file system.
    entries.sort_unstable_by(|one, other| other.cmp(one));
    entries.iter().flat_map(|entry| INSIDE.iter().map(|inside| entry.join(inside))).collect()
}

#[cfg(test)]
mod tests;
