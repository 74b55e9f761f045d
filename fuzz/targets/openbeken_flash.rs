//! The UART protocol of the boot ROM: a flasher and a chip under any bytes, in pieces, with silence between.
#![no_main]

use std::time::Duration;

use fuzz::Script;
use libfuzzer_sys::fuzz_target;
use openbeken::flash::{Config, Decoder, Event, Flasher, Output, Response, ResponseError, Rom};

fuzz_target!(|bytes: &[u8]| {
    match Response::parse(bytes) {
        Ok((response, skipped, length)) => {
            assert!(skipped + length <= bytes.len());
            let again = response.encode();
            if let Ok((read, 0, _)) = Response::parse(&again) {
                assert_eq!(read.encode(), again);
            }
        }
        Err(ResponseError::NeedMore { found }) => assert_eq!(found, bytes.len()),
        Err(ResponseError::BadMarker { offset }) => assert!(offset < bytes.len() + 8),
        Err(error) => panic!("{error}"),
    }
    let mut decoder = Decoder::default();
    decoder.push(bytes);
    let mut rounds = 0;
    while decoder.next_response().is_some() {
        rounds += 1;
        assert!(rounds <= bytes.len());
    }

    let mut script = Script::new(bytes);
    let choice = script.byte();
    let mut chip = if choice & 1 == 0 {
        Rom::bk7231n(1 << 17)
    } else {
        Rom::bk7231t(1 << 17)
    };
    let mut config = Config::default();
    config.baud = (choice & 2 == 0).then_some(921_600);
    let mut flasher = Flasher::new(config);
    let data = vec![choice; 5000];
    flasher.write(0x11000, data.clone()).unwrap();
    flasher.read(0x11000, 5000).unwrap();
    flasher.reboot();
    let mut now = Duration::ZERO;
    let (mut linked, mut noise) = (true, false);
    for _ in 0..3000 {
        while let Some(output) = flasher.poll_transmit(now) {
            if let (Output::Bytes(bytes), true) = (output, linked) {
                chip.handle_bytes(now, &bytes);
            }
        }
        while let Some(mut answer) = chip.poll_transmit(now) {
            let byte = script.byte();
            if byte & 0x81 == 0x81 {
                let at = usize::from(byte >> 1) * 97 % answer.len();
                answer[at] ^= byte;
                noise = true;
            }
            flasher.handle_bytes(now, &answer);
        }
        while let Some(event) = flasher.poll_event() {
            match event {
                Event::Read { data: read, start } => {
                    assert_eq!(start, 0x11000);
                    // Answers carry no checksum, so that damage can imitate one; without damage never.
                    assert!(noise || read == data);
                }
                Event::Written => assert!(noise || chip.flash()[0x11000..0x11000 + 5000] == data),
                Event::Failed(error) => assert!(error.help().is_some()),
                _ => {}
            }
        }
        let byte = script.byte();
        if byte & 0xc0 == 0x40 {
            let length = usize::from(byte & 31);
            let line: Vec<u8> = (0..length).map(|_| script.byte()).collect();
            // Bytes out of nowhere: they may be a whole answer.
            noise |= length > 0;
            flasher.handle_bytes(now, &line);
            if byte & 32 != 0 {
                chip.handle_bytes(now, &line);
            }
        }
        linked = byte != 0xff;
        now = flasher
            .poll_timeout()
            .unwrap_or(now)
            .min(now + Duration::from_millis(200))
            .max(now + Duration::from_micros(100));
        flasher.handle_timeout(now);
        if script.is_over() && flasher.poll_timeout().is_none() {
            break;
        }
    }
});
