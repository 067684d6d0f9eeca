//! The command line of a node: what each era of the engines wants, as a table of flags.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::{Options, folder::RunFolder};
use crate::{Product, Release, jdk::Jdk, owner::Owner};

/// A program with everything that it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Launch {
    /// The program.
    pub(crate) program: PathBuf,
    /// Its arguments.
    pub(crate) arguments: Vec<OsString>,
    /// Its whole environment.
    pub(crate) environment: Vec<(&'static str, OsString)>,
    /// Whom it runs as; nothing when it is as we do.
    pub(crate) owner: Option<Owner>,
}

/// What is there to run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'a> {
    /// Which release.
    pub(super) release: &'a Release,
    /// The unpacked server.
    pub(super) home: &'a Path,
    /// What runs it.
    pub(super) jdk: &'a Jdk,
    /// The compiled launcher, for Elasticsearch 1.
    pub(super) launcher: Option<&'a Path>,
}

/// Releases that are started in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Era {
    Elasticsearch1,
    Elasticsearch2,
    Elasticsearch5,
    Elasticsearch6,
    Elasticsearch7,
    /// Since version 8 by the program in `bin`, which starts the server with arguments that only it knows.
    Elasticsearch8,
    OpenSearch1,
    /// Since version 3 with an agent in place of the security manager.
    OpenSearch3,
}

/// Flags of all servers since version 5, which bring the same network library.
const NETTY: &[&str] = &[
    "-Dio.netty.noUnsafe=true",
    "-Dio.netty.noKeySetOptimization=true",
    "-Dio.netty.recycler.maxCapacityPerThread=0",
    "-Dlog4j.shutdownHookEnabled=false",
    "-Dlog4j2.disable.jmx=true",
    "-XX:-OmitStackTraceInFastThrow",
];

/// Insides of the platform that Elasticsearch 7 reaches into.
const OPENED: &[&str] = &[
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
];

/// The module that OpenSearch 3 uses when it is there; smaller runtimes leave it out.
const VECTORS: &str = "jdk.incubator.vector";

/// The flags that every JVM of a node gets, the server that the program in `bin` starts as well.
pub(super) fn jvm_options(folder: &RunFolder, options: &Options) -> Vec<String> {
    vec![
        format!("-Xms{}", options.heap_bytes),
        format!("-Xmx{}", options.heap_bytes),
        "-XX:+UseSerialGC".to_owned(),
        // A test asks little of a node and starts many: quick to start beats quick to run.
        "-XX:TieredStopAtLevel=1".to_owned(),
        "-Dfile.encoding=UTF-8".to_owned(),
        // Never a folder above the server: from 8.18 on the server does not start then.
        format!("-Djava.io.tmpdir={}", folder.temporary.display()),
    ]
}

/// The command line of a node.
pub(super) fn launch(parts: Parts<'_>, folder: &RunFolder, options: &Options) -> Launch {
    let environment = environment(parts.jdk, folder);
    let era = Era::of(parts.release);
    if era == Era::Elasticsearch8 {
        let program = parts.home.join("bin").join("elasticsearch");
        return Launch { program, arguments: Vec::new(), environment, owner: Owner::of_nodes() };
    }
    let mut arguments: Vec<String> = jvm_options(folder, options);
    arguments.push("-Djna.nosys=true".to_owned());
    arguments.push(format!("-Djna.tmpdir={}", folder.temporary.display()));
    arguments.extend(flags(era, parts, folder));
    let arguments = arguments.into_iter().map(OsString::from).collect();
    Launch { program: parts.jdk.java(), arguments, environment, owner: Owner::of_nodes() }
}

fn environment(jdk: &Jdk, folder: &RunFolder) -> Vec<(&'static str, OsString)> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
    let temporary = folder.temporary.clone().into_os_string();
    let home = jdk.home.clone().into_os_string();
    vec![
        ("PATH", path),
        ("LANG", "C.UTF-8".into()),
        ("HOME", temporary.clone()),
        ("JAVA_HOME", home.clone()),
        ("ES_JAVA_HOME", home),
        ("ES_PATH_CONF", folder.config.clone().into_os_string()),
        ("ES_TMPDIR", temporary.clone()),
        // 7.17 and later unpack a library.
        ("LIBFFI_TMPDIR", temporary),
        ("CLI_JAVA_OPTS", "-XX:TieredStopAtLevel=1".into()),
    ]
}

fn flags(era: Era, parts: Parts<'_>, folder: &RunFolder) -> Vec<String> {
    let mut flags: Vec<String> = Vec::new();
    let mut add = |more: &[&str]| flags.extend(more.iter().map(|&flag| flag.to_owned()));
    let config = folder.config.display();
    let home = parts.home.display();
    let libraries = format!("{home}/lib/*");
    let es_home = format!("-Des.path.home={home}");
    let es_config = format!("-Des.path.conf={config}");
    const ELASTICSEARCH: &str = "org.elasticsearch.bootstrap.Elasticsearch";
    match era {
        Era::Elasticsearch1 => {
            let launcher = parts.launcher.unwrap_or(parts.home).display();
            add(&[&es_home, &es_config, "-Des.foreground=yes"]);
            add(&[&format!("--patch-module=java.management={launcher}/patch")]);
            add(&["--add-exports=java.management/sun.management=ALL-UNNAMED"]);
            add(&["--add-opens=java.management/sun.management=ALL-UNNAMED"]);
            add(&["--add-opens=java.base/java.nio=ALL-UNNAMED"]);
            add(&["-cp", &format!("{launcher}/main:{libraries}"), "Launcher", ELASTICSEARCH]);
        }
        Era::Elasticsearch2 => {
            add(&[&es_home, &es_config, "-Des.security.manager.enabled=false"]);
            add(&["-cp", &libraries, ELASTICSEARCH, "start"]);
        }
        Era::Elasticsearch5 => {
            add(NETTY);
            add(&[&es_home, "-cp", &libraries, ELASTICSEARCH, &format!("-Epath.conf={config}")]);
        }
        Era::Elasticsearch6 | Era::Elasticsearch7 => {
            add(NETTY);
            add(&[&es_home, &es_config, "-Des.distribution.flavor=oss", "-Des.distribution.type=zip"]);
            if era == Era::Elasticsearch7 {
                add(OPENED);
                add(&["-Djava.security.manager=allow", "-Djava.locale.providers=SPI,COMPAT", "-Des.bundled_jdk=false"]);
            }
            add(&["-cp", &libraries, ELASTICSEARCH]);
        }
        Era::Elasticsearch8 => {}
        Era::OpenSearch1 | Era::OpenSearch3 => {
            add(NETTY);
            add(&["-Dio.netty.allocator.numDirectArenas=0", "-Djava.awt.headless=true"]);
            add(&["-Djava.locale.providers=SPI,CLDR"]);
            if era == Era::OpenSearch3 {
                add(&[&format!("-javaagent:{home}/agent/opensearch-agent.jar")]);
                add(&["--add-opens=java.base/java.nio=ALL-UNNAMED"]);
                add(&["-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1"]);
                if parts.jdk.has(VECTORS) {
                    add(&[&format!("--add-modules={VECTORS}")]);
                }
            }
            add(&[&format!("-Dopensearch.path.home={home}"), &format!("-Dopensearch.path.conf={config}")]);
            add(&["-Dopensearch.distribution.type=zip", "-Dopensearch.bundled_jdk=false"]);
            add(&["-cp", &libraries, "org.opensearch.bootstrap.OpenSearch"]);
        }
    }
    flags
}

impl Era {
    fn of(release: &Release) -> Self {
        match (release.product, release.version.major) {
            (Product::Elasticsearch, ..=1) => Self::Elasticsearch1,
            (Product::Elasticsearch, 2..=4) => Self::Elasticsearch2,
            (Product::Elasticsearch, 5) => Self::Elasticsearch5,
            (Product::Elasticsearch, 6) => Self::Elasticsearch6,
            (Product::Elasticsearch, 7) => Self::Elasticsearch7,
            (Product::Elasticsearch, 8..) => Self::Elasticsearch8,
            (Product::OpenSearch, ..=2) => Self::OpenSearch1,
            (Product::OpenSearch, 3..) => Self::OpenSearch3,
        }
    }
}

#[cfg(test)]
mod tests;
