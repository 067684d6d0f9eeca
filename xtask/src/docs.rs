//! Writes what is made from the code: parts of `docs/`, and manual pages.

use std::{fs, path::Path};

use clap_mangen::Man;

use crate::{error::Error, workspace::Workspace};

/// Writes the generated parts of `docs/`.
pub(crate) fn write(workspace: &Workspace) -> Result<(), Error> {
    for (path, content) in snaprepo::reference::files() {
        let path = workspace.root.join(path);
        save(&path, content.as_bytes())?;
        println!("{}", path.display());
    }
    Ok(())
}

/// Writes a manual page for each verb under `target/man`.
pub(crate) fn man(workspace: &Workspace) -> Result<(), Error> {
    let folder = workspace.root.join("target/man");
    let mut command = snaprepo::command();
    command.build();
    page(&folder.join("snaprepo.1"), "snaprepo", command.clone())?;
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        let name = format!("snaprepo-{}", verb.get_name());
        page(&folder.join(format!("{name}.1")), &name, verb.clone())?;
    }
    println!("{}", folder.display());
    Ok(())
}

fn page(path: &Path, title: &str, command: clap::Command) -> Result<(), Error> {
    let mut text = Vec::new();
    Man::new(command)
        .title(title)
        .render(&mut text)
        .map_err(|source| Error::Write { path: path.to_owned(), source })?;
    save(path, &text)
}

fn save(path: &Path, content: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(|source| Error::Write { path: folder.to_owned(), source })?;
    fs::write(path, content).map_err(|source| Error::Write { path: path.to_owned(), source })
}
