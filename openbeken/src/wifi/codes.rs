use super::code_table::{FIRMWARE_TEXTS, REASON_CODES, STATUS_CODES};

/// A number of IEEE 802.11 with its name and meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Code {
    /// The number.
    pub code: u16,
    /// The name, in snake case.
    pub name: &'static str,
    /// What it says.
    pub meaning: &'static str,
}

impl Code {
    /// A status: the answer to authentication or association.
    #[must_use]
    pub fn status(code: u16) -> Option<Self> {
        Self::find(STATUS_CODES, code)
    }

    /// A reason: why a connection was ended.
    #[must_use]
    pub fn reason(code: u16) -> Option<Self> {
        Self::find(REASON_CODES, code)
    }

    fn find(table: &[(u16, &'static str, &'static str)], code: u16) -> Option<Self> {
        let index = table.binary_search_by_key(&code, |row| row.0).ok()?;
        table
            .get(index)
            .map(|&(code, name, meaning)| Self { code, name, meaning })
    }
}

/// A result of the BL602's radio firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FirmwareStatus(u8);

impl FirmwareStatus {
    /// From its number, 0 to 26.
    #[must_use]
    pub fn new(code: u16) -> Option<Self> {
        let code = u8::try_from(code).ok()?;
        FIRMWARE_TEXTS.get(usize::from(code)).map(|_| Self(code))
    }

    /// From the text that the module prints. Other versions print other texts for a few: the number is surer.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        let index = FIRMWARE_TEXTS
            .iter()
            .position(|row| row.eq_ignore_ascii_case(text))?;
        u8::try_from(index).ok().map(Self)
    }

    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        self.0
    }

    /// The text.
    #[must_use]
    pub fn text(self) -> &'static str {
        FIRMWARE_TEXTS
            .get(usize::from(self.0))
            .copied()
            .unwrap_or_default()
    }
}

/// What the BL602's manager tells the application; the number, and the name.
pub(super) fn event_name(code: u32) -> Option<&'static str> {
    let index = usize::try_from(code).ok()?.checked_sub(1)?;
    EVENTS.get(index).copied()
}

/// What Beken's `wl_status` says.
pub(super) fn bk_status_name(code: u32) -> Option<&'static str> {
    BK_STATUS.get(usize::try_from(code).ok()?).copied()
}

/// What OpenBeken's own lines say.
pub(super) fn obk_status_name(code: u32) -> Option<&'static str> {
    OBK_STATUS
        .get(usize::try_from(code).ok()?.checked_sub(1)?)
        .copied()
}

/// From 1 on.
const EVENTS: &[&str] = &[
    "init_done", "mgmr_done", "reconnect", "connected", "disconnect", "pre_got_ip", "got_ip", "connecting",
    "scan_done", "scan_done_onjoin", "ap_started", "ap_stopped", "prov_ssid", "prov_bssid", "prov_passwd",
    "prov_connect", "prov_disconnect", "prov_scan_start", "prov_state_get", "mgmr_denoise", "ap_sta_add",
    "ap_sta_del", "emergency_mac", "exit_ps", "got_ip6",
];

/// From 0 on. The order of the last three is not verified.
const BK_STATUS: &[&str] = &[
    "idle", "scanning", "scan_over", "connecting", "beacon_lose", "password_wrong", "no_ap_found",
    "assoc_full", "disconnected", "connect_failed", "connected", "got_ip", "ap_connected", "ap_disconnected",
    "ap_failed",
];

/// From 1 on.
const OBK_STATUS: &[&str] = &[
    "connecting", "disconnected", "auth_failed", "connected", "ap_connected", "ap_failed",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_unique() {
        for table in [STATUS_CODES, REASON_CODES] {
            assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
    }

    #[test]
    fn status_and_reason_are_different_lists() {
        assert_eq!(Code::status(53).unwrap().name, "invalid_pmkid");
        assert_eq!(Code::reason(53).unwrap().name, "mesh_max_peers");
        assert_eq!(Code::reason(49).unwrap().name, "invalid_pmkid");
        assert_eq!(Code::status(54).unwrap().name, "invalid_mde");
    }

    #[test]
    fn texts_of_the_firmware_are_numbers() {
        let status = FirmwareStatus::from_text("Passwd error, 4-way handshake timeout").unwrap();
        assert_eq!(
            (status.code(), status.text()),
            (8, FirmwareStatus::new(8).unwrap().text())
        );
        assert_eq!(FirmwareStatus::new(27), None);
    }
}
