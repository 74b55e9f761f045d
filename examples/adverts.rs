//! Reads captures of Bluetooth advertisements and prints what they say.
//!
//! A capture comes from a file or the standard input, is taken apart into advertisements (`capture`), which are
//! decoded (`listener`) and printed as a table or as JSON (`output`); a summary ends it (`summary`).

mod arguments;
mod capture;
mod keys;
mod listener;
mod messages;
mod output;
mod summary;
mod time;

use std::fs::File;
use std::io::{self, BufWriter, Read};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;
use capture::Stopped;
use keys::Keys;
use listener::{Filter, Listener};
use messages::Messages;
use output::{Form, Output};

/// The program: takes the command line, and says how it went.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let messages = Messages::new();
    let keys = match read_keys(&arguments, &messages) {
        Ok(keys) => keys,
        Err(status) => return status.into(),
    };
    match run(&arguments, keys, &messages) {
        Ok(status) => status.into(),
        // Who reads the output has had enough: `adverts capture.pcap | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Status::Done.into(),
        Err(error) => {
            messages.error(&format_args!("the output can't be written: {error}"), None);
            Status::Unreadable.into()
        }
    }
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// Everything was read.
    Done,
    /// A capture, or a part of it, was not.
    Unreadable,
    /// The arguments or the key file are wrong.
    Usage,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Done => 0,
            Status::Unreadable => 1,
            Status::Usage => 2,
        })
    }
}

/// Reads all captures. An error is one of the output.
fn run(arguments: &Arguments, keys: Keys, messages: &Messages) -> io::Result<Status> {
    let form = if arguments.json {
        Form::Json {
            summary: arguments.summary,
        }
    } else {
        Form::table(arguments.color.is_on(), arguments.all)
    };
    let is_live = arguments.captures.iter().any(|path| !path.is_file());
    let out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let filter = Filter {
        addresses: arguments.address.clone(),
        formats: arguments.format.clone(),
        outcomes: arguments.outcome.clone(),
    };
    let output = Output::new(out, form, is_live);
    let mut listener = Listener::new(arguments.policy.into(), keys, filter, output, messages);

    let mut status = Status::Done;
    let mut read = |name: &str, length: u64, input: &mut dyn Read| {
        listener.set_source(name);
        messages.start(name, length);
        let input = Counting { input, messages };
        let result = capture::read(input, arguments.capture, &mut listener);
        messages.stop();
        match result {
            Ok(()) => Ok(()),
            Err(Stopped::Sink(error)) => Err(error),
            Err(Stopped::Capture(error)) => {
                status = Status::Unreadable;
                messages.error(&format_args!("{name}: {error}"), error.help());
                Ok(())
            }
        }
    };
    if arguments.captures.is_empty() {
        read("the bundled capture", 0, &mut &*BUNDLED_CAPTURE)?;
    }
    for path in &arguments.captures {
        let name = path.display().to_string();
        if path == Path::new("-") {
            read("standard input", 0, &mut io::stdin().lock())?;
            continue;
        }
        match File::open(path) {
            Ok(mut file) => {
                let length = file.metadata().map_or(0, |metadata| metadata.len());
                read(&name, length, &mut file)?;
            }
            Err(error) => read(&name, 0, &mut Unopened(Some(error)))?,
        }
    }
    if listener.finish(!arguments.quiet)? > 0 {
        status = Status::Unreadable;
    }
    Ok(status)
}

/// The keys of the file that was named, or those of the bundled capture.
fn read_keys(arguments: &Arguments, messages: &Messages) -> Result<Keys, Status> {
    let (keys, name) = match &arguments.keys {
        Some(path) => (keys::read(path), path.display().to_string()),
        None if arguments.captures.is_empty() => (keys::parse(BUNDLED_KEYS), "the bundled keys".to_owned()),
        None => return Ok(Keys::new()),
    };
    keys.map_err(|error| {
        match error {
            keys::Error::Io(error) => {
                messages.error(&format_args!("{name}: it can't be read: {error}"), None);
            }
            keys::Error::TooLarge => {
                let help = "Check that it is the right file: one line a device.";
                messages.error(
                    &format_args!("{name}: it is larger than a key file can be"),
                    Some(help),
                );
            }
            keys::Error::Mistakes(mistakes) => {
                for located in mistakes {
                    let keys::Located {
                        line,
                        column,
                        mistake,
                    } = located;
                    messages.error(&format_args!("{name}:{line}:{column}: {mistake}"), mistake.help());
                }
            }
        }
        Status::Usage
    })
}

/// Counts what is read, for the progress bar.
struct Counting<'a> {
    input: &'a mut dyn Read,
    messages: &'a Messages,
}

impl Read for Counting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.input.read(buffer)?;
        self.messages.advance(length);
        Ok(length)
    }
}

/// A file that can't be opened fails like one that can't be read.
struct Unopened(Option<io::Error>);

impl Read for Unopened {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Adverts of real devices, from the vectors of `mibeacon`; their times are made up.
const BUNDLED_CAPTURE: &[u8] = include_bytes!("adverts/real.jsonl");

/// Their keys, which were published with them.
const BUNDLED_KEYS: &str = include_str!("adverts/real-keys.toml");
