//! The documents of a story. A document depends on the seed, its kind, its number and its revision, and on nothing
//! else: every release gets the same ones.

use serde_json::{Value, json};

use super::{names::Names, random::Random};
use crate::dialect::{Action, Fields, Kind, Operation};

/// The order that carries a long text, and stays through the whole story.
pub(super) const BIG_ORDER: u64 = 42;
/// How long that text is, in bytes.
const BIG_LEN: usize = 64 * 1024;

/// Fields of the main index.
pub(super) const ORDER: Fields = &[
    ("status", Kind::Keyword),
    ("note", Kind::Text),
    ("qty", Kind::Plain("long")),
    ("price", Kind::Plain("double")),
    ("at", Kind::Plain("date")),
    ("paid", Kind::Plain("boolean")),
    ("tags", Kind::Keyword),
    ("words", Kind::Text),
    ("rev", Kind::Plain("integer")),
    ("blob", Kind::Unindexed),
    ("nothing", Kind::Keyword),
    (
        "customer",
        Kind::Object(&[
            ("name", Kind::Text),
            ("tier", Kind::Keyword),
            ("address", Kind::Object(&[("city", Kind::Text), ("zip", Kind::Keyword)])),
        ]),
    ),
    ("lines", Kind::Object(&[("sku", Kind::Keyword), ("n", Kind::Plain("integer"))])),
];
/// Fields of log lines.
pub(super) const LOG: Fields =
    &[("msg", Kind::Text), ("level", Kind::Keyword), ("at", Kind::Plain("date")), ("n", Kind::Plain("long"))];
/// Fields of an index with nested documents in two levels.
pub(super) const BASKET: Fields = &[
    ("title", Kind::Text),
    (
        "items",
        Kind::Nested(&[
            ("sku", Kind::Keyword),
            ("qty", Kind::Plain("integer")),
            ("sub", Kind::Nested(&[("k", Kind::Keyword)])),
        ]),
    ),
];
/// One field.
pub(super) const KEY: Fields = &[("k", Kind::Keyword)];
/// Fields of the second mapping type beside [`KEY`].
pub(super) const OTHER: Fields = &[("label", Kind::Text), ("n", Kind::Plain("long"))];

const WORDS: [&str; 24] = [
    "almond", "bramble", "copper", "drizzle", "elm", "flint", "gravel", "heather", "iris", "jetty", "kiln", "larch",
    "moss", "nettle", "osier", "plover", "quarry", "reed", "sorrel", "tansy", "upland", "vetch", "willow", "yew",
];
/// Texts that break careless readers: several scripts, astral and joined characters, controls, quotes, nothing at all.
const AWKWARD: [&str; 12] = [
    "Größe",
    "naïve café",
    "日本語の文章",
    "Привет, мир",
    "עברית و عربى",
    "🦀🚀 👩‍👩‍👧‍👦",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
    "line\nbreak\ttab\u{1}",
    "quote \" back \\ slash /",
    "İstanbul ſ ß",
    "e\u{301} \u{2028} \u{feff}",
    "",
];

/// The id of an order.
pub(super) fn order_id(names: &Names, number: u64) -> String {
    format!("{}{number:04}", names.order_prefix)
}

/// The routing of an order: every ninth has its own.
fn order_routing(number: u64) -> Option<String> {
    number.is_multiple_of(9).then(|| format!("r{}", number % 5))
}

fn order(names: &Names, number: u64, action: Action) -> Operation {
    Operation { id: order_id(names, number), kind: None, routing: order_routing(number), action }
}

/// Stores an order, whole.
pub(super) fn put_order(seed: u64, names: &Names, number: u64, revision: u64) -> Operation {
    order(names, number, Action::Index(order_source(seed, number, revision)))
}

/// Replaces some fields of an order; the node writes the rest of the source anew.
pub(super) fn update_order(seed: u64, names: &Names, number: u64, revision: u64) -> Operation {
    let mut random = Random::of(seed, "update", number, revision);
    let fields = json!({ "note": words(&mut random, 4), "status": "changed", "rev": revision });
    order(names, number, Action::Update(fields))
}

/// Deletes an order.
pub(super) fn delete_order(names: &Names, number: u64) -> Operation {
    order(names, number, Action::Delete)
}

fn order_source(seed: u64, number: u64, revision: u64) -> Value {
    let random = &mut Random::of(seed, "order", number, revision);
    let n_words = random.between(3, 12);
    let n_lines = random.between(0, 3);
    let quantity = if number.is_multiple_of(7) { random.between(0, 1_000_000_000_000) } else { random.between(0, 99) };
    let mut source = json!({
        "status": random.pick(&["new", "paid", "sent", "void"]),
        "note": words(random, n_words),
        "qty": quantity,
        "price": cents(random),
        "at": instant(random),
        "paid": random.once_in(2),
        "tags": (0..number % 4).map(|_| word(random)).collect::<Vec<_>>(),
        "words": random.pick(&AWKWARD),
        "rev": revision,
        "customer": {
            "name": words(random, 2),
            "tier": random.pick(&["a", "b", "c"]),
            "address": { "city": word(random), "zip": format!("{:05}", random.between(0, 99_999)) },
        },
        "lines": (0..n_lines)
            .map(|_| json!({ "sku": format!("s{}", random.between(1, 40)), "n": random.between(1, 5) }))
            .collect::<Vec<_>>(),
    });
    if number.is_multiple_of(13) {
        source["qty"] = json!(-9);
        source["free"] = json!({ "sku": ["a", null, "b"], "n": 1.5, "deep": { "x": { "y": [1, [2, 3]] } } });
    }
    if number.is_multiple_of(31) {
        source["nothing"] = Value::Null;
    }
    if number == BIG_ORDER {
        source["blob"] = json!(long_text(random));
    }
    source
}

/// Stores a line of a log. `part` tells logs of different places and times apart.
pub(super) fn log(seed: u64, part: &str, number: u64) -> Operation {
    let random = &mut Random::of(seed, part, number, 0);
    let source = json!({
        "msg": words(random, 6),
        "level": random.pick(&["info", "warn", "error"]),
        "at": instant(random),
        "n": number,
    });
    Operation { id: format!("{part}-{number:05}"), kind: None, routing: None, action: Action::Index(source) }
}

/// A point of a data stream, at second `number` of a day.
pub(super) fn point(part: &str, day: u64, number: u64) -> Operation {
    let at = format!("2024-05-{day:02}T00:{:02}:{:02}Z", number / 60, number % 60);
    let source = json!({ "@timestamp": at, "n": number });
    Operation { id: format!("{part}{number}"), kind: None, routing: None, action: Action::Create(source) }
}

/// Stores a basket.
pub(super) fn basket(seed: u64, number: u64) -> Operation {
    let random = &mut Random::of(seed, "basket", number, 0);
    let n_items = random.between(0, 4);
    let items = (0..n_items).map(|_| {
        let n_sub = random.between(0, 2);
        json!({
            "sku": format!("s{}", random.between(1, 9)),
            "qty": random.between(1, 9),
            "sub": (0..n_sub).map(|_| json!({ "k": word(random) })).collect::<Vec<_>>(),
        })
    });
    let items: Vec<Value> = items.collect();
    let source = json!({ "title": words(&mut Random::of(seed, "basket title", number, 0), 4), "items": items });
    Operation { id: basket_id(number), kind: None, routing: None, action: Action::Index(source) }
}

/// Deletes a basket, and with it its nested documents.
pub(super) fn delete_basket(number: u64) -> Operation {
    Operation { id: basket_id(number), kind: None, routing: None, action: Action::Delete }
}

fn basket_id(number: u64) -> String {
    format!("b{number}")
}

/// Stores a document of one of two mapping types. Both types use the same ids.
pub(super) fn of_kind(seed: u64, kind: &'static str, number: u64) -> Operation {
    let random = &mut Random::of(seed, kind, number, 0);
    let source =
        if kind == "alpha" { json!({ "k": word(random) }) } else { json!({ "label": words(random, 3), "n": number }) };
    Operation { id: format!("{number}"), kind: Some(kind), routing: None, action: Action::Index(source) }
}

fn word(random: &mut Random) -> &'static str {
    let word: &&str = random.pick(&WORDS);
    word
}

fn words(random: &mut Random, n: u64) -> String {
    (0..n).map(|_| word(random)).collect::<Vec<_>>().join(" ")
}

/// A price with one digit behind the point that is not 0: every language writes it the same way.
fn cents(random: &mut Random) -> Value {
    let text = format!("{}.{}", random.between(0, 4999), random.between(1, 9));
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

fn instant(random: &mut Random) -> String {
    format!(
        "2024-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        random.between(1, 12),
        random.between(1, 28),
        random.between(0, 23),
        random.between(0, 59),
        random.between(0, 59),
        random.between(0, 999)
    )
}

/// Hardly compressible, so that its file is not small.
fn long_text(random: &mut Random) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    (0..BIG_LEN).map(|_| char::from(*random.pick(LETTERS))).collect()
}

#[cfg(test)]
mod tests;
