//! Parts, and when two entries are the same file.

use super::*;
use crate::ids::Uuid;

fn file(len_bytes: u64, part_size: u64) -> FileInfo {
    FileInfo {
        name: FileName::Data(DataName::Uuid(Uuid::from_bytes([7; 16]))),
        physical_name: "_0.cfs".into(),
        len_bytes,
        checksum: Some(1),
        part_size,
        written_by: None,
        meta_hash: None,
        writer_uuid: None,
    }
}

#[test]
fn parts_as_the_engines_cut_them() {
    for (len, size, lens) in [(0, 5, vec![0]), (10, 5, vec![5, 5]), (11, 5, vec![5, 5, 1]), (9, u64::MAX, vec![9])] {
        let parts = file(len, size).parts().unwrap();
        let found: Vec<u64> = (0..parts.n_parts).map(|i| parts.part_len(i)).collect();
        assert_eq!(found, lens, "{len} bytes in parts of {size}");
        assert_eq!(parts.blob_name(0).ends_with(".part0"), lens.len() > 1);
    }
}

#[test]
fn the_writer_uuid_decides_before_the_checksum() {
    let with =
        |uuid: u8, checksum| FileInfo { writer_uuid: Some([uuid].as_slice().into()), checksum, ..file(9, u64::MAX) };
    assert!(with(1, Some(1)).is_same(&with(1, Some(2))));
    assert!(!with(1, Some(1)).is_same(&with(2, Some(1))));
    assert!(!file(9, u64::MAX).is_same(&file(10, u64::MAX)));
}
