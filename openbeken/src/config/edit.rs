use alloc::vec::Vec;

use super::layout::place;
use super::{CharKind, Config, ConfigError, Layout, TextField, crc8};

impl Config {
    /// Sets a text; the rest of its field becomes zeros.
    ///
    /// # Errors
    ///
    /// If it doesn't fit, has a zero byte, or this version doesn't have the field.
    pub fn set_text(&mut self, field: TextField, text: &[u8]) -> Result<(), ConfigError> {
        let version = self.version();
        if version < field.since() {
            return Err(ConfigError::NoSuchField {
                version,
                since: field.since(),
            });
        }
        let limit = field.limit(version);
        if text.len() > limit {
            return Err(ConfigError::TooLong {
                found: text.len(),
                limit,
            });
        }
        if let Some(offset) = text.iter().position(|byte| *byte == 0) {
            return Err(ConfigError::ZeroByte { offset });
        }
        let place = field.place(version);
        let start = place.at(self.layout);
        if let Some(bytes) = self.bytes.get_mut(start..start + usize::from(place.size)) {
            bytes.fill(0);
        }
        self.put(start, text);
        Ok(())
    }

    /// Sets all flags.
    pub fn set_flags(&mut self, flags: u64) {
        self.put(place::FLAGS.at(self.layout), &flags.to_le_bytes());
    }

    /// Sets a pin's role and channels; role 0 clears it.
    ///
    /// # Errors
    ///
    /// If the platform has no such pin.
    pub fn set_pin(&mut self, pin: u8, role: u8, channel: u8, channel2: u8) -> Result<(), ConfigError> {
        let index = usize::from(pin);
        if index >= self.layout.pins() {
            return Err(ConfigError::OutOfRange {
                found: index,
                highest: self.layout.pins() - 1,
            });
        }
        for (place, value) in [
            (place::PIN_ROLES, role),
            (place::PIN_CHANNELS, channel),
            (place::PIN_CHANNELS2, channel2),
        ] {
            self.put(place.at(self.layout) + index, &[value]);
        }
        Ok(())
    }

    /// Sets the number of a channel's type.
    ///
    /// # Errors
    ///
    /// If there is no such channel.
    pub fn set_channel_type(&mut self, channel: u8, kind: u8) -> Result<(), ConfigError> {
        let index = checked_channel(channel)?;
        self.put(place::CHANNEL_TYPES.at(self.layout) + index, &[kind]);
        Ok(())
    }

    /// Sets what a channel has at start; -1 for what it had before.
    ///
    /// # Errors
    ///
    /// If there is no such channel.
    pub fn set_start_value(&mut self, channel: u8, value: i16) -> Result<(), ConfigError> {
        let index = checked_channel(channel)?;
        self.put(
            place::START_VALUES.at(self.layout) + 2 * index,
            &value.to_le_bytes(),
        );
        Ok(())
    }

    /// Sets the broker's port.
    pub fn set_mqtt_port(&mut self, port: u16) {
        self.put(place::MQTT_PORT.at(self.layout), &i32::from(port).to_le_bytes());
    }

    /// Sets the chip's address; zeros for its own.
    pub fn set_mac(&mut self, mac: [u8; 6]) {
        self.put(place::MAC.at(self.layout), &mac);
    }

    /// Sets address, mask, gateway and name server; an address of zeros for DHCP.
    pub fn set_static_ip(&mut self, addresses: [[u8; 4]; 4]) {
        let places = [
            place::STATIC_IP,
            place::STATIC_MASK,
            place::STATIC_GATEWAY,
            place::STATIC_DNS,
        ];
        for (place, address) in places.into_iter().zip(addresses) {
            self.put(place.at(self.layout), &address);
        }
    }

    /// How many bytes stand behind the closing zeros of texts: what longer passwords have left behind.
    #[must_use]
    pub fn leftovers(&self) -> usize {
        self.tails()
            .map(|(start, end)| self.bytes.get(start..end).unwrap_or_default())
            .map(|tail| tail.iter().filter(|byte| **byte != 0).count())
            .sum()
    }

    /// Clears what stands behind the closing zeros of texts.
    pub fn scrub(&mut self) {
        for (start, end) in self.tails().collect::<Vec<_>>() {
            if let Some(tail) = self.bytes.get_mut(start..end) {
                tail.fill(0);
            }
        }
    }

    /// The block with this kind of checksum, and without leftovers. Keep the kind that the original had
    /// ([`Checksum::char_kind`](super::Checksum::char_kind)), unless it goes to another chip.
    #[must_use]
    pub fn encode(&self, char_kind: CharKind) -> Vec<u8> {
        let mut clean = self.clone();
        clean.scrub();
        let crc = crc8(clean.bytes.get(4..).unwrap_or_default(), char_kind);
        clean.put(place::CRC8.at(clean.layout), &[crc]);
        clean.bytes.clone()
    }

    /// The same for a platform with another layout.
    ///
    /// # Errors
    ///
    /// If a pin has a role that the other layout doesn't have.
    pub fn to_layout(&self, layout: Layout) -> Result<Self, ConfigError> {
        if let Some(pin) = self.pins().find(|pin| usize::from(pin.pin) >= layout.pins()) {
            return Err(ConfigError::PinLost {
                pin: usize::from(pin.pin),
                highest: layout.pins() - 1,
            });
        }
        let mut moved = Self {
            bytes: self.bytes.clone(),
            layout,
        };
        if let Some(bytes) = moved.bytes.get_mut(place::PIN_ROLES.at(layout)..LAYOUTS_AGREE) {
            bytes.fill(0);
        }
        for pin in self.pins() {
            moved.set_pin(pin.pin, pin.role, pin.channel, pin.channel2)?;
        }
        for place in place::MOVING {
            let start = place.at(self.layout);
            let bytes = self
                .bytes
                .get(start..start + usize::from(place.size))
                .unwrap_or_default();
            moved.put(place.at(layout), bytes);
        }
        Ok(moved)
    }

    /// Where texts end and their fields do.
    fn tails(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let version = self.version();
        let fields = TextField::ALL
            .into_iter()
            .filter(move |field| version >= field.since());
        fields.filter_map(move |field| {
            let place = field.place(version);
            let start = place.at(self.layout);
            let end = (start + usize::from(place.size)).min(self.bytes.len());
            let text = self.text(field)?.len();
            Some((start + text, end))
        })
    }
}

fn checked_channel(channel: u8) -> Result<usize, ConfigError> {
    let index = usize::from(channel);
    if index < 64 {
        Ok(index)
    } else {
        Err(ConfigError::OutOfRange {
            found: index,
            highest: 63,
        })
    }
}

/// From here on all layouts are the same.
const LAYOUTS_AGREE: usize = 0x53c;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LooksLike;

    #[test]
    fn leftovers_of_passwords_go() {
        let mut config = Config::new(Layout::D);
        config
            .set_text(TextField::WifiPassword, b"a-long-old-password")
            .unwrap();
        // The device itself writes only the text and its zero.
        config.put(0x54, b"short\0");
        assert_eq!(config.leftovers(), 13);
        let block = config.encode(CharKind::Unsigned);
        assert!(memchr::memmem::find(&block, b"old-password").is_none());
        let clean = Config::parse(&block, Layout::D).unwrap();
        assert_eq!(clean.text(TextField::WifiPassword), Some(b"short".as_slice()));
        assert!(clean.checksum().fits(CharKind::Unsigned));
    }

    #[test]
    fn a_key_of_64_digits_fills_its_field() {
        let mut config = Config::new(Layout::A);
        config.set_text(TextField::WifiPassword, &[b'a'; 64]).unwrap();
        assert_eq!(config.text(TextField::WifiPassword).unwrap().len(), 64);
        let error = config.set_text(TextField::WifiSsid, &[b'a'; 64]).unwrap_err();
        assert_eq!(error, ConfigError::TooLong { found: 64, limit: 63 });
        assert_eq!(
            config.set_text(TextField::MqttHost, b"a\0b"),
            Err(ConfigError::ZeroByte { offset: 1 })
        );
    }

    #[test]
    fn fields_move_with_the_layout() {
        let mut config = Config::new(Layout::D);
        config.set_pin(5, 1, 3, 4).unwrap();
        config.set_channel_type(3, 5).unwrap();
        config.set_start_value(63, -1).unwrap();
        config.set_text(TextField::NtpServer, b"pool.ntp.org").unwrap();
        config.set_static_ip([
            [192, 0, 2, 1],
            [255, 255, 255, 0],
            [192, 0, 2, 254],
            [192, 0, 2, 53],
        ]);
        for layout in Layout::ALL {
            let moved = config.to_layout(layout).unwrap();
            assert_eq!(
                moved.pins().collect::<Vec<_>>(),
                config.pins().collect::<Vec<_>>()
            );
            assert_eq!(
                (moved.channel_type(3), moved.start_value(63)),
                (Some(5), Some(-1))
            );
            assert_eq!(moved.static_ip(), config.static_ip());
            assert_eq!(moved.to_layout(Layout::D).unwrap(), config);
        }
        let mut large = Config::new(Layout::C);
        large.set_pin(63, 1, 0, 0).unwrap();
        assert_eq!(
            large.to_layout(Layout::D),
            Err(ConfigError::PinLost { pin: 63, highest: 31 })
        );
    }

    #[test]
    fn what_is_no_configuration_is_named() {
        let error =
            Config::parse(b"\x3f\xff\xff\xff\x3f\xff\xff\xffEF40\xff\xff\xff\xff", Layout::D).unwrap_err();
        assert!(matches!(
            error,
            ConfigError::BadMagic {
                looks_like: Some(LooksLike::EasyFlash),
                ..
            }
        ));
        assert!(alloc::format!("{error}").contains("EasyFlash"));
        let erased = Config::parse(&[0xff; 3584], Layout::D).unwrap_err();
        assert!(matches!(
            erased,
            ConfigError::BadMagic {
                looks_like: Some(LooksLike::Erased),
                ..
            }
        ));
        assert!(matches!(
            Config::parse(b"CFG\0\x05", Layout::D),
            Err(ConfigError::Truncated { .. })
        ));
        assert!(matches!(
            Config::parse(b"CFG\0\0\0\0\x80", Layout::D),
            Err(ConfigError::UnsupportedVersion { .. })
        ));
    }

    #[test]
    fn passwords_do_not_print() {
        let mut config = Config::new(Layout::D);
        for field in TextField::ALL.into_iter().filter(|field| field.is_secret()) {
            config.set_text(field, b"hunter2hunter2").unwrap();
        }
        assert!(!alloc::format!("{config:?}").contains("hunter2"));
    }
}
