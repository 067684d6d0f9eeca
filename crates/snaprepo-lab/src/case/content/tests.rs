//! The documents.

use super::*;

fn source(operation: &Operation) -> String {
    match &operation.action {
        Action::Index(source) | Action::Create(source) | Action::Update(source) => source.to_string(),
        Action::Delete => String::new(),
    }
}

#[test]
fn a_document_depends_on_its_place_alone() {
    let names = Names::of(1);
    let text = |seed, number, revision| source(&put_order(seed, &names, number, revision));
    assert_eq!(text(1, 5, 0), text(1, 5, 0));
    assert_ne!(text(1, 5, 0), text(2, 5, 0));
    assert_ne!(text(1, 5, 0), text(1, 5, 1));
    assert_ne!(source(&log(1, "a", 1)), source(&log(1, "b", 1)));
}

#[test]
fn what_has_to_be_there_is_there() {
    let names = Names::of(2);
    let orders: Vec<Operation> = (1..=names.n_orders).map(|number| put_order(2, &names, number, 0)).collect();
    let all: String = orders.iter().map(source).collect();
    for text in AWKWARD {
        let field = format!("\"words\":{}", json!(text));
        assert!(all.contains(&field), "{text}");
    }
    assert!(orders.iter().any(|order| order.routing.is_some()));
    assert_eq!(long_text(&mut Random::of(1, "", 0, 0)).len(), 65_536);
    assert!(source(&orders[41]).len() > BIG_LEN && all.contains("null") && all.contains("-9"));
    assert_eq!(orders[41].id, "küche/nr 0042");
}

#[test]
fn the_content_never_changes() {
    // Fixtures that are in use were written from these documents.
    let text = source(&put_order(1, &Names::of(1), 1, 0));
    assert!(text.starts_with(r#"{"status":"paid","note":"gravel osier plover plover elm almond reed "#), "{text}");
}
