//! Archives become folders, whole or not at all.

use std::io::Write as _;

use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;

/// An archive with these files; a name that ends with a slash is a folder.
fn archive(folder: &Path, files: &[(&str, u32)]) -> PathBuf {
    let path = folder.join("archive.zip");
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    for (name, mode) in files {
        let options = SimpleFileOptions::default().unix_permissions(*mode);
        if let Some(name) = name.strip_suffix('/') {
            zip.add_directory(name, options).unwrap();
        } else {
            zip.start_file(*name, options).unwrap();
            zip.write_all(name.as_bytes()).unwrap();
        }
    }
    zip.finish().unwrap();
    path
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn everything_below_the_top_can_be_read_and_programs_run() {
    let folder = tempfile::tempdir().unwrap();
    let files =
        [("top/lib/a.jar", 0o600), ("top/bin/tool", 0o600), ("top/x", 0o700), ("top/empty/", 0o700), ("other", 0o644)];
    let archive = archive(folder.path(), &files);
    let place = folder.path().join("below").join("place");
    unpack(&archive, "top", &place, Runnable::AsMarked).unwrap();
    for (name, expected) in [("lib/a.jar", 0o644), ("bin/tool", 0o755), ("x", 0o755), ("empty", 0o755), ("lib", 0o755)]
    {
        assert_eq!(mode(&place.join(name)), expected, "{name}");
    }
    assert_eq!(fs::read_to_string(place.join("lib/a.jar")).unwrap(), "top/lib/a.jar");
    assert!(!place.join("other").exists());
    let all = folder.path().join("all");
    unpack(&archive, "top", &all, Runnable::All).unwrap();
    assert_eq!(mode(&all.join("lib/a.jar")), 0o755);
}

#[test]
fn what_is_not_whole_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("place");
    let unfinished = folder.path().join(".unpack-place");
    // What an interrupted run left.
    fs::create_dir(&unfinished).unwrap();
    fs::write(unfinished.join("half"), "x").unwrap();
    for (name, bytes) in [("no-archive.zip", &b"PK no"[..]), ("empty.zip", b"")] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let error = unpack(&path, "top", &place, Runnable::All).unwrap_err();
        assert!(error.to_string().starts_with(&format!("cannot unpack {}: ", path.display())), "{error}");
    }
    let outside = archive(folder.path(), &[("top/../../outside", 0o644)]);
    let error = unpack(&outside, "top", &place, Runnable::All).unwrap_err();
    assert!(error.to_string().ends_with(": a name leads out of the folder"), "{error}");
    assert!(!place.exists());
    assert!(!unfinished.exists());
}
