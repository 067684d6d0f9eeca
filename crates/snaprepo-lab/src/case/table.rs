//! All cases.

use super::{Case, Data, Plot};
use crate::dialect::Feature;

/// Where in the store the repositories with a base path lie.
const BASE_PATH: &str = "team/backups";

/// What most cases have.
const PLAIN: Case = Case {
    name: "plain",
    about: "compress: false",
    settings: &[("compress", "false")],
    base_path: "",
    node_settings: &[],
    needs: None,
    data: Data::Copied,
    plot: Plot::Full,
};

const HASHED: Case = Case { base_path: BASE_PATH, needs: Some(Feature::HashedPaths), ..PLAIN };

/// All cases, the plain ones first.
pub static ALL: &[Case] = &[
    PLAIN,
    Case {
        name: "compressed",
        about: "compress: true, files in parts of 4 KiB",
        settings: &[("compress", "true"), ("chunk_size", "4kb")],
        ..PLAIN
    },
    Case {
        name: "zstd",
        about: "metadata compressed with zstd",
        settings: &[("compress", "true"), ("compression_type", "zstd")],
        needs: Some(Feature::CompressionType),
        ..PLAIN
    },
    Case { name: "default", about: "nothing but a base path", settings: &[], ..HASHED },
    Case {
        name: "fixed",
        about: "the classic shard folders in a release that can hash them",
        settings: &[("shard_path_type", "FIXED")],
        ..HASHED
    },
    Case {
        name: "hashed-prefix",
        about: "shard folders outside the base path, below a hash",
        settings: &[("shard_path_type", "HASHED_PREFIX")],
        ..HASHED
    },
    Case {
        name: "hashed-infix",
        about: "shard folders inside the base path, below a hash",
        settings: &[("shard_path_type", "HASHED_INFIX")],
        ..HASHED
    },
    Case {
        name: "hashed-nodeprefix",
        about: "as hashed-prefix, and the node adds a prefix of its own",
        settings: &[("shard_path_type", "HASHED_PREFIX")],
        node_settings: &[("cluster.snapshot.shard.path.prefix", "px")],
        ..HASHED
    },
    Case {
        name: "shallow",
        about: "shallow snapshots: shards are pointers into a remote store",
        settings: &[("remote_store_index_shallow_copy", "true")],
        needs: Some(Feature::Shallow),
        data: Data::Shallow,
        ..PLAIN
    },
    Case {
        name: "shallow-v2",
        about: "shallow snapshots of the second kind: no shard blobs at all",
        settings: &[("remote_store_index_shallow_copy", "true"), ("shallow_snapshot_v2", "true")],
        needs: Some(Feature::ShallowV2),
        data: Data::ShallowV2,
        ..PLAIN
    },
    Case { name: "mixed", about: "a newer release goes on with the repository in --from", plot: Plot::Mixed, ..PLAIN },
    Case {
        name: "upgraded",
        about: "as mixed, then all snapshots of the older release are deleted",
        plot: Plot::Upgraded,
        ..PLAIN
    },
    Case {
        name: "trap",
        about: "OpenSearch before 2.17 writes to a hashed repository in --from and loses where its shards are",
        plot: Plot::Trap,
        ..PLAIN
    },
];
