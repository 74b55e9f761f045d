//! Runs every vector file below `tests/vectors/`, or below the folder that `VECTORS_DIR` names.

#![allow(unreachable_pub, reason = "the suite is a module of this test only")]
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
