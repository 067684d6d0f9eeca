//! Lines, one by one.

use super::{Format, entry, format};

#[test]
fn lines_of_other_programs() {
    let aws = "2026-11-01 03:04:05      12345 base/a key.dat";
    assert_eq!(format(aws), Ok(Format::AwsLs));
    assert_eq!(entry(Format::AwsLs, aws), Ok(Some(("base/a key.dat", 12_345))));
    assert_eq!(entry(Format::AwsLs, "2026-11-01 03:04:05          0 base/folder/"), Ok(None));
    for line in ["12345;base/a;key.dat", "2026-11-01 03:04:05;12345;base/a;key.dat"] {
        assert_eq!(format(line), Ok(Format::RcloneLsf));
        assert_eq!(entry(Format::RcloneLsf, line), Ok(Some(("base/a;key.dat", 12_345))));
    }
    assert_eq!(entry(Format::RcloneLsf, "-1;folder/"), Ok(None));
}

#[test]
fn what_is_no_line_is_refused() {
    assert!(format("base/key.dat").is_err_and(|reason| reason.contains("no length")));
    for line in ["Total Objects: 5", "2026-11-01 03:04:05", "2026-11-01 03:04:05 1.2 MiB key", "-2;key", "5;", "x;y"] {
        assert!(entry(Format::AwsLs, line).is_err() && entry(Format::RcloneLsf, line).is_err(), "{line}");
    }
    // Ends in the middle of a character.
    assert!(
        entry(Format::AwsLs, "2026-11-01 03:04:0é").is_err()
            && entry(Format::RcloneLsf, "2026-11-01 03:04:0éé").is_err()
    );
}
