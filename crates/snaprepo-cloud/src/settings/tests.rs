//! The table, the merge, and numbers as people type them.

use super::*;
use crate::{location::Provider, tests::environment};

#[test]
fn the_table_is_in_the_order_of_its_keys() {
    let keys: Vec<Key> = Key::all().collect();
    assert!(keys.windows(2).all(|pair| pair[0] < pair[1]));
    for (index, key) in keys.iter().enumerate() {
        assert_eq!(*key as usize, index);
        assert_eq!(Key::parse(key.name()), Ok(*key));
        assert!(!key.help().is_empty());
        assert!(key.variables(Provider::S3).next().is_some_and(|name| name.starts_with("SNAPREPO_")), "{key:?}");
    }
}

#[test]
fn the_stronger_value_holds_and_tells_where_it_is_from() {
    let environment = environment(&[
        ("SNAPREPO_REGION", "weak"),
        ("AWS_REGION", "weaker"),
        ("AWS_ENDPOINT_URL", "http://a"),
        ("AWS_ENDPOINT_URL_S3", "http://b"),
        ("SNAPREPO_WIDTH", ""),
    ]);
    let mut flags = Settings::default();
    flags.set(Key::Region, "strong", Origin::Flag).unwrap();
    let merged = flags.or(&environment.settings(Provider::S3).unwrap());
    assert_eq!(merged.text(Key::Region), Some("strong"));
    assert_eq!(merged.text(Key::Endpoint), Some("http://b"));
    assert_eq!(merged.origin(Key::Endpoint), Some(Origin::Environment("AWS_ENDPOINT_URL_S3")));
    assert_eq!(merged.number(Key::Width), None, "an empty variable is none");
    assert_eq!(environment.settings(Provider::Gcs).unwrap().text(Key::Endpoint), None, "not the cloud's own");
}

#[test]
fn amounts() {
    let set = |key: Key, value: &str| {
        let mut settings = Settings::default();
        settings.set(key, value, Origin::Flag).ok()?;
        settings.number(key).or_else(|| settings.time(key).map(|time| u64::try_from(time.as_millis()).unwrap()))
    };
    let size = |value| set(Key::LimitDownload, value);
    assert_eq!(size("500000"), Some(500_000));
    assert_eq!(size("20mb"), Some(20_000_000));
    assert_eq!(size("1.5GiB/s"), Some(1_610_612_736));
    assert_eq!(size("0"), None);
    assert_eq!(size("fast"), None);
    assert_eq!(size("99999999999gib"), None);
    let time = |value| set(Key::RequestTimeout, value);
    assert_eq!(time("30s"), Some(30_000));
    assert_eq!(time("2m"), Some(120_000));
    assert_eq!(time("500ms"), Some(500));
    assert_eq!(time("1.5"), Some(1500));
    assert_eq!(time("soon"), None);
    assert_eq!(set(Key::Tries, "0"), None);
}

#[test]
fn a_password_of_a_proxy_is_not_repeated() {
    let mut settings = Settings::default();
    settings.set(Key::Proxy, "http://user:secret@proxy:3128", Origin::Flag).unwrap();
    assert_eq!(settings.text(Key::Proxy), Some("http://user:secret@proxy:3128"), "whoever connects needs it");
    assert!(!format!("{settings:?}{}", settings.to_query()).contains("secret"));
}
