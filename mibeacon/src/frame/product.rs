//! Products that send MiBeacon frames: model, name, key and sleepiness by product id.

use super::ProductId;

/// A product as Xiaomi's product id names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Product {
    /// The 16-bit number in every frame.
    pub id: ProductId,
    /// The name on the sticker: `LYWSD03MMC`. Several products share one.
    pub model: Option<&'static str>,
    /// The name in the MIoT specification: `miaomiaoce.sensor_ht.t2`.
    pub miot_model: Option<&'static str>,
    /// What it is: `Temperature/Humidity Sensor`.
    pub name: &'static str,
    /// Who sells it.
    pub manufacturer: Option<&'static str>,
    /// Which bind key it uses.
    pub key_kind: KeyKind,
    /// Whether it is silent for long and must not be taken for gone; `None` = nobody has recorded it.
    pub sleepy: Option<bool>,
}

impl Product {
    /// The product of this id, if it is known.
    ///
    /// ```
    /// use mibeacon::frame::{Product, ProductId};
    /// assert_eq!(Product::of(ProductId(0x055b)).unwrap().model, Some("LYWSD03MMC"));
    /// ```
    #[must_use]
    pub fn of(id: ProductId) -> Option<&'static Self> {
        let index = PRODUCTS.binary_search_by_key(&id, |product| product.id).ok()?;
        PRODUCTS.get(index)
    }

    /// All known products, by id.
    #[must_use]
    pub const fn all() -> &'static [Self] {
        PRODUCTS
    }
}

/// Which bind key a product uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum KeyKind {
    /// None: it sends plain frames.
    None,
    /// 16 bytes.
    Full,
    /// 16 bytes once it is bound, with current firmware; none before.
    FullOrNone,
    /// 16 bytes in all likelihood: nobody has recorded an encrypted frame.
    FullProbably,
    /// 12 bytes with the firmware of MiBeacon v2 and v3, 16 bytes with newer hardware.
    ShortOrFull,
    /// Nobody has recorded it.
    Unknown,
}

impl KeyKind {
    /// Whether frames with readings are encrypted as soon as the device is bound to an account.
    #[must_use]
    pub const fn is_encrypted_when_bound(self) -> bool {
        matches!(
            self,
            Self::Full | Self::FullOrNone | Self::FullProbably | Self::ShortOrFull
        )
    }
}

const fn product(
    id: u16,
    model: &'static str,
    miot_model: &'static str,
    name: &'static str,
    manufacturer: &'static str,
    key_kind: KeyKind,
    sleepy: Option<bool>,
) -> Product {
    const fn filled(text: &'static str) -> Option<&'static str> {
        if text.is_empty() { None } else { Some(text) }
    }
    Product {
        id: ProductId(id),
        model: filled(model),
        miot_model: filled(miot_model),
        name,
        manufacturer: filled(manufacturer),
        key_kind,
        sleepy,
    }
}

#[rustfmt::skip]
const PRODUCTS: &[Product] = &[
    product(0x0083, "YM-K1501", "yunmi.kettle.v1", "Smart Kettle", "Xiaomi", KeyKind::None, Some(false)),
    product(0x0098, "HHCCJCY01", "hhcc.plantmonitor.v1", "Plant Sensor", "Xiaomi", KeyKind::None, Some(false)),
    product(0x00db, "MMC-T201-1", "", "Baby Thermometer", "Xiaomi", KeyKind::None, Some(false)),
    product(0x0113, "YM-K1501EU", "yunmi.kettle.v2", "Smart Kettle", "Xiaomi", KeyKind::None, Some(false)),
    product(0x0153, "YLYK01YL", "", "Remote Control", "Xiaomi", KeyKind::ShortOrFull, Some(false)),
    product(0x015d, "HHCCPOT002", "hhcc.bleflowerpot.v2", "Smart Flower Pot", "Xiaomi", KeyKind::None, Some(false)),
    product(0x01aa, "LYWSDCGQ", "cleargrass.sensor_ht.dk1", "Temperature/Humidity Sensor", "Xiaomi", KeyKind::None, Some(false)),
    product(0x02df, "JQJCY01YM", "yuemee.airmonitor.mhfd1", "Formaldehyde Sensor", "Xiaomi", KeyKind::None, Some(false)),
    product(0x031a, "MJZNMS02LM", "lumi.lock.mcn01", "Door Lock", "Xiaomi", KeyKind::Unknown, None),
    product(0x0347, "CGG1", "cgllc.sensor_ht.g1", "Temperature/Humidity Sensor", "Xiaomi", KeyKind::None, Some(false)),
    product(0x0380, "DSL-C08", "", "Door Lock", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x0387, "MHO-C401", "miaomiaoce.sensor_ht.h1", "Temperature/Humidity Sensor", "Xiaomi", KeyKind::FullOrNone, Some(false)),
    product(0x0391, "MMC-W505", "", "Body Thermometer", "Xiaomi", KeyKind::None, Some(true)),
    product(0x03b6, "YLKG07YL/YLKG08YL", "", "Dimmer Switch", "Xiaomi", KeyKind::ShortOrFull, Some(false)),
    product(0x03bb, "", "ydhome.lock.m2silver", "Lock M2", "", KeyKind::Unknown, None),
    product(0x03bc, "GCLS002", "", "Grow Care Garden", "Xiaomi", KeyKind::None, Some(false)),
    product(0x03bf, "YLYB01YL-BHFRC", "", "Bathroom Heater Remote", "Xiaomi", KeyKind::ShortOrFull, Some(false)),
    product(0x03d6, "CGH1", "cgllc.magnet.hodor", "Door/Window Sensor", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x03dd, "MUE4094RT", "", "Nightlight", "Xiaomi", KeyKind::None, Some(false)),
    product(0x040a, "WX08ZM", "zimi.mosq.v1", "Mosquito Repellent", "Xiaomi", KeyKind::None, Some(false)),
    product(0x045b, "LYWSD02", "miaomiaoce.sensor_ht.t1", "Temperature/Humidity Sensor", "Xiaomi", KeyKind::None, Some(false)),
    product(0x045c, "V-SK152", "yunmi.kettle.v7", "Smart Kettle", "Xiaomi", KeyKind::None, Some(false)),
    product(0x0489, "M1S-T500", "soocare.toothbrush.m1s", "Smart Toothbrush", "Xiaomi", KeyKind::None, Some(false)),
    product(0x04b3, "", "dsm.lock.q3", "Q3", "Dessmann", KeyKind::Unknown, None),
    product(0x04e1, "XMMF01JQD", "jiqid.robot.cube", "Magic Cube", "Xiaomi", KeyKind::FullOrNone, Some(false)),
    product(0x04e6, "YLYK01YL-VENFAN", "", "Ventilator Fan Remote Control", "Xiaomi", KeyKind::ShortOrFull, Some(false)),
    product(0x04e9, "MJZNMSQ01YD", "", "Door Lock", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x055b, "LYWSD03MMC", "miaomiaoce.sensor_ht.t2", "Temperature/Humidity Sensor", "Xiaomi", KeyKind::FullOrNone, Some(false)),
    product(0x0571, "", "lcrmcr.safe.ms30b", "Safe Cayo Anno 30Z", "Xiaomi", KeyKind::Unknown, None),
    product(0x0576, "CGD1", "cgllc.clock.dove", "3-in-1 Alarm Clock", "Xiaomi", KeyKind::FullOrNone, Some(false)),
    product(0x0599, "MJZNMS03LM", "lumi.lock.bzacn2", "Door Lock", "Xiaomi", KeyKind::Unknown, Some(false)),
    product(0x066f, "CGDK2", "cgllc.sensor_ht.dk2", "Temperature/Humidity Sensor", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x068e, "YLYK01YL-FANCL", "", "Fan Remote Control", "Xiaomi", KeyKind::ShortOrFull, Some(false)),
    product(0x069e, "ZNMS16LM", "lumi.lock.bzacn2", "Door Lock", "Xiaomi", KeyKind::None, Some(false)),
    product(0x069f, "ZNMS17LM", "lumi.lock.bzacn1", "Door Lock", "Xiaomi", KeyKind::None, Some(false)),
    product(0x06d3, "MHO-C303", "miaomiaoce.clock.ht02", "Alarm Clock", "Xiaomi", KeyKind::None, Some(false)),
    product(0x0711, "PTH-1", "fbs.airmonitor.pth02", "Air Quality Monitor", "Xiaomi", KeyKind::Unknown, None),
    product(0x0784, "XMZNMS04LM", "", "Door Lock", "Xiaomi", KeyKind::FullProbably, Some(false)),
    product(0x07bf, "YLAI003", "yeelink.remote.remote", "Wireless Switch", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x07f6, "MJYD02YL", "yeelink.light.nl1", "Nightlight", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x0806, "T700", "k0918.toothbrush.t700", "Smart Toothbrush", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x0863, "SJWS01LM", "lumi.flood.bmcn01", "Flood Detector", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x098b, "MCCGQ02HL", "isa.magnet.dw2hl", "Door/Window Sensor", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x098c, "XMZNMST02YD", "loock.lock.t1", "Door Lock", "Xiaomi", KeyKind::FullProbably, Some(false)),
    product(0x0997, "JTYJGD03MI", "lumi.sensor_smoke.mcn02", "Smoke Detector", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x09b0, "loock.safe.v1", "loock.safe.v1", "Safe Box", "Xiaomi", KeyKind::Unknown, Some(false)),
    product(0x09e0, "MJHWSHO2YM", "yunmi.kettle.v12", "Kettle Pro", "Xiaomi", KeyKind::Unknown, None),
    product(0x0a83, "CGPR1", "cgllc.motion.cgpr1", "Motion/Light Sensor", "Xiaomi", KeyKind::FullProbably, Some(false)),
    product(0x0a8d, "RTCGQ02LM", "lumi.motion.bmgl01", "Motion Sensor", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x0b48, "CGG1-ENCRYPTED", "cgllc.sensor_ht.qpg1", "Temperature/Humidity Sensor", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x0beb, "ZNMS20LM", "lumi.lock.bacn01", "Door Lock D100", "Aqara", KeyKind::Unknown, None),
    product(0x0c3c, "CGC1", "", "Alarm Clock", "Xiaomi", KeyKind::FullOrNone, Some(false)),
    product(0x0d0f, "", "loock.lock.cc2xpro", "Door Lock Classic 2X Pro", "Lockin", KeyKind::Unknown, None),
    product(0x0de7, "SU001-T", "", "Odor Eliminator", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x0dfd, "K9B-3BTN", "linp.remote.k9b", "Switch (triple button)", "Xiaomi", KeyKind::FullProbably, Some(false)),
    product(0x0e39, "XMZNMS08LM", "lumi.lock.bmcn04", "Door Lock", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x0e65, "XMZNMS06LM", "lumi.lock.bmcn05", "Face Recognition Smart Door Lock X", "Xiaomi", KeyKind::Unknown, None),
    product(0x0f3b, "XMZNMSTO3YD", "loock.lock.t1pro", "Door Lock", "Lockin", KeyKind::Unknown, None),
    product(0x11c2, "Lockin-SV40", "", "Door Lock", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x1203, "XMWSDJ04MMC", "miaomiaoce.sensor_ht.t6", "Thermometer", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x1568, "K9B-1BTN", "linp.remote.k9b1", "Switch (single button)", "Xiaomi", KeyKind::FullProbably, Some(false)),
    product(0x1569, "K9B-2BTN", "linp.remote.k9b11", "Switch (double button)", "Xiaomi", KeyKind::FullProbably, Some(false)),
    product(0x16e4, "LYWSD02MMC", "miaomiaoce.sensor_ht.o2", "Temperature/Humidity Sensor", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x1781, "XMZNMS09LM", "lumi.lock.mcn002", "Face Recognition Smart Door Lock", "Xiaomi", KeyKind::Unknown, None),
    product(0x1790, "T700", "k0918.toothbrush.t700i", "Smart Toothbrush", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x1889, "MS1BB(MI)", "linp.magnet.m1", "Door/Window Sensor", "Xiaomi", KeyKind::FullOrNone, Some(true)),
    product(0x18e3, "ZX1", "", "8H Intelligent Sleep Aid Natural Latex PillowX", "8H Sleep", KeyKind::Full, None),
    product(0x1949, "XMWXKG01YL", "yeelink.remote.contrl", "Switch (double button)", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x1a56, "", "lemesh.remote.ts1", "Wireless Button", "LeMesh", KeyKind::Unknown, None),
    product(0x1c10, "K9BB-1BTN", "linp.remote.k9b01", "Switch (single button)", "Xiaomi", KeyKind::FullProbably, Some(false)),
    product(0x1e37, "", "loock.lock.fvl109", "Smart Door Lock S50M", "Lockin", KeyKind::Unknown, None),
    product(0x20db, "MJZNZ018H", "", "Xiaomi Smart Pillow", "Xiaomi", KeyKind::Full, None),
    product(0x21a5, "", "huca.switch.dh2", "Double Wall Switch", "H+", KeyKind::Unknown, None),
    product(0x2387, "XMWXKG01LM", "lumi.remote.mcn001", "Button", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x24a9, "", "hoto.timer.kt", "Timer", "Mijia", KeyKind::Unknown, None),
    product(0x2542, "LYWSD02MMC", "miaomiaoce.sensor_ht.t8", "Temperature/Humidity Sensor", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x2695, "XFCL201", "", "Loock Smart Lock V5 Max", "Loock", KeyKind::Unknown, None),
    product(0x2809, "XMZNMS01OD", "oms.lock.dl01", "Door Lock E10", "Xiaomi", KeyKind::Unknown, None),
    product(0x2832, "MJWSD05MMC", "miaomiaoce.sensor_ht.t9", "Temperature/Humidity Sensor", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x2aeb, "HS1BB(MI)", "linp.motion.hs1bb1", "Motion Sensor", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x2c09, "PTX-X6-QMIMB", "090615.remote.x6xnsw", "BLE Wireless situation knob switch", "PTX", KeyKind::Unknown, None),
    product(0x2c45, "", "090615.switch.akkw1", "BLE mesh wall switch", "PTX", KeyKind::None, Some(false)),
    product(0x2cba, "", "lcrmcr.lock.cb2207", "intelligent glass door lock", "CRMCR", KeyKind::Unknown, None),
    product(0x2f97, "", "loock.lock.r2", "Door Lock M20 Pro", "Lockin", KeyKind::Unknown, None),
    product(0x2fc5, "MCN003", "", "Safe Box", "Xiaomi", KeyKind::Unknown, None),
    product(0x305e, "", "huca.remote.wx8", "Wireless Button", "H+", KeyKind::Unknown, None),
    product(0x30d9, "MJTZC01YM", "yunmai.scales.ms103", "Body Composition Scale", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x3286, "XMZNMS201LM", "lumi.lock.mcn008", "Smart Door Lock E20 WIFI", "Xiaomi", KeyKind::Unknown, None),
    product(0x3341, "", "lumi.lock.mcn009", "Smart Door Lock E20 (Video Monitor)", "Xiaomi", KeyKind::Unknown, None),
    product(0x34fe, "MJBQDYJ1-WC", "xiaomi.printer.label", "Label printer", "Xiaomi", KeyKind::Unknown, None),
    product(0x3531, "XMPIRO2SXS", "xiaomi.motion.pir1", "Motion Sensor", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x3878, "", "lemesh.remote.ts4", "Scenario wireless knob switch K4", "LeMesh", KeyKind::Unknown, None),
    product(0x3884, "", "lemesh.switch.sw3f01", "Triple Wall Switch", "LeMesh", KeyKind::Unknown, None),
    product(0x3885, "", "lemesh.switch.sw2f01", "Double Wall Switch", "LeMesh", KeyKind::Unknown, None),
    product(0x3886, "", "lemesh.switch.sw1f01", "Single Wall Switch", "LeMesh", KeyKind::Unknown, None),
    product(0x38bb, "PTX_YK1_QMIMB", "090615.remote.btsw1", "Wireless Switch", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x3910, "PTX-AK1-QMIMC", "090615.remote.akswr1", "Mesh Wireless Switch", "PTX", KeyKind::Unknown, None),
    product(0x3911, "PTX-AK2-QMIMB", "090615.remote.akswr2", "Mesh Double Wireless Switch", "PTX", KeyKind::Unknown, None),
    product(0x3912, "PTX-AK3-QMIMB", "090615.remote.akswr3", "Mesh Triple Wireless Switch", "PTX", KeyKind::Unknown, None),
    product(0x399a, "", "xiaomi.pet_waterer.002", "Pet Drinking Fountain", "Xiaomi", KeyKind::Unknown, None),
    product(0x3a61, "KS1", "linp.remote.ks1", "Switch (quadruple button)", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x3bd5, "MJTZC01YM", "yunmai.scales.ms104", "Body Composition Scale", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x3e17, "KS1BP", "linp.sensor_ht.ks1bp", "Switch (quadruple button)", "Xiaomi", KeyKind::FullProbably, Some(false)),
    product(0x3f0f, "RS1BB(MI)", "linp.flood.rs1bb", "Flood and Rain Sensor", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x3f34, "", "giot.remote.v52kwm", "V5 Two Key Switch (BLE)", "GranwinIoT", KeyKind::Unknown, None),
    product(0x3f35, "", "giot.remote.v53kwm", "V5 Three Key Switch (BLE)", "GranwinIoT", KeyKind::Unknown, None),
    product(0x3f36, "", "giot.remote.v54kwm", "V5 Four Key Switch (BLE)", "GranwinIoT", KeyKind::Unknown, None),
    product(0x3f38, "", "giot.remote.v56kwm", "V5 Six Key Switch (BLE)", "GranwinIoT", KeyKind::Unknown, None),
    product(0x3f3a, "", "giot.remote.v58kwm", "V5 Eight Key Switch (BLE)", "GranwinIoT", KeyKind::Unknown, None),
    product(0x3f3f, "", "giot.remote.v51kwm", "V5 One Key Switch (BLE)", "GranwinIoT", KeyKind::Unknown, None),
    product(0x3f4c, "PS1BB", "linp.senpres.ps1bb", "Seat Pressure Sensor", "Linptech", KeyKind::Full, Some(true)),
    product(0x433d, "", "line.lock.fms5", "Smart Door Lock S5", "", KeyKind::Unknown, None),
    product(0x44c1, "XMZNMS03OD", "xiaomi.lock.b03", "Xiaomi Smart Door Lock 2 (Finger Vein Unlock)", "Xiaomi", KeyKind::Unknown, None),
    product(0x44fa, "", "lemesh.remote.ts10", "Remote Control TS10", "LeMesh", KeyKind::Unknown, None),
    product(0x45a1, "", "cxw.remote.ble006", "Eight scene knob switch", "", KeyKind::Unknown, None),
    product(0x45c9, "MJTZC02YM", "", "Smart Scale S200", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x4683, "XMOSB01XS", "xiaomi.sensor_occupy.03", "Occupancy Sensor", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x474a, "", "ailol.remote.ts4", "ZXFANS F2 smart knob remote control", "ZXFANS", KeyKind::Unknown, None),
    product(0x47d6, "", "xiaomi.lock.b04sv", "Smart Door Lock E30", "Xiaomi", KeyKind::Unknown, None),
    product(0x4891, "", "bean.switch.blns1", "BLE mesh wall switch", "Bean", KeyKind::None, Some(false)),
    product(0x48c4, "", "loock.lock.h01lyk", "Smart Door Lock E30", "Xiaomi", KeyKind::Unknown, None),
    product(0x48cf, "MJTZC01YM", "yunmai.scales.ms107", "Body Composition Scale", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x4964, "IZQ-BLE", "izq.sensor_occupy.ble", "IZQ Presence Sensor Loong", "ZiQing", KeyKind::Unknown, None),
    product(0x4b05, "MJTZC03YM", "xiaomi.scales.ms110", "Body Composition Scale", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x4b09, "", "cxw.remote.panv01", "Eight Key Twenty-four Scene Switch V1", "", KeyKind::Unknown, None),
    product(0x4c04, "MJTZC02YM", "", "Smart Scale S200", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x4c47, "MJWSD05MMC", "miaomiaoce.sensor_ht.t9", "Temperature/Humidity Sensor", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x4c4d, "", "shuse.flood.ss05", "Water Leak Sensor", "Shuse", KeyKind::Unknown, None),
    product(0x4c60, "XMPIRO2GSXS", "", "Motion Sensor", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x4dcb, "MJTZC02YM", "", "Smart Scale S200", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x4ed3, "", "rhj.sensor_occupy.l730a", "Presence Sensor POP", "LeTianPai", KeyKind::Unknown, None),
    product(0x4f59, "CGDK3", "", "Temperature/Humidity Sensor", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x4fc2, "MJTZC01YM", "", "Body Composition Scale", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x50d4, "HS3BB", "", "Motion Sensor 3", "Linptech", KeyKind::Unknown, None),
    product(0x50fb, "ES3", "linp.sensor_occupy.es2", "Human Presence Sensor", "Linptech", KeyKind::Full, Some(true)),
    product(0x51e2, "MJTZC04YM", "xiaomi.scales.ms116", "8-electrode Body Fat Scale S800", "Xiaomi", KeyKind::Full, None),
    product(0x520b, "KS2BB", "linp.sensor_ht.ks2bb", "Temperature/Humidity Sensor with Button", "Linptech", KeyKind::Full, Some(false)),
    product(0x52e6, "YLYKG-0129", "yeelink.remote.swd5", "K Series 4-Key Wall Switch", "Yeelight", KeyKind::Unknown, None),
    product(0x55b5, "MJWSD06MMC", "xiaomi.sensor_ht.mini", "Temperature/Humidity Sensor", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x5808, "CGG3", "", "Hygro thermometer", "Qingping", KeyKind::Full, None),
    product(0x5968, "XMWS01XS", "xiaomi.remote.mcn002", "Switch (double button)", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x59fa, "M2457B1", "", "Smart Band 10", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x59fb, "M2456B1", "", "Smart Band 10 NFC", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x59fc, "M2456B1", "", "Smart Band 10 Ceramic Edition", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x5bea, "MJWSD06MMC", "", "Temperature/Humidity Sensor", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x5db1, "MBS17", "", "Temperature/Humidity Sensor", "Xiaomi", KeyKind::Full, Some(false)),
    product(0x6188, "M2456B1", "", "Smart Band 10 Glimmer Edition", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x6375, "SJWS02LM", "xiaomi.flood.oh83w", "Water Leak Sensor 2", "Xiaomi", KeyKind::Full, Some(true)),
    product(0x64c5, "PTX-F1-Display", "090615.remote.x1swd", "F1 Four-Key Wireless Switch", "PTX", KeyKind::Full, None),
    product(0x6651, "", "shuse.airm.ss006", "Air Monitor", "Shuse", KeyKind::Unknown, None),
    product(0x6655, "", "bwj.diffuser.s5", "SO Smart Aroma Diffuser S5", "", KeyKind::Unknown, None),
    product(0x6a0f, "ES5BB", "linp.sensor_occupy.es5b", "Human Presence Sensor", "Linptech", KeyKind::Full, Some(true)),
    product(0x6b61, "", "shuse.flood.ss05", "Water Leak Sensor Pro", "Shuse", KeyKind::Unknown, None),
    product(0x6ed9, "ES5DB", "linp.sensor_occupy.es4b", "Human Presence Sensor ES5(Top Mounted)", "Linptech", KeyKind::Unknown, None),
    product(0x76c4, "", "shuse.flood.ss40", "Water Leak Sensor", "Shuse", KeyKind::Unknown, None),
    product(0x7712, "zhiee.flood.sj01", "", "Water Leak Sensor", "Xiaomi", KeyKind::FullProbably, Some(true)),
    product(0x78a3, "AFWXKG220000", "line.remote.fwkge2", "Wireless Switch", "LineHope", KeyKind::Full, Some(false)),
    product(0x78d1, "MC-COMM", "", "Door/Window Sensor", "Xiaomi", KeyKind::FullProbably, Some(true)),
    product(0x78db, "ESM787", "", "Temperature/Humidity Sensor", "Yanmi", KeyKind::None, Some(false)),
    product(0x7ee9, "", "vchon.sensor_ht.mbs20", "Thermometer and hygrometer", "RSH", KeyKind::Unknown, None),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_unique() {
        assert!(PRODUCTS.windows(2).all(|pair| pair[0].id < pair[1].id));
        assert_eq!(PRODUCTS.len(), 160);
    }

    #[test]
    fn sleepy_products_are_marked() {
        assert_eq!(Product::of(ProductId(0x0a8d)).unwrap().sleepy, Some(true));
        assert_eq!(Product::of(ProductId(0x055b)).unwrap().sleepy, Some(false));
        assert_eq!(Product::of(ProductId(0)), None);
    }
}
