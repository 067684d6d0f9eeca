//! The connection string of an Azure account: `AccountName=…;AccountKey=…;EndpointSuffix=…`.

use super::Hidden;

/// Its parts, as far as they matter for blobs.
#[derive(Debug, Default)]
pub(super) struct ConnectionString {
    pub(super) account: Option<String>,
    pub(super) key: Option<Hidden>,
    pub(super) signature: Option<Hidden>,
    pub(super) endpoint: Option<String>,
}

impl ConnectionString {
    pub(super) fn parse(text: &str) -> Self {
        let mut parsed = Self::default();
        let (mut protocol, mut suffix) = ("https", None);
        for part in text.split(';') {
            // Keys end in `=` themselves.
            let Some((name, value)) = part.trim().split_once('=') else { continue };
            match name.to_ascii_lowercase().as_str() {
                "accountname" => parsed.account = Some(value.to_owned()),
                "accountkey" => parsed.key = Some(Hidden(value.to_owned())),
                "sharedaccesssignature" => parsed.signature = Some(Hidden(value.to_owned())),
                "blobendpoint" => parsed.endpoint = Some(value.trim_end_matches('/').to_owned()),
                "defaultendpointsprotocol" => protocol = value,
                "endpointsuffix" => suffix = Some(value),
                _ => {}
            }
        }
        if let (None, Some(account), Some(suffix)) = (&parsed.endpoint, &parsed.account, suffix) {
            parsed.endpoint = Some(format!("{protocol}://{account}.blob.{suffix}"));
        }
        parsed
    }
}
