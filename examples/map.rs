//! `map`: shows, measures, draws and compares map files of robot vacuums.
//!
//! ```console
//! $ cargo run --release --example map                                  # makes a flat, and draws it
//! $ cargo run --release --example map -- info my.rrmap                 # what is in a file
//! $ cargo run --release --example map -- render my.rrmap my.png --rooms
//! ```

mod diff;
mod failure;
pub mod flat;
mod info;
mod render;
mod rooms;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use vacuum_map::{Decoded, ParseOptions};

use failure::Failure;

/// Shows, measures, draws and compares map files of robot vacuums. Without a command it makes a flat and draws it.
#[derive(Debug, Parser)]
#[command(name = "map")]
struct Cli {
    /// Print JSON, one object
    #[arg(long, global = true)]
    json: bool,
    /// Refuse files that are damaged in any way
    #[arg(long, global = true)]
    strict: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// What is in a file, and what is odd about it
    Info {
        /// The map, packed or not
        file: PathBuf,
    },
    /// Draws a map as PNG or SVG
    Render(render::Arguments),
    /// Lists rooms with their areas; with --json also their outlines in millimetres
    Rooms {
        /// The map, packed or not
        file: PathBuf,
    },
    /// Compares two maps; ends with 1 if they differ
    Diff {
        /// The older one
        old: PathBuf,
        /// The newer one
        new: PathBuf,
    },
}

/// What a command has to say: for people, and for programs.
struct Answer {
    text: String,
    json: serde_json::Value,
    code: u8,
}

impl Answer {
    fn new(text: String, json: serde_json::Value) -> Self {
        Self { text, json, code: 0 }
    }
}

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(answer) => {
            if cli.json {
                println!("{}", answer.json);
            } else {
                print!("{}", answer.text);
            }
            ExitCode::from(answer.code)
        }
        Err(failure) => {
            failure.print(cli.json);
            ExitCode::from(2)
        }
    }
}

fn run(cli: &Cli) -> Result<Answer, Failure> {
    match &cli.command {
        None => tour(),
        Some(Command::Info { file }) => Ok(info::info(file, &read(file, cli.strict)?)),
        Some(Command::Render(arguments)) => render::render(arguments, &read(&arguments.file, cli.strict)?),
        Some(Command::Rooms { file }) => Ok(rooms::rooms(&read(file, cli.strict)?.map)),
        Some(Command::Diff { old, new }) => Ok(diff::diff(
            &read(old, cli.strict)?.map,
            &read(new, cli.strict)?.map,
        )),
    }
}

fn read(path: &Path, strict: bool) -> Result<Decoded, Failure> {
    let file = fs::read(path).map_err(|error| Failure::of_file(path, &error))?;
    let options = if strict {
        ParseOptions::new().strict()
    } else {
        ParseOptions::new()
    };
    let parsed = options.parse(&file);
    parsed.map_err(|error| Failure::of_file(path, error).help(error.help()))
}

/// Makes a flat, writes it, and draws it both ways.
fn tour() -> Result<Answer, Failure> {
    let folder = std::env::temp_dir().join("vacuum-map");
    fs::create_dir_all(&folder).map_err(|error| Failure::of_file(&folder, &error))?;
    let map = flat::flat();
    let file = map
        .encode()
        .map_err(|error| Failure::new(error).help(error.help()))?;
    let path = folder.join("flat.rrmap");
    fs::write(&path, file).map_err(|error| Failure::of_file(&path, &error))?;
    // From here on as with any other file.
    let decoded = read(&path, true)?;
    let mut answer = info::info(&path, &decoded);
    let mut pictures = Vec::new();
    for name in ["flat.png", "flat.svg"] {
        let picture = folder.join(name);
        let arguments = render::Arguments::named(&path, &picture, &flat::ROOM_NAMES);
        render::render(&arguments, &decoded)?;
        pictures.push(picture);
    }
    answer.text.push_str(&rooms::rooms(&decoded.map).text);
    let [png, svg] = &pictures[..] else {
        return Ok(answer);
    };
    answer.text += &format!(
        "\nA made-up flat. Its picture is {}\nand, as SVG, {}\n",
        png.display(),
        svg.display()
    );
    if let Some(json) = answer.json.as_object_mut() {
        let names = pictures.iter().map(|path| path.display().to_string());
        json.insert("pictures".to_owned(), names.collect());
    }
    Ok(answer)
}
