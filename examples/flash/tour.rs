//! All the way and back with a simulated thermometer, by the program's own commands.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use telink_ota::device::block_on;

use super::arguments::Arguments;
use super::console::Console;
use super::failure::{Failure, with_path};
use super::host::Host;
use super::simulation::{Memory, Simulation};

/// Runs the commands, each as a person would call it.
pub(super) fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let folder = Folder::new()?;
    let (keys, backup, saved) = (
        folder.file("keys.json"),
        folder.file("backup.json"),
        folder.file("saved.json"),
    );
    let model = arguments.device.model();
    let mut memory = Memory::open(&model, None)?;
    let mut simulation = Simulation::new(&model, &mut memory, &arguments.device);
    let yes = Console::new(arguments.json, true);
    let steps: &[(&str, &[&str])] = &[
        ("A thermometer with stock firmware.", &["identify"]),
        (
            "Registration makes a token and a bind key.",
            &["activate", "--invent-did", "--keys", &keys],
        ),
        (
            "With the bind key its adverts can be read.",
            &["listen", "--keys", &keys, "--seconds", "10"],
        ),
        ("With the token it takes an OTA.", &["login", "--keys", &keys]),
        ("May the image go there?", &["preflight", "--keys", &keys]),
        (
            "Custom firmware goes on; the connection breaks once on its way.",
            &["flash", "--keys", &keys],
        ),
        (
            "Encrypted adverts, with the bind key of before.",
            &[
                "config", "set", "advertising_type=pvvx", "encrypted=on", "--bind-key-from", &keys,
            ],
        ),
        ("They decode.", &["listen", "--keys", &keys, "--seconds", "10"]),
        ("The log.", &["log", "--last", "3"]),
        (
            "Xiaomi's keys are still there, with the invented id.",
            &["keys", "backup", &saved],
        ),
        ("That would be a problem.", &["diagnose"]),
        ("Back to stock, the right way.", &["stock", "--backup", &backup]),
        ("As it came.", &["identify"]),
    ];
    for (what, words) in steps {
        let shown: Vec<&str> = words.iter().map(|word| folder.short(word)).collect();
        console.note(format_args!("\n# {what}\n$ flash {}", shown.join(" ")));
        let line = Arguments::try_parse_from(["flash"].iter().chain(*words))
            .map_err(|error| Failure::new("arguments", error))?;
        let Some(command) = &line.command else {
            continue;
        };
        if words.first() == Some(&"flash") {
            simulation.drop_at(2000);
        }
        block_on(super::run(&mut simulation, &line, command, &yes))?;
        block_on(simulation.pause(Duration::from_secs(1)));
    }
    yes.finish()?;
    console.note("\nThat was a simulation; `flash --help` tells how to do it with a device of yours.");
    Ok(())
}

/// A folder for key files, gone in the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, Failure> {
        let tag = u64::from_le_bytes(super::authenticate::random());
        let path = std::env::temp_dir().join(format!("flash-tour-{tag:016x}"));
        fs::create_dir(&path).map_err(with_path(&path))?;
        Ok(Self(path))
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// Without the folder, for people.
    fn short<'w>(&self, word: &'w str) -> &'w str {
        let path = Path::new(word);
        match path.strip_prefix(&self.0) {
            Ok(name) => name.to_str().unwrap_or(word),
            Err(_) => word,
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
