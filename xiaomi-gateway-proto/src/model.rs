//! All models that gateways name, and what each is.
//!
//! One table, a row a model, sorted by the name on the wire without `lumi.`. A model that isn't in it, or the empty
//! model of a device that is newer than the gateway's firmware, yields its battery voltage and its raw attributes.

use crate::Generation;

/// What a device does. It decides how attributes read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Category {
    /// Mi gateway with night light and loudspeaker.
    Gateway,
    /// Air-conditioning companion: a gateway with infrared and a relay.
    Acpartner,
    /// Motion sensor.
    Motion,
    /// Door and window contact.
    Magnet,
    /// Water leak sensor.
    Leak,
    /// Smoke detector.
    Smoke,
    /// Natural gas detector.
    Natgas,
    /// Wireless switch with one button.
    Button,
    /// Wireless wall switch, one key.
    WallButton1,
    /// Wireless wall switch, two keys.
    WallButton2,
    /// Magic cube.
    Cube,
    /// Vibration sensor.
    Vibration,
    /// Temperature and humidity.
    ClimateTh,
    /// Temperature, humidity and air pressure.
    ClimateThp,
    /// Smart plug or wall socket.
    Plug,
    /// Wired wall switch, one relay.
    Relay1,
    /// Wired wall switch or module, two relays.
    Relay2,
    /// Curtain motor.
    Curtain,
    /// Door lock.
    Lock,
    /// RGB dimmer.
    Dimmer,
    /// Thermostat.
    Hvac,
    /// Lamp of the earliest document, never seen on hardware.
    Light,
}

impl Category {
    /// The category of a model; `None` for unknown ones and the empty model.
    #[must_use]
    pub fn of(model: &str) -> Option<Self> {
        Model::find(model).map(|model| model.category)
    }

    /// Whether it is a gateway: has a token, a list and a KEY.
    #[must_use]
    pub const fn is_gateway(self) -> bool {
        matches!(self, Self::Gateway | Self::Acpartner)
    }

    /// The name in the specification: `wall_button_2`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Acpartner => "acpartner",
            Self::Motion => "motion",
            Self::Magnet => "magnet",
            Self::Leak => "leak",
            Self::Smoke => "smoke",
            Self::Natgas => "natgas",
            Self::Button => "button",
            Self::WallButton1 => "wall_button_1",
            Self::WallButton2 => "wall_button_2",
            Self::Cube => "cube",
            Self::Vibration => "vibration",
            Self::ClimateTh => "climate_th",
            Self::ClimateThp => "climate_thp",
            Self::Plug => "plug",
            Self::Relay1 => "relay_1",
            Self::Relay2 => "relay_2",
            Self::Curtain => "curtain",
            Self::Lock => "lock",
            Self::Dimmer => "dimmer",
            Self::Hvac => "hvac",
            Self::Light => "light",
        }
    }
}

/// Where a device has its power from. It decides how often it gives a sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Power {
    /// The mains: a heartbeat every 10 min, and a placeholder (3300 or 3600 mV) as voltage.
    Mains,
    /// A battery: a heartbeat every 60 min.
    Battery,
}

/// A row of the table of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Model {
    /// On the wire, without `lumi.`: `sensor_motion.aq2`.
    pub model: &'static str,
    /// What it does.
    pub category: Category,
    /// Its source of power.
    pub power: Power,
    /// The product.
    pub name: &'static str,
    /// What is printed on it: `RTCGQ11LM`; several separated by `;`, empty if unknown.
    pub hardware: &'static str,
    /// The model in Xiaomi's cloud; several separated by `;`, empty if unknown.
    pub cloud_model: &'static str,
    /// Attributes in generation 1; none if it was never seen there.
    pub generation_1: &'static [&'static str],
    /// Attributes in generation 2; none if it was never seen there.
    pub generation_2: &'static [&'static str],
    /// Attributes that a write may set; on wireless switches and cubes it makes a virtual event.
    pub writable: &'static [&'static str],
}

impl Model {
    /// The row of a model, with or without `lumi.`.
    ///
    /// ```
    /// use xiaomi_gateway_proto::Model;
    /// assert_eq!(Model::find("lumi.weather.v1").unwrap().hardware, "WSDCGQ11LM");
    /// assert_eq!(Model::find("sensor_motion.aq3"), None);
    /// ```
    #[must_use]
    pub fn find(model: &str) -> Option<&'static Self> {
        let model = crate::message::short_model(model);
        let index = MODELS.binary_search_by(|row| row.model.cmp(model)).ok()?;
        MODELS.get(index)
    }

    /// Its attributes in a generation.
    #[must_use]
    pub const fn fields(&self, generation: Generation) -> &'static [&'static str] {
        match generation {
            Generation::One => self.generation_1,
            Generation::Two => self.generation_2,
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "a row of a table")]
const fn row(
    model: &'static str,
    category: Category,
    power: Power,
    name: &'static str,
    hardware: &'static str,
    cloud_model: &'static str,
    generation_1: &'static [&'static str],
    generation_2: &'static [&'static str],
    writable: &'static [&'static str],
) -> Model {
    Model {
        model,
        category,
        power,
        name,
        hardware,
        cloud_model,
        generation_1,
        generation_2,
        writable,
    }
}

use Category::*;
use Power::*;

/// All models, sorted by name.
#[rustfmt::skip]
pub const MODELS: &[Model] = &[
    row("86plug", Plug, Mains, "Aqara wall socket", "QBCZ11LM", "lumi.ctrl_86plug.v1; lumi.ctrl_86plug.aq1", &["status", "channel_0", "inuse", "load_power", "power_consumed", "voltage"], &["channel_0", "load_power", "energy_consumed"], &["status", "channel_0"]),
    row("86sw1", WallButton1, Battery, "Aqara wireless wall switch, single key (2016)", "WXKG03LM 2016", "lumi.sensor_86sw1.v1", &["channel_0", "voltage"], &["button_0", "battery_voltage"], &["channel_0", "button_0"]),
    row("86sw2", WallButton2, Battery, "Aqara wireless wall switch, double key (2016)", "WXKG02LM 2016", "lumi.sensor_86sw2.v1", &["channel_0", "channel_1", "dual_channel", "voltage"], &["button_0", "button_1", "dual_channel", "battery_voltage"], &["channel_0", "channel_1", "dual_channel"]),
    row("acpartner.v3", Acpartner, Mains, "Aqara air-conditioning companion, upgraded version", "KTBL11LM", "lumi.acpartner.v3", &[], &["illumination", "proto_version", "ip", "fw_ver", "mid", "join_permission", "remove_device", "on_off_cfg", "mode_cfg", "ws_cfg", "swing_cfg", "temp_cfg", "relay_status", "ac_power"], &["mid", "vol", "join_permission", "remove_device", "on_off_cfg", "mode_cfg", "ws_cfg", "swing_cfg", "temp_cfg", "relay_status"]),
    row("airrtc.tcpecn01", Hvac, Mains, "Aqara air-conditioning thermostat", "KTWKQ02ES/KTWKQ03ES", "lumi.ctrl_hvac.aq1; lumi.airrtc.tcpecn01", &[], &["on_off_cfg", "mode_cfg", "ws_cfg", "temp_cfg", "env_temp", "on_off_status"], &["on_off_cfg", "mode_cfg", "ws_cfg", "temp_cfg"]),
    row("ctrl_86plug", Plug, Mains, "Aqara wall socket", "QBCZ11LM", "lumi.ctrl_86plug.v1; lumi.ctrl_86plug.aq1", &["status", "channel_0", "inuse", "load_power", "power_consumed", "voltage"], &["channel_0", "load_power", "energy_consumed"], &["status", "channel_0"]),
    row("ctrl_86plug.aq1", Plug, Mains, "Aqara wall socket", "QBCZ11LM", "lumi.ctrl_86plug.v1; lumi.ctrl_86plug.aq1", &["status", "channel_0", "inuse", "load_power", "power_consumed", "voltage"], &["channel_0", "load_power", "energy_consumed"], &["status", "channel_0"]),
    row("ctrl_dualchn", Relay2, Mains, "Aqara dual-channel controller", "", "lumi.ctrl_dualchn", &[], &["channel_0", "channel_1"], &["channel_0", "channel_1"]),
    row("ctrl_hvac.aq1", Hvac, Mains, "Aqara air-conditioning thermostat", "KTWKQ02ES/KTWKQ03ES", "lumi.ctrl_hvac.aq1; lumi.airrtc.tcpecn01", &[], &["on_off_cfg", "mode_cfg", "ws_cfg", "temp_cfg", "env_temp", "on_off_status"], &["on_off_cfg", "mode_cfg", "ws_cfg", "temp_cfg"]),
    row("ctrl_ln1", Relay1, Mains, "Aqara wall switch with neutral, single", "QBKG11LM", "lumi.ctrl_ln1; lumi.ctrl_ln1.aq1", &["channel_0", "voltage"], &["channel_0", "battery_voltage"], &["channel_0"]),
    row("ctrl_ln1.aq1", Relay1, Mains, "Aqara wall switch with neutral, single", "QBKG11LM", "lumi.ctrl_ln1; lumi.ctrl_ln1.aq1", &["channel_0", "voltage"], &["channel_0", "battery_voltage"], &["channel_0"]),
    row("ctrl_ln2", Relay2, Mains, "Aqara wall switch with neutral, double", "QBKG12LM", "lumi.ctrl_ln2; lumi.ctrl_ln2.aq1", &["channel_0", "channel_1", "voltage"], &["channel_0", "channel_1", "battery_voltage"], &["channel_0", "channel_1"]),
    row("ctrl_ln2.aq1", Relay2, Mains, "Aqara wall switch with neutral, double", "QBKG12LM", "lumi.ctrl_ln2; lumi.ctrl_ln2.aq1", &["channel_0", "channel_1", "voltage"], &["channel_0", "channel_1", "battery_voltage"], &["channel_0", "channel_1"]),
    row("ctrl_neutral1", Relay1, Mains, "Aqara wall switch without neutral, single", "QBKG04LM", "lumi.ctrl_neutral1.v1", &["channel_0", "voltage"], &["channel_0", "battery_voltage"], &["channel_0"]),
    row("ctrl_neutral1.aq1", Relay1, Mains, "Aqara wall switch without neutral, single", "QBKG04LM", "lumi.ctrl_neutral1.v1", &["channel_0", "voltage"], &["channel_0", "battery_voltage"], &["channel_0"]),
    row("ctrl_neutral2", Relay2, Mains, "Aqara wall switch without neutral, double", "QBKG03LM", "lumi.ctrl_neutral2", &["channel_0", "channel_1", "voltage"], &["channel_0", "channel_1", "battery_voltage"], &["channel_0", "channel_1"]),
    row("ctrl_neutral2.aq1", Relay2, Mains, "Aqara wall switch without neutral, double", "QBKG03LM", "lumi.ctrl_neutral2", &["channel_0", "channel_1", "voltage"], &["channel_0", "channel_1", "battery_voltage"], &["channel_0", "channel_1"]),
    row("cube", Cube, Battery, "Mi magic cube", "MFKZQ01LM", "lumi.sensor_cube.v1", &["status", "rotate", "voltage"], &["cube_status", "rotate_degree", "detect_time", "battery_voltage"], &["status"]),
    row("curtain", Curtain, Mains, "Aqara curtain motor", "ZNCLDJ11LM", "lumi.curtain", &["status", "curtain_level"], &["curtain_status", "curtain_level"], &["status", "curtain_status", "curtain_level"]),
    row("curtain.aq2", Curtain, Mains, "Aqara roller shade controller", "ZNGZDJ11LM", "lumi.curtain.aq2", &["status", "curtain_level"], &["curtain_status", "curtain_level"], &["status", "curtain_status", "curtain_level"]),
    row("curtain.hagl04", Curtain, Battery, "Aqara curtain motor B1 (lithium battery)", "ZNCLDJ12LM", "lumi.curtain.hagl04", &["status", "curtain_level", "voltage"], &["curtain_status", "curtain_level", "battery_voltage"], &["status", "curtain_status", "curtain_level"]),
    row("dimmer.rgbegl01", Dimmer, Mains, "Aqara RGB dimming controller", "", "lumi.dimmer.rgbegl01", &[], &["power_status", "light_rgb", "light_level"], &["power_status", "light_rgb", "light_level"]),
    row("gateway", Gateway, Mains, "Mi Smart Home gateway (v2, v3)", "DGNWG02LM; DGNWG05LM (EU, LAN mode usually closed)", "lumi.gateway.v2; lumi.gateway.v3", &["rgb", "illumination", "proto_version", "ip", "mid", "vol", "join_permission", "remove_device"], &["rgb", "illumination", "proto_version", "ip", "mid", "vol", "join_permission", "remove_device"], &["rgb", "mid", "vol", "join_permission", "remove_device"]),
    row("gateway.aq1", Gateway, Mains, "Mi Smart Home gateway (v2, v3)", "DGNWG02LM; DGNWG05LM (EU, LAN mode usually closed)", "lumi.gateway.v2; lumi.gateway.v3", &["rgb", "illumination", "proto_version", "ip", "mid", "vol", "join_permission", "remove_device"], &["rgb", "illumination", "proto_version", "ip", "mid", "vol", "join_permission", "remove_device"], &["rgb", "mid", "vol", "join_permission", "remove_device"]),
    row("gateway.v3", Gateway, Mains, "Mi Smart Home gateway (v2, v3)", "DGNWG02LM; DGNWG05LM (EU, LAN mode usually closed)", "lumi.gateway.v2; lumi.gateway.v3", &["rgb", "illumination", "proto_version", "ip", "mid", "vol", "join_permission", "remove_device"], &["rgb", "illumination", "proto_version", "ip", "mid", "vol", "join_permission", "remove_device"], &["rgb", "mid", "vol", "join_permission", "remove_device"]),
    row("lock.acn02", Lock, Battery, "Aqara door lock S2", "ZNMS12LM", "lumi.lock.acn02", &["voltage"], &[], &[]),
    row("lock.aq1", Lock, Battery, "Aqara door lock S1", "ZNMS11LM", "lumi.lock.aq1", &["fing_verified", "psw_verified", "card_verified", "verified_wrong", "status", "voltage"], &["fing_verified", "psw_verified", "card_verified", "verified_wrong", "battery_voltage"], &[]),
    row("lock.v1", Lock, Battery, "Vima cylinder lock", "A6121", "lumi.lock.v1", &["fing_verified", "psw_verified", "card_verified", "verified_wrong", "voltage"], &[], &[]),
    row("magnet", Magnet, Battery, "Mi door/window sensor (1st generation)", "MCCGQ01LM", "lumi.sensor_magnet.v2", &["status", "no_close", "voltage"], &["window_status", "battery_voltage"], &[]),
    row("motion", Motion, Battery, "Mi human body sensor (1st generation)", "RTCGQ01LM", "lumi.sensor_motion.v2", &["status", "no_motion", "voltage"], &["motion_status", "battery_voltage"], &[]),
    row("natgas", Natgas, Mains, "Mi/Honeywell natural gas detector", "JTQJ-BF-01LM/BW", "lumi.sensor_natgas", &["alarm", "density", "voltage"], &["alarm", "density"], &[]),
    row("plug", Plug, Mains, "Mi smart plug (Zigbee)", "ZNCZ02LM", "lumi.plug", &["status", "inuse", "load_power", "power_consumed", "load_voltage", "voltage"], &["channel_0", "load_power", "energy_consumed"], &["status", "channel_0"]),
    row("relay.c2acn01", Relay2, Mains, "Aqara two-channel relay", "LLKZMK11LM", "lumi.relay.c2acn01", &["channel_0", "channel_1"], &["channel_0", "channel_1"], &["channel_0", "channel_1"]),
    row("remote.b186acn01", WallButton1, Battery, "Aqara wireless wall switch, single key (2018)", "WXKG03LM 2018", "lumi.remote.b186acn01", &["channel_0", "voltage"], &["button_0", "battery_voltage"], &[]),
    row("remote.b186acn02", WallButton1, Battery, "Aqara D1 wireless wall switch, single key", "WXKG06LM", "lumi.remote.b186acn02", &["channel_0", "voltage"], &["button_0", "battery_voltage"], &[]),
    row("remote.b1acn01", Button, Battery, "Aqara wireless mini switch (2018)", "WXKG11LM 2018", "lumi.remote.b1acn01", &["status", "voltage"], &["button_0", "battery_voltage"], &[]),
    row("remote.b286acn01", WallButton2, Battery, "Aqara wireless wall switch, double key (2018)", "WXKG02LM 2018", "lumi.remote.b286acn01", &["channel_0", "channel_1", "dual_channel", "voltage"], &["button_0", "button_1", "dual_channel", "battery_voltage"], &[]),
    row("remote.b286acn02", WallButton2, Battery, "Aqara D1 wireless wall switch, double key", "WXKG07LM", "lumi.remote.b286acn02", &["channel_0", "channel_1", "dual_channel", "voltage"], &["button_0", "button_1", "dual_channel", "battery_voltage"], &[]),
    row("rgbw_light", Light, Mains, "RGBW light (early document only)", "", "", &["status", "level", "hue", "saturation", "color_temperature", "x", "y"], &[], &[]),
    row("sensor_86sw1", WallButton1, Battery, "Aqara wireless wall switch, single key (2016)", "WXKG03LM 2016", "lumi.sensor_86sw1.v1", &["channel_0", "voltage"], &["button_0", "battery_voltage"], &["channel_0", "button_0"]),
    row("sensor_86sw1.aq1", WallButton1, Battery, "Aqara wireless wall switch, single key (2016)", "WXKG03LM 2016", "lumi.sensor_86sw1.v1", &["channel_0", "voltage"], &["button_0", "battery_voltage"], &["channel_0", "button_0"]),
    row("sensor_86sw2", WallButton2, Battery, "Aqara wireless wall switch, double key (2016)", "WXKG02LM 2016", "lumi.sensor_86sw2.v1", &["channel_0", "channel_1", "dual_channel", "voltage"], &["button_0", "button_1", "dual_channel", "battery_voltage"], &["channel_0", "channel_1", "dual_channel"]),
    row("sensor_86sw2.aq1", WallButton2, Battery, "Aqara wireless wall switch, double key (2016)", "WXKG02LM 2016", "lumi.sensor_86sw2.v1", &["channel_0", "channel_1", "dual_channel", "voltage"], &["button_0", "button_1", "dual_channel", "battery_voltage"], &["channel_0", "channel_1", "dual_channel"]),
    row("sensor_cube", Cube, Battery, "Mi magic cube", "MFKZQ01LM", "lumi.sensor_cube.v1", &["status", "rotate", "voltage"], &["cube_status", "rotate_degree", "detect_time", "battery_voltage"], &["status"]),
    row("sensor_cube.aqgl01", Cube, Battery, "Aqara magic cube", "MFKZQ01LM", "lumi.sensor_cube.aqgl01", &["status", "rotate", "voltage"], &["cube_status", "rotate_degree", "detect_time", "battery_voltage"], &["status"]),
    row("sensor_ht", ClimateTh, Battery, "Mi temperature and humidity sensor", "WSDCGQ01LM", "lumi.sensor_ht.v1", &["temperature", "humidity", "voltage"], &["temperature", "humidity", "battery_voltage"], &[]),
    row("sensor_magnet", Magnet, Battery, "Mi door/window sensor (1st generation)", "MCCGQ01LM", "lumi.sensor_magnet.v2", &["status", "no_close", "voltage"], &["window_status", "battery_voltage"], &[]),
    row("sensor_magnet.aq2", Magnet, Battery, "Aqara door/window sensor", "MCCGQ11LM", "lumi.sensor_magnet.aq2", &["status", "no_close", "voltage"], &["window_status", "battery_voltage"], &[]),
    row("sensor_motion", Motion, Battery, "Mi human body sensor (1st generation)", "RTCGQ01LM", "lumi.sensor_motion.v2", &["status", "no_motion", "voltage"], &["motion_status", "battery_voltage"], &[]),
    row("sensor_motion.aq2", Motion, Battery, "Aqara motion sensor with light sensor", "RTCGQ11LM", "lumi.sensor_motion.aq2", &["status", "no_motion", "lux", "voltage"], &["motion_status", "lux", "illumination", "battery_voltage"], &[]),
    row("sensor_natgas", Natgas, Mains, "Mi/Honeywell natural gas detector", "JTQJ-BF-01LM/BW", "lumi.sensor_natgas", &["alarm", "density", "voltage"], &["alarm", "density"], &[]),
    row("sensor_smoke", Smoke, Battery, "Mi/Honeywell smoke detector", "JTYJ-GD-01LM/BW", "lumi.sensor_smoke", &["alarm", "density", "voltage"], &["alarm", "density", "battery_voltage"], &[]),
    row("sensor_switch", Button, Battery, "Mi wireless switch (round)", "WXKG01LM", "lumi.sensor_switch.v2", &["status", "voltage"], &["button_0", "battery_voltage"], &["status"]),
    row("sensor_switch.aq2", Button, Battery, "Aqara wireless mini switch (2015)", "WXKG11LM 2015", "lumi.sensor_switch.aq2", &["status", "voltage"], &["button_0", "battery_voltage"], &["status", "button_0"]),
    row("sensor_switch.aq3", Button, Battery, "Aqara wireless mini switch with gyroscope", "WXKG12LM", "lumi.sensor_switch.aq3", &["status", "voltage"], &["button_0", "battery_voltage"], &["status", "button_0"]),
    row("sensor_wleak.aq1", Leak, Battery, "Aqara water leak sensor", "SJCGQ11LM", "lumi.sensor_wleak.aq1", &["status", "voltage"], &["wleak_status", "battery_voltage"], &[]),
    row("smoke", Smoke, Battery, "Mi/Honeywell smoke detector", "JTYJ-GD-01LM/BW", "lumi.sensor_smoke", &["alarm", "density", "voltage"], &["alarm", "density", "battery_voltage"], &[]),
    row("switch", Button, Battery, "Mi wireless switch (round)", "WXKG01LM", "lumi.sensor_switch.v2", &["status", "voltage"], &["button_0", "battery_voltage"], &["status"]),
    row("switch.b1lacn02", Relay1, Mains, "Aqara D1 wall switch without neutral, single", "QBKG21LM", "lumi.switch.b1lacn02", &["channel_0", "voltage"], &["channel_0", "battery_voltage"], &["channel_0"]),
    row("switch.b1nacn02", Relay1, Mains, "Aqara D1 wall switch with neutral, single", "QBKG23LM", "lumi.switch.b1nacn02", &["channel_0", "voltage"], &["channel_0", "battery_voltage"], &["channel_0"]),
    row("switch.b2lacn02", Relay2, Mains, "Aqara D1 wall switch without neutral, double", "QBKG22LM", "lumi.switch.b2lacn02", &["channel_0", "channel_1", "voltage"], &["channel_0", "channel_1", "battery_voltage"], &["channel_0", "channel_1"]),
    row("switch.b2nacn02", Relay2, Mains, "Aqara D1 wall switch with neutral, double", "QBKG24LM", "lumi.switch.b2nacn02", &["channel_0", "channel_1", "voltage"], &["channel_0", "channel_1", "battery_voltage"], &["channel_0", "channel_1"]),
    row("switch_b1lacn02", Relay1, Mains, "Aqara D1 wall switch without neutral, single", "QBKG21LM", "lumi.switch.b1lacn02", &["channel_0", "voltage"], &["channel_0", "battery_voltage"], &["channel_0"]),
    row("switch_b1nacn02", Relay1, Mains, "Aqara D1 wall switch with neutral, single", "QBKG23LM", "lumi.switch.b1nacn02", &["channel_0", "voltage"], &["channel_0", "battery_voltage"], &["channel_0"]),
    row("switch_b2lacn02", Relay2, Mains, "Aqara D1 wall switch without neutral, double", "QBKG22LM", "lumi.switch.b2lacn02", &["channel_0", "channel_1", "voltage"], &["channel_0", "channel_1", "battery_voltage"], &["channel_0", "channel_1"]),
    row("switch_b2nacn02", Relay2, Mains, "Aqara D1 wall switch with neutral, double", "QBKG24LM", "lumi.switch.b2nacn02", &["channel_0", "channel_1", "voltage"], &["channel_0", "channel_1", "battery_voltage"], &["channel_0", "channel_1"]),
    row("vibration", Vibration, Battery, "Aqara vibration sensor", "DJT11LM", "lumi.vibration.aq1", &["status", "final_tilt_angle", "coordination", "bed_activity", "voltage"], &["status", "motion_status", "battery_voltage"], &[]),
    row("vibration.aq1", Vibration, Battery, "Aqara vibration sensor", "DJT11LM", "lumi.vibration.aq1", &["status", "final_tilt_angle", "coordination", "bed_activity", "voltage"], &["status", "motion_status", "battery_voltage"], &[]),
    row("weather", ClimateThp, Battery, "Aqara temperature, humidity and pressure sensor", "WSDCGQ11LM", "lumi.weather.v1", &["temperature", "humidity", "pressure", "voltage"], &["temperature", "humidity", "pressure", "battery_voltage"], &[]),
    row("weather.v1", ClimateThp, Battery, "Aqara temperature, humidity and pressure sensor", "WSDCGQ11LM", "lumi.weather.v1", &["temperature", "humidity", "pressure", "voltage"], &["temperature", "humidity", "pressure", "battery_voltage"], &[]),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Reading a message relies on it.
    #[test]
    fn gateways_begin_with_g_or_a() {
        let gateways = MODELS.iter().filter(|row| row.category.is_gateway());
        assert!(gateways.clone().count() > 0);
        assert!(gateways.clone().all(|row| row.model.starts_with(['g', 'a'])));
    }
    use crate::field::Field;

    #[test]
    fn models_are_seventy_sorted_and_unique() {
        assert_eq!(MODELS.len(), 70);
        assert!(MODELS.windows(2).all(|pair| pair[0].model < pair[1].model));
    }

    #[test]
    fn every_attribute_of_a_model_is_in_the_table_of_attributes() {
        for model in MODELS.iter().filter(|model| model.category != Light) {
            for name in model
                .generation_1
                .iter()
                .chain(model.generation_2)
                .chain(model.writable)
            {
                let known = Field::find(name, Some(model.category));
                // The lock's and the vibration sensor's are single sightings.
                let unverified = matches!(
                    (model.category, *name),
                    (Lock, "status") | (Vibration, "motion_status")
                );
                assert!(known.is_some() || unverified, "{} of {}", name, model.model);
            }
        }
    }
}
