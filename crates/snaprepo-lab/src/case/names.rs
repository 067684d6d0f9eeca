//! What the things of a story are called, and how many there are. Odd seeds have plain names, even seeds awkward ones:
//! dots, `+`, letters outside ASCII, slashes in ids.

/// Names and numbers of one seed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names {
    /// The registration of the repository.
    pub(super) repository: &'static str,
    /// The main index, with updates and deletions.
    pub(super) orders: &'static str,
    pub(super) n_order_shards: u32,
    /// How the ids of its documents begin.
    pub(super) order_prefix: &'static str,
    pub(super) n_orders: u64,
    pub(super) n_updates: usize,
    pub(super) n_deletions: usize,
    /// An alias of it with filter and routing.
    pub(super) filtered_alias: &'static str,
    /// Another one with neither.
    pub(super) plain_alias: &'static str,
    /// The index that is force-merged, and later made anew.
    pub(super) logs: &'static str,
    pub(super) n_logs: u64,
    pub(super) n_shards_anew: u32,
    /// An index without documents.
    pub(super) empty: &'static str,
    /// An index with nested documents.
    pub(super) baskets: &'static str,
    /// An index with two mapping types, where there are such.
    pub(super) kinds: &'static str,
    /// An index that is closed.
    pub(super) shut: &'static str,
    /// A data stream.
    pub(super) stream: &'static str,
    /// An index that appears after the first snapshot.
    pub(super) late: &'static str,
    /// An index whose shard finds no node.
    pub(super) red: &'static str,
    /// The snapshots in the order in which they are taken.
    pub(super) snapshots: [&'static str; 4],
    /// A clone of the first.
    pub(super) clone: &'static str,
    /// Which of them is deleted.
    pub(super) deleted: usize,
}

const PLAIN: Names = Names {
    repository: "lab",
    orders: "orders",
    n_order_shards: 2,
    order_prefix: "o-",
    n_orders: 200,
    n_updates: 20,
    n_deletions: 15,
    filtered_alias: "paid-orders",
    plain_alias: "all-orders",
    logs: "logs-2024",
    n_logs: 1300,
    n_shards_anew: 2,
    empty: "empty",
    baskets: "baskets",
    kinds: "kinds",
    shut: "shut",
    stream: "metrics-app",
    late: "late",
    red: "red",
    snapshots: ["snap-1", "snap-2", "snap-3", "snap-4"],
    clone: "clone-1",
    deleted: 0,
};

const AWKWARD: Names = Names {
    repository: "vault.2",
    orders: "kunden.v2",
    n_order_shards: 3,
    order_prefix: "küche/nr ",
    n_orders: 137,
    n_updates: 33,
    n_deletions: 22,
    filtered_alias: "bezahlt",
    plain_alias: "überblick",
    logs: "audit.2023-11",
    n_logs: 2311,
    n_shards_anew: 3,
    empty: "void",
    baskets: "nested-things",
    kinds: "arten",
    shut: "archive",
    stream: "traces-web",
    late: "spaet+1",
    red: "unplaced",
    snapshots: ["daily-2023.10.01-aa", "daily-2023.10.02-bb", "weekly_x+y", "z-last"],
    clone: "kopie-größe",
    deleted: 1,
};

impl Names {
    /// The names of a seed.
    pub(super) fn of(seed: u64) -> Self {
        if seed.is_multiple_of(2) { AWKWARD } else { PLAIN }
    }
}
