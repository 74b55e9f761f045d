//! What a person can do so that a module joins.

/// What a person can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Remedy {
    /// Router to WPA2 alone.
    RouterWpa2Only,
    /// Router: protected management frames optional.
    RouterPmfOptional,
    /// Newer firmware on the module.
    UpdateFirmware,
    /// Another network of the same router.
    UseGuestSsid,
    /// Make the access point forget.
    RestartAp,
    /// Wait.
    WaitRetry,
    /// Fewer devices.
    FreeApSlots,
    /// Router: AES alone.
    RouterCcmpOnly,
    /// Look at the other side.
    CheckApLog,
    /// Send the password again, the right way.
    RetypePassword,
    /// Router: defaults for WMM and modes.
    RouterDisableWmmOrLegacy,
    /// The name.
    CheckSsid,
    /// The channel.
    Check2g4Channel,
    /// The distance.
    MoveCloser,
    /// The addresses.
    CheckDhcp,
    /// An address by hand.
    SetStaticIp,
}

impl Remedy {
    /// The name that the project's vectors use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RouterWpa2Only => "router_wpa2_only",
            Self::RouterPmfOptional => "router_pmf_optional",
            Self::UpdateFirmware => "update_firmware",
            Self::UseGuestSsid => "use_guest_ssid",
            Self::RestartAp => "restart_ap",
            Self::WaitRetry => "wait_retry",
            Self::FreeApSlots => "free_ap_slots",
            Self::RouterCcmpOnly => "router_ccmp_only",
            Self::CheckApLog => "check_ap_log",
            Self::RetypePassword => "retype_password",
            Self::RouterDisableWmmOrLegacy => "router_disable_wmm_or_legacy",
            Self::CheckSsid => "check_ssid",
            Self::Check2g4Channel => "check_2g4_channel",
            Self::MoveCloser => "move_closer",
            Self::CheckDhcp => "check_dhcp",
            Self::SetStaticIp => "set_static_ip",
        }
    }

    /// What to do, in a sentence.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::RouterWpa2Only => {
                "Set the router, or its guest network, to WPA2 (CCMP) alone, not to \"WPA2 + WPA3\"."
            }
            Self::RouterPmfOptional => {
                "On the router, switch protected management frames (PMF, 802.11w) from required to optional or off."
            }
            Self::UpdateFirmware => {
                "Install newer OpenBeken: on BL602 it joins such networks by WPA2 and names the access point's ciphers rightly."
            }
            Self::UseGuestSsid => "Put the module into a guest or IoT network that has WPA2.",
            Self::RestartAp => {
                "Restart the access point, or remove the device from its list, so that it forgets old keys."
            }
            Self::WaitRetry => "Wait some seconds; the module tries again by itself.",
            Self::FreeApSlots => {
                "Raise the router's limit of devices or remove old ones; some routers also say this for weak signals."
            }
            Self::RouterCcmpOnly => {
                "On the router, allow CCMP-128 (AES) alone: modules know neither GCMP nor CCMP-256, and some no TKIP."
            }
            Self::CheckApLog => {
                "Read the router's own log: a filter of MAC addresses or its choice of bands may be the reason."
            }
            Self::RetypePassword => {
                "Send the password again on the way that keeps it whole (`provision` plans it), and compare the length that \
                 the module prints."
            }
            Self::RouterDisableWmmOrLegacy => {
                "On the router, set WMM and the 802.11 mode back to their defaults."
            }
            Self::CheckSsid => "Compare the network's name letter by letter; capitals count.",
            Self::Check2g4Channel => {
                "Make sure that the router sends at 2.4 GHz, on channel 1 to 11 (13), 20 MHz wide."
            }
            Self::MoveCloser => "Bring both closer together, until the signal is better than -75 dBm.",
            Self::CheckDhcp => "Look whether the router has addresses left to give.",
            Self::SetStaticIp => "Give the module an address by its `IPAddress` settings.",
        }
    }
}
