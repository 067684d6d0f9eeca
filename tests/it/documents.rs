//! What is generated is current, and every answer has the shape that its schema promises.

use std::{fs, path::Path};

use serde_json::Value;
use snaprepo_testkit::fixtures;
use snaprepo_tests::run;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[test]
fn generated_documents_are_current() {
    for (path, content) in snaprepo::reference::files() {
        let written = fs::read_to_string(project().join(&path)).unwrap_or_default();
        assert!(written == content, "{path} is not current: cargo xtask docs writes it");
    }
}

fn validator(name: &str) -> jsonschema::Validator {
    let (_, schema) = snaprepo::schemas().into_iter().find(|(verb, _)| *verb == name).unwrap();
    jsonschema::validator_for(&serde_json::to_value(schema).unwrap()).unwrap()
}

fn assert_valid(schema: &jsonschema::Validator, answer: &Value, what: &str) {
    let errors: Vec<String> =
        schema.iter_errors(answer).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{what}: {errors:?}");
}

/// A shape is only a promise if unknown fields break it, too.
fn closed(mut schema: Value) -> Value {
    fn close(value: &mut Value) {
        match value {
            Value::Object(members) => {
                if members.contains_key("properties") {
                    members.insert("unevaluatedProperties".to_owned(), Value::Bool(false));
                }
                members.values_mut().for_each(close);
            }
            Value::Array(elements) => elements.iter_mut().for_each(close),
            _ => {}
        }
    }
    close(&mut schema);
    schema
}

#[test]
fn every_answer_fits_its_schema() {
    for fixture in fixtures::all() {
        let repository = fixture.repository();
        let repository = repository.to_str().unwrap();
        for (name, args) in [
            ("info", vec!["info", repository]),
            ("list", vec!["list", repository]),
            ("list", vec!["list", repository, "--details"]),
            ("show", vec!["show", repository, "snap-4"]),
            ("show-document", vec!["show", repository, "snap-4", "--global"]),
            ("show-document", vec!["show", repository, "snap-4", "--index", "orders"]),
            ("status", vec!["status", repository]),
            ("status", vec!["status", repository, "latest"]),
            ("ls", vec!["ls", repository, "latest"]),
            ("ls", vec!["ls", repository, "latest:orders/1"]),
            ("find", vec!["find", repository, "*"]),
            ("verify", vec!["verify", repository]),
            ("compat", vec!["compat", repository, "--target", "es:8.19"]),
            ("cat-blob", vec!["cat-blob", repository, "index.latest"]),
        ] {
            let output = run(&[&args[..], &["--json"]].concat());
            if output.stdout.is_empty() {
                // The fixture has no such snapshot, index or blob: that is an error with a kind.
                let error: Value = serde_json::from_str(&output.stderr).unwrap();
                assert!(error["error"]["kind"].is_string(), "{} {args:?}: {}", fixture.name, output.stderr);
                continue;
            }
            assert_valid(&validator(name), &output.json(), &format!("{} {args:?}", fixture.name));
        }
    }
}

#[test]
fn schemas_know_every_field() {
    for (name, args) in [
        ("list", vec!["list", "--details"]),
        ("status", vec!["status", "snap-4"]),
        ("verify", vec!["verify"]),
        ("info", vec!["info"]),
        ("show", vec!["show", "snap-4"]),
    ] {
        let repository = fixtures::named("elasticsearch-9.5.3-plain").repository();
        let mut all = vec![args[0], repository.to_str().unwrap()];
        all.extend_from_slice(&args[1..]);
        all.push("--json");
        let (_, schema) = snaprepo::schemas().into_iter().find(|(verb, _)| *verb == name).unwrap();
        let schema = jsonschema::validator_for(&closed(serde_json::to_value(schema).unwrap())).unwrap();
        assert_valid(&schema, &run(&all).json(), name);
    }
}
