//! Pages of listings, and those that must not be believed.

use snaprepo_testkit::server::{Reply, Server};

use super::*;
use crate::tests::opened;

fn first_page(xml: &str) -> Result<Page, String> {
    let document = xml::parse(xml.as_bytes(), if xml.contains("<Blobs>") { AZURE.wanted } else { S3.wanted }).unwrap();
    fetched(document).map(|fetched| fetched.page).map_err(|refusal| refusal.kind.to_string())
}

#[test]
fn a_page_of_azure() {
    let xml = "<EnumerationResults><Prefix>x/</Prefix><Blobs><Blob><Name>x/a</Name><Properties><Last-Modified>Sat, 21 Nov \
        2026 10:00:00 GMT</Last-Modified><Content-Length>5</Content-Length><AccessTier>Cool</AccessTier></Properties></Blob>\
        <Blob><Name>x/b</Name><Properties><Content-Length>6</Content-Length><AccessTier>Archive</AccessTier>\
        <ArchiveStatus>rehydrate-pending-to-hot</ArchiveStatus></Properties></Blob>\
        <Blob><Name>x/f</Name><Properties><ResourceType>directory</ResourceType><Content-Length>0</Content-Length>\
        </Properties></Blob><BlobPrefix><Name>x/f/</Name></BlobPrefix></Blobs><NextMarker/></EnumerationResults>";
    let page = first_page(xml).unwrap();
    assert_eq!(page.folders, ["x/f/"]);
    let object = |key: &str, len_bytes, modified_millis, class: &str| Object {
        key: key.into(),
        len_bytes,
        modified_millis,
        class: Some(class.into()),
    };
    let objects =
        [object("x/a", 5, Some(1_795_255_200_000), "Cool"), object("x/b", 6, None, "rehydrate-pending-to-hot")];
    assert_eq!(page.objects, objects);
}

#[test]
fn keys_come_percent_encoded_or_plain() {
    let contents = "<Contents><Key>a%2Bb+c%01</Key><Size>1</Size></Contents>";
    let encoded = format!("<ListBucketResult><EncodingType>url</EncodingType>{contents}</ListBucketResult>");
    assert_eq!(first_page(&encoded).unwrap().objects[0].key, "a+b c\u{1}");
    let plain = format!("<ListBucketResult>{contents}</ListBucketResult>");
    assert_eq!(first_page(&plain).unwrap().objects[0].key, "a%2Bb+c%01");
}

#[test]
fn a_page_that_cannot_be_complete_is_an_error() {
    let said = |xml: &str| first_page(xml).unwrap_err();
    let more = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
    assert_eq!(said(more), "the listing is not complete: it says that there is more, and not where");
    let no_len = "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>";
    assert_eq!(said(no_len), "the listing is not complete: an entry has no length");
    let no_key = "<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>";
    assert_eq!(said(no_key), "the listing is not complete: an entry has no name");
}

fn listed(answer: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Result<usize, String> {
    let n_asked = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(move |_| answer(n_asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst)));
    let opened = opened(&format!("s3://bucket?endpoint={}&tries=2", server.url()));
    let mut n = 0;
    let listed = snaprepo_store::ReadStore::list(&opened.store, &opened.base, &mut |_| n += 1);
    listed.map(|()| n).map_err(|error| error.kind.to_string())
}

#[test]
fn listings_that_lie() {
    let page = |rest: &str| format!("<ListBucketResult>{rest}</ListBucketResult>");
    let more = "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>";
    let round = page(more);
    let itself = Err("the listing is not complete: its pages lead to each other".into());
    assert_eq!(listed(move |_| Reply::ok(round.clone())), itself);
    let circle = move |n: usize| {
        Reply::ok(page(&more.replace(">t<", &format!(">{}<", if n < 5 { n } else { 100 + (n - 5) % 7 }))))
    };
    assert_eq!(listed(circle), itself);
    let entry = "<Contents><Key>a</Key><Size>1</Size></Contents>";
    let twice = move |n: usize| Reply::ok(page(&format!("{entry}{}", more.replace(">t<", &format!(">{n}<")))));
    assert_eq!(listed(twice), Err("the listing is not complete: a page came twice".into()));
    let cut = page("<Contents><Key>a</Key><Size>1</Size></Contents>")[..40].to_owned();
    assert_eq!(listed(move |_| Reply::ok(cut.clone())), Err("the listing is not complete: it is cut off".into()));
    let html = Reply::ok("<html></html>").header("content-type", "text/html");
    assert_eq!(listed(move |_| html.clone()), Err("what answers there is no object store: it sent a web page".into()));
    let late = page(more);
    let answered = listed(move |n| if n == 0 { Reply::ok(late.clone()) } else { Reply::error(403, "AccessDenied") });
    assert_eq!(answered, Err("permission denied to list it".into()), "a page is missing");
    let other = page("<Contents><Key>a/b</Key><Size>1</Size></Contents>");
    assert_eq!(
        listed(move |_| Reply::ok(other.clone())),
        Err("the listing is not complete: the store does not sum up folders".into())
    );
    let under_way = listed(move |n| match n {
        0 => Reply::ok("<Error><Code>InternalError</Code></Error>"),
        _ => Reply::ok("<ListBucketResult><Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>"),
    });
    assert_eq!(under_way, Ok(1), "well said, and failed under way: asked again");
}
