//! What each preset adds, and that the documentation has the same table.

use super::*;

fn settings(pairs: &[(Key, &str)]) -> Settings {
    let mut settings = Settings::default();
    for (key, value) in pairs {
        settings.set(*key, value, Origin::Flag).unwrap();
    }
    settings
}

fn endpoint(name: &str, pairs: &[(Key, &str)]) -> Result<(String, String), PresetFault> {
    let merged = Preset::named(name)?.complete(settings(pairs))?;
    Ok((merged.text(Key::Endpoint).unwrap().to_owned(), merged.text(Key::Region).unwrap().to_owned()))
}

#[test]
fn endpoints_are_made_of_region_and_account() {
    let made = |endpoint: &str, region: &str| Ok((endpoint.to_owned(), region.to_owned()));
    assert_eq!(
        endpoint("wasabi", &[(Key::Region, "eu-central-1")]),
        made("https://s3.eu-central-1.wasabisys.com", "eu-central-1")
    );
    assert_eq!(
        endpoint("cloudflare-r2", &[(Key::Account, "abc"), (Key::Region, "eu")]),
        made("https://abc.r2.cloudflarestorage.com", "auto")
    );
    assert_eq!(endpoint("yandex", &[]), made("https://storage.yandexcloud.net", "ru-central1"));
    assert_eq!(endpoint("minio", &[(Key::Endpoint, "http://m:9000")]), made("http://m:9000", "us-east-1"));
    let oci = [(Key::Account, "ns"), (Key::Region, "eu-frankfurt-1")];
    let url = "https://ns.compat.objectstorage.eu-frankfurt-1.oraclecloud.com";
    assert_eq!(endpoint("oracle-oci", &oci), made(url, "eu-frankfurt-1"));
    assert_eq!(endpoint("oracle-oci", &[(Key::Endpoint, url)]), made(url, "eu-frankfurt-1"), "the region stands in it");
    let needs = endpoint("backblaze", &[]).unwrap_err();
    assert_eq!(needs.to_string(), "the preset backblaze needs region=, as in region=us-west-004");
    let needs = endpoint("seaweedfs", &[]).unwrap_err();
    assert_eq!(needs.to_string(), "the preset seaweedfs needs endpoint=, as in endpoint=https://host:9000");
}

#[test]
fn an_endpoint_shows_its_preset() {
    let of = |endpoint: &str| Preset::of(&settings(&[(Key::Endpoint, endpoint)])).unwrap().map(|preset| preset.name);
    assert_eq!(of("https://s3.eu-central-1.wasabisys.com"), Some("wasabi"));
    assert_eq!(of("https://abc.r2.cloudflarestorage.com/"), Some("cloudflare-r2"));
    assert_eq!(of("http://127.0.0.1:9000"), None);
    assert_eq!(of("https://s3.eu-central-1.wasabisys.com.evil.example"), None);
    assert!(Preset::of(&settings(&[(Key::Preset, "none-such")])).is_err());
}

#[test]
fn the_documentation_has_every_preset() {
    let guide = include_str!("../../../../docs/guides/locations.md");
    for preset in PRESETS {
        let style = if preset.path_style { "path" } else { "host" };
        let row = guide.lines().find(|line| line.starts_with(&format!("| `{}` |", preset.name)));
        let row = row.unwrap_or_else(|| panic!("{} is not in docs/guides/locations.md", preset.name));
        assert!(row.contains(&format!("| {style} |")), "{row}");
        assert!(preset.endpoint.is_none_or(|endpoint| row.contains(endpoint)), "{row}");
    }
}

#[test]
fn the_documentation_has_every_setting() {
    let guide = include_str!("../../../../docs/guides/locations.md");
    for key in Key::all() {
        let row = guide.lines().find(|line| line.starts_with(&format!("| `{}` |", key.name())));
        let row = row.unwrap_or_else(|| panic!("{} is not in docs/guides/locations.md", key.name()));
        for provider in [crate::Provider::S3, crate::Provider::Gcs, crate::Provider::Azure] {
            for variable in key.variables(provider) {
                assert!(row.contains(&format!("`{variable}`")), "{variable} is not in {row}");
            }
        }
    }
}
