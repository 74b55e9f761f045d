//! Service data 0x181A of custom firmware, and reed contacts.

use core::time::Duration;

use macaddr::MacAddr6;

use super::{Content, Decoder, Outcome, Report, Slot};
use crate::atc::{self, ReedEvent};
use crate::{Fingerprint, Format};

impl<S: AsRef<[Slot]> + AsMut<[Slot]>> Decoder<S> {
    #[inline(never)]
    pub(super) fn atc<'a>(&mut self, now: Duration, address: Option<MacAddr6>, data: &[u8]) -> Report<'a> {
        let sender = address.or_else(|| own_mac(data));
        let plain = |format, frame: atc::Frame| {
            let mut report = Report::new(format, sender, Content::Atc(frame));
            report.counter = Some(frame.counter().into());
            report
        };
        // The first two are what is on air, and go straight into the report.
        let mut report = if let Ok(bytes) = data.try_into() {
            plain(Format::Pvvx, atc::Frame::Pvvx(atc::Pvvx::from_bytes(bytes)))
        } else if let Ok(bytes) = data.try_into() {
            plain(
                Format::Atc1441,
                atc::Frame::Atc1441(atc::Atc1441::from_bytes(bytes)),
            )
        } else {
            return self.rare_atc(now, address, data);
        };
        report.outcome = self.hear_plain(now, sender, report.format, data);
        report
    }

    /// The encrypted forms, and the 14 bytes that are seldom seen.
    #[inline(never)]
    fn rare_atc<'a>(&mut self, now: Duration, sender: Option<MacAddr6>, data: &[u8]) -> Report<'a> {
        let Some(frame) = atc::Encrypted::parse(data) else {
            return match atc::Frame::parse(data) {
                Ok(frame) => {
                    let sender = sender.or(frame.mac());
                    let mut report = Report::new(frame.format(), sender, Content::Atc(frame));
                    report.counter = Some(frame.counter().into());
                    report.outcome = self.hear_plain(now, sender, report.format, data);
                    report
                }
                Err(error) => Report::malformed(Format::Pvvx, sender, error),
            };
        };
        let format = atc::Frame::Encrypted(frame).format();
        let policy = self.policy;
        let report = |outcome, content| Report {
            outcome,
            counter: Some(frame.counter().into()),
            ..Report::new(format, sender, content)
        };
        let unread = |outcome| report(outcome, Content::Atc(atc::Frame::Encrypted(frame)));
        let Some(sender) = sender else {
            return unread(Outcome::AddressUnknown);
        };
        let Some(slot) = self.table.find_mut(sender) else {
            return unread(Outcome::NoKey);
        };
        slot.note_seen(now, format);
        let cipher = match slot.full_cipher() {
            None => return unread(Outcome::NoKey),
            Some(Err(error)) => return unread(slot.refused(error)),
            Some(Ok(cipher)) => cipher,
        };
        match frame.decrypt_with(cipher, sender) {
            Err(error) => unread(slot.refused(error)),
            Ok(payload) => {
                slot.note_success();
                let outcome = slot.repeat_or_readings(policy, Fingerprint::of(data));
                Report {
                    authenticated: true,
                    ..report(outcome, Content::AtcPayload(payload))
                }
            }
        }
    }

    pub(super) fn reed(
        &mut self,
        now: Duration,
        address: Option<MacAddr6>,
        event: ReedEvent,
    ) -> Report<'static> {
        let policy = self.policy;
        let mut report = Report::new(Format::Reed, address, Content::Reed(event));
        if let Some(slot) = address.and_then(|address| self.table.find_mut(address)) {
            slot.note_seen(now, Format::Reed);
            let [c3, c2, c1, c0] = event.count.unwrap_or(u32::MAX).to_be_bytes();
            let flags = event.flags.map_or([0, 0], |flags| [1, flags.0]);
            let seen = Fingerprint::of(&[flags[0], flags[1], c3, c2, c1, c0]);
            // These are never encrypted, whatever the device does else.
            report.outcome = slot.repeat_or_readings(policy, seen);
        }
        report
    }
}

/// Few hosts hide the address, so that few frames have to tell it.
#[cold]
fn own_mac(service_data: &[u8]) -> Option<MacAddr6> {
    atc::Frame::parse(service_data).ok()?.mac()
}
