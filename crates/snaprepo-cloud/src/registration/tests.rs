//! Registrations of every type, as clusters print them.

use super::*;

fn remote(json: &str) -> (String, String, Vec<String>) {
    match Registration::parse(json, None).unwrap() {
        Registration { place: Place::Remote { location, settings }, notes, .. } => {
            (location, settings.to_query(), notes)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn s3_with_what_stands_in_the_registration() {
    let json = r#"{"nightly":{"type":"s3","uuid":"x","settings":{"bucket":"backups","base_path":"prod/a","client":"cold",
        "endpoint":"minio:9000","protocol":"http","path_style_access":"true","server_side_encryption":"true",
        "storage_class":"standard_ia","readonly":"true"}}}"#;
    let registration = Registration::parse(json, None).unwrap();
    assert_eq!(registration.name.as_deref(), Some("nightly"));
    let (location, query, notes) = remote(json);
    assert_eq!(location, "s3://backups/prod/a");
    assert_eq!(query, "?endpoint=http://minio:9000&path-style=true&storage-class=standard_ia&encryption=AES256");
    assert!(notes[0].contains("s3.client.cold.*"), "{notes:?}");
}

#[test]
fn every_type_of_a_remote_store() {
    let (location, query, notes) = remote(r#"{"type":"gcs","settings":{"bucket":"b","base_path":"/x/"}}"#);
    assert_eq!((location.as_str(), query.as_str()), ("gs://b/x", ""));
    assert!(notes[0].contains("GOOGLE_APPLICATION_CREDENTIALS"));

    let (location, _, notes) = remote(r#"{"type":"azure","settings":{"client":"c","location_mode":"secondary_only"}}"#);
    assert_eq!(location, "az://elasticsearch-snapshots");
    assert!(notes.iter().any(|note| note.contains("-secondary.blob")), "{notes:?}");

    let (location, query, notes) = remote(
        r#"{"type":"oss","settings":{"bucket":"b","endpoint":"http://oss-cn-hangzhou-internal.aliyuncs.com",
        "access_key_id":"k","secret_access_key":"s"}}"#,
    );
    assert_eq!((location.as_str(), query.as_str()), ("s3://b", "?preset=alibaba-oss&region=cn-hangzhou"));
    assert!(notes.iter().any(|note| note.contains("(access_key_id, secret_access_key): they were not carried over")));
    assert!(!notes.join("").contains("\"k\""));

    let (location, query, _) =
        remote(r#"{"type":"cos","settings":{"bucket":"b","app_id":125,"region":"ap-guangzhou","base_path":"x"}}"#);
    assert_eq!((location.as_str(), query.as_str()), ("s3://b-125/x", "?preset=tencent-cos&region=ap-guangzhou"));

    let (location, _, _) = remote(r#"{"type":"url","settings":{"url":"https://host/repo/"}}"#);
    assert_eq!(location, "https://host/repo/");
}

#[test]
fn settings_may_be_nested_or_flat() {
    let nested = r#"{"type":"source","settings":{"delegate_type":"s3","bucket":"b","proxy":{"host":"p","port":3128}}}"#;
    let (location, query, notes) = remote(nested);
    assert_eq!((location.as_str(), query.as_str()), ("s3://b", "?proxy=http://p:3128"));
    assert!(notes.last().unwrap().starts_with("source-only"));
}

#[test]
fn directories() {
    let place = |json: &str| Registration::parse(json, None).unwrap().place;
    let fs = place(r#"{"type":"fs","settings":{"location":"/mnt/backups"}}"#);
    assert_eq!(fs, Place::Directory("/mnt/backups".into()));
    let url = place(r#"{"type":"url","settings":{"url":"file:/mnt/backups"}}"#);
    assert_eq!(url, Place::Directory("/mnt/backups".into()));
}

#[test]
fn what_cannot_be_used_is_said() {
    let fault = |json: &str, name: Option<&str>| Registration::parse(json, name).unwrap_err().to_string();
    let two = r#"{"a":{"type":"fs","settings":{"location":"/a"}},"b":{"type":"fs","settings":{"location":"/b"}}}"#;
    assert_eq!(fault(two, None), "the registration has 2 repositories: choose one of a, b");
    assert_eq!(fault(two, Some("c")), "the registration has no repository \"c\": it has a, b");
    assert!(Registration::parse(two, Some("b")).is_ok());
    assert!(fault("{", None).starts_with("the registration is no JSON: "));
    assert!(fault("[]", None).starts_with("this is no registration"));
    assert!(fault(r#"{"error":"x"}"#, None).starts_with("this is no registration"));
    assert_eq!(fault(r#"{"type":"hdfs","settings":{}}"#, None), "repositories of type \"hdfs\" cannot be read");
    assert_eq!(fault(r#"{"type":"s3","settings":{}}"#, None), "the registration of type \"s3\" has no \"bucket\"");
    assert_eq!(
        fault(r#"{"type":"url","settings":{"url":"ftp://x"}}"#, None),
        "\"ftp://x\" is no http, https or file URL"
    );
}
