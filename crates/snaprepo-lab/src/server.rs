//! Object stores and a web server on loopback, for whoever tests stores: fetched from package registries, started on
//! a free port, ended by their own handle as nodes are (`node/keeper.rs`). What each one proves, and what it does not,
//! is in `docs/guides/servers.md`.
//!
//! ```no_run
//! use snaprepo_lab::{Cache, Server, server::Kind};
//!
//! let server = Server::start(&Cache::open()?, Kind::Moto)?;
//! server.make_container("backups")?;
//! println!("{} with {:?}", server.location("backups", "prod"), server.environment());
//! server.stop()?;
//! # Ok::<(), snaprepo_lab::Error>(())
//! ```
//!
//! `install` brings a server here, `recipe` says how it is started, `start` waits for it, `ask` and `sign` talk to it:
//! by a client of our own, because what is tested may not judge itself.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    Error, Result,
    cache::Cache,
    node::{folder::RunFolder, keeper::Kept, log},
};

mod ask;
mod install;
mod recipe;
mod sign;
mod start;

pub use ask::{Answer, Ask};

/// The account that Azurite has when nothing is said, and its published key: no secret of anybody.
const AZURE_ACCOUNT: &str = "devstoreaccount1";
const AZURE_KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
/// The keys of the servers that speak S3: they live as long as a server, on loopback.
const S3_KEY: &str = "test";
const S3_SECRET: &str = "testsecret";
const S3_REGION: &str = "us-east-1";
/// What our stand-in for Google wants to see.
const GCS_TOKEN: &str = "test";

/// A server that this crate has a recipe for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// S3 on a folder: conditions, integrity, authentication and versions as Amazon has them. Ignores storage classes
    /// and encryption.
    Versitygw,
    /// S3 in memory: storage classes, encryption headers, versions. Accepts any secret and any checksum.
    Moto,
    /// The XML API of Google Cloud Storage, as far as we use it: a stand-in of ours in front of moto.
    Gcs,
    /// Azure Blob Storage in memory, by its own maker.
    Azurite,
    /// A web server: reads only, no listing.
    Nginx,
}

/// A server that runs until it is stopped or dropped.
pub struct Server {
    kind: Kind,
    port: u16,
    kept: Kept,
    folder: RunFolder,
    startup: Duration,
}

impl Kind {
    /// All of them, the quickest to install last.
    pub const ALL: [Self; 5] = [Self::Versitygw, Self::Moto, Self::Gcs, Self::Azurite, Self::Nginx];

    /// Its name: a lower-case word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Versitygw => "versitygw",
            Self::Moto => "moto",
            Self::Gcs => "gcs",
            Self::Azurite => "azurite",
            Self::Nginx => "nginx",
        }
    }

    /// The kind of this name.
    ///
    /// # Errors
    /// [`Error::UnknownServer`].
    pub fn find(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| Error::UnknownServer { name: name.to_owned() })
    }

    /// What it speaks, where it comes from, and in which version, for people.
    #[must_use]
    pub const fn summary(self) -> &'static str {
        match self {
            Self::Versitygw => "S3, versitygw 1.8.0 (go)",
            Self::Moto => "S3, moto 5.2.5 (pip)",
            Self::Gcs => "Google Cloud Storage, our stand-in before moto 5.2.5 (pip)",
            Self::Azurite => "Azure Blob Storage, Azurite 3.35.0 (npm)",
            Self::Nginx => "web server, the nginx of this machine",
        }
    }

    /// Whether it speaks S3.
    #[must_use]
    pub const fn is_s3(self) -> bool {
        matches!(self, Self::Versitygw | Self::Moto)
    }

    /// Whether it is here already, so that a start fetches nothing.
    #[must_use]
    pub fn is_installed(self, cache: &Cache) -> bool {
        install::is_installed(cache, self)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Fetches a server unless it is here.
///
/// # Errors
/// [`Error::NoProgram`] names what is missing on this machine; [`Error::Program`] when it fails.
pub fn install(cache: &Cache, kind: Kind) -> Result<()> {
    install::install(cache, kind).map(drop)
}

/// The client of S3 that others are measured against; fetched unless it is here.
///
/// # Errors
/// [`Error::NoProgram`] names what is missing on this machine; [`Error::Program`] when it fails.
pub fn s5cmd(cache: &Cache) -> Result<PathBuf> {
    install::s5cmd(cache)
}

impl Server {
    /// Starts a server on a free port of loopback and waits until it answers. Fetches it before when it is missing.
    ///
    /// # Errors
    /// [`Error::NodeEnded`] and [`Error::NotReady`] name the log, which is kept; and everything that [`install`] says.
    /// Nothing is left running.
    pub fn start(cache: &Cache, kind: Kind) -> Result<Self> {
        start::start(cache, kind)
    }

    /// What runs.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Scheme, address and port, without a slash at its end.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where requests of a client go; the account is part of it on Azure.
    #[must_use]
    pub fn endpoint(&self) -> String {
        match self.kind {
            Kind::Azurite => format!("{}/{AZURE_ACCOUNT}", self.base()),
            _ => self.base(),
        }
    }

    /// The variables with which clients get in, as each cloud's own tools name them. Nothing in them is secret: the
    /// server ends with its handle.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let pairs: &[(&'static str, &str)] = match self.kind {
            Kind::Versitygw | Kind::Moto => {
                &[("AWS_ACCESS_KEY_ID", S3_KEY), ("AWS_SECRET_ACCESS_KEY", S3_SECRET), ("AWS_REGION", S3_REGION)]
            }
            Kind::Gcs => &[("GOOGLE_OAUTH_ACCESS_TOKEN", GCS_TOKEN)],
            Kind::Azurite => &[("AZURE_STORAGE_ACCOUNT", AZURE_ACCOUNT), ("AZURE_STORAGE_KEY", AZURE_KEY)],
            Kind::Nginx => &[],
        };
        pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    }

    /// How a folder of a container is named on our command line. On a web server the container is a folder, too.
    #[must_use]
    pub fn location(&self, container: &str, folder: &str) -> String {
        let endpoint = self.endpoint();
        match self.kind {
            Kind::Versitygw | Kind::Moto => format!("s3://{container}/{folder}?endpoint={endpoint}"),
            Kind::Gcs => format!("gs://{container}/{folder}?endpoint={endpoint}"),
            Kind::Azurite => format!("az://{container}/{folder}?endpoint={endpoint}"),
            Kind::Nginx => format!("{endpoint}/{container}/{folder}"),
        }
    }

    /// Makes a bucket or container. Names of three letters or more suit all servers.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::NoAnswer`], [`Error::Io`].
    pub fn make_container(&self, container: &str) -> Result<()> {
        let ask = match self.kind {
            Kind::Nginx => {
                let folder = self.served().join(container);
                return crate::owner::create_public_folder(&folder);
            }
            Kind::Azurite => Ask::new("PUT", container, "").query("restype", "container"),
            Kind::Versitygw | Kind::Moto | Kind::Gcs => Ask::new("PUT", container, ""),
        };
        self.ask(&ask)?.success().map(drop)
    }

    /// Lets a bucket of S3 keep what is replaced or deleted.
    ///
    /// # Errors
    /// [`Error::Refused`], also by servers that do not speak S3; [`Error::NoAnswer`].
    pub fn keep_versions(&self, container: &str) -> Result<()> {
        const ENABLED: &str = "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled\
                               </Status></VersioningConfiguration>";
        self.ask(&Ask::new("PUT", container, "").query("versioning", "").body(ENABLED))?.success().map(drop)
    }

    /// Lets everybody read the objects of a container of an S3 server.
    ///
    /// # Errors
    /// When the server does not do it.
    pub fn let_everybody_read(&self, container: &str) -> Result<()> {
        let policy = serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [
                { "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{container}/*") },
                { "Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket", "Resource": format!("arn:aws:s3:::{container}") },
            ],
        });
        self.ask(&Ask::new("PUT", container, "").query("policy", "").body(&policy.to_string()))?.success().map(drop)
    }

    /// Sends a signed request of our own. Any status is an answer.
    ///
    /// # Errors
    /// [`Error::NoAnswer`].
    pub fn ask(&self, ask: &Ask) -> Result<Answer> {
        ask::ask(self, ask)
    }

    /// The folder that a web server shows. Removed when the server ends.
    #[must_use]
    pub fn served(&self) -> PathBuf {
        recipe::served(&self.folder)
    }

    /// The folder in which versitygw has a folder for each bucket, with every object as a file: what lies there is in
    /// the bucket. `None` for servers that keep their objects elsewhere. Removed when the server ends.
    #[must_use]
    pub fn buckets(&self) -> Option<PathBuf> {
        (self.kind == Kind::Versitygw).then(|| recipe::buckets(&self.folder))
    }

    /// From the start of the process to the first answer.
    #[must_use]
    pub fn startup(&self) -> Duration {
        self.startup
    }

    /// What the server writes. Removed with the server's folder unless it is kept.
    #[must_use]
    pub fn log_path(&self) -> &Path {
        &self.folder.log
    }

    /// The last lines of the log, at most `n_lines`.
    #[must_use]
    pub fn log_tail(&self, n_lines: usize) -> String {
        log::tail(&log::read_end(&self.folder.log), n_lines)
    }

    /// Lets the log outlive the server. A later start removes it after a week.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn keep_logs(&self) -> Result<()> {
        self.folder.keep()
    }

    /// Fails when the server has ended by itself.
    ///
    /// # Errors
    /// [`Error::NodeEnded`], with the log, which is kept.
    pub fn check(&mut self) -> Result<()> {
        self.folder.check(&self.kind, &mut self.kept)
    }

    /// Ends the server and removes its folder.
    ///
    /// # Errors
    /// [`Error::NodeEnded`] when it had ended by itself before.
    pub fn stop(mut self) -> Result<()> {
        let before = self.check();
        self.kept.end();
        before
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Keeps the log of a server that has ended by itself; ending and removing is done by the parts.
        let _ = self.check();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("kind", &self.kind).field("port", &self.port).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
