//! Versions, markers and uploads, over several pages.

use snaprepo_testkit::server::{Reply, Server};

use super::*;
use crate::tests::{opened, path};

const PAGES: [&str; 2] = [
    "<ListVersionsResult><EncodingType>url</EncodingType><Version><Key>base/a%2Bb</Key><VersionId>v2</VersionId><IsLatest>true\
     </IsLatest><LastModified>2026-11-21T10:00:00Z</LastModified><Size>5</Size><StorageClass>GLACIER</StorageClass></Version>\
     <IsTruncated>true</IsTruncated><NextKeyMarker>base/a%2Bb</NextKeyMarker><NextVersionIdMarker>v2</NextVersionIdMarker>\
     </ListVersionsResult>",
    "<ListVersionsResult><EncodingType>url</EncodingType><Version><Key>base/a%2Bb</Key><VersionId>null</VersionId><IsLatest>\
     false</IsLatest><Size>7</Size></Version><DeleteMarker><Key>base//odd</Key><VersionId>v9</VersionId><IsLatest>true\
     </IsLatest></DeleteMarker><IsTruncated>false</IsTruncated></ListVersionsResult>",
];

#[test]
fn versions_and_markers() {
    let server = Server::start(|seen| {
        assert_eq!((seen.query("versions"), seen.query("prefix")), (Some(""), Some("base/")));
        match seen.query("key-marker") {
            None => Reply::ok(PAGES[0]),
            Some(marker) => {
                assert_eq!((marker, seen.query("version-id-marker")), ("base/a+b", Some("v2")));
                Reply::ok(PAGES[1])
            }
        }
    });
    let store = opened(&format!("s3://bucket?endpoint={}", server.url())).store;
    let mut all = Vec::new();
    store
        .versions(&path("base"), &mut |version| {
            all.push((
                version.blob.key.clone(),
                version.blob.path.is_some(),
                version.id.clone(),
                version.blob.len_bytes,
            ));
            all.len() < 10
        })
        .unwrap();
    let expected = [("a+b", true, "v2", 5), ("a+b", true, "null", 7), ("/odd", false, "v9", 0)]
        .map(|(key, is_path, id, len)| (key.to_owned(), is_path, id.to_owned(), len));
    assert_eq!(all, expected);
}

#[test]
fn uploads_with_their_bytes() {
    let server = Server::start(|seen| match (seen.query("uploads"), seen.query("uploadId")) {
        (Some(_), _) => Reply::ok(
            "<ListMultipartUploadsResult><Upload><Key>base/big</Key><UploadId>u1</UploadId><Initiated>2026-11-21T10:00:00Z\
             </Initiated></Upload><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>",
        ),
        (_, Some("u1")) if seen.query("part-number-marker").is_none() => Reply::ok(
            "<ListPartsResult><Part><PartNumber>1</PartNumber><Size>100</Size></Part><IsTruncated>true</IsTruncated>\
             <NextPartNumberMarker>1</NextPartNumberMarker></ListPartsResult>",
        ),
        (_, Some("u1")) => {
            assert_eq!((seen.path.as_str(), seen.query("part-number-marker")), ("/bucket/base/big", Some("1")));
            Reply::ok("<ListPartsResult><Part><PartNumber>2</PartNumber><Size>11</Size></Part></ListPartsResult>")
        }
        _ => Reply::error(400, "InvalidArgument"),
    });
    let store = opened(&format!("s3://bucket?endpoint={}", server.url())).store;
    let mut all = Vec::new();
    store
        .uploads(&path("base"), &mut |upload| {
            all.push(upload);
            true
        })
        .unwrap();
    let expected = Upload {
        path: Some(path("big")),
        key: "big".into(),
        id: "u1".into(),
        begun_millis: Some(1_795_255_200_000),
        n_parts: 2,
        len_bytes: 111,
    };
    assert_eq!(all, [expected]);
}

#[test]
fn lists_without_an_end_and_services_without_versions() {
    let endless =
        Server::start(|_| Reply::ok("<ListVersionsResult><IsTruncated>true</IsTruncated></ListVersionsResult>"));
    let store = opened(&format!("s3://bucket?endpoint={}", endless.url())).store;
    let error = store.versions(&path("base"), &mut |_| true).unwrap_err();
    assert!(error.to_string().contains("the listing is not complete"), "{error}");
    let store = opened("gs://bucket?anonymous").store;
    let error = store.versions(&path("base"), &mut |_| true).unwrap_err();
    assert_eq!(error.kind.to_string(), "the store does not offer a listing of versions or uploads");
}

#[test]
fn classes_stand_in_the_listing() {
    let server = Server::start(|_| {
        Reply::ok(
            "<ListBucketResult><Contents><Key>base/a</Key><Size>1</Size><StorageClass>DEEP_ARCHIVE</StorageClass></Contents>\
             <Contents><Key>base/b</Key><Size>2</Size></Contents></ListBucketResult>",
        )
    });
    let store = opened(&format!("s3://bucket?endpoint={}", server.url())).store;
    let mut classes = Vec::new();
    store
        .stored_blobs(&path("base"), &mut |blob| {
            classes.push((blob.key, blob.class));
            true
        })
        .unwrap();
    assert_eq!(classes, [("a".to_owned(), Some("DEEP_ARCHIVE".to_owned())), ("b".to_owned(), None)]);
}
