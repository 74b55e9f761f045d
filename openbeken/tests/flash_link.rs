//! A flasher against a simulated chip, over a line that loses, damages and adds bytes, driven by a seed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::time::Duration;

use openbeken::flash::{Config, Event, FlashError, Flasher, Output, Protocol, Rom};

/// A small generator, so that a seed says everything.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.next().is_multiple_of(n)
    }
}

/// Runs until the work is done; every run must end.
fn run(flasher: &mut Flasher, chip: &mut Rom, seed: u64, noisy: bool) -> Vec<Event> {
    let mut random = Random(seed);
    let mut now = Duration::ZERO;
    let mut events = Vec::new();
    for _ in 0..200_000 {
        let mut busy = false;
        while let Some(output) = flasher.poll_transmit(now) {
            busy = true;
            let Output::Bytes(bytes) = output else { continue };
            // Towards the chip whole commands are lost: there is no checksum that could save it from a wrong one.
            if !(noisy && random.one_in(20)) {
                chip.handle_bytes(now, &bytes);
            }
        }
        while let Some(mut bytes) = chip.poll_transmit(now) {
            if noisy && random.one_in(10) {
                let at = random.next() as usize % bytes.len();
                match random.next() % 3 {
                    0 => bytes[at] ^= 1 << (random.next() % 8),
                    1 => drop(bytes.remove(at)),
                    _ => bytes.insert(at, random.next() as u8),
                }
            }
            flasher.handle_bytes(now, &bytes);
        }
        let mut ended = false;
        while let Some(event) = flasher.poll_event() {
            ended |= matches!(event, Event::Failed(_) | Event::Rebooted);
            events.push(event);
        }
        if ended {
            return events;
        }
        if !busy {
            let next = flasher.poll_timeout().unwrap_or(now);
            now = next.max(now + Duration::from_micros(200));
            flasher.handle_timeout(now);
        }
    }
    panic!("seed {seed}: it never ends: {events:?}");
}

fn image(length: usize) -> Vec<u8> {
    let mut random = Random(7);
    (0..length).map(|_| random.next() as u8).collect()
}

#[test]
fn both_kinds_of_chips_are_written_and_read() {
    for mut chip in [Rom::bk7231n(2 << 20), Rom::bk7231t(2 << 20)] {
        let mut flasher = Flasher::new(Config::default());
        flasher.write(0x11000, image(20_000)).unwrap();
        flasher.read(0x11000, 20_000).unwrap();
        flasher.read(0, 4096).unwrap();
        flasher.reboot();
        let events = run(&mut flasher, &mut chip, 1, false);
        assert_eq!(chip.flash()[0x11000..0x11000 + 20_000], image(20_000));
        assert!(events.contains(&Event::Written), "{events:?}");
        assert!(events.contains(&Event::Read {
            start: 0x11000,
            data: image(20_000)
        }));
        assert!(events.contains(&Event::Read {
            start: 0,
            data: vec![0xff; 4096]
        }));
        let identity = flasher.identity().unwrap();
        assert_eq!(identity.flash_size, 2 << 20);
        assert_eq!(
            identity.chip,
            Some(if identity.protocol == Protocol::BootRom {
                "BK7231N"
            } else {
                "BK7231T"
            })
        );
    }
}

#[test]
fn a_noisy_line_gives_the_right_bytes_or_an_error() {
    let mut written = 0;
    for seed in 0..1500 {
        let mut chip = if seed % 2 == 0 {
            Rom::bk7231n(1 << 17)
        } else {
            Rom::bk7231t(1 << 17)
        };
        let mut flasher = Flasher::new(Config::default());
        let data = image(6000);
        flasher.write(0x11000, data.clone()).unwrap();
        flasher.read(0x11000, 6000).unwrap();
        flasher.reboot();
        // The simulated T says it has 2 MiB; nothing here reaches beyond its flash.
        let events = run(&mut flasher, &mut chip, seed, true);
        if events.contains(&Event::Written) {
            written += 1;
            assert_eq!(chip.flash()[0x11000..0x11000 + 6000], data, "seed {seed}");
        }
        for event in &events {
            if let Event::Read { data: read, .. } = event {
                assert_eq!(read, &data, "seed {seed}");
            }
            if let Event::Failed(error) = event {
                assert!(error.help().is_some(), "seed {seed}: {error}");
            }
        }
    }
    assert!(written > 1200, "{written}");
}

#[test]
fn nobody_at_the_other_end_is_told() {
    let mut flasher = Flasher::new(Config::default());
    flasher.identify();
    let mut now = Duration::ZERO;
    loop {
        now += Duration::from_millis(5);
        flasher.handle_timeout(now);
        while flasher.poll_transmit(now).is_some() {}
        match flasher.poll_event() {
            Some(Event::Failed(error)) => {
                assert!(matches!(error, FlashError::NoLink { waited } if waited >= Duration::from_secs(60)));
                break;
            }
            Some(event) => assert_eq!(event, Event::PowerCycle),
            None => assert!(now < Duration::from_secs(70)),
        }
    }
}

#[test]
fn what_would_break_a_chip_is_refused() {
    let mut flasher = Flasher::new(Config::default());
    assert_eq!(
        flasher.write(0, vec![0]),
        Err(FlashError::Bootloader { address: 0 })
    );
    assert_eq!(
        flasher.write(0x11001, vec![0]),
        Err(FlashError::Unaligned { address: 0x11001 })
    );
    assert!(matches!(
        flasher.read(0x11000, u32::MAX),
        Err(FlashError::OutOfRange { .. })
    ));
    let mut chip = Rom::bk7231n(1 << 21);
    flasher.write(0x1f_f000, vec![0; 8192]).unwrap();
    let events = run(&mut flasher, &mut chip, 1, false);
    assert!(
        matches!(events.last(), Some(Event::Failed(FlashError::OutOfRange { .. }))),
        "{events:?}"
    );
}

#[test]
fn noise_alone_does_nothing() {
    let mut flasher = Flasher::new(Config::default());
    flasher.identify();
    flasher.handle_timeout(Duration::ZERO);
    let mut random = Random(3);
    for _ in 0..1000 {
        let bytes: Vec<u8> = (0..100)
            .map(|_| [4, 0x0e, 1, 0xe0, 0xfc, 0xff, 0xf4, 9][random.next() as usize % 8])
            .collect();
        flasher.handle_bytes(Duration::from_millis(1), &bytes);
    }
    while let Some(event) = flasher.poll_event() {
        assert!(
            !matches!(event, Event::Read { .. } | Event::Written | Event::Identified(_)),
            "{event:?}"
        );
    }
}
