use crate::platform::PLATFORMS;

/// Where the fields of a configuration lie; it depends on the number of pins that the platform supports.
///
/// Nothing in the block names it. [`Layout::guess`] looks at the names in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// 48 pins: W800, BK7252, XR872, BL616.
    A,
    /// 50 pins: ESP32 and its kin.
    B,
    /// 64 pins: RTL8720D and its kin.
    C,
    /// 32 pins: all others.
    D,
}

/// Whether the compiler's `char` has a sign. It changes the configuration's checksum and which bytes are blanks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CharKind {
    /// -128 to 127: BK7231, BK7238, RTL8710B, ECR6600.
    Signed,
    /// 0 to 255: BL602, W800, LN882H, XR809.
    Unsigned,
}

impl Layout {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::D, Self::A, Self::B, Self::C];

    /// How many pins there are.
    #[must_use]
    pub const fn pins(self) -> usize {
        match self {
            Self::D => 32,
            Self::A => 48,
            Self::B => 50,
            Self::C => 64,
        }
    }

    /// The letter.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
        }
    }

    /// By its letter.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|layout| layout.name().eq_ignore_ascii_case(name))
    }

    /// Guesses from default names: the long name, the short name, the group. `None` if they say nothing.
    #[must_use]
    pub fn guess(long_name: &str, short_name: &str, group: &str) -> Option<Self> {
        let starts = |name: &str, prefix: &str| !prefix.is_empty() && name.starts_with(prefix);
        // The longest prefix counts: `esp` is also the start of `esp8266`.
        let by =
            |fits: &dyn Fn(&str, &str) -> bool, name: &str, prefix: fn(&crate::Platform) -> &'static str| {
                let rows = PLATFORMS.iter().filter(|row| fits(name, prefix(row)));
                rows.max_by_key(|row| prefix(row).len())
                    .and_then(|row| row.layout)
            };
        let followed = |name: &str, prefix: &str| {
            starts(name, prefix) && name.get(prefix.len()..).is_some_and(|rest| rest.starts_with('_'))
        };
        by(&followed, long_name, |row| row.long_prefix)
            .or_else(|| {
                by(&|name, group| !group.is_empty() && name == group, group, |row| {
                    row.default_group
                })
            })
            .or_else(|| by(&starts, short_name, |row| row.short_prefix))
    }
}

/// A field: where it lies in D, A, B and C, and its size in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    offsets: [u16; 4],
    pub(super) size: u16,
}

impl Place {
    pub(super) const fn at(self, layout: Layout) -> usize {
        let [d, a, b, c] = self.offsets;
        (match layout {
            Layout::D => d,
            Layout::A => a,
            Layout::B => b,
            Layout::C => c,
        }) as usize
    }
}

const fn same(offset: u16, size: u16) -> Place {
    Place {
        offsets: [offset; 4],
        size,
    }
}

const fn moving(offsets: [u16; 4], size: u16) -> Place {
    Place { offsets, size }
}

/// All fields, in the order of layout D. Sizes of the three lists of pins are their layouts'.
#[rustfmt::skip]
pub(super) mod place {
    use super::{Place, moving, same};

    pub(crate) const CRC8: Place = same(0x003, 1);
    pub(crate) const VERSION: Place = same(0x004, 4);
    pub(crate) const FLAGS: Place = same(0x008, 8);
    pub(crate) const CHANGE_COUNTER: Place = same(0x010, 2);
    pub(crate) const OTA_COUNTER: Place = same(0x012, 2);
    pub(crate) const WIFI_SSID: Place = same(0x014, 64);
    pub(crate) const WIFI_PASS: Place = same(0x054, 64);
    pub(crate) const MQTT_HOST: Place = same(0x094, 256);
    pub(crate) const MQTT_CLIENT_ID: Place = same(0x194, 64);
    pub(crate) const MQTT_USER: Place = same(0x1d4, 64);
    pub(crate) const MQTT_PASS: Place = same(0x214, 128);
    pub(crate) const MQTT_PORT: Place = same(0x294, 4);
    pub(crate) const WEBAPP_ROOT: Place = same(0x298, 64);
    pub(crate) const MAC: Place = same(0x2d8, 6);
    pub(crate) const SHORT_NAME: Place = same(0x2de, 32);
    pub(crate) const LONG_NAME: Place = same(0x2fe, 64);
    pub(crate) const PIN_ROLES: Place = same(0x33e, 0);
    pub(crate) const PIN_CHANNELS: Place = moving([0x35e, 0x36e, 0x370, 0x37e], 0);
    pub(crate) const PIN_CHANNELS2: Place = moving([0x37e, 0x39e, 0x3a2, 0x3be], 0);
    pub(crate) const CHANNEL_TYPES: Place = moving([0x39e, 0x3ce, 0x3d4, 0x3fe], 64);
    pub(crate) const START_VALUES: Place = moving([0x3de, 0x40e, 0x414, 0x43e], 128);
    pub(crate) const LOG2LFS: Place = moving([0x45e, 0x48e, 0x494, 0x4be], 1);
    pub(crate) const DGR_SEND: Place = moving([0x460, 0x490, 0x498, 0x4c0], 4);
    pub(crate) const DGR_RECV: Place = moving([0x464, 0x494, 0x49c, 0x4c4], 4);
    pub(crate) const DGR_NAME: Place = moving([0x468, 0x498, 0x4a0, 0x4c8], 16);
    pub(crate) const NTP_SERVER: Place = moving([0x478, 0x4a8, 0x4b0, 0x4d8], 32);
    pub(crate) const CALIBRATION: Place = moving([0x498, 0x4c8, 0x4d0, 0x4f8], 32);
    pub(crate) const BUTTON_SHORT: Place = moving([0x4b8, 0x4e8, 0x4f0, 0x518], 1);
    pub(crate) const BUTTON_LONG: Place = moving([0x4b9, 0x4e9, 0x4f1, 0x519], 1);
    pub(crate) const BUTTON_REPEAT: Place = moving([0x4ba, 0x4ea, 0x4f2, 0x51a], 1);
    pub(crate) const LFS_SIZE: Place = moving([0x4bc, 0x4ec, 0x4f4, 0x51c], 4);
    pub(crate) const LOGGER_FLAGS: Place = moving([0x4c0, 0x4f0, 0x4f8, 0x520], 4);
    pub(crate) const STATIC_IP: Place = moving([0x527, 0x527, 0x527, 0x525], 4);
    pub(crate) const STATIC_MASK: Place = moving([0x52b, 0x52b, 0x52b, 0x529], 4);
    pub(crate) const STATIC_GATEWAY: Place = moving([0x52f, 0x52f, 0x52f, 0x52d], 4);
    pub(crate) const STATIC_DNS: Place = moving([0x533, 0x533, 0x533, 0x531], 4);
    pub(crate) const LED_REMAP: Place = moving([0x537, 0x537, 0x537, 0x535], 5);
    pub(crate) const LED_CORRECTION: Place = same(0x53c, 24);
    pub(crate) const MQTT_GROUP: Place = same(0x554, 64);
    pub(crate) const BOOT_OK_SECONDS: Place = same(0x597, 1);
    pub(crate) const PING_INTERVAL: Place = same(0x598, 4);
    pub(crate) const PING_RESTART_AFTER: Place = same(0x59c, 4);
    pub(crate) const PING_HOST: Place = same(0x5a0, 64);
    pub(crate) const STARTUP_COMMAND: Place = same(0x5e0, 1568);
    /// The same in version 3, whose block ends here.
    pub(crate) const STARTUP_COMMAND_3: Place = same(0x5e0, 512);
    pub(crate) const WIFI_SSID2: Place = same(0xc00, 64);
    pub(crate) const WIFI_PASS2: Place = same(0xc40, 68);
    pub(crate) const WEB_PASSWORD: Place = same(0xc84, 33);
    pub(crate) const MQTT_TLS: Place = same(0xca5, 1);
    pub(crate) const MQTT_TLS_VERIFY: Place = same(0xca6, 1);
    pub(crate) const MQTT_CERT_FILE: Place = same(0xca7, 20);
    pub(crate) const DISABLE_WEB_SERVER: Place = same(0xcbb, 1);

    /// The fields between the pins and where layouts agree again, in order, without the lists of pins.
    pub(crate) const MOVING: &[Place] = &[
        CHANNEL_TYPES, START_VALUES, LOG2LFS, DGR_SEND, DGR_RECV, DGR_NAME, NTP_SERVER, CALIBRATION, BUTTON_SHORT,
        BUTTON_LONG, BUTTON_REPEAT, LFS_SIZE, LOGGER_FLAGS, STATIC_IP, STATIC_MASK, STATIC_GATEWAY, STATIC_DNS, LED_REMAP,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_layout_do_not_overlap() {
        for layout in Layout::ALL {
            let mut end = place::PIN_CHANNELS2.at(layout) + layout.pins();
            assert_eq!(
                place::PIN_ROLES.at(layout) + layout.pins(),
                place::PIN_CHANNELS.at(layout)
            );
            assert_eq!(
                place::PIN_CHANNELS.at(layout) + layout.pins(),
                place::PIN_CHANNELS2.at(layout)
            );
            for place in place::MOVING {
                assert!(place.at(layout) >= end, "{layout:?} {:x}", place.at(layout));
                end = place.at(layout) + usize::from(place.size);
            }
            assert!(end <= 0x53c);
        }
    }

    #[test]
    fn names_give_the_layout_away() {
        assert_eq!(Layout::guess("OpenESP32C3_12345678", "esp1", ""), Some(Layout::B));
        assert_eq!(Layout::guess("OpenESP8266_12345678", "", ""), Some(Layout::D));
        assert_eq!(Layout::guess("my plug", "esp826612345678", ""), Some(Layout::D));
        assert_eq!(Layout::guess("my plug", "plug", "w800s"), Some(Layout::A));
        assert_eq!(Layout::guess("my plug", "plug", "mine"), None);
    }
}
