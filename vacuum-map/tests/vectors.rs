//! Runs every vector file below `tests/vectors/`, or below the folder that `VECTORS_DIR` names, and the real maps
//! where they are.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod suite;

#[test]
fn every_vector_file_passes() {
    let root = suite::folder();
    let files = suite::files(&root);
    assert!(!files.is_empty(), "no vectors in {}", root.display());
    for file in &files {
        let name = file.rsplit('/').next().expect("a name");
        let check = suite::check_for(name).unwrap_or_else(|| panic!("nobody knows the vector file {file}"));
        let cases = suite::run(&root, file, check);
        println!("{file}: {cases} cases");
    }
}

/// The real maps belong to somebody else and aren't in the repository.
#[test]
fn real_maps_pass_where_they_are() {
    let Some(folder) = suite::real_maps() else {
        eprintln!("skipped: no real maps; VACUUM_MAP_REAL can name their folder");
        return;
    };
    let cases = suite::run(
        &folder,
        "real_maps.json",
        suite::check_for("real_maps.json").unwrap(),
    );
    println!("{}: {cases} real maps", folder.display());
}
