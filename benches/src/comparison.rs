//! Contenders that do the same work, and how they must compare.

use criterion::{Criterion, Throughput};

/// Contenders that do the same work on the same input.
pub struct Comparison<'a> {
    /// What they do.
    pub(crate) name: &'static str,
    /// How many inputs one pass works through.
    pub(crate) inputs: usize,
    pub(crate) contenders: Vec<Contender<'a>>,
    pub(crate) targets: Vec<Target>,
}

/// One way to do the work.
pub(crate) struct Contender<'a> {
    pub(crate) name: &'static str,
    /// Works through all inputs once.
    pub(crate) pass: Box<dyn FnMut() + 'a>,
}

/// How the time of one contender, the subject, must compare with that of another.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// The subject takes at most so many times the time of the other.
    AtMost(f64, &'static str, &'static str),
    /// The subject is at least so many times as fast as the other.
    Faster(f64, &'static str, &'static str),
    /// No target: what the ratio is.
    Shown(&'static str, &'static str),
}

impl<'a> Comparison<'a> {
    /// Without contenders yet. Every pass works through `inputs` inputs.
    #[must_use]
    pub const fn new(name: &'static str, inputs: usize) -> Self {
        Self {
            name,
            inputs,
            contenders: Vec::new(),
            targets: Vec::new(),
        }
    }

    /// Adds a contender; `pass` works through all inputs once.
    #[must_use]
    pub fn contender(mut self, name: &'static str, pass: impl FnMut() + 'a) -> Self {
        self.contenders.push(Contender {
            name,
            pass: Box::new(pass),
        });
        self
    }

    /// Adds a target.
    #[must_use]
    pub fn target(mut self, target: Target) -> Self {
        self.targets.push(target);
        self
    }

    pub(crate) fn bench(self, criterion: &mut Criterion) {
        let mut group = criterion.benchmark_group(self.name);
        group.throughput(Throughput::Elements(self.inputs as u64));
        for mut contender in self.contenders {
            group.bench_function(contender.name, |bencher| bencher.iter(&mut contender.pass));
        }
        group.finish();
    }
}

impl std::fmt::Debug for Comparison<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Comparison")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
