//! Firmware files: every container, blocks, the cipher, and the check before a file is sent.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openbeken::image::{
    CodeCipher, Rbl, RblBuilder, RblKey, RfPartition, Ug, crc_blocks, ota_check, strip_crc_blocks,
};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(rbl) = Rbl::parse(bytes) {
        assert_eq!(rbl.package.len(), rbl.header.package_size as usize);
        if let Ok(raw) = rbl.unpack(Some(&RblKey::PUBLIC)) {
            assert_eq!(raw.len(), rbl.header.raw_size as usize);
        }
    }
    if let Ok(ug) = Ug::parse(bytes) {
        let again = Ug::build(&ug.version(), ug.payload);
        assert_eq!(Ug::parse(&again).unwrap().payload, ug.payload);
    }
    if let Ok(partition) = RfPartition::parse(bytes) {
        let used: usize = partition.entries.iter().map(|(_, data)| data.len() + 8).sum();
        assert!(used <= partition.length as usize);
    }
    if let Ok(data) = strip_crc_blocks(bytes) {
        assert_eq!(data.len() / 32 * 34, bytes.len());
    }
    let blocks = crc_blocks(bytes);
    assert!(strip_crc_blocks(&blocks).unwrap().starts_with(bytes));
    // Whatever comes, a damaged copy never passes for the file.
    for gzip in [false, true] {
        for key in [None, Some(RblKey::PUBLIC)] {
            let file = RblBuilder {
                name: "app",
                version: "1",
                timestamp: 0,
                gzip,
                key: key.clone(),
            }
            .build(bytes);
            assert_eq!(Rbl::parse(&file).unwrap().unpack(key.as_ref()).unwrap(), bytes);
            let mut damaged = file.clone();
            let at = bytes
                .iter()
                .fold(0, |at: usize, byte| at.wrapping_mul(31) ^ usize::from(*byte))
                % damaged.len();
            damaged[at] ^= 1;
            assert!(Rbl::parse(&damaged).is_err());
        }
    }
    let mut code = bytes.to_vec();
    let words: [u32; 4] = std::array::from_fn(|i| {
        bytes
            .iter()
            .skip(i)
            .step_by(4)
            .fold(1, |word: u32, byte| word.wrapping_mul(257) ^ u32::from(*byte))
    });
    for cipher in [CodeCipher::USUAL, CodeCipher::new(words)] {
        cipher.apply(words[0], &mut code);
        cipher.apply(words[0], &mut code);
        assert_eq!(code, bytes);
    }
    for (chip, name) in [
        ("BK7231N", "OpenBK7231N_1.rbl"),
        ("BL602", "OpenBL602_1.bin.xz.ota"),
        ("LN882H", "x"),
    ] {
        match ota_check(chip, name, bytes, None) {
            Ok(fit) => assert!(!fit.contents_checked || Rbl::parse(bytes).is_ok()),
            Err(misfits) => {
                assert!(!misfits.is_empty() && misfits.iter().all(|misfit| misfit.help().is_some()))
            }
        }
    }
});
