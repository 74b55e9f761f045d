//! Units of properties. Specifications write them freely: one unit has many spellings.

use alloc::string::String;

/// A property's unit as the specification spells it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unit(String);

impl Unit {
    /// A unit as it is spelt; `None` for "none" and an empty text.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty() && !text.eq_ignore_ascii_case("none")).then(|| Self(text.into()))
    }

    /// The spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The symbol, as Home Assistant writes it; the spelling itself if the unit is unknown.
    ///
    /// ```
    /// use miio_proto::miot::Unit;
    ///
    /// assert_eq!(Unit::new("percentage").unwrap().symbol(), "%");
    /// assert_eq!(Unit::new("Celcius").unwrap().symbol(), "°C");
    /// assert_eq!(Unit::new("none"), None);
    /// ```
    #[must_use]
    pub fn symbol(&self) -> &str {
        let known = SYMBOLS
            .iter()
            .find(|(spelling, _)| spelling.eq_ignore_ascii_case(&self.0));
        known.map_or(self.as_str(), |(_, symbol)| symbol)
    }
}

/// Spelling in lower case and symbol; sorted by spelling.
const SYMBOLS: &[(&str, &str)] = &[
    ("a", "A"),
    ("arcdegrees", "°"),
    ("c", "°C"),
    ("celcius", "°C"),
    ("celsius", "°C"),
    ("cubic_meter", "m³"),
    ("days", "d"),
    ("degree", "°"),
    ("fahrenheit", "°F"),
    ("hours", "h"),
    ("k", "K"),
    ("kelvin", "K"),
    ("kilogram_per_cubicmeter", "kg/m³"),
    ("kilowatt-hour", "kWh"),
    ("kwh", "kWh"),
    ("l", "L"),
    ("liter", "L"),
    ("litre", "L"),
    ("lux", "lx"),
    ("m3", "m³"),
    ("ma", "mA"),
    ("mg/m3", "mg/m³"),
    ("microgram_per_cubicmeter", "µg/m³"),
    ("minutes", "min"),
    ("ml", "mL"),
    ("mv", "mV"),
    ("p/m3", "p/m³"),
    ("pa", "Pa"),
    ("parts_per_million", "ppm"),
    ("pascal", "Pa"),
    ("percentage", "%"),
    ("ppm", "ppm"),
    ("radians", "rad"),
    ("seconds", "s"),
    ("square_meter", "m²"),
    ("squaremeter", "m²"),
    ("v", "V"),
    ("volt", "V"),
    ("w", "W"),
    ("watt", "W"),
    ("μg/m3", "µg/m³"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_unique() {
        assert!(SYMBOLS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn an_unknown_unit_keeps_its_spelling() {
        assert_eq!(Unit::new("furlongs").unwrap().symbol(), "furlongs");
        assert_eq!(Unit::new("kWh").unwrap().symbol(), "kWh");
    }
}
