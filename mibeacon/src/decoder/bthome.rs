//! BTHome of both versions.

use core::time::Duration;

use macaddr::MacAddr6;

use super::{Content, Decoder, Outcome, Report, Slot};
use crate::crypto::Cipher;
use crate::{DecryptError, Field, Fingerprint, Format, ParseError, bthome};

impl<S: AsRef<[Slot]> + AsMut<[Slot]>> Decoder<S> {
    #[inline(never)]
    pub(super) fn bthome_v2<'a>(
        &'a mut self,
        now: Duration,
        address: Option<MacAddr6>,
        data: &'a [u8],
    ) -> Report<'a> {
        let frame = match bthome::v2::Frame::parse(data) {
            Ok(frame) => frame,
            Err(error) => return Report::malformed(Format::BthomeV2, address, error),
        };
        let advert = BthomeAdvert {
            format: Format::BthomeV2,
            layout: bthome::Layout::V2,
            sender: frame.mac().or(address),
            sleepy: frame.info().is_trigger_based(),
            data,
            body: BthomeBody::of(frame.body()),
        };
        self.bthome(now, advert, |cipher, sender, out| {
            frame.decrypt_with(cipher, sender, out)
        })
    }

    pub(super) fn bthome_v1<'a>(
        &'a mut self,
        now: Duration,
        sender: Option<MacAddr6>,
        data: &'a [u8],
        frame: Result<bthome::v1::Frame<'a>, ParseError>,
    ) -> Report<'a> {
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => return Report::malformed(Format::BthomeV1, sender, error),
        };
        let advert = BthomeAdvert {
            format: Format::BthomeV1,
            layout: bthome::Layout::V1,
            sender,
            sleepy: false,
            data,
            body: BthomeBody::of(frame.body()),
        };
        self.bthome(now, advert, |cipher, sender, out| {
            frame.decrypt_with(cipher, sender, out)
        })
    }

    #[inline]
    fn bthome<'a>(
        &'a mut self,
        now: Duration,
        advert: BthomeAdvert<'a>,
        decrypt: impl FnOnce(&Cipher, MacAddr6, &'a mut [u8]) -> Result<bthome::Objects<'a>, DecryptError>,
    ) -> Report<'a> {
        let BthomeAdvert { format, sender, .. } = advert;
        let unread = |outcome, counter| Report {
            outcome,
            counter: Some(counter),
            ..Report::new(format, sender, Content::Bthome(None))
        };
        let mut slot = sender.and_then(|sender| self.table.find_mut(sender));
        if let Some(slot) = &mut slot {
            slot.note_seen(now, format);
            slot.sleepy = advert.sleepy;
        }
        let (objects, security) = match (advert.body, &mut slot, sender) {
            (BthomeBody::Plain(objects), slot, _) => {
                let key_known = slot.as_ref().is_some_and(|slot| slot.has_key());
                (objects, bthome::Security::Plain { key_known })
            }
            (BthomeBody::Encrypted { counter }, slot, sender) => {
                let Some(sender) = sender else {
                    return unread(Outcome::AddressUnknown, counter);
                };
                let Some(slot) = slot else {
                    return unread(Outcome::NoKey, counter);
                };
                let Some(cipher) = slot.full_cipher() else {
                    return unread(Outcome::NoKey, counter);
                };
                match cipher.and_then(|cipher| decrypt(cipher, sender, &mut self.plaintext)) {
                    Ok(objects) => {
                        slot.note_success();
                        (objects.as_bytes(), bthome::Security::Authenticated { counter })
                    }
                    Err(error) => return unread(slot.refused(error), counter),
                }
            }
        };
        let objects = bthome::Objects::new(advert.layout, objects);
        let survey = objects.survey();
        let (counter, authenticated) = match security {
            bthome::Security::Authenticated { counter } => (Some(counter), true),
            bthome::Security::Plain { .. } => (survey.packet_id.map(u32::from), false),
        };
        let outcome = slot.map_or(Outcome::Readings, |slot| {
            let last = slot.bthome_replay.last_counter().unwrap_or_default();
            let seen = bthome::Advert {
                security,
                packet_id: survey.packet_id,
                fingerprint: Fingerprint::of(advert.data),
            };
            match slot.bthome_replay.check(now, &seen) {
                verdict if verdict.is_accepted() => Outcome::Readings,
                bthome::Verdict::Stale => Outcome::Stale,
                bthome::Verdict::Downgrade => Outcome::Downgraded,
                bthome::Verdict::Replay => Outcome::Replayed {
                    counter: counter.unwrap_or_default(),
                    last,
                },
                _ => Outcome::Duplicate,
            }
        });
        Report {
            address: sender,
            format,
            outcome,
            counter,
            authenticated,
            fault: survey.stopped.map(bthome_fault),
            content: Content::Bthome(Some(objects)),
        }
    }
}

/// A BTHome advertisement of either version.
struct BthomeAdvert<'a> {
    format: Format,
    layout: bthome::Layout,
    sender: Option<MacAddr6>,
    sleepy: bool,
    data: &'a [u8],
    body: BthomeBody<'a>,
}

/// The objects, or the counter of what hides them.
enum BthomeBody<'a> {
    Plain(&'a [u8]),
    Encrypted { counter: u32 },
}

impl<'a> BthomeBody<'a> {
    #[inline]
    const fn of(body: &bthome::Body<'a>) -> Self {
        match body {
            bthome::Body::Plain(objects) => Self::Plain(objects.as_bytes()),
            bthome::Body::Encrypted(encrypted) => Self::Encrypted {
                counter: encrypted.counter,
            },
        }
    }
}

fn bthome_fault(bthome::Stopped { reason, offset }: bthome::Stopped) -> ParseError {
    match reason {
        bthome::StopReason::UnknownObject { id } => ParseError::UnknownObject {
            id: id.into(),
            offset,
        },
        _ => ParseError::Truncated {
            field: Field::Object,
            offset,
        },
    }
}
