//! What each era is started with.

use super::*;
use crate::Cache;

fn launched(name: &str, jdk: &Jdk) -> (PathBuf, Vec<String>) {
    let (cache, _place) = Cache::for_tests();
    let release = Release::find(name).unwrap();
    let folder = RunFolder::create(&cache, &release.folder_name()).unwrap();
    let parts = Parts { release, home: Path::new("/server"), jdk, launcher: Some(Path::new("/launcher")) };
    let launch = launch(parts, &folder, &Options::default());
    let root = folder.root.display().to_string();
    let text = |argument: OsString| argument.into_string().unwrap().replace(&root, "");
    (launch.program, launch.arguments.into_iter().map(text).collect())
}

/// The last arguments, and whether some other ones are among those before.
fn check(name: &str, last: &[&str], others: &[(&str, bool)]) {
    let (program, arguments) = launched(name, &Jdk::for_tests(None));
    assert_eq!(program, Path::new("/jdk/bin/java"), "{name}");
    assert!(arguments.ends_with(&last.iter().map(ToString::to_string).collect::<Vec<_>>()), "{name}: {arguments:#?}");
    assert_eq!(arguments[..2], ["-Xms536870912", "-Xmx536870912"], "{name}");
    assert!(arguments.contains(&"-Djava.io.tmpdir=/temporary".to_owned()), "{name}: {arguments:#?}");
    for (other, expected) in others {
        assert_eq!(arguments.iter().any(|argument| argument == other), *expected, "{name}: {other}");
    }
}

#[test]
fn each_era_has_its_main_class() {
    const ES: &str = "org.elasticsearch.bootstrap.Elasticsearch";
    let allow = "-Djava.security.manager=allow";
    let conf = "-Des.path.conf=/config";
    let patch = "--patch-module=java.management=/launcher/patch";
    check("es:1", &["-cp", "/launcher/main:/server/lib/*", "Launcher", ES], &[(patch, true), (conf, true)]);
    check("es:2", &["-cp", "/server/lib/*", ES, "start"], &[(patch, false), (conf, true)]);
    check("es:5", &["-cp", "/server/lib/*", ES, "-Epath.conf=/config"], &[(conf, false), (allow, false)]);
    check("es:6", &["-cp", "/server/lib/*", ES], &[(conf, true), (allow, false)]);
    check("es:7", &["-cp", "/server/lib/*", ES], &[(conf, true), (allow, true)]);
    let agent = "-javaagent:/server/agent/opensearch-agent.jar";
    let main = ["-cp", "/server/lib/*", "org.opensearch.bootstrap.OpenSearch"];
    check("os:1.0", &main, &[(agent, false), ("-Dopensearch.path.conf=/config", true)]);
    check("os:2", &main, &[(agent, false)]);
    check("os:3", &main, &[(agent, true), ("--add-modules=jdk.incubator.vector", true)]);
}

#[test]
fn later_elasticsearch_starts_itself() {
    let (program, arguments) = launched("es:9", &Jdk::for_tests(None));
    assert_eq!(program, Path::new("/server/bin/elasticsearch"));
    assert_eq!(arguments, Vec::<String>::new());
}

#[test]
fn a_runtime_without_vectors_is_not_asked_for_them() {
    let (_, arguments) = launched("os:3", &Jdk::for_tests(Some("java.base")));
    assert!(!arguments.iter().any(|argument| argument.contains("vector")), "{arguments:#?}");
}
