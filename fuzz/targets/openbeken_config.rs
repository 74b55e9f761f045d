//! Configuration blocks: the first byte picks the layout, the rest stands at the start of a block.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openbeken::config::{CharKind, Config, ConfigError, Layout, TextField};

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, rest)) = bytes.split_first() else {
        return;
    };
    let layout = Layout::ALL[usize::from(choice % 4)];
    let block = if choice & 4 == 0 {
        rest.to_vec()
    } else {
        let mut block = b"CFG\0\x05\0\0\0".to_vec();
        block.extend_from_slice(rest);
        block.resize(3584, 0);
        block
    };
    let config = match Config::parse(&block, layout) {
        Ok(config) => config,
        Err(error) => {
            assert!(error.help().is_some());
            match error {
                ConfigError::BadMagic { .. } => assert!(!block.starts_with(b"CFG")),
                ConfigError::Truncated { found, expected } => {
                    assert!(found == block.len() && found < expected)
                }
                ConfigError::UnsupportedVersion { found } => assert!(!(1..=255).contains(&found)),
                other => panic!("{other}"),
            }
            return;
        }
    };
    let kind = if choice & 8 == 0 {
        CharKind::Signed
    } else {
        CharKind::Unsigned
    };
    let written = config.encode(kind);
    let again = Config::parse(&written, layout).unwrap();
    assert!(again.checksum().fits(kind));
    assert_eq!(again.leftovers(), 0);
    assert_eq!(again.encode(kind), written);
    for field in TextField::ALL {
        assert_eq!(again.text(field), config.text(field));
        let mut edited = again.clone();
        if let Some(text) = config.text(field).map(<[u8]>::to_vec) {
            // Texts that fill their whole field can be read, but only the first password may be so long.
            if edited.set_text(field, &text).is_ok() {
                assert_eq!(edited, again);
            }
        }
    }
    assert!(config.pins().eq(again.pins()));
    assert!(config.pins().all(|pin| usize::from(pin.pin) < layout.pins()));
    for other in Layout::ALL {
        if let Ok(moved) = again.to_layout(other) {
            assert!(moved.pins().eq(again.pins()));
            assert_eq!(moved.static_ip(), again.static_ip());
            let back = moved.to_layout(layout).unwrap();
            assert_eq!(back.text(TextField::NtpServer), again.text(TextField::NtpServer));
            assert!((0..64).all(|channel| back.channel_type(channel) == again.channel_type(channel)));
        }
    }
});
