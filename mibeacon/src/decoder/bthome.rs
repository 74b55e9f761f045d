//! BTHome of both versions.

use core::time::Duration;

use macaddr::MacAddr6;

use super::{Content, Decoder, Outcome, Report, Slot};
use crate::bthome::{Advert, Body, Encrypted, Objects, Security, Verdict, v1, v2};
use crate::crypto::Cipher;
use crate::{DecryptError, Fingerprint, Format, ParseError};

impl<S: AsRef<[Slot]> + AsMut<[Slot]>> Decoder<S> {
    #[inline(never)]
    pub(super) fn bthome_v2<'a>(
        &'a mut self,
        now: Duration,
        address: Option<MacAddr6>,
        data: &'a [u8],
    ) -> Report<'a> {
        let frame = match v2::Frame::parse(data) {
            Ok(frame) => frame,
            Err(error) => return Report::malformed(Format::BthomeV2, address, error),
        };
        let heard = Heard {
            now,
            format: Format::BthomeV2,
            sender: frame.mac().or(address),
            sleepy: frame.info().is_trigger_based(),
        };
        match frame.body() {
            Body::Plain(objects) => self.bthome_plain(heard, data, objects.rewound()),
            Body::Encrypted(encrypted) => {
                // Before anything else, since the cipher reads it in other pieces than it is written in: such reads
                // wait until what was written has reached the cache.
                let nonce = frame.nonce_with(address.unwrap_or_default(), encrypted);
                self.bthome_encrypted(heard, *encrypted, |cipher, _, out| {
                    frame.decrypt_with(cipher, &nonce, encrypted, out)
                })
            }
        }
    }

    pub(super) fn bthome_v1<'a>(
        &'a mut self,
        now: Duration,
        sender: Option<MacAddr6>,
        data: &'a [u8],
        frame: Result<v1::Frame<'a>, ParseError>,
    ) -> Report<'a> {
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => return Report::malformed(Format::BthomeV1, sender, error),
        };
        let heard = Heard {
            now,
            format: Format::BthomeV1,
            sender,
            sleepy: false,
        };
        match frame.body() {
            Body::Plain(objects) => self.bthome_plain(heard, data, objects.rewound()),
            Body::Encrypted(encrypted) => self.bthome_encrypted(heard, *encrypted, |cipher, sender, out| {
                frame.decrypt_with(cipher, sender, out)
            }),
        }
    }

    #[inline(always)]
    fn bthome_plain<'a>(&mut self, heard: Heard, data: &[u8], objects: Objects<'a>) -> Report<'a> {
        let packet_id = objects.packet_id();
        let mut report = Report::new(heard.format, heard.sender, Content::Bthome(Some(objects)));
        report.counter = packet_id.map(u32::from);
        if let Some(slot) = heard.sender.and_then(|sender| self.table.find_mut(sender)) {
            heard.note_in(slot);
            let advert = Advert {
                security: Security::Plain {
                    key_known: slot.has_key(),
                },
                packet_id,
                fingerprint: Fingerprint::of(data),
            };
            let verdict = slot.bthome_replay.check(heard.now, &advert);
            if !verdict.is_accepted() {
                report.outcome = refusal(verdict, 0, 0);
            }
        }
        report
    }

    #[inline(always)]
    fn bthome_encrypted<'a>(
        &'a mut self,
        heard: Heard,
        encrypted: Encrypted<'_>,
        decrypt: impl FnOnce(&Cipher, MacAddr6, &'a mut [u8]) -> Result<Objects<'a>, DecryptError>,
    ) -> Report<'a> {
        let Heard { format, sender, .. } = heard;
        let counter = encrypted.counter;
        let Some(address) = sender else {
            return unread(format, sender, counter, Outcome::AddressUnknown);
        };
        let Some(slot) = self.table.find_mut(address) else {
            return unread(format, sender, counter, Outcome::NoKey);
        };
        heard.note_in(slot);
        let decrypted = match slot.full_cipher() {
            None => return unread(format, sender, counter, Outcome::NoKey),
            Some(Err(error)) => Err(error),
            Some(Ok(cipher)) => decrypt(cipher, address, &mut self.plaintext),
        };
        let objects = match decrypted {
            Ok(objects) => objects,
            Err(error) => return unread(format, sender, counter, slot.refused(error)),
        };
        slot.note_success();
        let advert = Advert {
            security: Security::Authenticated { counter },
            packet_id: objects.packet_id(),
            // Counter and tag stand for all that they authenticate.
            fingerprint: Fingerprint::of(&encrypted.trailer()),
        };
        let verdict = slot.bthome_replay.check(heard.now, &advert);
        let outcome = if verdict.is_accepted() {
            Outcome::Readings
        } else {
            refusal(
                verdict,
                counter,
                slot.bthome_replay.last_counter().unwrap_or_default(),
            )
        };
        Report {
            outcome,
            counter: Some(counter),
            authenticated: true,
            ..Report::new(format, sender, Content::Bthome(Some(objects)))
        }
    }
}

/// A BTHome advertisement of either version.
#[derive(Clone, Copy)]
struct Heard {
    now: Duration,
    format: Format,
    sender: Option<MacAddr6>,
    sleepy: bool,
}

impl Heard {
    fn note_in(&self, slot: &mut Slot) {
        slot.note_seen(self.now, self.format);
        slot.sleepy = self.sleepy;
    }
}

/// What stays hidden.
#[cold]
fn unread<'a>(format: Format, sender: Option<MacAddr6>, counter: u32, outcome: Outcome) -> Report<'a> {
    let mut report = Report::new(format, sender, Content::Bthome(None));
    (report.counter, report.outcome) = (Some(counter), outcome);
    report
}

const fn refusal(verdict: Verdict, counter: u32, last: u32) -> Outcome {
    match verdict {
        Verdict::Stale => Outcome::Stale,
        Verdict::Downgrade => Outcome::Downgraded,
        Verdict::Replay => Outcome::Replayed { counter, last },
        _ => Outcome::Duplicate,
    }
}
