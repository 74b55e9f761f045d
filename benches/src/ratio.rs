//! Ratios that a busy machine doesn't blur: contenders take turns, and the least time of each counts.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::comparison::{Comparison, Contender, Target};

/// Measures everything and prints a table; fails if a target is missed.
pub(crate) fn print(comparisons: Vec<Comparison<'_>>) -> ExitCode {
    println!("| work | ratio | target | measured | |");
    println!("|---|---|---|---|---|");
    let mut missed = 0;
    for mut comparison in comparisons {
        let times = measure(&mut comparison.contenders);
        let ratio = |subject, other| time_of(&times, subject) / time_of(&times, other);
        for target in &comparison.targets {
            let (what, wanted, measured, met) = match *target {
                Target::AtMost(most, subject, other) => {
                    let ratio = ratio(subject, other);
                    let what = format!("time of {subject} / {other}");
                    (what, format!("at most {most:.2}"), ratio, ratio <= most)
                }
                Target::Faster(least, subject, other) => {
                    let ratio = ratio(other, subject);
                    let what = format!("time of {other} / {subject}");
                    (what, format!("at least {least:.2}"), ratio, ratio >= least)
                }
                Target::Shown(subject, other) => {
                    let what = format!("time of {subject} / {other}");
                    (what, String::new(), ratio(subject, other), true)
                }
            };
            missed += usize::from(!met);
            let verdict = if met { "" } else { "MISSED" };
            println!(
                "| {} | {what} | {wanted} | {measured:.2} | {verdict} |",
                comparison.name
            );
        }
        let nanoseconds = times
            .iter()
            .map(|(name, time)| format!("{name} {:.1} ns", time / comparison.inputs as f64));
        eprintln!(
            "{}: {}",
            comparison.name,
            nanoseconds.collect::<Vec<_>>().join(", ")
        );
    }
    if missed == 0 {
        ExitCode::SUCCESS
    } else {
        eprintln!("{missed} targets missed");
        ExitCode::FAILURE
    }
}

/// For each contender the least time of one pass, in nanoseconds.
fn measure(contenders: &mut [Contender<'_>]) -> Vec<(&'static str, f64)> {
    let mut turns: Vec<Turn<'_, '_>> = contenders.iter_mut().map(Turn::new).collect();
    let start = Instant::now();
    for round in 0..ROUNDS {
        if round >= FEWEST_ROUNDS && start.elapsed() > ENOUGH {
            break;
        }
        for turn in &mut turns {
            turn.take();
        }
    }
    turns
        .iter()
        .map(|turn| (turn.contender.name, turn.least))
        .collect()
}

/// A contender whose passes are repeated so often that the clock's own time doesn't count.
struct Turn<'a, 'b> {
    contender: &'a mut Contender<'b>,
    passes: u32,
    taken: usize,
    least: f64,
}

impl<'a, 'b> Turn<'a, 'b> {
    fn new(contender: &'a mut Contender<'b>) -> Self {
        let mut turn = Self {
            contender,
            passes: 1,
            taken: 0,
            least: f64::INFINITY,
        };
        while turn.take() < TURN {
            turn.passes *= 2;
        }
        turn
    }

    fn take(&mut self) -> Duration {
        let start = Instant::now();
        match self.taken % 4 {
            0 => self.passes_below::<16>(),
            1 => self.passes_below::<32>(),
            2 => self.passes_below::<48>(),
            _ => self.passes_below::<64>(),
        }
        let time = start.elapsed();
        self.taken += 1;
        self.least = self.least.min(time.as_secs_f64() * 1e9 / f64::from(self.passes));
        time
    }

    /// All passes, the stack lower by so many bytes. It starts elsewhere in each process, and with that differs which
    /// of a contender's values cross lines of the cache. So each contender has turns in all positions.
    #[inline(never)]
    fn passes_below<const BYTES: usize>(&mut self) {
        let below = black_box([0_u8; BYTES]);
        for _ in 0..self.passes {
            (self.contender.pass)();
        }
        black_box(&below);
    }
}

fn time_of(times: &[(&'static str, f64)], name: &str) -> f64 {
    let found = times.iter().find(|(contender, _)| *contender == name);
    found.map_or(f64::NAN, |(_, time)| *time)
}

/// Far above the clock's own time, far below the time after which the scheduler lets somebody else run.
const TURN: Duration = Duration::from_micros(20);

/// So many that some of the turns run undisturbed.
const ROUNDS: usize = 20_000;

/// A comparison of long passes ends after this time,
const ENOUGH: Duration = Duration::from_secs(10);

/// but not before each contender had so many turns.
const FEWEST_ROUNDS: usize = 40;
