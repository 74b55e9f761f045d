//! The texts of replies. As in the firmware nothing in them is escaped.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use super::topics::SIGNAL_DBM;
use super::{Device, FLAG_RETAIN_ALL};
use crate::command::{Line, leading_number};

impl Device {
    /// The reply of `/cm` to a line: it depends on nothing but the name, tested by prefix, in this order.
    pub(super) fn reply(&self, now: Duration, line: &[u8]) -> String {
        let line = Line::parse(line);
        let asks = line.arguments.is_empty();
        let pair = |name: &str, value: &str| alloc::format!("{{\"{name}\":\"{value}\"}}");
        let (_, index) = line.index();
        let number = leading_number(line.arguments).unwrap_or_default();
        let channel = u8::try_from(number).unwrap_or_default();
        if line.starts_with("POWER") {
            self.power_object()
        } else if line.starts_with("SensorRetain") {
            pair(
                "SensorRetain",
                if self.has_flag(FLAG_RETAIN_ALL) {
                    "ON"
                } else {
                    "OFF"
                },
            )
        } else if line.starts_with("Prefix1") {
            pair("Prefix1", "cmnd")
        } else if line.starts_with("Prefix2") {
            pair("Prefix2", "stat")
        } else if line.starts_with("Prefix3") {
            pair("Prefix3", "tele")
        } else if line.starts_with("StateText") {
            let index = index.unwrap_or(1);
            let text = ["OFF", "ON", "TOGGLE", "HOLD"];
            let value = usize::try_from(index)
                .ok()
                .and_then(|index| text.get(index.checked_sub(1)?));
            pair(&alloc::format!("StateText{index}"), value.unwrap_or(&"OFF"))
        } else if line.starts_with("FullTopic") {
            pair("FullTopic", "%%prefix%%/%%topic%%")
        } else if line.starts_with("SwitchTopic") {
            pair("SwitchTopic", "0")
        } else if line.starts_with("ButtonTopic") {
            pair("ButtonTopic", "0")
        } else if line.starts_with("MqttRetry") {
            pair("MqttRetry", "1")
        } else if line.starts_with("TelePeriod") {
            pair("TelePeriod", "300")
        } else if line.starts_with("CT") && asks {
            alloc::format!("{{\"CT\":{}}}", self.lamp.mired)
        } else if line.starts_with("Dimmer") && asks {
            alloc::format!("{{\"Dimmer\":{}}}", self.lamp.dimmer)
        } else if ["CT", "Dimmer", "Color", "HsbColor"]
            .into_iter()
            .any(|name| line.starts_with(name))
        {
            self.power_object()
        } else if line.starts_with("STATE") {
            self.state_object(now)
        } else if line.starts_with("SENSOR") {
            self.sensor_object()
        } else if line.starts_with("STATUS") {
            self.status_object(now, (!asks).then_some(number))
        } else if line.starts_with("SetChannelType") {
            self.channel_types
                .get(usize::from(channel))
                .copied()
                .unwrap_or_default()
                .to_string()
        } else if ["GetChannel", "SetChannel", "AddChannel"]
            .into_iter()
            .any(|name| line.starts_with(name))
        {
            self.channel(channel).unwrap_or_default().to_string()
        } else if line.starts_with("led_basecolor_rgb") {
            pair("led_basecolor_rgb", &self.lamp.hex())
        } else if line.starts_with("MQTTClient") {
            pair("MQTTClient", self.profile.topics.client_id())
        } else if line.starts_with("MQTTHost") {
            pair("MQTTHost", &self.mqtt_host)
        } else if line.starts_with("MQTTUser") {
            pair("MQTTUser", "homeassistant")
        } else if line.starts_with("MqttPassword") {
            pair("MqttPassword", "****")
        } else if line.starts_with("SSID1") {
            pair("SSID1", &String::from_utf8_lossy(&self.ssid))
        } else if line.starts_with("LED_Map") {
            "{\"Map\":[0,0,0,0,0]}".into()
        } else if line.starts_with("Flags") {
            pair("Flags", &(self.flags as u32 as i32).to_string())
        } else if line.starts_with("Ch") {
            self.channels_object(index)
        } else if line.starts_with("Dp") {
            "[]".into()
        } else if line.starts_with("echo") {
            String::from_utf8_lossy(line.arguments).into_owned()
        } else {
            "{}".into()
        }
    }

    fn power_members(&self) -> String {
        let relays: Vec<u8> = self.relays().collect();
        let word = |channel: u8| {
            if self.channel(channel).is_some_and(|value| value != 0) {
                "ON"
            } else {
                "OFF"
            }
        };
        match relays[..] {
            // No relay: the firmware says ON.
            [] => "\"POWER\":\"ON\"".into(),
            [channel] => alloc::format!("\"POWER\":\"{}\"", word(channel)),
            _ => {
                let offset = self.relay_offset();
                let members = relays.iter().map(|&channel| {
                    alloc::format!(
                        "\"POWER{}\":\"{}\"",
                        u16::from(channel) + u16::from(offset),
                        word(channel)
                    )
                });
                members.collect::<Vec<_>>().join(",")
            }
        }
    }

    fn power_object(&self) -> String {
        if self.profile.lamp.is_none() {
            return alloc::format!("{{{}}}", self.power_members());
        }
        let lamp = &self.lamp;
        let [r, g, b] = lamp.dimmed();
        let (hue, saturation, brightness) = lamp.hsb();
        let percent = |value: u8| u16::from(value) * 100 / 255;
        let white = if lamp.white {
            alloc::format!("\"White\":{},\"CT\":{},", lamp.dimmer, lamp.mired)
        } else {
            String::new()
        };
        alloc::format!(
            "{{\"Dimmer\":{},\"Fade\":\"OFF\",\"Speed\":1,\"LedTable\":\"ON\",\"Color\":\"{r},{g},{b}\",\
             \"HSBColor\":\"{hue},{saturation},{brightness}\",{white}\"Channel\":[{},{},{}],\"POWER\":\"{}\"}}",
            lamp.dimmer,
            percent(r),
            percent(g),
            percent(b),
            if lamp.on { "ON" } else { "OFF" }
        )
    }

    fn state_object(&self, now: Duration) -> String {
        let up = self.uptime(now);
        let power = match self.profile.lamp {
            Some(_) => alloc::format!("\"POWER\":\"{}\"", if self.lamp.on { "ON" } else { "OFF" }),
            None => self.power_members(),
        };
        alloc::format!(
            "{{\"Time\":\"0000-00-00T00:00:00\",\"Uptime\":\"{}T{:02}:{:02}:{:02}\",\"UptimeSec\":{up},\"Heap\":97,\
             \"SleepMode\":\"None\",\"Sleep\":0,\"LoadAvg\":99,\"MqttCount\":23,{power},\"Wifi\":{{\"AP\":1,\
             \"SSId\":\"{}\",\"BSSId\":\"30:B5:C2:5D:70:72\",\"Channel\":6,\"Mode\":\"11n\",\"RSSI\":{},\
             \"Signal\":{SIGNAL_DBM},\"LinkCount\":21,\"Downtime\":\"0T06:13:34\"}}}}",
            up / 86_400,
            up / 3600 % 24,
            up / 60 % 60,
            up % 60,
            String::from_utf8_lossy(&self.ssid),
            (SIGNAL_DBM + 100) * 2,
        )
    }

    pub(super) fn sensor_object(&self) -> String {
        let meter = &self.meter;
        let energy = if self.profile.meter {
            alloc::format!(
                "\"ENERGY\":{{\"Power\": {:.6},\"ApparentPower\": {:.6},\"ReactivePower\": {:.6},\"Factor\":{:.6},\
                 \"Voltage\":{:.6},\"Current\":{:.6},\"Frequency\":50.000000,\"ConsumptionTotal\":{:.6},\
                 \"Yesterday\": 0.000000,\"ConsumptionLastHour\":0.000000}},",
                meter.power,
                meter.apparent(),
                meter.reactive(),
                meter.factor(),
                meter.voltage,
                meter.current,
                meter.total_wh,
            )
        } else {
            String::new()
        };
        alloc::format!(
            "{{\"Time\":\"0000-00-00T00:00:00\",{energy}\"ESP32\":{{\"Temperature\": 25.0}},\"TempUnit\":\"C\"}}"
        )
    }

    fn channels_object(&self, asked: Option<u32>) -> String {
        let mut used: Vec<u8> = self.profile.pins.iter().map(|pin| pin.channel).collect();
        used.extend(
            asked
                .and_then(|channel| u8::try_from(channel).ok())
                .filter(|channel| *channel < 64),
        );
        used.sort_unstable();
        used.dedup();
        let members = used
            .iter()
            .map(|&channel| alloc::format!("\"Ch{channel}\":{}", self.channel(channel).unwrap_or_default()));
        alloc::format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }

    fn status_object(&self, now: Duration, part: Option<i32>) -> String {
        let one = |name| alloc::format!("{{{}}}", self.status_part(now, name));
        match part {
            Some(8 | 10) => one("StatusSNS"),
            Some(2) => one("StatusFWR"),
            Some(4) => one("StatusMEM"),
            Some(5) => one("StatusNET"),
            Some(6) => one("StatusMQT"),
            Some(7) => one("StatusTIM"),
            Some(11) => one("StatusSTS"),
            _ => {
                let parts: Vec<String> = STATUS_PARTS
                    .iter()
                    .map(|name| self.status_part(now, name))
                    .collect();
                alloc::format!("{{{}}}", parts.join(","))
            }
        }
    }

    fn status_part(&self, now: Duration, name: &str) -> String {
        let short = self.profile.topics.client_id();
        let chip = self.profile.platform.chip;
        let [a, b, c, d] = self.profile.ip;
        let body = match name {
            "Status" => alloc::format!(
                "{{\"Module\":0,\"DeviceName\":\"{short}\",\"FriendlyName\":[\"{short}\"],\"Topic\":\"{short}\",\
                 \"ButtonTopic\":\"0\",\"Power\":0,\"PowerOnState\":3,\"LedState\":1,\"SaveData\":1}}"
            ),
            "StatusPRM" => alloc::format!(
                "{{\"Baudrate\":115200,\"SerialConfig\":\"8N1\",\"GroupTopic\":\"{}\",\"Uptime\":{},\"Sleep\":50,\
                 \"BootCount\":22}}",
                self.profile.topics.group(),
                self.uptime(now)
            ),
            "StatusFWR" => alloc::format!(
                "{{\"Version\":\"{}_{}\",\"BuildDateTime\":\"Jan 01 2026 00:00:00\",\"Boot\":7,\"Core\":\"0.0\",\
                 \"SDK\":\"obk\",\"CpuFrequency\":80,\"Hardware\":\"{chip}\",\"CR\":\"465/699\"}}",
                self.profile.platform.long_prefix,
                self.profile.version
            ),
            "StatusLOG" => {
                "{\"SerialLog\":2,\"WebLog\":2,\"MqttLog\":0,\"SysLog\":0,\"TelePeriod\":300}".into()
            }
            "StatusMEM" => "{\"ProgramSize\":616,\"Free\":384,\"Heap\":25,\"FlashSize\":2048}".into(),
            "StatusNET" => {
                let mac: Vec<String> = self
                    .profile
                    .mac
                    .iter()
                    .map(|byte| alloc::format!("{byte:02X}"))
                    .collect();
                alloc::format!(
                    "{{\"Hostname\":\"{short}\",\"IPAddress\":\"{a}.{b}.{c}.{d}\",\"Gateway\":\"192.168.0.1\",\
                     \"Mac\":\"{}\",\"Webserver\":2,\"HTTP_API\":1,\"WifiConfig\":4,\"WifiPower\":17.0}}",
                    mac.join(":")
                )
            }
            "StatusMQT" => alloc::format!(
                "{{\"MqttHost\":\"{}\",\"MqttPort\":1883,\"MqttClientMask\":\"core\",\"MqttClient\":\"{short}\",\
                 \"MqttUser\":\"homeassistant\",\"MqttCount\":23,\"MAX_PACKET_SIZE\":1200,\"KEEPALIVE\":30}}",
                self.mqtt_host
            ),
            "StatusTIM" => "{\"UTC\":\"0000-00-00T00:00:00\",\"Local\":\"0000-00-00T00:00:00\"}".into(),
            "StatusSNS" => self.sensor_object(),
            _ => self.state_object(now),
        };
        alloc::format!("\"{name}\":{body}")
    }
}

const STATUS_PARTS: &[&str] = &[
    "Status", "StatusPRM", "StatusFWR", "StatusLOG", "StatusMEM", "StatusNET", "StatusMQT", "StatusTIM",
    "StatusSNS", "StatusSTS",
];
