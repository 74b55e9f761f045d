//! What a microcontroller has to have for a handshake.

use core::mem::size_of;

use mi_auth::device::{Device, LegacyDevice};
use mi_auth::legacy::{LegacyLogin, LegacyRegister};
use mi_auth::uart::{Decryptor, Encryptor, Reassembler};
use mi_auth::{Login, Register};

#[test]
fn no_state_machine_takes_more_than_two_kibibytes() {
    for (name, size) in [
        ("Register", size_of::<Register>()),
        ("Login", size_of::<Login>()),
        ("LegacyRegister", size_of::<LegacyRegister>()),
        ("LegacyLogin", size_of::<LegacyLogin>()),
        ("Device, without its generator", size_of::<Device<()>>()),
        (
            "LegacyDevice, without its generator",
            size_of::<LegacyDevice<()>>(),
        ),
        ("Encryptor and Decryptor", size_of::<(Encryptor, Decryptor)>()),
        ("Reassembler", size_of::<Reassembler>()),
    ] {
        println!("{name}: {size} bytes");
        assert!(size <= 2048, "{name}: {size} bytes");
    }
}
