//! A `mapConfig.json` that somebody wrote.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vacuum_map::draw::MapConfig;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match MapConfig::parse(text) {
        Ok(Some(config)) => {
            assert!(config.scale > 0.0 && config.scale <= 64.0);
            assert!(!config.room_colors.is_empty());
            assert_eq!(MapConfig::parse(&config.to_json()), Ok(Some(config)));
        }
        Ok(None) => assert!(text.trim_start_matches('\u{feff}').trim().len() <= 4),
        Err(error) => {
            assert!(error.help().is_some());
            assert!(!error.to_string().is_empty());
        }
    }
});
