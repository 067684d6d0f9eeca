//! The settings file of a node, and the few other files beside it: everything a node is told that is not on its
//! command line.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

use super::{Options, folder::RunFolder, ports::Ports};
use crate::{Error, Product, Release, Result, release::Version};

/// The kinds of data in a remote store, and the name of the repository for each.
const REMOTE_STORE: [(&str, &str); 3] = [("segment", "rs-seg"), ("translog", "rs-tlog"), ("state", "rs-state")];

/// Logs go to the standard output and nowhere else. For version 5 and later, and OpenSearch.
const LOG4J2: &str = "status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
";
/// The same for Elasticsearch 1 and 2.
const LOGGING: &str = "rootLogger: INFO, console
appender:
  console:
    type: console
    layout:
      type: consolePattern
      conversionPattern: \"[%d{ISO8601}][%-5p][%c] %m%n\"
";

/// Fails when the release lacks something that the options ask for.
pub(super) fn check(release: &Release, options: &Options) -> Result<()> {
    let has = |major, minor| release.product == Product::OpenSearch && release.version.at_least(major, minor);
    let lacks = |what| Err(Error::NotInRelease { release: release.to_string(), what });
    if options.remote_store && !has(2, 11) {
        return lacks("remote store: OpenSearch 2.11 and later have one");
    }
    if options.pinned_timestamps && !has(2, 17) {
        return lacks("pinned timestamps: OpenSearch 2.17 and later have them");
    }
    Ok(())
}

/// Writes all files of the folder `config`.
pub(super) fn write(release: &Release, home: &Path, folder: &RunFolder, ports: Ports, options: &Options) -> Result<()> {
    let lines = with_given(own(release, &modules(home), folder, ports, options), &options.settings);
    let text: String = lines.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    let jvm_options: String =
        super::launch::jvm_options(folder, options).iter().map(|line| format!("{line}\n")).collect();
    let yml = format!("{}.yml", release.product.name());
    for (name, text) in [
        (yml.as_str(), text.as_str()),
        ("log4j2.properties", LOG4J2),
        ("logging.yml", LOGGING),
        ("jvm.options", &jvm_options),
    ] {
        let path = folder.config.join(name);
        fs::write(&path, text).map_err(Error::io("write", &path))?;
    }
    // The launcher of Elasticsearch 8 and later asks for it.
    crate::owner::create_public_folder(&folder.config.join("jvm.options.d"))
}

type Line = (String, String);

/// What we write ourselves.
fn own(
    release: &Release,
    modules: &BTreeSet<String>,
    folder: &RunFolder,
    ports: Ports,
    options: &Options,
) -> Vec<Line> {
    let mut repositories = vec![path(&folder.repositories)];
    if options.remote_store {
        repositories.push(path(&folder.remote_store));
    }
    repositories.extend(options.repositories.as_deref().map(path));
    let mut lines = vec![
        line("cluster.name", "lab"),
        line("node.name", "lab"),
        line("network.host", "127.0.0.1"),
        line(super::ports::HTTP, ports.http),
        line(transport_port(release), ports.transport),
        line("path.data", path(&folder.data)),
        line("path.logs", path(&folder.logs)),
        line("path.repo", repositories),
        // The disk of a developer is full more often than not, and a full one is not what is tested.
        line("cluster.routing.allocation.disk.threshold_enabled", false),
    ];
    lines.extend(discovery(release, ports));
    lines.extend(quiet_modules(release, modules));
    lines.extend(remote_store(folder, options));
    lines
}

fn transport_port(release: &Release) -> &'static str {
    match release.product {
        Product::OpenSearch => "transport.port",
        Product::Elasticsearch if release.version.at_least(7, 1) => "transport.port",
        Product::Elasticsearch => "transport.tcp.port",
    }
}

/// A node alone.
fn discovery(release: &Release, ports: Ports) -> Vec<Line> {
    if release.product == Product::OpenSearch || release.version.at_least(5, 4) {
        return vec![line("discovery.type", "single-node")];
    }
    let itself = line("discovery.zen.ping.unicast.hosts", vec![format!("127.0.0.1:{}", ports.transport)]);
    if release.version.at_least(2, 0) {
        return vec![itself];
    }
    // The mapped files of version 1 need an inside of the JVM that is gone.
    vec![itself, line("discovery.zen.ping.multicast.enabled", false), line("index.store.type", "niofs")]
}

/// Switches off what would ask for passwords or for the network.
fn quiet_modules(release: &Release, modules: &BTreeSet<String>) -> Vec<Line> {
    let is_elasticsearch = release.product == Product::Elasticsearch;
    let of_module = [
        ("x-pack-security", Version::new(6, 3, 0), "xpack.security.enabled"),
        ("x-pack-ml", Version::new(6, 3, 0), "xpack.ml.enabled"),
        ("x-pack-watcher", Version::new(6, 3, 0), "xpack.watcher.enabled"),
        ("ingest-geoip", Version::new(7, 14, 0), "ingest.geoip.downloader.enabled"),
    ];
    of_module
        .into_iter()
        .filter(|(module, since, _)| is_elasticsearch && release.version >= *since && modules.contains(*module))
        .map(|(.., setting)| line(setting, false))
        .collect()
}

fn remote_store(folder: &RunFolder, options: &Options) -> Vec<Line> {
    let mut lines = Vec::new();
    if options.remote_store {
        for (kind, name) in REMOTE_STORE {
            lines.push(line(&format!("node.attr.remote_store.{kind}.repository"), name));
            lines.push(line(&format!("node.attr.remote_store.repository.{name}.type"), "fs"));
            let location = path(&folder.remote_store.join(name));
            lines.push(line(&format!("node.attr.remote_store.repository.{name}.settings.location"), location));
        }
    }
    if options.pinned_timestamps {
        lines.push(line("cluster.remote_store.pinned_timestamps.enabled", true));
    }
    lines
}

/// Our lines, with those of the same name replaced, and the others behind them. A name stands once: engines refuse a
/// file in which it stands twice.
fn with_given(mut lines: Vec<Line>, given: &[Line]) -> Vec<Line> {
    for (name, value) in given {
        match lines.iter_mut().find(|(own, _)| own == name) {
            Some((_, own)) => own.clone_from(value),
            None => lines.push((name.clone(), value.clone())),
        }
    }
    lines
}

fn modules(home: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(home.join("modules")).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// Values are written as JSON, which YAML includes.
fn line(name: &str, value: impl Into<Value>) -> Line {
    (name.to_owned(), value.into().to_string())
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests;
