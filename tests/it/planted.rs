//! The table of planted faults names what is in the sources, each fault once and in its place.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The faults that a text plants.
fn planted(text: &str) -> impl Iterator<Item = String> {
    text.split("planted!(\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
}

fn sources(folder: &Path, top: &Path, into: &mut BTreeMap<String, Vec<String>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, top, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let place = path.strip_prefix(top).unwrap().display().to_string();
            for name in planted(&fs::read_to_string(&path).unwrap()) {
                into.entry(name).or_default().push(place.clone());
            }
        }
    }
}

#[test]
fn every_planted_fault_is_in_the_table_with_its_place_its_harm_and_who_should_find_it() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeMap::new();
    sources(&top.join("src"), top, &mut found);
    let table = fs::read_to_string(top.join("tests/planted/faults.txt")).unwrap();
    let lines = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut told = BTreeMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        assert!(cells.len() >= 4 && cells.iter().all(|cell| !cell.is_empty()), "{line}");
        let before = told.insert(cells[0].to_owned(), vec![cells[1].to_owned()]);
        assert_eq!(before, None, "{line}");
    }
    assert_eq!(found, told);
}
