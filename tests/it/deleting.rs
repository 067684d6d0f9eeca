//! `delete`, `apply` and `undo` as an operator types them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use snaprepo::Exit;
use snaprepo_testkit::fixtures;
use snaprepo_tests::{Output, run};
use tempfile::TempDir;

/// A copy of a repository that may be changed, and a folder for journals.
struct Place {
    _copy: TempDir,
    scratch: TempDir,
    repository: String,
}

impl Place {
    fn of(fixture: &str) -> Self {
        let fixture = fixtures::named(fixture);
        let copy = fixture.copy();
        let repository = fixture.copied_repository(&copy).to_str().unwrap().to_owned();
        Self { _copy: copy, scratch: tempfile::tempdir().unwrap(), repository }
    }

    fn state(&self) -> String {
        self.scratch.path().join("state").to_str().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// A verb on the repository, with the word that no cluster writes.
    fn really(&self, verb: &str, options: &[&str]) -> Output {
        let state = self.state();
        let mut all = vec![verb, &self.repository];
        all.extend(options);
        all.extend(["--yes", "--no-cluster-writes", "--state", &state]);
        run(&all)
    }

    fn shown(&self, output: &Output) -> String {
        let name = Path::new(&self.repository).file_name().unwrap().to_str().unwrap();
        let text = output.all().replace(&self.repository, "REPO").replace(name, "NAME");
        let text = text.replace(self.scratch.path().to_str().unwrap(), "SCRATCH");
        // Journals have names of time, place and chance.
        let mut shown = String::new();
        for line in text.lines() {
            match line.split_once("SCRATCH/state/") {
                Some((before, _)) => shown += &format!("{before}SCRATCH/state/…\n"),
                None => shown += &format!("{line}\n"),
            }
        }
        shown
    }

    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let root = Path::new(&self.repository);
        fixtures::files(root)
            .unwrap()
            .into_iter()
            .map(|name| (name.clone(), fs::read(root.join(&name)).unwrap()))
            .collect()
    }

    fn names(&self) -> Vec<String> {
        let list = run(&["list", &self.repository, "--json"]).json();
        list["snapshots"].as_array().unwrap().iter().map(|row| row["snapshot"].as_str().unwrap().to_owned()).collect()
    }
}

const PLAIN: &str = "elasticsearch-9.5.3-plain";

#[test]
fn nothing_is_done_without_a_yes_and_a_word() {
    let place = Place::of(PLAIN);
    let before = place.files();
    insta::assert_snapshot!("would", place.shown(&run(&["delete", &place.repository, "snap-3"])));
    insta::assert_snapshot!("no_word", place.shown(&run(&["delete", &place.repository, "snap-3", "--yes"])));
    insta::assert_snapshot!("everything", place.shown(&place.really("delete", &["all"])));
    insta::assert_snapshot!("unknown", place.shown(&place.really("delete", &["snap-77"])));
    let inside = format!("{}/journals", place.repository);
    let output = run(&["delete", &place.repository, "snap-3", "--yes", "--no-cluster-writes", "--state", &inside]);
    insta::assert_snapshot!("state_inside", place.shown(&output));
    assert_eq!(place.files(), before);
    assert!(!Path::new(&place.state()).exists());
}

#[test]
fn a_deletion_is_done_and_told() {
    let place = Place::of(PLAIN);
    let output = place.really("delete", &["snap-3"]);
    insta::assert_snapshot!("done", place.shown(&output));
    assert_eq!(place.names(), ["snap-2", "snap-4"]);
    assert_eq!(run(&["verify", &place.repository, "--depth", "content"]).exit, Exit::Good);
    // Its blobs are gone: it says so, and changes nothing.
    let before = place.files();
    let undo = place.really("undo", &[]);
    assert_eq!(undo.exit, Exit::NotDone);
    assert!(undo.all().contains("nothing keeps them"), "{}", undo.all());
    assert_eq!(place.files(), before);
    // The last ones go by the name of the repository.
    let name = Path::new(&place.repository).file_name().unwrap().to_str().unwrap();
    let output = place.really("delete", &["all", "--everything-of", name]);
    assert_eq!(output.exit, Exit::Good, "{}", output.all());
    assert!(place.names().is_empty());
    let left: Vec<_> = place.files().into_iter().map(|(name, _)| name).collect();
    assert_eq!(left, ["index-6", "index.latest"]);
}

#[test]
fn a_plan_is_carried_out_as_it_was_shown_or_not_at_all() {
    let place = Place::of(PLAIN);
    let plan = place.path("plan.jsonl");
    let file = plan.to_str().unwrap();
    insta::assert_snapshot!("planned", place.shown(&run(&["delete", &place.repository, "snap-2", "--plan-out", file])));
    insta::assert_snapshot!("apply_would", place.shown(&run(&["apply", &place.repository, file])));
    let text = fs::read_to_string(&plan).unwrap();
    let before = place.files();
    let refuse = |name: &str, text: &str| {
        fs::write(&plan, text).unwrap();
        insta::assert_snapshot!(name, place.shown(&place.really("apply", &[file])));
        assert_eq!(place.files(), before, "{name}");
    };
    let first_blob = text.lines().find(|line| line.starts_with("{\"blob\"")).unwrap();
    let with = |blob: &str| {
        text.replacen(first_blob, &format!("{{\"blob\":\"{blob}\",\"bytes\":{}}}", bytes_of(first_blob)), 1)
    };
    refuse("plan_cut_off", &text[..text.len() / 2]);
    refuse("plan_short", &text.lines().take(3).map(|line| format!("{line}\n")).collect::<String>());
    refuse("plan_version", &text.replacen("{\"plan\":1", "{\"plan\":2", 1));
    refuse("plan_latest", &with("index.latest"));
    let list = run(&["list", &place.repository, "snap-3", "--json"]).json();
    let kept = format!("snap-{}.dat", list["snapshots"][0]["uuid"].as_str().unwrap());
    refuse("plan_kept", &with(&kept));
    refuse("plan_outside", &with("../other/index-1"));
    refuse("plan_elsewhere", &with("secrets/passwords"));
    refuse("plan_other", &text.replacen("\"root_bytes\":", "\"root_bytes\":1", 1));
    refuse("no_plan", "hello\n");
    // It is good for one state only.
    fs::write(&plan, &text).unwrap();
    assert_eq!(place.really("delete", &["snap-3"]).exit, Exit::Good);
    insta::assert_snapshot!("plan_stale", place.shown(&place.really("apply", &[file])));
    assert_eq!(place.names(), ["snap-2", "snap-4"]);
}

fn bytes_of(line: &str) -> &str {
    line.rsplit(':').next().unwrap().trim_end_matches('}')
}

#[test]
fn what_is_not_safe_is_refused_with_the_reason() {
    for (name, fixture, snapshot) in [
        ("refused_old", "elasticsearch-1.7.6-plain", "snap-2"),
        ("refused_shallow", "opensearch-2.19.6-shallow", "snap-2"),
        ("refused_shallow_v2", "opensearch-3.6.0-shallow-v2", "snap-2"),
    ] {
        let place = Place::of(fixture);
        let before = place.files();
        insta::assert_snapshot!(name, place.shown(&place.really("delete", &[snapshot])));
        assert_eq!(place.files(), before, "{name}");
    }
    // Somebody may be writing.
    let place = Place::of(PLAIN);
    fs::write(format!("{}/snap-BBBBBBBBBBBBBBBBBBBBBA.dat", place.repository), "in progress").unwrap();
    insta::assert_snapshot!("refused_writing", place.shown(&place.really("delete", &["snap-2"])));
    // A shard table cannot be read.
    let place = Place::of(PLAIN);
    let shard = fixtures::files(Path::new(&place.repository)).unwrap();
    let table = shard.iter().find(|name| name.contains("/0/index-")).unwrap();
    fs::write(Path::new(&place.repository).join(table), "damaged").unwrap();
    let output = place.really("delete", &["snap-2"]);
    assert_eq!(output.exit, Exit::NotDone);
    assert!(output.all().contains("unreadable:"), "{}", output.all());
}

/// The lines of a plan that begin with a text, as JSON.
fn lines(plan: &Path, start: &str) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(plan).unwrap();
    text.lines().filter(|line| line.starts_with(start)).map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_stops_before_the_root_is_taken_back() {
    let place = Place::of(PLAIN);
    let before = place.files();
    let plan = place.path("plan.jsonl");
    let file = plan.to_str().unwrap();
    assert_eq!(run(&["delete", &place.repository, "snap-2", "--plan-out", file]).exit, Exit::Good);
    // Somebody else has a table of the same name.
    let table = &lines(&plan, "{\"table\"")[1]["table"];
    let path = |key: &str| {
        format!("{}/{}/index-{}", place.repository, table["folder"].as_str().unwrap(), table[key].as_str().unwrap())
    };
    fs::write(path("to"), "not ours").unwrap();
    insta::assert_snapshot!(
        "stopped",
        place
            .shown(&place.really("apply", &[file]))
            .replace(table["to"].as_str().unwrap(), "TO")
            .replace(table["index"].as_str().unwrap(), "INDEX")
    );
    assert_eq!(place.names(), ["snap-2", "snap-3", "snap-4"]);
    insta::assert_snapshot!("stopped_before", place.shown(&place.really("delete", &["snap-3"])));
    fs::remove_file(path("to")).unwrap();
    insta::assert_snapshot!("taken_back", place.shown(&place.really("undo", &[])));
    assert_eq!(place.files(), before);
    // Taken back once.
    assert_eq!(place.really("undo", &[]).exit, Exit::NotDone);
    assert_eq!(place.really("delete", &["snap-3"]).exit, Exit::Good);
}

#[test]
fn what_stops_while_deleting_is_gone_on_with() {
    let place = Place::of(PLAIN);
    let plan = place.path("plan.jsonl");
    let file = plan.to_str().unwrap();
    assert_eq!(run(&["delete", &place.repository, "snap-2", "--plan-out", file]).exit, Exit::Good);
    // A folder where a blob was cannot be deleted.
    let blob =
        lines(&plan, "{\"blob\"").into_iter().find(|line| line["blob"].as_str().unwrap().contains("/__")).unwrap();
    let path = format!("{}/{}", place.repository, blob["blob"].as_str().unwrap());
    fs::remove_file(&path).unwrap();
    fs::create_dir_all(format!("{path}/inside")).unwrap();
    let output = place.really("apply", &[file, "--json"]);
    let answer = output.json();
    assert_eq!((output.exit, &answer["result"], &answer["blobs_left"]), (Exit::Partly, &"partly".into(), &1.into()));
    assert!(answer["left"][0].as_str().unwrap().contains(blob["blob"].as_str().unwrap()));
    assert_eq!(place.names(), ["snap-3", "snap-4"]);
    fs::remove_dir_all(&path).unwrap();
    let journal = answer["journal"].as_str().unwrap();
    let output = place.really("apply", &[journal]);
    assert_eq!(output.exit, Exit::Good, "{}", output.all());
    assert_eq!(run(&["verify", &place.repository, "--depth", "content"]).exit, Exit::Good);
    // There is nothing left to go on with.
    assert_eq!(place.really("apply", &[journal]).exit, Exit::NotDone);
}

#[test]
fn a_retention_says_why_and_deletes_the_rest() {
    let place = Place::of(PLAIN);
    let state = place.scratch.path();
    let file = |name: &str, text: &str| {
        let path = state.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let slm = file("slm.json", r#"{"nightly": {"policy": {"retention": {"max_count": 1}}}, "other": {"policy": {}}}"#);
    let sm = file(
        "sm.json",
        r#"{"sm_policy": {"name": "nightly", "deletion": {"condition": {"max_age": "1d"}, "snapshot_pattern": "snap-*"}}}"#,
    );
    let bad = file("bad.json", r#"{"nightly": {"policy": {"retention": {"min_count": 9, "max_count": 1}}}}"#);
    let protect = file("protect.txt", "# the auditors want this one\nsnap-2\n");
    let prune = |options: &[&str]| {
        let mut all = vec!["prune", &place.repository];
        all.extend(options);
        place.shown(&run(&all))
    };
    insta::assert_snapshot!("prune_calendar", prune(&["--keep-last", "1", "--explain"]));
    insta::assert_snapshot!("prune_together", prune(&["--keep-daily", "1", "--together", "--explain"]));
    insta::assert_snapshot!(
        "prune_protect",
        prune(&["--keep-last", "1", "--together", "--protect", &protect, "--explain"])
    );
    insta::assert_snapshot!(
        "prune_some",
        prune(&["@nightly", "--keep-yearly", "1", "--explain", "--time-zone", "Asia/Kolkata"])
    );
    insta::assert_snapshot!("prune_slm", prune(&["--policy", &slm, "--explain"]));
    insta::assert_snapshot!("prune_sm", prune(&["--policy", &sm, "--explain"]));
    insta::assert_snapshot!("prune_nothing", prune(&["--keep-last", "9"]));
    insta::assert_snapshot!("prune_bad_policy", prune(&["--policy", &bad]));
    insta::assert_snapshot!("prune_no_zone", prune(&["--keep-last", "9", "--time-zone", "Mars/Olympus"]));
    insta::assert_snapshot!("prune_no_rule", prune(&[]));
    assert_eq!(place.names(), ["snap-2", "snap-3", "snap-4"]);
    let output = place.really("prune", &["--policy", &slm, "--json", "--explain"]);
    let answer = output.json();
    assert_eq!((output.exit, &answer["snapshots"]), (Exit::Good, &serde_json::json!(["snap-2"])), "{answer}");
    assert_eq!(answer["explained"][0]["reason"], "max-count");
    assert_eq!(place.names(), ["snap-3", "snap-4"]);
    assert_eq!(run(&["verify", &place.repository, "--depth", "content"]).exit, Exit::Good);
}

/// Names of waste of every class, and of what is not ours.
fn litter(repository: &Path) -> (Vec<String>, Vec<String>) {
    const UUID: &str = "AbCdEfGhIjKlMnOpQrStUQ";
    let files = fixtures::files(repository).unwrap();
    let data = files.iter().find(|name| name.contains("/__")).unwrap();
    let shard = data.rsplit_once('/').unwrap().0;
    // Shards of hashed layouts lie elsewhere.
    let index = files.iter().find(|name| name.starts_with("indices/") && name.contains("/meta-")).unwrap();
    let index = index.rsplit_once('/').unwrap().0;
    let ours = [
        format!("snap-{UUID}.dat"),
        format!("meta-{UUID}.dat"),
        format!("indices/{UUID}/0/__{UUID}"),
        format!("indices/{UUID}/meta-{UUID}.dat"),
        format!("{index}/meta-{UUID}.dat"),
        format!("{shard}/__{UUID}"),
        format!("{shard}/__{UUID}.part1"),
        format!("{shard}/index-{UUID}"),
        format!("{shard}/snap-{UUID}.dat"),
        format!("pending-index-9-{UUID}"),
        format!("tests-{UUID}/master.dat"),
    ];
    let foreign = [
        "notes.txt".to_owned(),
        format!("{index}/notes.txt"),
        format!("{shard}/notes.txt"),
        "somebody/else".to_owned(),
    ];
    for name in ours.iter().chain(&foreign) {
        let path = repository.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "waste").unwrap();
    }
    (ours.to_vec(), foreign.to_vec())
}

#[test]
fn waste_of_every_class_is_collected_and_nothing_else() {
    let mut n_fixtures = 0;
    for fixture in fixtures::all() {
        let name = &fixture.name;
        if name.starts_with("elasticsearch-1.") || name.contains("-2.4.6-") || name.contains("damaged") {
            continue;
        }
        let place = Place::of(name);
        let root = Path::new(&place.repository);
        // What the engines themselves left behind.
        let before = run(&["gc", &place.repository, "--window", "0", "--json"]);
        assert_eq!(before.exit, Exit::Good, "{name}: {}", before.all());
        let before = before.json()["blobs"].as_u64().unwrap();
        let files = fixtures::files(root).unwrap();
        // Data of other folders, or of a remote store, are for other tests.
        if !files.iter().any(|name| name.contains("/__")) {
            continue;
        }
        n_fixtures += 1;
        let (ours, foreign) = litter(root);
        let output = place.really("gc", &["--window", "0", "--json"]);
        let answer = output.json();
        assert_eq!(
            (output.exit, answer["blobs"].as_u64()),
            (Exit::Good, Some(before + ours.len() as u64)),
            "{name}: {answer}"
        );
        let left = fixtures::files(root).unwrap();
        assert!(ours.iter().all(|name| !left.contains(name)), "{name}");
        assert!(foreign.iter().all(|name| left.contains(name)), "{name}");
        let gone = files.iter().filter(|file| !left.contains(file)).count() as u64;
        assert_eq!(gone, before, "{name}");
        assert_eq!(run(&["verify", &place.repository, "--depth", "content"]).exit, Exit::Good, "{name}");
        assert_eq!(place.really("gc", &["--window", "0", "--json"]).json()["blobs"], 0, "{name}");
    }
    assert!(n_fixtures > 50, "{n_fixtures}");
}

#[test]
fn what_is_young_or_not_asked_for_stays() {
    let place = Place::of(PLAIN);
    litter(Path::new(&place.repository));
    let gc = |options: &[&str]| {
        let mut all = vec!["gc", &place.repository];
        all.extend(options);
        place.shown(&run(&all))
    };
    insta::assert_snapshot!("gc_would", gc(&["--window", "0"]));
    insta::assert_snapshot!("gc_young", gc(&["--window", "0", "--grace", "9000d"]));
    insta::assert_snapshot!("gc_class", gc(&["--window", "0", "--class", "stale-shard-blob", "--class", "transient"]));
    // The waste is younger than the root, which was packed with the age of nought.
    insta::assert_snapshot!("gc_refused", gc(&[]).lines().next().unwrap());
    let before = place.files();
    let plan = place.path("plan.jsonl");
    let file = plan.to_str().unwrap();
    assert_eq!(run(&["gc", &place.repository, "--window", "0", "--plan-out", file]).exit, Exit::Good);
    insta::assert_snapshot!("gc_apply_would", place.shown(&run(&["apply", &place.repository, file])));
    assert_eq!(place.files(), before);
    insta::assert_snapshot!("gc_applied", place.shown(&place.really("apply", &[file])));
    // Blobs that are gone are not brought back, and the root stays where it is.
    let after = place.files();
    assert_eq!(place.really("undo", &[]).exit, Exit::NotDone);
    assert_eq!(place.files(), after);
    let answer = place.really("gc", &["--window", "0", "--format", "es"]);
    assert_eq!(answer.json(), serde_json::json!({"results": {"deleted_bytes": 0, "deleted_blobs": 0}}));
}

/// What a shard table lists under a name that the root has lost may be used by the next snapshot.
#[test]
fn what_a_shard_table_lists_stays() {
    let place = Place::of("elasticsearch-5.6.16-plain");
    let root = Path::new(&place.repository);
    let plan = place.path("plan.jsonl");
    let file = plan.to_str().unwrap();
    assert_eq!(run(&["delete", &place.repository, "snap-2", "--window", "0", "--plan-out", file]).exit, Exit::Good);
    // As a node that died behind the root: the root has lost the snapshot, the tables have not.
    let files = place.files();
    assert_eq!(place.really("apply", &[file]).exit, Exit::Good);
    for (name, bytes) in &files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let tables: Vec<_> = lines(&plan, "{\"table\"").into_iter().map(|line| line["table"].clone()).collect();
    for table in &tables {
        fs::remove_file(
            root.join(table["folder"].as_str().unwrap()).join(format!("index-{}", table["to"].as_str().unwrap())),
        )
        .unwrap();
    }
    let output = place.really("gc", &["--window", "0", "--json"]);
    assert_eq!(output.exit, Exit::Good, "{}", output.all());
    let left = fixtures::files(root).unwrap();
    let data = files.iter().map(|(name, _)| name).filter(|name| name.contains("/__"));
    assert!(data.into_iter().all(|name| left.contains(name)), "data of a dead name is gone");
    assert!(!left.iter().any(|name| name.starts_with("snap-snap-2") || name.contains("/meta-snap-2")));
}

/// A run that was killed while it began its journal has done nothing, and is in nobody's way.
#[test]
fn a_journal_that_was_never_whole_is_none() {
    let place = Place::of(PLAIN);
    assert_eq!(place.really("delete", &["snap-2"]).exit, Exit::Good);
    let of_repository = fs::read_dir(place.state()).unwrap().next().unwrap().unwrap().path();
    fs::create_dir(of_repository.join("99999999999999-unfinished.new")).unwrap();
    assert_eq!(place.really("delete", &["snap-3"]).exit, Exit::Good);
    assert_eq!(place.names(), ["snap-4"]);
}

/// Where the blobs of a change are put before they are deleted, and come back from.
#[test]
fn a_quarantine_brings_everything_back() {
    let place = Place::of(PLAIN);
    let before = place.files();
    let quarantine = place.path("kept");
    let kept = quarantine.to_str().unwrap();
    insta::assert_snapshot!("quarantined", place.shown(&place.really("delete", &["snap-2", "--quarantine", kept])));
    assert_eq!(place.names(), ["snap-3", "snap-4"]);
    let n_kept = fixtures::files(&quarantine).unwrap().len();
    assert!(n_kept > 5, "{n_kept}");
    insta::assert_snapshot!("brought_back", place.shown(&place.really("undo", &[])));
    assert_eq!(place.files(), before);
    // A quarantine in the repository would be a part of it.
    let inside = format!("{}/kept", place.repository);
    insta::assert_snapshot!(
        "quarantine_inside",
        place.shown(&place.really("delete", &["snap-2", "--quarantine", &inside]))
    );
    assert_eq!(place.files(), before);
    // What it has lost does not come back, and nothing is changed for it.
    assert_eq!(place.really("delete", &["snap-2", "--quarantine", kept]).exit, Exit::Good);
    for file in fixtures::files(&quarantine).unwrap() {
        fs::remove_file(quarantine.join(file)).unwrap();
    }
    let after = place.files();
    let output = place.really("undo", &[]);
    assert_eq!((output.exit, place.files()), (Exit::NotDone, after), "{}", output.all());
}

#[test]
fn what_can_be_repaired_is_repaired() {
    let place = Place::of(PLAIN);
    let repair = |options: &[&str]| {
        let mut all = vec!["repair", &place.repository];
        all.extend(options);
        place.shown(&run(&all))
    };
    insta::assert_snapshot!("repair_nothing", repair(&[]));
    let before = place.files();
    // A table is damaged, index.latest is wrong.
    let names: Vec<_> = before.iter().map(|(name, _)| name.clone()).collect();
    let table = names.iter().find(|name| name.contains("Ww21aEt2T5KwNtKHLY6x0w/0/index-")).unwrap();
    fs::write(Path::new(&place.repository).join(table), "damaged").unwrap();
    fs::write(Path::new(&place.repository).join("index.latest"), [0; 8]).unwrap();
    let damaged = place.files();
    insta::assert_snapshot!("repair_would", repair(&["--window", "0"]));
    insta::assert_snapshot!("repair_only", repair(&["--window", "0", "--only", "latest"]));
    let output = place.really("repair", &["--window", "0", "--json"]);
    let answer = output.json();
    assert_eq!((output.exit, &answer["n_repaired"], &answer["tables"]), (Exit::Good, &2.into(), &1.into()));
    assert_eq!(run(&["verify", &place.repository, "--depth", "content"]).exit, Exit::Good);
    assert_eq!(place.really("undo", &[]).exit, Exit::Good);
    assert_eq!(place.files(), damaged);
    // Lists that cannot be read are not made up.
    let list = names.iter().find(|name| name.contains("Ww21aEt2T5KwNtKHLY6x0w/0/snap-")).unwrap();
    fs::write(Path::new(&place.repository).join(list), "damaged").unwrap();
    insta::assert_snapshot!("repair_left", repair(&["--window", "0", "--only", "shard-tables"]));
}

#[test]
fn a_lost_root_is_rebuilt_and_said() {
    let place = Place::of(PLAIN);
    for name in ["index-4", "index.latest"] {
        fs::remove_file(Path::new(&place.repository).join(name)).unwrap();
    }
    let lost = place.files();
    insta::assert_snapshot!("root_would", place.shown(&run(&["repair", &place.repository, "--window", "0"])));
    let plan = place.path("plan.jsonl");
    let file = plan.to_str().unwrap();
    assert_eq!(run(&["repair", &place.repository, "--window", "0", "--plan-out", file]).exit, Exit::Good);
    insta::assert_snapshot!("root_applied", place.shown(&place.really("apply", &[file])));
    assert_eq!(place.names(), ["snap-2", "snap-3", "snap-4"]);
    insta::assert_snapshot!("root_taken_back", place.shown(&place.really("undo", &[])));
    assert_eq!(place.files(), lost);
    // Nothing to make a root of.
    for (name, _) in lost.iter().filter(|(name, _)| name.starts_with("snap-")) {
        fs::write(Path::new(&place.repository).join(name), "damaged").unwrap();
    }
    let output = place.really("repair", &["--window", "0"]);
    insta::assert_snapshot!("root_of_nothing", place.shown(&output));
}

#[test]
fn a_broken_snapshot_is_dropped_and_the_rest_lives() {
    let place = Place::of(PLAIN);
    insta::assert_snapshot!("drop_nothing", place.shown(&run(&["drop-broken", &place.repository])));
    let list = run(&["list", &place.repository, "snap-3", "--json"]).json();
    let uuid = list["snapshots"][0]["uuid"].as_str().unwrap().to_owned();
    fs::write(format!("{}/snap-{uuid}.dat", place.repository), "damaged").unwrap();
    assert_eq!(run(&["delete", &place.repository, "snap-2", "--window", "0"]).exit, Exit::Good);
    insta::assert_snapshot!("drop_would", place.shown(&run(&["drop-broken", &place.repository, "--window", "0"])));
    let others = run(&["drop-broken", &place.repository, "snap-4", "--window", "0"]);
    assert_eq!(others.exit, Exit::Good);
    assert!(others.stdout.starts_with("nothing"), "{}", others.stdout);
    assert_eq!(place.really("drop-broken", &["--window", "0"]).exit, Exit::Good);
    assert_eq!(place.names(), ["snap-2", "snap-4"]);
    assert_eq!(run(&["verify", &place.repository, "--depth", "content"]).exit, Exit::Good);
}

#[test]
fn policies_of_a_snapshot_are_looked_for() {
    let place = Place::of(PLAIN);
    let output = run(&["prune", &place.repository, "--policy-from-snapshot", "latest"]);
    insta::assert_snapshot!("prune_no_policies", place.shown(&output));
}
