//! Packing a written repository as the archives of `testdata/` are: tar in the order of names, owned by nobody, then
//! zstd. Files of the repository and of the remote store keep their times, because the age of a blob is part of a
//! repository; everything else is of time 0, so that an archive tells nothing about when it was packed.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use crate::error::Error;

/// The highest ordinary level: archives are packed once and fetched often.
const LEVEL: i32 = 19;
/// What is packed, in this order; the last one is there for shallow snapshots only.
const FOLDERS: [&str; 3] = ["repo", "truth", "remote"];

/// Fails unless an archive can be made under this name: known before the work, not after it.
pub(super) fn check(archive: &Path) -> Result<(), Error> {
    let refused = |kind, reason: &str| Err(write_error(archive)(io::Error::new(kind, reason)));
    if !archive.to_string_lossy().ends_with(".tar.zst") {
        return refused(io::ErrorKind::InvalidInput, "its name does not end with .tar.zst");
    }
    if archive.exists() {
        return refused(io::ErrorKind::AlreadyExists, "it exists already");
    }
    Ok(())
}

/// Packs `folder`. The archive appears as a whole: it is written beside its place, then renamed.
pub(super) fn pack(folder: &Path, archive: &Path) -> Result<(), Error> {
    if let Some(parent) = archive.parent() {
        fs::create_dir_all(parent).map_err(write_error(parent))?;
    }
    let mut partial = archive.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    write_archive(folder, &partial).map_err(write_error(archive))?;
    fs::rename(&partial, archive).map_err(write_error(archive))
}

fn write_archive(folder: &Path, archive: &Path) -> io::Result<()> {
    let mut encoder = zstd::stream::write::Encoder::new(File::create(archive)?, LEVEL)?;
    encoder.include_checksum(true)?;
    let mut tar = tar::Builder::new(encoder);
    for name in FOLDERS.iter().filter(|name| folder.join(name).is_dir()) {
        append(&mut tar, folder, Path::new(name), *name != "truth")?;
    }
    tar.into_inner()?.finish()?.flush()
}

/// Appends a file, or a folder and everything below it.
fn append<W: io::Write>(tar: &mut tar::Builder<W>, folder: &Path, path: &Path, keeps_times: bool) -> io::Result<()> {
    let source = folder.join(path);
    let metadata = fs::metadata(&source)?;
    let mut header = tar::Header::new_gnu();
    header.set_uid(0);
    header.set_gid(0);
    if !metadata.is_dir() {
        let modified = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        header.set_mtime(if keeps_times { modified.as_secs() } else { 0 });
        header.set_mode(0o644);
        header.set_size(metadata.len());
        return tar.append_data(&mut header, path, File::open(&source)?);
    }
    header.set_entry_type(tar::EntryType::Directory);
    header.set_mtime(0);
    header.set_mode(0o755);
    header.set_size(0);
    tar.append_data(&mut header, path, io::empty())?;
    let mut names = fs::read_dir(&source)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
    names.sort_unstable();
    names.iter().try_for_each(|name| append(tar, folder, &path.join(name), keeps_times))
}

fn write_error(path: &Path) -> impl FnOnce(io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |source| Error::Write { path, source }
}
