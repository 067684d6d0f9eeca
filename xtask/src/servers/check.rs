//! `servers check`: the contract of stores on every server, through our own client, what only some of them can show,
//! and the answers of the built program.

use std::time::Instant;

use snaprepo_cloud::{CloudStore, Conditional, Environment, Key, OpenFault, Origin, Settings, Target, open};
use snaprepo_codec::BlobPath;
use snaprepo_lab::{
    Cache, Error as LabError, Server,
    server::{Ask, Kind},
    snaprepo::Snaprepo,
};
use snaprepo_store::{LocalStore, ReadStore, RemoteErrorKind, StoreError, StoreErrorKind, WriteStore as _};
use snaprepo_testkit::contract::{self, Absent, Folders, Promises};

use super::{deleting, outputs};
use crate::{error::Error, process::Came};

/// The container that every server gets, and one that keeps versions.
const CONTAINER: &str = "contract";
const VERSIONED: &str = "versioned";

/// Checks these servers, one after the other, and prints what each took and what it did not keep.
pub(crate) fn run(snaprepo: &Snaprepo, kinds: &[Kind]) -> Result<Came, Error> {
    let cache = Cache::open()?;
    let (mut n_breaches, mut lacks) = (0, Vec::new());
    for kind in kinds {
        let begun_at = Instant::now();
        let server = match Server::start(&cache, *kind) {
            Ok(server) => server,
            Err(error @ LabError::NoProgram { .. }) => {
                println!("{kind}: left out: {error}");
                lacks.push(error.to_string());
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let ready_seconds = begun_at.elapsed().as_secs_f64();
        let (asked_at, mut trial) = (Instant::now(), Trial { server: &server, breaches: Vec::new() });
        trial.run()?;
        trial.outputs(snaprepo)?;
        let breaches = trial.breaches;
        let (start, took) = (server.startup().as_secs_f64(), asked_at.elapsed().as_secs_f64());
        println!(
            "{kind:<10} {:>2} breaches; here after {ready_seconds:.1} s, {start:.1} s of it to start; asked for {took:.1} s",
            breaches.len()
        );
        for breach in &breaches {
            println!("  {breach}");
        }
        n_breaches += breaches.len();
        if !breaches.is_empty() {
            server.keep_logs()?;
            println!("  its log: {}", server.log_path().display());
        }
        server.stop()?;
    }
    match (n_breaches, lacks.is_empty()) {
        (0, true) => Ok(Came::Done),
        (0, false) => Ok(Came::Absent(lacks.join("; "))),
        _ => Err(Error::Contract { n_breaches }),
    }
}

/// One server under examination.
struct Trial<'s> {
    server: &'s Server,
    breaches: Vec<String>,
}

impl Trial<'_> {
    fn run(&mut self) -> Result<(), Error> {
        self.server.make_container(CONTAINER)?;
        if self.server.kind() == Kind::Nginx {
            return self.web();
        }
        let store = self.open(CONTAINER, &[], &[])?;
        self.probe(&store);
        let delete_many = |paths: &[_]| store.delete_many(paths);
        // S3 does not tell whether there was anything to delete.
        let absent_delete = if self.server.kind().is_s3() { Absent::IsFine } else { Absent::IsError };
        let promises = Promises { absent_delete, delete_many: Some(&delete_many), ..Promises::object_store() };
        let breaches = contract::check(&store, &path("a folder/of+ours %"), &promises);
        self.breaches.extend(breaches.iter().map(ToString::to_string));
        self.absent_container()?;
        // Moto believes everybody.
        if self.server.kind() != Kind::Moto {
            self.wrong_secret()?;
        }
        if self.server.kind() == Kind::Moto {
            self.headers()?;
            self.archived()?;
        }
        if self.server.kind().is_s3() {
            self.versions()?;
        }
        Ok(())
    }

    /// Every verb answers as it does about a folder.
    fn outputs(&mut self, snaprepo: &Snaprepo) -> Result<(), Error> {
        let breaches = outputs::check(self.server, snaprepo, &|container| self.open(container, &[], &[]))?;
        self.breaches.extend(breaches);
        if self.server.kind() != Kind::Nginx {
            let breaches = deleting::check(self.server, snaprepo, &|container| self.open(container, &[], &[]))?;
            self.breaches.extend(breaches);
        }
        Ok(())
    }

    /// The store of a container, with some settings and variables of its own.
    fn open(&self, container: &str, set: &[(Key, &str)], variables: &[(&str, &str)]) -> Result<CloudStore, Error> {
        let target = Target::parse(&self.server.location(container, "")).map_err(|fault| fault_of(&fault))?;
        let mut flags = Settings::default();
        for (key, value) in set {
            flags.set(*key, value, Origin::Flag).map_err(|fault| fault_of(&fault))?;
        }
        let own = self.server.environment().into_iter().map(|(name, value)| (name.to_owned(), value));
        let others = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment: Environment = own.chain(others).collect();
        open(&target, &flags, &environment).map(|opened| opened.store).map_err(|fault: OpenFault| fault_of(&fault))
    }

    fn holds(&mut self, holds: bool, breach: impl FnOnce() -> String) {
        if !holds {
            self.breaches.push(breach());
        }
    }

    /// A request that has to fail in one way.
    fn refused<T>(&mut self, what: &str, found: Result<T, StoreError>, is_right: fn(&StoreErrorKind) -> bool) {
        match found {
            Err(error) if is_right(&error.kind) => {}
            Err(error) => self.breaches.push(format!("{what}: {error}")),
            Ok(_) => self.breaches.push(format!("{what}: it was done")),
        }
    }

    fn probe(&mut self, store: &CloudStore) {
        match store.probe(&path("probed")) {
            Ok(Conditional::Honoured) => {}
            Ok(other) => self.breaches.push(format!("put-if-absent is honoured, and the probe says {other:?}")),
            Err(error) => self.breaches.push(format!("put-if-absent is probed: {error}")),
        }
        let mut n_left = 0;
        match store.walk(&path("probed"), &mut |_, _| {
            n_left += 1;
            true
        }) {
            Ok(()) => self.holds(n_left == 0, || format!("the probe left {n_left} blobs")),
            Err(error) => self.breaches.push(format!("what the probe left is listed: {error}")),
        }
    }

    fn absent_container(&mut self) -> Result<(), Error> {
        let store = self.open("absent-container", &[], &[])?;
        let (blob, is_right): (_, fn(&_) -> bool) =
            (path("blob"), |kind| matches!(kind, StoreErrorKind::Remote(RemoteErrorKind::NoContainer)));
        self.refused("a listing of an absent container says so", store.list(&path(""), &mut |_| {}), is_right);
        self.refused("a read in an absent container says so", store.read(&blob), is_right);
        self.refused("a look into an absent container says so", store.stat(&blob), is_right);
        self.refused("a write into an absent container says so", store.create(&blob, b"x"), is_right);
        self.refused("a delete in an absent container says so", store.delete(&blob), is_right);
        Ok(())
    }

    fn wrong_secret(&mut self) -> Result<(), Error> {
        let variable = match self.server.kind() {
            Kind::Gcs => ("GOOGLE_OAUTH_ACCESS_TOKEN", "wrong"),
            Kind::Azurite => ("AZURE_STORAGE_KEY", "d3Jvbmc="),
            _ => ("AWS_SECRET_ACCESS_KEY", "wrong"),
        };
        let store = self.open(CONTAINER, &[], &[variable])?;
        let blob = path("blob");
        // Azurite answers as Azure does of a firewall: who reads that cannot know that it is the key.
        let is_right: fn(&_) -> bool = match self.server.kind() {
            Kind::Azurite => {
                |kind| matches!(kind, StoreErrorKind::Denied | StoreErrorKind::Remote(RemoteErrorKind::ListingDenied))
            }
            _ => |kind| matches!(kind, StoreErrorKind::Remote(RemoteErrorKind::BadCredentials { .. })),
        };
        self.refused("a listing with a wrong secret says so", store.list(&path(""), &mut |_| {}), is_right);
        self.refused("a read with a wrong secret says so", store.read(&blob), is_right);
        self.refused("a look with a wrong secret says so", store.stat(&blob), is_right);
        self.refused("a write with a wrong secret says so", store.create(&blob, b"x"), is_right);
        if self.server.kind() == Kind::Versitygw {
            let store = self.open(CONTAINER, &[], &[("AWS_ACCESS_KEY_ID", "nobody")])?;
            self.refused("a read with an unknown key says so", store.read(&blob), is_right);
        }
        Ok(())
    }

    /// What a write says about how the blob is to be kept arrives.
    fn headers(&mut self) -> Result<(), Error> {
        let set = [(Key::StorageClass, "STANDARD_IA"), (Key::Encryption, "aws:kms"), (Key::KmsKey, "a-key")];
        let store = self.open(CONTAINER, &set, &[])?;
        let blob = path("kept/with headers");
        if let Err(error) = store.create(&blob, b"x") {
            self.breaches.push(format!("a blob is written with its class and its key: {error}"));
            return Ok(());
        }
        let answer = self.server.ask(&Ask::new("HEAD", CONTAINER, blob.as_str()))?;
        let headers = [
            ("x-amz-storage-class", "STANDARD_IA"),
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-aws-kms-key-id", "a-key"),
        ];
        for (name, expected) in headers {
            let found = answer.header(name).unwrap_or_default();
            self.holds(found == expected, || format!("{name} arrives: {found:?}, not {expected:?}"));
        }
        let mut classes = Vec::new();
        let listed = store.stored_blobs(&path("kept"), &mut |stored| {
            classes.push(stored.class.unwrap_or_default());
            true
        });
        self.holds(listed.is_ok() && classes == ["STANDARD_IA"], || format!("a listing tells the class: {classes:?}"));
        Ok(())
    }

    /// What lies in an archive is refused as that, and never absent or broken.
    fn archived(&mut self) -> Result<(), Error> {
        let is_right: fn(&_) -> bool = |kind| matches!(kind, StoreErrorKind::Remote(RemoteErrorKind::Archived { .. }));
        for class in ["GLACIER", "DEEP_ARCHIVE"] {
            let store = self.open(CONTAINER, &[(Key::StorageClass, class)], &[])?;
            let blob = path(&format!("archived/{class}"));
            if let Err(error) = store.create(&blob, b"frozen") {
                self.breaches.push(format!("a blob of class {class} is written: {error}"));
                continue;
            }
            self.refused("a read of what is archived says so", store.read(&blob), is_right);
            self.refused("a range of what is archived says so", store.read_range(&blob, 1, 2), is_right);
            let stream = store.stream(&blob, 6, &mut Vec::new(), &mut |_| true);
            self.refused("a stream of what is archived says so", stream, is_right);
            let len = store.stat(&blob).map(|stat| stat.len_bytes);
            self.holds(matches!(len, Ok(6)), || format!("what is archived can be looked at: {len:?}"));
        }
        Ok(())
    }

    fn versions(&mut self) -> Result<(), Error> {
        self.server.make_container(VERSIONED)?;
        self.server.keep_versions(VERSIONED)?;
        let store = self.open(VERSIONED, &[], &[])?;
        let blob = path("folder/a blob+%");
        let written = store
            .replace(&blob, b"1")
            .and_then(|()| store.replace(&blob, b"22"))
            .and_then(|()| store.delete(&blob))
            .and_then(|()| store.create(&path("folder/other"), b"333"));
        let mut found = Vec::new();
        let listed = written.and_then(|()| {
            store.versions(&path("folder"), &mut |version| {
                let what = if version.is_delete_marker { "marker" } else { "version" };
                let latest = if version.is_latest { "latest " } else { "" };
                found.push(format!("{latest}{what} of {}: {}", version.blob.key, version.blob.len_bytes));
                true
            })
        });
        found.sort();
        let expected = [
            "latest marker of a blob+%: 0",
            "latest version of other: 3",
            "version of a blob+%: 1",
            "version of a blob+%: 2",
        ];
        self.holds(found == expected, || format!("versions and markers are listed: {found:?}, {listed:?}"));
        let read = store.read(&blob);
        self.holds(read.as_ref().is_err_and(StoreError::is_absence), || "a marker makes a blob absent".to_owned());
        Ok(())
    }

    /// The half of the contract that reads, with the samples put into the folder that is served.
    fn web(&mut self) -> Result<(), Error> {
        let folder = path(CONTAINER).append(&path("a folder/of+ours %"));
        let store = self.open(CONTAINER, &[], &[])?;
        let local = LocalStore::open(&self.server.served()).and_then(|local| {
            contract::write_samples(&local, &folder, &[])?;
            Ok(local)
        });
        local.map_err(|error| fault_of(&error))?;
        let breaches = contract::check_reading(&store, &folder, &[], Folders::AreAbsentOrDenied);
        self.breaches.extend(breaches.iter().map(ToString::to_string));
        let cannot = store.list(&folder, &mut |_| {}).map_err(|error| error.kind);
        self.holds(matches!(cannot, Err(StoreErrorKind::CannotList)), || format!("no listing: {cannot:?}"));
        let denied = store.create(&folder.append(&path("new")), b"x").map_err(|error| error.kind);
        self.holds(matches!(denied, Err(StoreErrorKind::Denied)), || format!("no writing: {denied:?}"));
        Ok(())
    }
}

/// A path that stands in this file.
fn path(text: &str) -> BlobPath {
    BlobPath::parse(text).expect("paths of this file are legal")
}

fn fault_of(fault: &dyn std::fmt::Display) -> Error {
    Error::Usage { message: fault.to_string() }
}
