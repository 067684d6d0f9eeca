//! However little of an index is seen at once: what is handed out is what a listing of its own shows.

use std::fs;

use snaprepo_store::LocalStore;

use super::*;
use crate::folder::Detail;

const NAMES: [&str; 14] = [
    "i/0/__a",
    "i/0/__b.part0",
    "i/0/index-3",
    "i/0/sub/x",
    "i/0/sub/y",
    "i/1/__c",
    "i/10/__d",
    "i/10/snap-x.dat",
    "i/2/foreign",
    "i/foreign-folder/a/b",
    "i/meta-x.dat",
    "j/0/__e",
    "j/3/index-9",
    "k",
];

fn filled() -> (tempfile::TempDir, LocalStore) {
    let folder = tempfile::tempdir().unwrap();
    for name in NAMES {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
    let store = LocalStore::open(folder.path()).unwrap();
    (folder, store)
}

fn path(text: &str) -> BlobPath {
    BlobPath::parse(text).unwrap()
}

/// Checks all shards of an index against their own listings; returns how many the tree knew.
fn check(tree: &IndexTree, store: &LocalStore, index: &str) -> usize {
    let mut n_known = 0;
    for shard in 0..12 {
        let listed = ShardFolder::list(store, &path(index).join(&shard.to_string()).unwrap(), Detail::Lengths).unwrap();
        match tree.take(shard) {
            Seen::Unknown => continue,
            Seen::Absent => assert_eq!(listed, None, "{index}/{shard}"),
            Seen::Folder(folder) => assert_eq!(Some(folder), listed, "{index}/{shard}"),
        }
        n_known += 1;
        assert!(!matches!(tree.take(shard), Seen::Folder(_)), "{index}/{shard} is handed out once");
    }
    n_known
}

#[test]
fn a_tree_hands_out_what_its_folders_have() {
    let (_folder, store) = filled();
    let mut most = 0;
    for max in 0..20 {
        let tree = IndexTree::list_up_to(max, &store, &path("i")).unwrap();
        let top: Option<Vec<_>> = tree.top().map(Iterator::collect);
        let n_known = check(&tree, &store, "i");
        assert!(n_known >= most, "more is seen of {max} entries than of {}", max + 1);
        most = n_known;
        assert_eq!(top.is_some(), max >= 11, "{max}");
        assert!(top.is_none_or(|top| top.len() == 6), "four shards, a blob and a folder");
    }
    assert_eq!(most, 12);
}

#[test]
fn a_first_look_knows_small_indices() {
    let (_folder, store) = filled();
    for max in 0..20 {
        let forest = Forest::list_up_to(max, &store, &path("")).unwrap();
        let (i, j, none) = (forest.take("i"), forest.take("j"), forest.take("none"));
        // The last folder that was begun may have more.
        assert_eq!((i.is_some(), j.is_some(), none.is_some()), (max >= 11, max >= 13, max >= 14), "{max}");
        i.inspect(|i| assert_eq!(check(i, &store, "i"), 12));
        j.inspect(|j| assert_eq!(check(j, &store, "j"), 12));
        assert_eq!(forest.top.map(|top| top.len()), (max >= 14).then_some(3), "{max}");
        assert!(forest.trees.lock().unwrap().is_empty(), "each tree is handed out once");
    }
}

/// Listings of S3 directory buckets have no order: nothing counts as whole before they end.
#[test]
fn without_order_nothing_is_whole() {
    let mut order = Order::default();
    ["a", "a", "a-b", "c"].into_iter().for_each(|name| order.next(name));
    assert!(!order.is_kept, "a- comes before a/");
    let mut order = Order::default();
    ["1", "10", "10", "2"].into_iter().for_each(|name| order.next(name));
    assert!(order.is_whole("1") && order.is_whole("10") && !order.is_whole("2"));
    order.next("11");
    assert!(!order.is_whole("1"));
}
