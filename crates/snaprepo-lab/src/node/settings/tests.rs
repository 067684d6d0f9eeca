//! What each release is told.

use super::*;
use crate::Cache;

/// The lines of a release with these modules, paths without the place of the test.
fn lines(name: &str, modules: &[&str], options: &Options) -> Vec<String> {
    let (cache, _place) = Cache::for_tests();
    let release = Release::find(name).unwrap();
    let folder = RunFolder::create(&cache, &release.folder_name()).unwrap();
    let ports = Ports { http: 1, transport: 2, is_given: false };
    let modules = modules.iter().map(ToString::to_string).collect();
    let lines = with_given(own(release, &modules, &folder, ports, options), &options.settings);
    let root = folder.root.display().to_string();
    lines.iter().map(|(name, value)| format!("{name}: {value}").replace(&root, "")).collect()
}

fn check(name: &str, modules: &[&str], options: &Options, expected: &[&str]) {
    let common = [
        "cluster.name: \"lab\"",
        "node.name: \"lab\"",
        "network.host: \"127.0.0.1\"",
        "http.port: 1",
        "path.data: \"/data\"",
        "path.logs: \"/logs\"",
        "cluster.routing.allocation.disk.threshold_enabled: false",
    ];
    let mut found = lines(name, modules, options);
    found.retain(|line| !common.contains(&line.as_str()));
    assert_eq!(found, expected, "{name}");
}

#[test]
fn each_era_finds_itself_alone() {
    let options = Options::default();
    let unicast = "discovery.zen.ping.unicast.hosts: [\"127.0.0.1:2\"]";
    let repositories = "path.repo: [\"/repositories\"]";
    let multicast = "discovery.zen.ping.multicast.enabled: false";
    check(
        "es:1",
        &[],
        &options,
        &["transport.tcp.port: 2", repositories, unicast, multicast, "index.store.type: \"niofs\""],
    );
    check("es:2", &[], &options, &["transport.tcp.port: 2", repositories, unicast]);
    check("es:6", &[], &options, &["transport.tcp.port: 2", repositories, "discovery.type: \"single-node\""]);
    check("os:1.0", &[], &options, &["transport.port: 2", repositories, "discovery.type: \"single-node\""]);
}

#[test]
fn modules_that_would_ask_or_fetch_are_off() {
    let modules = ["x-pack-security", "ingest-geoip", "transport-netty4"];
    let rest = ["transport.port: 2", "path.repo: [\"/repositories\"]", "discovery.type: \"single-node\""];
    let off = ["xpack.security.enabled: false", "ingest.geoip.downloader.enabled: false"];
    check("es:8", &modules, &Options::default(), &[&rest[..], &off].concat());
    check("os:3.6", &modules, &Options::default(), &rest);
}

#[test]
fn a_remote_store_is_a_folder_of_the_node() {
    let options = Options { remote_store: true, pinned_timestamps: true, ..Options::default() };
    let found = lines("os:2.17", &[], &options);
    for expected in [
        "path.repo: [\"/repositories\",\"/remote-store\"]",
        "node.attr.remote_store.segment.repository: \"rs-seg\"",
        "node.attr.remote_store.repository.rs-state.settings.location: \"/remote-store/rs-state\"",
        "cluster.remote_store.pinned_timestamps.enabled: true",
    ] {
        assert!(found.iter().any(|line| line == expected), "{expected} in {found:#?}");
    }
    let error = |name| super::check(Release::find(name).unwrap(), &options).unwrap_err().to_string();
    assert_eq!(error("es:9"), "es:9.5.3 has no remote store: OpenSearch 2.11 and later have one");
    assert_eq!(error("os:2.11"), "os:2.11.1 has no pinned timestamps: OpenSearch 2.17 and later have them");
}

#[test]
fn given_settings_replace_ours() {
    let given = [("http.port", "9200"), ("a.b", "[1, 2]"), ("a.b", "3")];
    let settings = given.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let options = Options { settings, repositories: Some("/more".into()), ..Options::default() };
    let found = lines("os:2", &[], &options);
    let of = |name: &str| found.iter().filter(|line| line.starts_with(name)).cloned().collect::<Vec<_>>();
    assert_eq!(of("http.port"), ["http.port: 9200"]);
    assert_eq!(of("a.b"), ["a.b: 3"]);
    assert_eq!(of("path.repo"), ["path.repo: [\"/repositories\",\"/more\"]"]);
}
