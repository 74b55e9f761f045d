//! Parses a map file again and again, and prints the least time in nanoseconds: one side of `vacuum_map_peer`.
//!
//! usage: `vacuum_map_parse FILE PASSES`, or `vacuum_map_parse --write FILE` for a made-up map

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match &arguments[..] {
        [write, file] if write == "--write" => write_map(file),
        [file, passes] => parse(file, passes),
        _ => Err("usage: vacuum_map_parse FILE PASSES | --write FILE".to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn write_map(file: &str) -> Result<(), String> {
    let bytes = benches::maps::made_up(295, 203)
        .encode()
        .map_err(|error| error.to_string())?;
    std::fs::write(file, bytes).map_err(|error| format!("{file}: {error}"))
}

fn parse(file: &str, passes: &str) -> Result<(), String> {
    let bytes = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    let passes: u32 = passes.parse().map_err(|_| format!("{passes} is no number"))?;
    let mut least = u128::MAX;
    for _ in 0..passes {
        let start = Instant::now();
        let decoded = vacuum_map::parse(black_box(&bytes)).map_err(|error| format!("{file}: {error}"))?;
        // The peer counts rooms and their boxes while it parses.
        black_box(decoded.map.image().map(vacuum_map::Image::rooms));
        least = least.min(start.elapsed().as_nanos());
    }
    println!("{least}");
    Ok(())
}
