//! Sorting in several runs, and entering anywhere.

use super::{Next, Sorter, merge, read_entry, rewound, write_entry};

#[test]
fn any_order_comes_out_sorted_and_can_be_entered_anywhere() {
    let names: Vec<String> = (0..5_000_u64).map(|n| format!("{:05}/x", n * 7_919 % 5_000)).collect();
    let mut sorter = Sorter::default();
    for (at, name) in names.iter().enumerate() {
        sorter.add(name, at as u64).unwrap();
        if at % 700 == 0 {
            sorter.spill().unwrap();
        }
    }
    let sorted = sorter.finish().unwrap();
    assert_eq!((sorted.n_entries(), sorted.bytes()), (5_000, (0..5_000).sum()));
    let mut expected = names.clone();
    expected.sort();
    let mut found = Vec::new();
    let mut all = |name: &str, _| {
        found.push(name.to_owned());
        Next::Follows
    };
    sorted.from("", &mut all).unwrap();
    assert_eq!(found, expected);
    let mut found = Vec::new();
    sorted
        .from("03", &mut |name, _| {
            found.push(name.to_owned());
            Next::From(format!("{}~", &name[..4]).into())
        })
        .unwrap();
    assert_eq!(found.len(), 100);
    assert!(found.iter().all(|name| name.ends_with("0/x") && name.starts_with("03")));
    let mut n = 0;
    sorted
        .from("04", &mut |_, _| {
            n += 1;
            Next::Nothing
        })
        .unwrap();
    assert_eq!(n, 1);
}

#[test]
fn a_name_may_stand_once() {
    let mut sorter = Sorter::default();
    sorter.add("a", 1).unwrap();
    sorter.spill().unwrap();
    sorter.add("a", 2).unwrap();
    assert!(sorter.finish().is_err());
    assert_eq!(Sorter::default().finish().unwrap().n_entries(), 0);
}

#[test]
fn many_runs_become_one() {
    let mut sorter = Sorter::default();
    for n in 0..200 {
        sorter.add(&format!("{:03}", 199 - n), 1).unwrap();
        sorter.spill().unwrap();
    }
    assert!(sorter.runs.len() < super::MAX_RUNS);
    assert_eq!(sorter.finish().unwrap().n_entries(), 200);
    let mut out = std::io::BufWriter::new(tempfile::tempfile().unwrap());
    write_entry(&mut out, "x", 9).unwrap();
    let mut file = rewound(out).unwrap();
    assert_eq!(read_entry(&mut file).unwrap(), Some(("x".into(), 9)));
    merge(Vec::new(), &mut |_, _| unreachable!("there is nothing")).unwrap();
}
