//! A file that somebody downloaded: image, Zigbee wrapper, container, certificates.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telink_ota::image::{Trailer, find_strings, inspect, payload};
use telink_ota::{ReadError, Source};

fuzz_target!(|bytes: &[u8]| {
    let in_memory = inspect(bytes);
    assert_eq!(
        in_memory,
        inspect(Flash(bytes)),
        "block by block it is another image"
    );
    let _ = find_strings(bytes);
    match in_memory {
        Ok(image) => {
            let part = payload(&image, bytes);
            assert_eq!(part.len(), image.payload_length);
            assert_eq!(image.header.size + image.trailer.length(), image.payload_length);
            assert_eq!(
                image.container.is_some(),
                matches!(image.trailer, Trailer::Container { .. })
            );
            // A change of any byte within the image is noticed, wherever the fuzzer puts it.
            let mut damaged = bytes.to_vec();
            damaged[part.start() as usize] ^= 1;
            assert!(inspect(damaged.as_slice()).is_err());
        }
        Err(error) => assert!(!error.name().is_empty()),
    }
});

/// Never shows itself as a slice.
struct Flash<'a>(&'a [u8]);

impl Source for Flash<'_> {
    fn len(&self) -> u32 {
        Source::len(&self.0)
    }

    fn read(&mut self, offset: u32, block: &mut [u8]) -> Result<(), ReadError> {
        self.0.read(offset, block)
    }
}
