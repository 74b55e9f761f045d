//! A client that gets anything at any time: it ends, prints no secret bytes, and succeeds only by what a device that
//! has the token sends.
#![no_main]

use core::fmt::Debug;
use core::time::Duration;

use libfuzzer_sys::fuzz_target;
use mi_auth::legacy::{LegacyConfig, LegacyLogin, LegacyRegister};
use mi_auth::{
    Characteristic, Event, Handshake, LoggedIn, Login, LoginConfig, PrivateKey, Register, RegisterConfig,
    Transmit,
};

fuzz_target!(|bytes: &[u8]| {
    let Some((&kind, script)) = bytes.split_first() else {
        return;
    };
    match kind % 4 {
        0 => {
            let mut config = RegisterConfig::default();
            config.approval = kind & 4 != 0;
            config.allow_auth_version = u16::from(kind & 8 == 0) + 1;
            config.mtu = u16::from(kind);
            let key = PrivateKey::new(&[7; 32]).expect("a key");
            play(Register::new(config, key), script, Register::approve_any);
        }
        1 => {
            let login = Login::new(LoginConfig::default(), [7; 12].into(), [8; 16].into());
            if let Some(output) = play(login, script, |_| {}) {
                // Nobody here can make the HMAC.
                assert!(matches!(output, LoggedIn::AlreadyOpen));
            }
        }
        2 => {
            let config = LegacyConfig::new([1, 2, 3, 4, 5, 6].into(), 339);
            play(LegacyRegister::new(config, [7; 12].into()), script, |_| {});
        }
        _ => {
            play(LegacyLogin::new([7; 12].into()), script, |_| {});
        }
    }
});

trait ApproveAny {
    fn approve_any(&mut self);
}

impl ApproveAny for Register {
    fn approve_any(&mut self) {
        self.approve("blt.3.1hc1p4nu8k400".parse().ok());
    }
}

/// A step is a length whose upper three bits say what it is, and as many bytes.
fn play<H: Handshake + Debug>(
    mut client: H,
    mut script: &[u8],
    mut approve: impl FnMut(&mut H),
) -> Option<H::Output> {
    let mut now = Duration::ZERO;
    // A step for each byte at most, and then its time-outs.
    for _ in 0..script.len() + 100 {
        let mut writes = 0;
        while let Some(transmit) = client.poll_transmit(now) {
            writes += 1;
            assert!(writes < 200, "it sends for ever");
            match transmit {
                Transmit::Subscribe(_) => client.handle_subscribed(now),
                Transmit::Read(_) => client.handle_read(now, script.get(..12).unwrap_or(script)),
                _ => {}
            }
        }
        while let Some(event) = client.poll_event() {
            match event {
                Event::Done(output) => {
                    assert_eq!(client.poll_timeout(), None);
                    return Some(output);
                }
                Event::Failed(failure) => {
                    assert_eq!(client.poll_timeout(), None);
                    assert!(!failure.name().is_empty());
                    return None;
                }
                Event::ApprovalNeeded => approve(&mut client),
                _ => {}
            }
        }
        let Some((&head, rest)) = script.split_first() else {
            // Left alone, it ends by its time-outs.
            now = client
                .poll_timeout()
                .expect("a handshake that isn't over waits for something");
            client.handle_timeout(now);
            continue;
        };
        let length = usize::from(head & 0x1f).min(rest.len());
        let (bytes, rest) = rest.split_at(length);
        script = rest;
        match head >> 5 {
            0..=2 => client.handle_notification(now, Characteristic::Data, bytes),
            3 => client.handle_notification(now, Characteristic::Control, bytes),
            4 => client.handle_notification(now, Characteristic::Token, bytes),
            5 => {
                now = client.poll_timeout().unwrap_or(now);
                client.handle_timeout(now);
            }
            6 => {
                now += Duration::from_millis(100);
                client.handle_timeout(now);
            }
            _ => match bytes.first() {
                Some(0) => client.handle_disconnect(now),
                Some(1) => client.handle_refusal(now),
                Some(2) => client.cancel(now),
                Some(3) => client.handle_read(now, bytes),
                _ => client.handle_subscribed(now),
            },
        }
    }
    panic!("no end: {client:?}");
}
