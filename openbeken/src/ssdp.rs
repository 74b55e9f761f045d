//! SSDP: how devices with this driver find each other, UDP multicast 239.255.255.250:1900.
//!
//! The UUID is new at every start; the MAC of `api/info` is what stays.
//!
//! ```
//! use openbeken::ssdp::{Announcement, Kind};
//!
//! let text = Announcement::notify([192, 0, 2, 20], "6b8b4567-23c6-6948-9869-5cff74b0dc51");
//! let found = Announcement::parse(text.as_bytes()).unwrap();
//! assert_eq!((found.kind, found.openbeken, found.ip), (Kind::NotifyAlive, true, Some([192, 0, 2, 20])));
//! ```

use alloc::string::String;

/// Where to send and to listen.
pub const GROUP: ([u8; 4], u16) = ([239, 255, 255, 250], 1900);

/// What finds all devices.
pub const SEARCH: &str = "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 2\r\n\
                          ST: ssdp:all\r\n\r\n";

/// What a device says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Announcement<'a> {
    /// Of its own accord, or because somebody searched.
    pub kind: Kind,
    /// Whether it runs OpenBeken.
    pub openbeken: bool,
    /// Where its description is.
    pub location: Option<&'a str>,
    /// The address in that.
    pub ip: Option<[u8; 4]>,
    /// Its name for this start, without `uuid:` and what follows it.
    pub uuid: Option<&'a str>,
}

/// Why somebody speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// It is there; each 30 seconds. Who is silent for 60 is gone.
    NotifyAlive,
    /// It goes.
    NotifyByebye,
    /// Somebody searched.
    SearchResponse,
}

impl<'a> Announcement<'a> {
    /// Reads a datagram; `None` for searches and all else.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let text = core::str::from_utf8(bytes.get(..MAX).unwrap_or(bytes)).ok()?;
        let mut lines = text.lines();
        let first = lines.next()?;
        let notify = first.starts_with("NOTIFY");
        if !notify && !first.starts_with("HTTP/1.1 200") {
            return None;
        }
        let (mut server, mut location, mut nts, mut usn) = (None, None, None, None);
        for line in lines.take(64).take_while(|line| !line.is_empty()) {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            let field = match name.trim().to_ascii_lowercase().as_str() {
                "server" => &mut server,
                "location" => &mut location,
                "nts" => &mut nts,
                "usn" => &mut usn,
                _ => continue,
            };
            *field = Some(value.trim());
        }
        let kind = match (notify, nts) {
            (false, _) => Kind::SearchResponse,
            (true, Some("ssdp:byebye")) => Kind::NotifyByebye,
            (true, Some("ssdp:alive")) => Kind::NotifyAlive,
            _ => return None,
        };
        let uuid = usn.map(|usn: &str| usn.strip_prefix("uuid:").unwrap_or(usn));
        Some(Self {
            kind,
            openbeken: server == Some("OpenBk"),
            location,
            ip: location.and_then(address),
            uuid: uuid.and_then(|uuid| uuid.split("::").next()),
        })
    }

    /// What a device sends each 30 seconds. Other devices look at its second line alone.
    #[must_use]
    pub fn notify(ip: [u8; 4], uuid: &str) -> String {
        let [a, b, c, d] = ip;
        alloc::format!(
            "NOTIFY * HTTP/1.1\r\nSERVER: OpenBk\r\nHOST: 239.255.255.250:1900\r\nCACHE-CONTROL: max-age=1800\r\n\
             LOCATION: http://{a}.{b}.{c}.{d}:80/ssdp.xml\r\nNTS: ssdp:alive\r\nNT: upnp:rootdevice\r\n\
             USN: uuid:{uuid}::upnp:rootdevice\r\n\r\n"
        )
    }

    /// What a device answers to a search, without `uuid:` as the firmware does.
    #[must_use]
    pub fn response(ip: [u8; 4], uuid: &str) -> String {
        let [a, b, c, d] = ip;
        alloc::format!(
            "HTTP/1.1 200 OK\r\nSERVER: OpenBk\r\nCACHE-CONTROL: max-age=1800\r\n\
             LOCATION: http://{a}.{b}.{c}.{d}:80/ssdp.xml\r\nST: upnp:rootdevice\r\nEXT:\r\n\
             USN: {uuid}::upnp:rootdevice\r\n\r\n"
        )
    }
}

fn address(location: &str) -> Option<[u8; 4]> {
    let rest = location.strip_prefix("http://")?;
    let host = rest.split(['/', ':']).next()?;
    Some(host.parse::<core::net::Ipv4Addr>().ok()?.octets())
}

/// No datagram of this kind is longer.
const MAX: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_come_back() {
        let response = Announcement::response([10, 0, 0, 1], "abc");
        let found = Announcement::parse(response.as_bytes()).unwrap();
        assert_eq!(
            (found.kind, found.uuid, found.ip),
            (Kind::SearchResponse, Some("abc"), Some([10, 0, 0, 1]))
        );
        let bye = Announcement::notify([10, 0, 0, 1], "abc").replace("alive", "byebye");
        assert_eq!(
            Announcement::parse(bye.as_bytes()).unwrap().kind,
            Kind::NotifyByebye
        );
        assert_eq!(Announcement::parse(SEARCH.as_bytes()), None);
        assert_eq!(Announcement::parse(b"NOTIFY * HTTP/1.1\r\n\xff"), None);
    }
}
