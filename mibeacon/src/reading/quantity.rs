//! Quantities and units.

use super::named_enum;

named_enum! {
    /// What a [`Measurement`](super::Measurement) measures.
    pub enum Quantity {
        /// m/s².
        Acceleration => "acceleration",
        /// Activity class of a wristband, vendor's number.
        Activity => "activity",
        /// Percent.
        Battery => "battery",
        /// A person's temperature, °C.
        BodyTemperature => "body_temperature",
        /// ppm.
        CarbonDioxide => "carbon_dioxide",
        /// The number of the channel that the following objects belong to.
        Channel => "channel",
        /// Soil conductivity, µS/cm.
        Conductivity => "conductivity",
        /// What is left of a consumable, percent.
        Consumable => "consumable",
        /// A count of something.
        Count => "count",
        /// A session counter of a toothbrush.
        Counter => "counter",
        /// A.
        Current => "current",
        /// °C.
        DewPoint => "dew_point",
        /// Compass direction, °.
        Direction => "direction",
        /// m or mm.
        Distance => "distance",
        /// s.
        Duration => "duration",
        /// When something ended, Unix time.
        EndTime => "end_time",
        /// kWh.
        Energy => "energy",
        /// mg/m³.
        Formaldehyde => "formaldehyde",
        /// A volume of gas, m³.
        Gas => "gas",
        /// Suction gear of a vacuum cleaner.
        Gear => "gear",
        /// Angular speed, °/s.
        Gyroscope => "gyroscope",
        /// How long somebody has been present, min.
        HasSomeoneDuration => "has_someone_duration",
        /// bpm.
        HeartRate => "heart_rate",
        /// Percent.
        Humidity => "humidity",
        /// How long no motion was seen, s.
        IdleTime => "idle_time",
        /// lx.
        Illuminance => "illuminance",
        /// Body impedance, Ω.
        Impedance => "impedance",
        /// Body impedance at 250 kHz, Ω.
        ImpedanceHighFrequency => "impedance_high_freq",
        /// Body impedance at 50 kHz, Ω.
        ImpedanceLowFrequency => "impedance_low_freq",
        /// 0 dark, 1 twilight, 2 bright.
        LightLevel => "light_level",
        /// Which step of a measurement this is, vendor's number.
        MeasureStage => "measure_stage",
        /// Mode of a switch, vendor's number.
        Mode => "mode",
        /// Moisture of soil or material, percent.
        Moisture => "moisture",
        /// How long nobody has been present, min.
        NoOneDuration => "no_one_duration",
        /// A number that tells repeats from new data sets.
        PacketId => "packet_id",
        /// The object id that a remote offers while it pairs.
        PairingObject => "pairing_object",
        /// Temperature of the circuit board, °C.
        PcbTemperature => "pcb_temperature",
        /// µg/m³.
        Pm10 => "pm10",
        /// µg/m³.
        Pm25 => "pm25",
        /// W.
        Power => "power",
        /// mm.
        Precipitation => "precipitation",
        /// Air pressure, hPa.
        Pressure => "pressure",
        /// How long a seat has been free, s.
        PressureAbsentDuration => "pressure_absent_duration",
        /// After how long a seat counts as free, s.
        PressureAbsentTimeSet => "pressure_absent_time_set",
        /// How long a seat has been taken, s.
        PressurePresentDuration => "pressure_present_duration",
        /// After how long a seat counts as taken, s.
        PressurePresentTimeSet => "pressure_present_time_set",
        /// Which user of a scale this is.
        ProfileId => "profile_id",
        /// Pulses counted by custom firmware.
        PulseCount => "pulse_count",
        /// °.
        Rotation => "rotation",
        /// rpm.
        RotationalSpeed => "rotational_speed",
        /// Signal strength that the device itself measured, dBm.
        Rssi => "rssi",
        /// The same, of unknown sign and scale.
        RssiRaw => "rssi_raw",
        /// Quality of a tooth brushing, 0 to 100.
        Score => "score",
        /// Changes when the settings of the device change.
        SettingsRevision => "settings_revision",
        /// Skin temperature, °C.
        SkinTemperature => "skin_temperature",
        /// Noise, dB.
        SoundPressure => "sound_pressure",
        /// m/s.
        Speed => "speed",
        /// When something started, Unix time.
        StartTime => "start_time",
        /// Steps walked.
        Steps => "steps",
        /// °C.
        Temperature => "temperature",
        /// Unix time.
        Timestamp => "timestamp",
        /// Volatile organic compounds, µg/m³.
        VolatileOrganicCompounds => "volatile_organic_compounds",
        /// Index of volatile organic compounds, without unit.
        VocIndex => "voc_index",
        /// V.
        Voltage => "voltage",
        /// L or mL.
        Volume => "volume",
        /// m³/h.
        VolumeFlowRate => "volume_flow_rate",
        /// What a tank holds, L.
        VolumeStorage => "volume_storage",
        /// Ultraviolet index.
        UvIndex => "uv_index",
        /// Consumption of water, L.
        Water => "water",
        /// Mass of a person or thing, kg, lb, jin or g.
        Weight => "weight",
    }
}

impl Quantity {
    /// Home Assistant's sensor device class, where it has one.
    #[must_use]
    pub const fn device_class(self) -> Option<&'static str> {
        Some(match self {
            Self::BodyTemperature | Self::SkinTemperature | Self::PcbTemperature | Self::DewPoint => {
                "temperature"
            }
            Self::HasSomeoneDuration
            | Self::NoOneDuration
            | Self::IdleTime
            | Self::PressureAbsentDuration
            | Self::PressureAbsentTimeSet
            | Self::PressurePresentDuration
            | Self::PressurePresentTimeSet => "duration",
            Self::StartTime | Self::EndTime => "timestamp",
            Self::Direction => "wind_direction",
            Self::Rssi => "signal_strength",
            Self::Battery
            | Self::CarbonDioxide
            | Self::Conductivity
            | Self::Current
            | Self::Distance
            | Self::Duration
            | Self::Energy
            | Self::Gas
            | Self::Humidity
            | Self::Illuminance
            | Self::Moisture
            | Self::Pm10
            | Self::Pm25
            | Self::Power
            | Self::Precipitation
            | Self::Pressure
            | Self::SoundPressure
            | Self::Speed
            | Self::Temperature
            | Self::Timestamp
            | Self::VolatileOrganicCompounds
            | Self::Voltage
            | Self::Volume
            | Self::VolumeFlowRate
            | Self::VolumeStorage
            | Self::Water
            | Self::Weight => self.name(),
            _ => return None,
        })
    }
}

named_enum! {
    /// The unit of a [`Measurement`](super::Measurement).
    pub enum Unit {
        /// A plain number.
        None => "none",
        /// A.
        Ampere => "ampere",
        /// bpm.
        BeatsPerMinute => "beats_per_minute",
        /// °C.
        Celsius => "celsius",
        /// m³.
        CubicMeter => "cubic_meter",
        /// m³/h.
        CubicMeterPerHour => "cubic_meter_per_hour",
        /// dB.
        Decibel => "decibel",
        /// dBm.
        DecibelMilliwatt => "decibel_milliwatt",
        /// °.
        Degree => "degree",
        /// °/s.
        DegreePerSecond => "degree_per_second",
        /// g.
        Gram => "gram",
        /// hPa.
        Hectopascal => "hectopascal",
        /// jin, the Chinese pound of 0.5 kg.
        Jin => "jin",
        /// kg.
        Kilogram => "kilogram",
        /// kWh.
        KilowattHour => "kilowatt_hour",
        /// L.
        Liter => "liter",
        /// lx.
        Lux => "lux",
        /// m.
        Meter => "meter",
        /// m/s.
        MeterPerSecond => "meter_per_second",
        /// m/s².
        MeterPerSecondSquared => "meter_per_second_squared",
        /// µg/m³.
        MicrogramPerCubicMeter => "microgram_per_cubic_meter",
        /// µS/cm.
        MicrosiemensPerCentimeter => "microsiemens_per_centimeter",
        /// mg/m³.
        MilligramPerCubicMeter => "milligram_per_cubic_meter",
        /// mL.
        Milliliter => "milliliter",
        /// mm.
        Millimeter => "millimeter",
        /// min.
        Minute => "minute",
        /// Ω.
        Ohm => "ohm",
        /// ppm.
        PartsPerMillion => "parts_per_million",
        /// %.
        Percent => "percent",
        /// lb.
        Pound => "pound",
        /// rpm.
        RevolutionsPerMinute => "revolutions_per_minute",
        /// s.
        Second => "second",
        /// Seconds since 1970-01-01T00:00:00Z.
        UnixSecond => "unix_second",
        /// V.
        Volt => "volt",
        /// W.
        Watt => "watt",
    }
}

impl Unit {
    /// The symbol that people write and Home Assistant expects: `°C`, `%`; empty for plain numbers and
    /// Unix times.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::None | Self::UnixSecond => "",
            Self::Ampere => "A",
            Self::BeatsPerMinute => "bpm",
            Self::Celsius => "°C",
            Self::CubicMeter => "m³",
            Self::CubicMeterPerHour => "m³/h",
            Self::Decibel => "dB",
            Self::DecibelMilliwatt => "dBm",
            Self::Degree => "°",
            Self::DegreePerSecond => "°/s",
            Self::Gram => "g",
            Self::Hectopascal => "hPa",
            Self::Jin => "jin",
            Self::Kilogram => "kg",
            Self::KilowattHour => "kWh",
            Self::Liter => "L",
            Self::Lux => "lx",
            Self::Meter => "m",
            Self::MeterPerSecond => "m/s",
            Self::MeterPerSecondSquared => "m/s²",
            Self::MicrogramPerCubicMeter => "µg/m³",
            Self::MicrosiemensPerCentimeter => "µS/cm",
            Self::MilligramPerCubicMeter => "mg/m³",
            Self::Milliliter => "mL",
            Self::Millimeter => "mm",
            Self::Minute => "min",
            Self::Ohm => "Ω",
            Self::PartsPerMillion => "ppm",
            Self::Percent => "%",
            Self::Pound => "lb",
            Self::RevolutionsPerMinute => "rpm",
            Self::Second => "s",
            Self::Volt => "V",
            Self::Watt => "W",
        }
    }
}
