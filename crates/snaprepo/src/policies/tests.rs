//! Policies as the clusters' APIs return them.

use serde_json::json;

use super::*;

#[test]
fn both_products_are_read() {
    let slm = json!({
        "nightly": {"version": 1, "modified_date_millis": 0, "policy": {"name": "<nightly-{now/d}>", "schedule": "0 30 1 * * ?",
            "repository": "r", "config": {}, "retention": {"expire_after": "30d", "min_count": 5, "max_count": 50}}},
        "forever": {"version": 1, "policy": {"name": "x", "schedule": "x", "repository": "r"}},
    });
    let retention =
        Retention::Slm(Slm { min_count: Some(5), max_count: Some(50), expire_after_millis: Some(30 * 86_400_000) });
    let nightly = Policy { name: "nightly".into(), patterns: Vec::new(), retention };
    assert_eq!(all(&slm), Ok(vec![nightly]));
    let one = json!({"name": "daily", "deletion": {"schedule": {}, "condition": {"max_age": "7d", "max_count": 21, "min_count": 7},
        "snapshot_pattern": "external-backup-*, other"}});
    let retention = Retention::Sm(Sm { max_age_millis: Some(7 * 86_400_000), max_count: Some(21), min_count: 7 });
    let daily = Policy { name: "daily".into(), patterns: vec!["external-backup-*".into(), "other".into()], retention };
    assert_eq!(all(&json!({"_id": "daily-sm-policy", "sm_policy": one})), Ok(vec![daily.clone()]));
    assert_eq!(all(&json!({"policies": [{"_id": "x", "sm_policy": one}], "total_policies": 1})), Ok(vec![daily]));
}

#[test]
fn what_no_cluster_takes_is_refused() {
    let slm = |retention| all(&json!({"p": {"policy": {"retention": retention}}}));
    assert!(slm(json!({"min_count": 5, "max_count": 4})).unwrap_err().contains("more than max_count"));
    assert!(slm(json!({"min_count": 5, "max_count": 5})).is_ok());
    assert!(slm(json!({"max_count": 0})).is_err() && slm(json!({"expire_after": "soon"})).is_err());
    let sm = |condition| all(&json!({"sm_policy": {"name": "p", "deletion": {"condition": condition}}}));
    assert!(sm(json!({"min_count": 5, "max_count": 5})).unwrap_err().contains("not more than"));
    assert!(sm(json!({"min_count": 5})).unwrap_err().contains("must be given"));
    assert!(sm(json!({"max_age": "1d", "min_count": 0})).is_err());
    assert!(all(&json!([])).is_err() && all(&json!({})).is_err() && all(&json!({"a": 1})).is_err());
}

#[test]
fn a_cluster_state_has_policies_of_slm() {
    let retention = json!({"expire_after": "30d", "min_count": 5, "max_count": 50});
    let policy =
        json!({"name": "<nightly-{now/d}>", "schedule": "0 30 1 * * ?", "repository": "r", "retention": retention});
    let by_id = json!({"nightly": {"policy": policy, "version": 1, "modified_date_millis": 0, "headers": {}}});
    let state = json!({"cluster_uuid": "x", "snapshot_lifecycle": {"policies": by_id, "operation_mode": "RUNNING"}});
    assert_eq!(of_state(&state), all(&by_id));
    assert_eq!(of_state(&json!({"cluster_uuid": "x"})), Ok(Vec::new()));
    assert!(of_state(&json!({"snapshot_lifecycle": {"policies": {"a": {}}}})).unwrap_err().contains("no known shape"));
}
