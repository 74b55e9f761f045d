//! The chips that OpenBeken runs on, and what differs between them.

use alloc::string::String;

use crate::config::{CharKind, Layout};

/// What differs between the chips that OpenBeken runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Platform {
    /// The chip as the firmware names it (`chipset` of `api/info`): `BK7231T`.
    pub chip: &'static str,
    /// Start of the default long name, before `_` and four digits of the MAC: `OpenBK7231T`.
    pub long_prefix: &'static str,
    /// Start of the default short name, which is the MQTT client id: `obk`.
    pub short_prefix: &'static str,
    /// The default MQTT group topic.
    pub default_group: &'static str,
    /// Who makes it, as Home Assistant is told.
    pub manufacturer: &'static str,
    /// How the name of a file for an update over the air ends; `None` if it has none.
    pub ota_suffix: Option<&'static str>,
    /// Where the fields of its configuration lie; `None` if nobody knows.
    pub layout: Option<Layout>,
    /// Which kind of `char` its compiler has, and so which checksum; `None` if nobody knows.
    pub char_kind: Option<CharKind>,
    /// Where the configuration lies in flash.
    pub config_offset: Option<u32>,
    /// What the configuration lies in.
    pub container: Option<Container>,
}

/// What the configuration lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Container {
    /// The block itself.
    Raw,
    /// A value of an EasyFlash store, under this key if it is known.
    EasyFlash(Option<&'static str>),
}

impl Platform {
    /// The chip of most plugs.
    #[rustfmt::skip]
    pub(crate) const BK7231N: &Self = &row(["BK7231N", "OpenBK7231N", "obk", "bekens_n", "Beken Corporation"], Some(".rbl"), Some(D), Some(Signed), Some(0x1d1000), Some(Raw));

    /// The row of a chip; upper and lower case are the same.
    #[must_use]
    pub fn of(chip: &str) -> Option<&'static Self> {
        PLATFORMS.iter().find(|row| row.chip.eq_ignore_ascii_case(chip))
    }

    /// The default long name of a device with this MAC address: `OpenBK7231T_1A2B3C4D`.
    #[must_use]
    pub fn long_name(&self, mac: [u8; 6]) -> String {
        let [_, _, a, b, c, d] = mac;
        alloc::format!("{}_{a:02X}{b:02X}{c:02X}{d:02X}", self.long_prefix)
    }

    /// The default short name, which is the MQTT client id: `obk1A2B3C4D`.
    #[must_use]
    pub fn short_name(&self, mac: [u8; 6]) -> String {
        let [_, _, a, b, c, d] = mac;
        alloc::format!("{}{a:02X}{b:02X}{c:02X}{d:02X}", self.short_prefix)
    }
}

const fn row(
    names: [&'static str; 5],
    ota_suffix: Option<&'static str>,
    layout: Option<Layout>,
    char_kind: Option<CharKind>,
    config_offset: Option<u32>,
    container: Option<Container>,
) -> Platform {
    let [chip, long_prefix, short_prefix, default_group, manufacturer] = names;
    Platform {
        chip,
        long_prefix,
        short_prefix,
        default_group,
        manufacturer,
        ota_suffix,
        layout,
        char_kind,
        config_offset,
        container,
    }
}

use CharKind::{Signed, Unsigned};
use Container::{EasyFlash, Raw};
use Layout::{A, B, C, D};

/// All chips, in the order of the firmware's list.
#[rustfmt::skip]
pub const PLATFORMS: &[Platform] = &[
    row(["BK7231T", "OpenBK7231T", "obk", "bekens_t", "Beken Corporation"], Some(".rbl"), Some(D), Some(Signed), Some(0x1e1000), Some(Raw)),
    row(["BK7231U", "OpenBK7231U", "obk", "bekens_u", "Beken Corporation"], Some(".rbl"), Some(D), Some(Signed), Some(0x1e1000), Some(Raw)),
    *Platform::BK7231N,
    row(["BK7238", "OpenBK7238", "obk", "bekens_8s", "Beken Corporation"], Some(".rbl"), Some(D), Some(Signed), Some(0x1e1000), Some(Raw)),
    row(["BK7252", "OpenBK7252", "obk", "bekens_52s", "Beken Corporation"], Some(".rbl"), Some(A), Some(Signed), Some(0x1e1000), Some(Raw)),
    row(["BK7252N", "OpenBK7252N", "obk", "bekens_52n", "Beken Corporation"], Some(".rbl"), Some(A), Some(Signed), Some(0x1e1000), Some(Raw)),
    row(["BL602", "OpenBL602", "obl", "bl602s", "BLAITEK"], Some(".bin.xz.ota"), Some(D), Some(Unsigned), Some(0x1e9000), Some(EasyFlash(Some("mY0bcFg")))),
    row(["BL616", "OpenBL616", "bl616", "bl616s", "Bouffalo Lab Team"], Some(".bin.xz.ota"), Some(A), Some(Unsigned), None, Some(EasyFlash(None))),
    row(["W800", "OpenW800", "w800", "w800s", "WinnerMicro"], Some(".img"), Some(A), Some(Unsigned), Some(0x1f0303), Some(Raw)),
    row(["W600", "OpenW600", "w600", "w600s", "WinnerMicro"], Some(".img"), Some(D), Some(Unsigned), Some(0xf0000), Some(Raw)),
    row(["LN882H", "OpenLN882H", "ln882h", "ln882h", "LightningSemi"], Some("_OTA.bin"), Some(D), Some(Unsigned), Some(0x1ff000), Some(Raw)),
    row(["LN8825", "OpenLN8825", "ln8825", "ln8825s", "LightningSemi"], Some("_ota.img"), Some(D), Some(Unsigned), Some(0x1ff000), Some(Raw)),
    row(["XR806", "OpenXR806", "oxr", "xr806s", "Xradio Technology"], Some(".img"), Some(D), Some(Unsigned), Some(0x1f0000), Some(EasyFlash(Some("ObkCfg")))),
    row(["XR809", "OpenXR809", "oxr", "xr809s", "Xradio Technology"], Some(".img"), Some(D), Some(Unsigned), Some(0x1e0000), Some(EasyFlash(Some("ObkCfg")))),
    row(["XR872", "OpenXR872", "oxr", "xr872s", "Xradio Technology"], Some(".img"), Some(A), Some(Unsigned), Some(0xef000), Some(EasyFlash(Some("ObkCfg")))),
    row(["RTL8710B", "OpenRTL8710B", "rtl8710b", "rtl8710b", "Realtek"], Some(".img"), Some(D), Some(Signed), Some(0x195000), Some(EasyFlash(Some("ObkCfg")))),
    row(["RTL87X0C", "OpenRTL87X0C", "rtl87x0C", "rtl87x0c", "Realtek"], Some(".img"), Some(D), Some(Signed), Some(0x1f0000), Some(EasyFlash(Some("ObkCfg")))),
    row(["RTL8720D", "OpenRTL8720D", "rtl8720d", "rtl8720d", "Realtek"], Some(".img"), Some(C), Some(Unsigned), Some(0x1b0000), Some(EasyFlash(Some("ObkCfg")))),
    row(["RTL8721DA", "OpenRTL8721DA", "rtl8721da", "rtl8721da", "Realtek"], Some(".img"), Some(C), Some(Unsigned), None, Some(EasyFlash(Some("ObkCfg")))),
    row(["RTL8720E", "OpenRTL8720E", "rtl8720e", "rtl8720e", "Realtek"], Some(".img"), Some(C), Some(Unsigned), None, Some(EasyFlash(Some("ObkCfg")))),
    row(["ECR6600", "OpenECR6600", "ecr6600", "ecr6600s", "ESWIN"], Some(".img"), Some(D), Some(Signed), Some(0x1b9000), Some(EasyFlash(Some("ObkCfg")))),
    row(["TR6260", "OpenTR6260", "tr6260", "tr6260s", "Transa Semi"], Some(".img"), Some(D), Some(Signed), Some(0xec000), Some(EasyFlash(Some("ObkCfg")))),
    row(["RDA5981", "OpenRDA5981", "rda5981", "rda5981s", "RDA Microelectronics"], Some(".img"), Some(D), Some(Unsigned), Some(0xf4000), Some(EasyFlash(Some("ObkCfg")))),
    row(["GD32VW553", "OpenGD32VW553", "gd32vw553", "gd32s", "GigaDevices"], Some(".img"), Some(A), Some(Signed), Some(0x3f1000), Some(Raw)),
    row(["TXW81X", "OpenTXW81X", "txw81x", "txw81x", "Taixin"], None, Some(C), None, None, None),
    row(["ESP32", "OpenESP32", "esp", "esp", "Espressif"], Some(".img"), Some(B), None, None, None),
    row(["ESP32C3", "OpenESP32C3", "esp", "esp", "Espressif"], Some(".img"), Some(B), None, None, None),
    row(["ESP32C2", "OpenESP32C2", "esp", "esp", "Espressif"], Some(".img"), Some(B), None, None, None),
    row(["ESP32C6", "OpenESP32C6", "esp", "esp", "Espressif"], Some(".img"), Some(B), None, None, None),
    row(["ESP32S2", "OpenESP32S2", "esp", "esp", "Espressif"], Some(".img"), Some(B), None, None, None),
    row(["ESP32S3", "OpenESP32S3", "esp", "esp", "Espressif"], Some(".img"), Some(B), None, None, None),
    row(["ESP8266", "OpenESP8266", "esp8266", "esp8266s", "Espressif"], Some(".img"), Some(D), None, None, None),
    row(["OPL1000", "", "", "", ""], None, None, Some(Unsigned), Some(0xf8000), Some(EasyFlash(Some("ObkCfg")))),
    row(["LIN", "LinuxSim", "LS", "bekens", "Linux"], None, Some(D), Some(Signed), None, Some(Raw)),
    row(["WIN32", "WinTest", "WT", "bekens", "Microsoft"], None, Some(D), Some(Signed), None, Some(Raw)),
];
