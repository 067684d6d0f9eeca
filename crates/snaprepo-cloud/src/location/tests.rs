//! Every form of a location, and every secret that is refused.

use super::*;

fn parsed(text: &str) -> Target {
    Target::parse(text).unwrap_or_else(|fault| panic!("{text}: {fault}"))
}

#[test]
fn forms() {
    let cases = [
        ("s3://bucket", Provider::S3, "bucket", ""),
        ("s3://bucket/team/backups/", Provider::S3, "bucket", "team/backups"),
        ("s3://bucket/a%20b", Provider::S3, "bucket", "a%20b"),
        ("gs://bucket/a b", Provider::Gcs, "bucket", "a b"),
        ("az://container/x", Provider::Azure, "container", "x"),
        ("abfs://container/x", Provider::Azure, "container", "x"),
        ("abfss://container@account.dfs.core.windows.net/x", Provider::Azure, "container", "x"),
        ("https://account.blob.core.windows.net/container/a%20b", Provider::Azure, "container", "a b"),
        ("https://host/a/b", Provider::Web, "https://host", "a/b"),
        ("http://host:8080", Provider::Web, "http://host:8080", ""),
        ("https://host/a%20b/", Provider::Web, "https://host", "a b"),
    ];
    for (text, provider, container, base) in cases {
        let target = parsed(text);
        assert_eq!(
            (target.provider, target.container.as_str(), target.base.as_str()),
            (provider, container, base),
            "{text}"
        );
        let again = parsed(&target.to_string().replace("a b", if provider == Provider::Web { "a%20b" } else { "a b" }));
        assert_eq!((again.provider, again.container, again.base), (provider, target.container, target.base), "{text}");
    }
}

#[test]
fn the_host_of_an_account_is_carried_over() {
    let of = |text: &str| {
        let settings = parsed(text).settings;
        (settings.text(Key::Account).unwrap().to_owned(), settings.text(Key::Endpoint).map(str::to_owned))
    };
    assert_eq!(of("abfss://c@acc.dfs.core.windows.net/x"), ("acc".to_owned(), None));
    let elsewhere = Some("https://acc.blob.core.usgovcloudapi.net".to_owned());
    assert_eq!(of("abfss://c@acc.dfs.core.usgovcloudapi.net/x"), ("acc".to_owned(), elsewhere));
    let zone = Some("https://acc.z01.blob.storage.azure.net".to_owned());
    assert_eq!(of("https://acc.z01.blob.storage.azure.net/c/x"), ("acc".to_owned(), zone));
}

#[test]
fn settings_of_a_query() {
    let target =
        parsed("s3://b/x?endpoint=http%3A%2F%2Fhost:9000&path-style=no&requester_pays&role-arn=arn:aws:iam::1:role/r");
    assert_eq!(target.settings.text(Key::Endpoint), Some("http://host:9000"));
    assert_eq!(target.settings.flag(Key::PathStyle), Some(false));
    assert_eq!(target.settings.flag(Key::RequesterPays), Some(true));
    assert_eq!(target.settings.text(Key::RoleArn), Some("arn:aws:iam::1:role/r"));
    assert_eq!(target.settings.origin(Key::RoleArn), Some(Origin::Location));
    let again = parsed(&format!("{target}{}", target.settings.to_query()));
    assert_eq!(again, target);
}

#[test]
fn secrets_are_refused_with_the_place_for_them() {
    let cases = [
        ("s3://key:secret@bucket/base", Secret::UserInfo),
        ("https://user:password@host/base", Secret::UserInfo),
        ("abfss://c:secret@account.dfs.core.windows.net/", Secret::UserInfo),
        ("s3://bucket?proxy=http://user:secret@proxy:3128", Secret::UserInfo),
        ("gs://bucket?endpoint=https://user@host", Secret::UserInfo),
        ("s3://bucket?access_key_id=x", Secret::AccessKey),
        ("s3://bucket?secret-access-key=x", Secret::AccessKey),
        ("s3://bucket?region=AKIAIOSFODNN7EXAMPLE", Secret::AccessKey),
        ("s3://bucket?session-token=x", Secret::Token),
        ("https://acc.blob.core.windows.net/c?sv=2023&sig=abc%3D", Secret::SharedAccess),
        ("az://c?sas_token=x", Secret::SharedAccess),
        ("az://c?account-key=x", Secret::AccountKey),
        ("https://b.s3.amazonaws.com/x?X-Amz-Signature=1", Secret::SignedUrl),
        ("https://storage.googleapis.com/b/x?X-Goog-Credential=1", Secret::SignedUrl),
    ];
    for (text, secret) in cases {
        let fault = Target::parse(text).unwrap_err();
        assert_eq!(fault, TargetFault::Secret { secret }, "{text}");
        assert!(fault.to_string().ends_with(secret.instead()), "{fault}");
    }
}

#[test]
fn faults_say_what_to_do() {
    let fault = |text: &str| Target::parse(text).unwrap_err().to_string();
    assert_eq!(fault("ftp://x"), "\"ftp\" is no scheme of a remote store: use s3, gs, az, abfs, abfss, https or http");
    assert_eq!(fault("s3:///base"), "s3:// needs a bucket behind it");
    assert_eq!(fault("s3://b/a//c"), "\"\" cannot be part of a base path");
    assert_eq!(fault("https://host/%ff"), "the path does not decode to UTF-8: write a literal percent sign as %25");
    let unknown = fault("s3://b?regoin=x");
    assert!(
        unknown.starts_with("\"regoin\" is no setting of a location: known are preset, endpoint, region,"),
        "{unknown}"
    );
    assert_eq!(fault("s3://b?path-style=maybe"), "\"maybe\" is no value for path-style: it takes true or false");
}
