//! What the benchmarks of all crates share.
//!
//! A benchmark is a list of [`Comparison`]s: contenders that do the same work on the same input, and targets that say
//! how they must compare. Run without arguments, criterion measures each contender alone. With `--ratios`, all
//! contenders of a comparison take turns every few microseconds, so that whatever else the machine does slows all of
//! them down alike; only the ratios are printed, and a missed target fails the run:
//!
//! ```sh
//! cargo bench -p benches --bench mibeacon              # times
//! cargo bench -p benches --bench mibeacon -- --ratios  # ratios and targets
//! ```

pub mod adverts;
mod comparison;
pub mod maps;
mod ratio;

use std::process::ExitCode;

pub use comparison::{Comparison, Target};

/// The `main` of a benchmark: criterion, or the table of ratios if `--ratios` is among the arguments.
#[must_use]
pub fn run(comparisons: Vec<Comparison<'_>>) -> ExitCode {
    if std::env::args().any(|argument| argument == "--ratios") {
        return ratio::print(comparisons);
    }
    let mut criterion = criterion::Criterion::default().configure_from_args();
    for comparison in comparisons {
        comparison.bench(&mut criterion);
    }
    criterion.final_summary();
    ExitCode::SUCCESS
}
