//! The command line of each server.

use std::{ffi::OsString, fs, path::PathBuf};

use super::{AZURE_ACCOUNT, AZURE_KEY, GCS_TOKEN, Kind, S3_KEY, S3_SECRET, install::Installed};
use crate::{
    Error, Result,
    node::{folder::RunFolder, launch::Launch},
    owner,
};

/// Our stand-in for Google Cloud Storage.
const GCS: &str = include_str!("gcs_shim.py");

/// The folder that a web server shows.
pub(super) fn served(folder: &RunFolder) -> PathBuf {
    folder.data.join("served")
}

/// The folder of the buckets of versitygw.
pub(super) fn buckets(folder: &RunFolder) -> PathBuf {
    folder.data.join("buckets")
}

/// Writes what a server needs into its folder, and says how it is started. Each command line names the folder: that is
/// how a later start knows whose process was left behind.
pub(super) fn launch(kind: Kind, installed: &Installed, folder: &RunFolder, port: u16) -> Result<Launch> {
    let mut environment = environment(folder);
    let port_text = port.to_string();
    let address = format!("127.0.0.1:{port}");
    let arguments: Vec<OsString> = match kind {
        Kind::Versitygw => {
            environment.push(("ROOT_ACCESS_KEY", S3_KEY.into()));
            environment.push(("ROOT_SECRET_KEY", S3_SECRET.into()));
            let (buckets, versions) = (buckets(folder), folder.data.join("versions"));
            for part in [&buckets, &versions] {
                owner::create_public_folder(part)?;
            }
            // Without `--keep-alive` it closes every connection after a handful of requests, as no real store does.
            words(&["--port", &address, "--quiet", "--keep-alive", "posix", "--versioning-dir"], [versions, buckets])
        }
        // The option means nothing to Python; it names the folder.
        Kind::Moto => {
            let mut arguments = vec![named(folder)];
            arguments.extend(words(&["-m", "moto.server", "-H", "127.0.0.1", "-p", &port_text], []));
            arguments
        }
        Kind::Gcs => {
            let script = folder.config.join("gcs_shim.py");
            fs::write(&script, GCS).map_err(Error::io("write", &script))?;
            let mut arguments = words(&[], [script]);
            arguments.extend(words(&[&port_text, GCS_TOKEN], []));
            arguments
        }
        Kind::Azurite => {
            environment.push(("AZURITE_ACCOUNTS", format!("{AZURE_ACCOUNT}:{AZURE_KEY}").into()));
            let mut arguments = words(&[], installed.script.clone());
            arguments.extend(words(
                &["--silent", "--disableTelemetry", "--skipApiVersionCheck", "--inMemoryPersistence"],
                [],
            ));
            arguments.extend(words(&["--blobHost", "127.0.0.1", "--blobPort", &port_text], []));
            arguments
        }
        Kind::Nginx => {
            let served = served(folder);
            owner::create_public_folder(&served)?;
            let config = folder.config.join("nginx.conf");
            fs::write(&config, nginx_config(folder, port)).map_err(Error::io("write", &config))?;
            let mut arguments = words(&["-p"], [folder.root.clone()]);
            arguments.extend(words(&["-e", "stderr", "-c"], [config]));
            arguments
        }
    };
    Ok(Launch { program: installed.program.clone(), arguments, environment, owner: None })
}

fn words(texts: &[&str], paths: impl IntoIterator<Item = PathBuf>) -> Vec<OsString> {
    texts.iter().map(OsString::from).chain(paths.into_iter().map(PathBuf::into_os_string)).collect()
}

fn named(folder: &RunFolder) -> OsString {
    format!("-Xsnaprepo={}/", folder.root.display()).into()
}

/// Little of ours: above all no proxy, and no credentials of the user.
fn environment(folder: &RunFolder) -> Vec<(&'static str, OsString)> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
    let temporary = folder.temporary.clone().into_os_string();
    vec![("PATH", path), ("LANG", "C.UTF-8".into()), ("HOME", temporary.clone()), ("TMPDIR", temporary)]
}

fn nginx_config(folder: &RunFolder, port: u16) -> String {
    let temporary = folder.temporary.display();
    let places: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|what| format!("  {what}_temp_path \"{temporary}/{what}\";\n"))
        .collect();
    // Its workers are to be us: the folder is ours. Only root may say so.
    let user = if rustix::process::geteuid().is_root() { "user root root;\n" } else { "" };
    format!(
        "{user}daemon off;\npid \"{temporary}/nginx.pid\";\nerror_log stderr warn;\nworker_processes 1;\n\
         events {{ worker_connections 256; }}\n\
         http {{\n  access_log off;\n  default_type application/octet-stream;\n{places}\
         \x20 server {{ listen 127.0.0.1:{port}; root \"{served}\"; autoindex off; }}\n}}\n",
        served = served(folder).display(),
    )
}
