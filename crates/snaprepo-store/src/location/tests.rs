//! Kinds of locations.

use super::{Location, LocationFault};

#[test]
fn kinds_of_locations() {
    let kind = |text: &str| text.parse::<Location>();
    assert_eq!(kind("backups"), Ok(Location::Local("backups".into())));
    assert_eq!(kind("file:///mnt/backups"), Ok(Location::Local("/mnt/backups".into())));
    assert_eq!(kind("s3://bucket/base"), Ok(Location::Remote { scheme: "s3", rest: "bucket/base".into() }));
    assert_eq!(kind(""), Err(LocationFault::Empty));
    assert_eq!(kind("ftp://x"), Err(LocationFault::UnknownScheme { scheme: "ftp".into() }));
    assert_eq!(kind("file://host/x"), Err(LocationFault::FileHost { host: "host".into() }));
    assert_eq!(kind("http://host/x"), Ok(Location::Remote { scheme: "http", rest: "host/x".into() }));
    let azure = "container@account.dfs.core.windows.net/x";
    assert_eq!(kind(&format!("abfss://{azure}")), Ok(Location::Remote { scheme: "abfss", rest: azure.into() }));
    assert_eq!(kind("s3://key:secret@bucket/base"), Err(LocationFault::Credentials));
    assert_eq!(kind("abfss://container:secret@account.dfs.core.windows.net/x"), Err(LocationFault::Credentials));
}

#[test]
fn names_of_the_configuration_file() {
    assert_eq!("@prod".parse(), Ok(Location::Named("prod".into())));
    assert_eq!("@".parse::<Location>(), Err(LocationFault::NoName));
}
