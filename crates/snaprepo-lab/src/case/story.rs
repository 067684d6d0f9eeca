//! The story of nearly every fixture: four snapshots between which everything happens that leaves a trace in a
//! repository. It is the same for all releases; what one cannot do is left out and noted.

use serde_json::{Value, json};

use super::{
    Data, content,
    names::Names,
    random::Random,
    step::{Step, Story},
};
use crate::{
    Product,
    dialect::{Dialect, Feature, Fields, IndexPlan, Operation, Request, SnapshotPlan},
    http::{Method, segment},
};

/// Documents of one flush of the main index.
const ORDERS_OF_A_SEGMENT: usize = 50;
/// Documents of one flush of the log.
const LINES_OF_A_SEGMENT: usize = 500;

/// The story of a seed for a release.
pub(super) fn story(seed: u64, product: Product, dialect: Dialect, data: Data) -> Story {
    let names = Names::of(seed);
    let live = (1..=names.n_orders).collect();
    let mut writer = Writer { seed, names, product, dialect, steps: Vec::new(), notes: Vec::new(), live, n_samples: 0 };
    writer.cluster();
    writer.first_indices();
    writer.odd_indices(data);
    writer.steps.push(Step::Settle);
    writer.snapshot(0, true, Some(json!({ "taken_by": "lab", "n": 1, "nested": { "a": [1, 2.5, null, true] } })));
    writer.changes();
    let policy = writer.policy();
    writer.snapshot(1, true, Some(policy));
    writer.logs_anew();
    // Even seeds have one snapshot without global state.
    writer.snapshot(2, !seed.is_multiple_of(2), None);
    writer.clone_of_first(data);
    writer.steps.push(Step::Delete { snapshot: names.snapshots[names.deleted].to_owned() });
    writer.partial();
    Story { steps: writer.steps, notes: writer.notes }
}

/// Collects steps.
struct Writer {
    seed: u64,
    names: Names,
    product: Product,
    dialect: Dialect,
    steps: Vec<Step>,
    notes: Vec<String>,
    /// Numbers of the orders that are there.
    live: Vec<u64>,
    n_samples: u64,
}

impl Writer {
    /// Templates, a pipeline and a setting, so that there is a global state worth keeping.
    fn cluster(&mut self) {
        let mut template =
            json!({ "settings": { "index": { "number_of_replicas": 0 } }, "aliases": { "from-template": {} } });
        if self.has(Feature::IndexPatterns) {
            template["index_patterns"] = json!(["tmpl-*"]);
        } else {
            template["template"] = json!("tmpl-*");
        }
        self.put("/_template/lab-template", template);
        if self.can(Feature::ComposableTemplates) {
            let mappings = json!({ "properties": { "host": { "type": "keyword" } } });
            let component = json!({ "settings": { "index.number_of_replicas": 0 }, "mappings": mappings });
            self.put(
                "/_component_template/lab-component",
                json!({ "template": component, "_meta": { "owner": "lab" } }),
            );
            let composable = json!({ "index_patterns": ["ctmpl-*"], "composed_of": ["lab-component"], "priority": 7 });
            self.put("/_index_template/lab-composable", composable);
        }
        if self.can(Feature::Pipelines) {
            let pipeline = json!({ "description": "does nothing", "processors": [] });
            self.steps.push(Step::Try(Request::json(Method::Put, "/_ingest/pipeline/lab-pipeline", pipeline)));
        }
        let setting = json!({ "cluster.routing.allocation.node_concurrent_recoveries": 3 });
        self.put("/_cluster/settings", json!({ "persistent": setting }));
    }

    /// The main index with aliases, updates and deletions, and the log, merged.
    fn first_indices(&mut self) {
        let names = self.names;
        let mut settings = Vec::new();
        if self.has(Feature::SoftDeletesSetting) && self.seed.is_multiple_of(2) {
            settings.push(("soft_deletes.enabled", json!(true)));
        }
        self.create(names.orders, names.n_order_shards, &[("doc", content::ORDER)], settings);
        let filtered = json!({
            "index": names.orders, "alias": names.filtered_alias,
            "filter": { "term": { "status": "paid" } }, "index_routing": "r1", "search_routing": "r1,r2",
        });
        let plain = json!({ "index": names.orders, "alias": names.plain_alias });
        let actions = json!({ "actions": [{ "add": filtered }, { "add": plain }] });
        self.steps.push(Step::Ask(Request::json(Method::Post, "/_aliases", actions)));
        for part in self.live.clone().chunks(ORDERS_OF_A_SEGMENT) {
            self.put_orders(part, 0);
        }
        self.update_orders(names.n_updates, 1);
        self.delete_orders(names.n_deletions);

        let codec =
            if self.can(Feature::BestCompression) { vec![("codec", json!("best_compression"))] } else { Vec::new() };
        self.create(names.logs, 1, &[("doc", content::LOG)], codec);
        self.log(names.logs, "a", names.n_logs);
        self.steps.push(Step::Merge { index: names.logs.to_owned() });
    }

    /// Indices that are special in one way each.
    fn odd_indices(&mut self, data: Data) {
        let (names, seed) = (self.names, self.seed);
        self.create(names.empty, 1, &[("doc", content::KEY)], Vec::new());

        self.create(names.baskets, 1, &[("doc", content::BASKET)], Vec::new());
        self.write(names.baskets, (0..40).map(|number| content::basket(seed, number)));
        self.write(names.baskets, [3, 17, 39].map(content::delete_basket));

        if self.can(Feature::ManyTypes) {
            self.create(names.kinds, 2, &[("alpha", content::KEY), ("beta", content::OTHER)], Vec::new());
            self.write(names.kinds, (1..=20).map(|number| content::of_kind(seed, "alpha", number)));
            self.write(names.kinds, (10..=30).map(|number| content::of_kind(seed, "beta", number)));
        }

        self.create(names.shut, 1, &[("doc", content::LOG)], Vec::new());
        self.log(names.shut, "s", 7);
        let closing = if data == Data::Copied { Feature::ClosedSnapshots } else { Feature::ClosedShallow };
        if self.has(closing) {
            self.steps.push(Step::Close { index: names.shut.to_owned() });
        } else {
            self.note(format!("index {} is left open: no {}", names.shut, closing.words()));
        }
    }

    /// A data stream with two backing indices.
    fn stream(&mut self) {
        let (stream, name) = (self.names.stream, segment(self.names.stream));
        let settings = json!({ "number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1" });
        let template = json!({
            "index_patterns": [format!("{stream}*")], "priority": 9, "data_stream": {}, "template": { "settings": settings },
        });
        self.put("/_index_template/lab-stream", template);
        self.steps.push(Step::Ask(Request::empty(Method::Put, format!("/_data_stream/{name}"))));
        self.write(stream, (0..12).map(|number| content::point("d", 1, number)));
        self.steps.push(Step::Ask(Request::empty(Method::Post, format!("/{name}/_rollover"))));
        self.write(stream, (0..5).map(|number| content::point("e", 2, number)));
    }

    /// Documents change, an index and a data stream appear.
    fn changes(&mut self) {
        let names = self.names;
        self.update_orders(12, 2);
        self.delete_orders(8);
        let new: Vec<u64> = (names.n_orders + 1..=names.n_orders + 25).collect();
        self.put_orders(&new, 0);
        self.live.extend(new);
        self.create(names.late, 1, &[("doc", content::LOG)], Vec::new());
        self.log(names.late, "late", 20);
        if self.can(Feature::DataStreams) {
            self.stream();
        }
    }

    /// One name, another index: with other shards, and documents under the same ids.
    fn logs_anew(&mut self) {
        let (names, seed) = (self.names, self.seed ^ 1 << 32);
        self.steps.push(Step::Drop { index: names.logs.to_owned() });
        self.create(names.logs, names.n_shards_anew, &[("doc", content::LOG)], Vec::new());
        self.write(names.logs, (0..60).map(|number| content::log(seed, "a", number)));
    }

    /// A clone that holds data whose index, and for odd seeds whose first snapshot, are gone. It is not made of a later
    /// snapshot: OpenSearch fails to clone a part of one whose global state knows a data stream.
    fn clone_of_first(&mut self, data: Data) {
        let names = self.names;
        let cloning = if data == Data::ShallowV2 { Feature::CloneShallowV2 } else { Feature::Clone };
        if self.can(cloning) {
            let (from, to) = (names.snapshots[0].to_owned(), names.clone.to_owned());
            // Shallow snapshots of the second kind can only be cloned whole.
            let indices = [names.orders, names.logs].map(str::to_owned).to_vec();
            let indices = (data != Data::ShallowV2).then_some(indices);
            self.steps.push(Step::Clone { from, to, indices });
        }
    }

    /// A snapshot that lacks a shard, because no node may hold it.
    fn partial(&mut self) {
        let nowhere = vec![("routing.allocation.require.box", json!("none"))];
        self.steps.push(Step::Create(IndexPlan {
            name: self.names.red.to_owned(),
            n_shards: 1,
            types: &[("doc", content::KEY)],
            settings: nowhere,
            is_allocated: false,
        }));
        self.delete_orders(2);
        let mut plan = self.plan(3, true, Some(self.policy()));
        plan.is_partial = true;
        self.steps.push(Step::Snapshot(plan));
    }

    fn snapshot(&mut self, n: usize, has_global_state: bool, metadata: Option<Value>) {
        let plan = self.plan(n, has_global_state, metadata);
        self.steps.push(Step::Snapshot(plan));
    }

    fn plan(&self, n: usize, has_global_state: bool, metadata: Option<Value>) -> SnapshotPlan {
        let name = self.names.snapshots[n].to_owned();
        SnapshotPlan { name, indices: None, has_global_state, metadata, is_partial: false }
    }

    /// How the products name the policy that took a snapshot.
    fn policy(&self) -> Value {
        match self.product {
            Product::Elasticsearch => json!({ "policy": "nightly" }),
            Product::OpenSearch => json!({ "sm_policy": "nightly" }),
        }
    }

    fn put_orders(&mut self, numbers: &[u64], revision: u64) {
        let (seed, names) = (self.seed, self.names);
        self.write(names.orders, numbers.iter().map(|number| content::put_order(seed, &names, *number, revision)));
    }

    /// Changes some orders: one half whole, the other half in part.
    fn update_orders(&mut self, n: usize, revision: u64) {
        let (seed, names) = (self.seed, self.names);
        let numbers = self.sample(n);
        let (whole, part) = numbers.split_at(n / 2);
        self.put_orders(whole, revision);
        self.write(names.orders, part.iter().map(|number| content::update_order(seed, &names, *number, revision)));
    }

    fn delete_orders(&mut self, n: usize) {
        let names = self.names;
        let numbers = self.sample(n);
        self.live.retain(|number| !numbers.contains(number));
        self.write(names.orders, numbers.iter().map(|number| content::delete_order(&names, *number)));
    }

    /// Some of the orders, never the one with the long text.
    fn sample(&mut self, n: usize) -> Vec<u64> {
        self.n_samples += 1;
        let choice: Vec<u64> = self.live.iter().copied().filter(|number| *number != content::BIG_ORDER).collect();
        Random::of(self.seed, "sample", self.n_samples, 0).some_of(&choice, n)
    }

    fn log(&mut self, index: &str, part: &str, n: u64) {
        let lines: Vec<Operation> = (0..n).map(|number| content::log(self.seed, part, number)).collect();
        for part in lines.chunks(LINES_OF_A_SEGMENT) {
            self.write(index, part.iter().cloned());
        }
    }

    fn write(&mut self, index: &str, operations: impl IntoIterator<Item = Operation>) {
        let operations = operations.into_iter().collect();
        self.steps.push(Step::Write { index: index.to_owned(), operations });
    }

    fn create(
        &mut self,
        name: &str,
        n_shards: u32,
        types: &'static [(&'static str, Fields)],
        settings: Vec<(&'static str, Value)>,
    ) {
        let plan = IndexPlan { name: name.to_owned(), n_shards, types, settings, is_allocated: true };
        self.steps.push(Step::Create(plan));
    }

    fn put(&mut self, path: &str, body: Value) {
        self.steps.push(Step::Ask(Request::json(Method::Put, path, body)));
    }

    fn has(&self, feature: Feature) -> bool {
        self.dialect.has(feature)
    }

    /// Whether the release has a feature; notes it when not.
    fn can(&mut self, feature: Feature) -> bool {
        if !self.has(feature) {
            self.note(format!("no {}", feature.words()));
        }
        self.has(feature)
    }

    fn note(&mut self, note: String) {
        self.notes.push(note);
    }
}

#[cfg(test)]
mod tests;
