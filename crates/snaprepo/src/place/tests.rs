//! Files that say where a repository is.

use std::fs;

use clap::Parser as _;
use tempfile::TempDir;

use super::*;
use crate::args::Args;

struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new(file: &str, text: &str) -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join(file), text).unwrap();
        Self { folder }
    }

    fn find(&self, flag: &str, file: &str, repo: &str) -> Result<Place, String> {
        let file = self.folder.path().join(file);
        let words = ["snaprepo", "info", repo, flag, file.to_str().unwrap()];
        let args = Args::try_parse_from(words).unwrap();
        find(repo, &args.global, &Environment::default())
            .map_err(|fault| fault.to_string().replace(&self.folder.path().display().to_string(), "DIR"))
    }

    fn configured(&self, repo: &str) -> Result<Place, String> {
        self.find("--config", "config.toml", repo)
    }
}

const CONFIGURATION: &str = r#"
[repositories.prod]
location = "s3://backups/prod"
region = "eu-west-1"
path-style = true
tries = 3
base-path = "team"

[repositories.desk]
location = "/mnt/backups"

[repositories.odd]
location = "s3://backups"
secret-access-key = "hush"

[repositories.loop]
location = "@prod"
"#;

#[test]
fn a_name_stands_for_a_location_and_its_settings() {
    let desk = Desk::new("config.toml", CONFIGURATION);
    let place = desk.configured("@prod").unwrap();
    assert_eq!((place.shown.as_str(), place.base.as_str()), ("s3://backups/prod", "prod/team"));
    let StorePlace::Remote(target) = place.store else { panic!("a bucket") };
    assert_eq!(target.container, "backups");
    assert_eq!(target.settings.text(Key::Region), Some("eu-west-1"));
    assert_eq!(target.settings.origin(Key::Tries), Some(Origin::Configuration));
    assert!(
        matches!(desk.configured("@desk").unwrap().store, StorePlace::Directory(path) if path == Path::new("/mnt/backups"))
    );
}

#[test]
fn what_the_configuration_cannot_say() {
    let desk = Desk::new("config.toml", CONFIGURATION);
    let refused = |repo| desk.configured(repo).unwrap_err();
    assert_eq!(
        refused("@staging"),
        "@staging: DIR/config.toml has no repository of this name: it has desk, loop, odd, prod"
    );
    let unknown = refused("@odd");
    assert!(
        unknown.starts_with("DIR/config.toml, repository \"odd\": \"secret-access-key\" is no setting"),
        "{unknown}"
    );
    assert!(!unknown.contains("hush"));
    assert_eq!(refused("@loop"), "DIR/config.toml: repository \"loop\": its location must not be another name");
    let broken = Desk::new("config.toml", "[repositories.prod]\nlocation = \n").configured("@prod").unwrap_err();
    assert!(broken.contains("line 2"), "{broken}");
    let absent = desk.find("--config", "other.toml", "@prod").unwrap_err();
    assert!(absent.starts_with("cannot read DIR/other.toml"), "{absent}");
}

#[test]
fn a_registration_is_a_location() {
    let json = r#"{
        "nightly": {"type": "s3", "settings": {"bucket": "backups", "base_path": "prod", "region": "eu-west-1"}},
        "desk": {"type": "fs", "settings": {"location": "/mnt/backups"}}
    }"#;
    let desk = Desk::new("repo.json", json);
    let find = |repo| desk.find("--from-registration", "repo.json", repo);
    let place = find("nightly").unwrap();
    assert_eq!((place.shown.as_str(), place.base.as_str()), ("s3://backups/prod", "prod"));
    assert!(matches!(find("desk").unwrap().store, StorePlace::Directory(path) if path == Path::new("/mnt/backups")));
    assert!(find("weekly").unwrap_err().contains("no repository \"weekly\": it has nightly, desk"));
}
