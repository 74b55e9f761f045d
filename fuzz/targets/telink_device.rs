//! The simulated thermometer under any writes: it never becomes a brick. `kind | length | bytes`, again and again.
#![no_main]

use std::cell::RefCell;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use telink_ota::device::{FLASH_SIZE, Profile, Thermometer};
use telink_ota::gatt::Characteristic;
use telink_ota::image::{Declaration, finish};

thread_local! {
    static FLASH: RefCell<Vec<u8>> = RefCell::new(vec![0xff; FLASH_SIZE]);
}

fuzz_target!(|bytes: &[u8]| {
    FLASH.with_borrow_mut(|flash| {
        flash.fill(0xff);
        run(flash, bytes);
    });
});

fn run(flash: &mut [u8], mut script: &[u8]) {
    let mut file = vec![0x11; 2100];
    file[64..70].copy_from_slice(b"\0V5.8\0");
    let length = finish(&mut file, 2048, &Declaration::pvvx(4)).unwrap();
    let mut device = Thermometer::new(Profile::lywsd03mmc(), flash);
    device.install(&file[..length]);
    let mut now = Duration::ZERO;
    while let Some((&[kind, length], rest)) = script.split_first_chunk() {
        let bytes = rest.get(..usize::from(length)).unwrap_or(rest);
        script = rest.get(usize::from(length)..).unwrap_or_default();
        now += Duration::from_millis(u64::from(kind));
        match kind % 8 {
            0 => {
                device.connect(now.max(device.ready_at()));
                let _ = device.subscribe(Characteristic::Command);
            }
            1 | 2 => {
                let _ = device.write(now, Characteristic::Ota, bytes);
            }
            3 | 4 => {
                let _ = device.write(now, Characteristic::Command, bytes);
            }
            5 => while device.poll_notification(now).is_some() {},
            6 => {
                now = device.poll_timeout().unwrap_or(now).max(now);
                device.handle_timeout(now);
            }
            _ => device.disconnect(now),
        }
        // Nothing short of a whole new image with its checksum replaces the one that runs.
        assert!(device.running().is_some(), "a brick");
        let _ = device.mi_keys();
    }
    device.power_on();
    assert!(device.running().is_some(), "a brick");
    // Settings are in the flash too: the device is the same after this process.
    let (name, key, config) = (
        device.name().to_owned(),
        device.advert_key().clone(),
        device.config(),
    );
    let again = Thermometer::new(Profile::lywsd03mmc(), flash);
    assert_eq!((again.name(), again.advert_key()), (&name[..], &key));
    assert_eq!(again.config(), config);
}
