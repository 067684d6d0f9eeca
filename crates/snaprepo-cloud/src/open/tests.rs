//! Where requests go, for every way to say it; and what does not fit together.

use super::*;
use crate::tests::{KEYS, environment};

fn opened_with(location: &str, variables: &[(&str, &str)]) -> Result<Opened, String> {
    let all: Vec<_> = KEYS.iter().chain(variables).copied().collect();
    let target = Target::parse(location).map_err(|fault| fault.to_string())?;
    open(&target, &Settings::default(), &environment(&all)).map_err(|fault| fault.to_string())
}

fn url(location: &str, variables: &[(&str, &str)]) -> String {
    opened_with(location, variables).unwrap().store.url()
}

#[test]
fn urls_of_s3() {
    assert_eq!(url("s3://bucket", &[]), "https://bucket.s3.us-east-1.amazonaws.com");
    assert_eq!(url("s3://bucket?region=eu-west-1", &[]), "https://bucket.s3.eu-west-1.amazonaws.com");
    assert_eq!(url("s3://bucket", &[("AWS_REGION", "cn-north-1")]), "https://bucket.s3.cn-north-1.amazonaws.com.cn");
    assert_eq!(url("s3://my.bucket?region=eu-west-1", &[]), "https://s3.eu-west-1.amazonaws.com/my.bucket");
    assert_eq!(url("s3://bucket?path-style", &[]), "https://s3.us-east-1.amazonaws.com/bucket");
    assert_eq!(url("s3://bucket?endpoint=http://minio:9000/", &[]), "http://minio:9000/bucket");
    assert_eq!(url("s3://bucket?endpoint=minio.example", &[]), "https://minio.example/bucket");
    assert_eq!(url("s3://bucket?endpoint=http://minio:9000&path-style=no", &[]), "http://bucket.minio:9000");
    assert_eq!(url("s3://bucket", &[("AWS_ENDPOINT_URL", "http://localhost:9101")]), "http://localhost:9101/bucket");
    assert_eq!(
        url("s3://bucket-125?preset=tencent-cos&region=ap-guangzhou", &[]),
        "https://bucket-125.cos.ap-guangzhou.myqcloud.com"
    );
}

#[test]
fn urls_of_the_others() {
    let token = ("GOOGLE_OAUTH_ACCESS_TOKEN", "t");
    assert_eq!(url("gs://bucket", &[token]), "https://storage.googleapis.com/bucket");
    assert_eq!(
        url("gs://bucket", &[token, ("STORAGE_EMULATOR_HOST", "localhost:9130")]),
        "http://localhost:9130/bucket"
    );
    let key = ("AZURE_STORAGE_KEY", "c2VjcmV0");
    assert_eq!(url("az://c?account=acc", &[key]), "https://acc.blob.core.windows.net/c");
    assert_eq!(url("abfss://c@acc.dfs.core.windows.net/x", &[key]), "https://acc.blob.core.windows.net/c");
    assert_eq!(url("https://acc.blob.core.windows.net/c/x", &[key]), "https://acc.blob.core.windows.net/c");
    let azurite = "AccountName=dev;AccountKey=c2VjcmV0;BlobEndpoint=http://127.0.0.1:9110/dev";
    assert_eq!(url("az://c", &[("AZURE_STORAGE_CONNECTION_STRING", azurite)]), "http://127.0.0.1:9110/dev/c");
    assert_eq!(url("https://host:8443/a/b", &[]), "https://host:8443");
}

#[test]
fn the_region_of_a_profile_counts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    fs::write(&file, "[profile backup]\nregion = ap-south-1\n").unwrap();
    let variables = [("AWS_CONFIG_FILE", file.to_str().unwrap())];
    assert_eq!(url("s3://bucket?profile=backup", &variables), "https://bucket.s3.ap-south-1.amazonaws.com");
}

#[test]
fn what_does_not_fit() {
    let fault = |location: &str| opened_with(location, &[]).unwrap_err();
    assert_eq!(fault("az://c"), "which storage account is not known: set AZURE_STORAGE_ACCOUNT, or add account=");
    assert_eq!(
        fault("s3://b?endpoint=http://"),
        "the endpoint \"http://\" is no URL of a host: write it as https://host or http://host:port"
    );
    assert!(!fault("s3://b?endpoint=https://u:p@host").contains("u:p"));
    let of_environment = opened_with("s3://b", &[("AWS_ENDPOINT_URL", "https://u:p@host")]).unwrap_err();
    assert!(of_environment.starts_with("the endpoint carries credentials"), "{of_environment}");
    assert_eq!(fault("s3://b%23c"), "\"b%23c\" cannot be the name of a bucket");
    assert!(
        fault("s3://b?ca-file=/nowhere/ca.pem").starts_with("the certificates in /nowhere/ca.pem cannot be used: ")
    );
    assert!(fault("s3://b?preset=minio").contains("needs endpoint="));
    assert!(fault("az://c?account=a&credential=key").contains("AZURE_STORAGE_KEY"));
}

#[test]
fn settings_tell_where_they_are_from() {
    let opened = opened_with("s3://b?preset=yandex", &[("SNAPREPO_WIDTH", "4")]).unwrap();
    let shown: Vec<String> =
        opened.settings.iter().map(|(key, value, from)| format!("{}={value} {from}", key.name())).collect();
    let expected = [
        "preset=yandex the location",
        "endpoint=https://storage.yandexcloud.net the preset yandex",
        "region=ru-central1 the preset yandex",
        "path-style=true the preset yandex",
        "width=4 the variable SNAPREPO_WIDTH",
    ];
    assert_eq!(shown, expected);
}
