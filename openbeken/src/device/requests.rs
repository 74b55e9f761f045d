use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::{CHANNELS, Device};
use crate::channel_type::CHANNEL_TYPES;
use crate::command::{Line, Outcome};
use crate::http::{
    Credentials, MAX_COMMAND, Method, ParsedRequest, ReplyHead, Request, RequestError, WebPassword, argument,
};
use crate::json;
use crate::pin_role::PIN_ROLES;

impl Device {
    /// Hand in what a connection brought so far; gives the whole reply, after which the device closes the connection,
    /// or `None` while the request isn't whole.
    ///
    /// # Errors
    ///
    /// If it is no request: the device closes the connection without a reply.
    pub fn handle_request(&mut self, now: Duration, bytes: &[u8]) -> Result<Option<Vec<u8>>, RequestError> {
        let Some(request) = Request::parse(bytes)? else {
            return Ok(None);
        };
        Ok(Some(self.answer(now, &request)))
    }

    fn answer(&mut self, now: Duration, request: &ParsedRequest<'_>) -> Vec<u8> {
        if request.method == Method::Options {
            return html(200, b"");
        }
        let free = matches!(request.path, b"ssdp.xml" | b"obkdevicelist");
        if let (Some(password), false) = (&self.web_password, free) {
            let shown = request.authorization.and_then(Credentials::parse);
            if !shown.is_some_and(|shown| shown.opens(password)) {
                return ReplyHead {
                    status: 401,
                    content_type: "",
                }
                .encode(b"");
            }
        }
        match request.path {
            b"cm" => self.cm(now, request),
            b"api/cmnd" if request.method == Method::Post => self.posted_command(now, request.body),
            b"api/info" => json_reply(200, &self.info_object(now)),
            b"api/channels" if request.method == Method::Get => json_reply(200, &self.api_channels()),
            b"api/channels" => self.write_channels(request.body),
            b"api/pins" => json_reply(200, &self.api_pins()),
            b"api/channelTypes" if request.method == Method::Get => json_reply(200, &self.api_types()),
            b"api/channelTypes" => self.write_types(request.body),
            b"api/reboot" => {
                self.restart(now);
                json_reply(200, "{\"reboot\":3}")
            }
            b"cfg_wifi_set" => self.cfg_wifi_set(now, request.query),
            b"ha_discovery" => {
                self.announce();
                html(200, b"<html>MQTT discovery queued</html>")
            }
            path if path.starts_with(b"api/flash/") => {
                json_reply(-1, "{\"error\":-1, \"msg\":\"invalid url\"}")
            }
            path if path.starts_with(b"api/lfs/") => json_reply(404, "{\"fname\":\"\",\"error\":-2}"),
            // Without any head.
            path if path.starts_with(b"api/del/") => b"Error".to_vec(),
            _ => html(200, b"<!DOCTYPE html><html><body>OpenBeken</body></html>"),
        }
    }

    fn cm(&mut self, now: Duration, request: &ParsedRequest<'_>) -> Vec<u8> {
        // With PUT and POST the query is ignored.
        let members = if request.method == Method::Get {
            request.query
        } else {
            request.body
        };
        let short = argument(members, "cmnd", CM_BUFFER);
        if short.value.trim_ascii().is_empty() {
            return json_reply(200, "");
        }
        self.run_line(now, &short.value);
        if short.length > MAX_COMMAND {
            // The firmware runs it again, from a longer copy.
            let long = argument(members, "cmnd", short.length.min(2047) + 1);
            self.run_line(now, &long.value);
        }
        let reply = self.reply(now, &short.value);
        if Line::parse(&short.value).starts_with("echo") {
            return ReplyHead {
                status: 200,
                content_type: "text/plain",
            }
            .encode(reply.as_bytes());
        }
        json_reply(200, &reply)
    }

    fn posted_command(&mut self, now: Duration, body: &[u8]) -> Vec<u8> {
        let line = body.get(..2047).unwrap_or(body);
        let outcome = self.run_line(now, line);
        let result = self.reply(now, line);
        let (status, head) = match outcome {
            Outcome::Ok => (200, "\"success\":200,\"msg\":\"OK\"".into()),
            Outcome::Unknown => (501, error_members(501, "Unknown command")),
            Outcome::NotEnoughArguments => (400, error_members(400, "Not enough arguments for this command")),
            Outcome::Empty => (400, error_members(400, "Empty command")),
            Outcome::BadArgument => (400, error_members(400, "Bad argument")),
            Outcome::Error => (500, error_members(500, "Command failed")),
        };
        json_reply(status, &alloc::format!("{{{head},\"res\":{result}}}"))
    }

    fn info_object(&self, now: Duration) -> String {
        let profile = &self.profile;
        let [a, b, c, d] = profile.ip;
        let mac: Vec<String> = profile
            .mac
            .iter()
            .map(|byte| alloc::format!("{byte:02X}"))
            .collect();
        alloc::format!(
            "{{\"uptime_s\":{},\"build\":\"Built on Jan  1 2026 00:00:00 version {}\",\"ip\":\"{a}.{b}.{c}.{d}\",\
             \"mac\":\"{}\",\"flags\":\"{}\",\"mqtthost\":\"{}:1883\",\"mqtttopic\":\"{}\",\"chipset\":\"{}\",\
             \"webapp\":\"https://openbekeniot.github.io/webapp/\",\"shortName\":\"{}\",\"startcmd\":\"\",\
             \"supportsSSDP\":0,\"supportsClientDeviceDB\":true}}",
            self.uptime(now),
            profile.version,
            mac.join(":"),
            self.flags as u32 as i32,
            self.mqtt_host,
            profile.topics.client_id(),
            profile.platform.chip,
            profile.topics.client_id(),
        )
    }

    fn api_channels(&self) -> String {
        // One member a pin, so that a channel of two pins stands there twice.
        let members = self.profile.pins.iter().map(|pin| {
            alloc::format!(
                "\"{}\":{}",
                pin.channel,
                self.channel(pin.channel).unwrap_or_default()
            )
        });
        alloc::format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }

    fn write_channels(&mut self, body: &[u8]) -> Vec<u8> {
        let values = json::parse(body).ok();
        let Some(values) = values.as_ref().and_then(json::Value::as_array) else {
            return object_expected();
        };
        for (channel, value) in values.iter().enumerate().take(CHANNELS) {
            if let (Ok(channel), Some(value)) = (u8::try_from(channel), value.as_i64()) {
                self.set_channel(channel, i32::try_from(value).unwrap_or_default());
            }
        }
        success()
    }

    fn api_pins(&self) -> String {
        let (mut roles, mut channels, mut levels) = ([0_u8; 32], [0_u8; 32], [0_u8; 32]);
        for pin in &self.profile.pins {
            let index = usize::from(pin.pin);
            for (array, value) in [
                (&mut roles, pin.role),
                (&mut channels, pin.channel),
                (
                    &mut levels,
                    u8::from(self.channel(pin.channel).is_some_and(|value| value != 0)),
                ),
            ] {
                if let Some(entry) = array.get_mut(index) {
                    *entry = value;
                }
            }
        }
        let names: Vec<&str> = PIN_ROLES
            .iter()
            .map(|row| if row.name.is_empty() { " " } else { row.name })
            .collect();
        serde_json::json!({ "rolenames": names, "roles": roles, "channels": channels, "states": levels })
            .as_object()
            .map(|object| alloc::format!("{}", json::Value::Object(object.clone())))
            .unwrap_or_default()
    }

    fn api_types(&self) -> String {
        let names: Vec<&str> = CHANNEL_TYPES.iter().map(|row| row.name).collect();
        alloc::format!(
            "{}",
            serde_json::json!({ "typenames": names, "types": self.channel_types.as_slice() })
        )
    }

    fn write_types(&mut self, body: &[u8]) -> Vec<u8> {
        let json = json::parse(body).ok();
        let Some(types) = json
            .as_ref()
            .and_then(|json| json.get("types"))
            .and_then(json::Value::as_array)
        else {
            return object_expected();
        };
        for (entry, value) in self.channel_types.iter_mut().zip(types) {
            *entry = value
                .as_u64()
                .and_then(|value| u8::try_from(value).ok())
                .unwrap_or_default();
        }
        success()
    }

    fn cfg_wifi_set(&mut self, now: Duration, query: &[u8]) -> Vec<u8> {
        let member = |name| argument(query, name, PAGE_BUFFER).value;
        if member("open") == b"1" {
            self.store_wifi(Some(Vec::new()), Some(Vec::new()));
        } else {
            let some = |name| Some(member(name)).filter(|value| !value.is_empty());
            // An empty `pass` is ignored: the old one stays.
            self.store_wifi(some("ssid"), some("pass"));
        }
        // Without the first of these the password of the pages is cleared.
        self.web_password = if member("web_admin_password_enabled") == b"1" {
            let password = member("web_admin_password");
            core::str::from_utf8(&password)
                .ok()
                .and_then(|text| WebPassword::new(text).ok())
                .or(self.web_password.take())
        } else {
            None
        };
        self.restart(now);
        html(200, b"<html>WiFi settings saved</html>")
    }
}

fn json_reply(status: i32, body: &str) -> Vec<u8> {
    ReplyHead {
        status,
        content_type: "application/json",
    }
    .encode(body.as_bytes())
}

fn html(status: i32, body: &[u8]) -> Vec<u8> {
    ReplyHead {
        status,
        content_type: "text/html",
    }
    .encode(body)
}

fn success() -> Vec<u8> {
    json_reply(200, "{\"success\":200, \"msg\":\"OK\"}")
}

fn object_expected() -> Vec<u8> {
    // The firmware's raw line feed is part of it.
    json_reply(400, "{\"error\":400, \"msg\":\"Object expected\n\"}")
}

fn error_members(code: u16, message: &str) -> String {
    alloc::format!("\"error\":{code},\"msg\":\"{message}\"")
}

const CM_BUFFER: usize = 128;
const PAGE_BUFFER: usize = 128;
