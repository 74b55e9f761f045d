//! Building frames.

use ccm::consts::U12;
use macaddr::MacAddr6;

use super::crypto::AAD;
use super::{
    AuthMode, Body, Capability, Frame, FrameControl, IoCapability, MeshInfo, Nonce, Object, ProductId,
};
use crate::crypto::Cipher;
use crate::writer::Writer;
use crate::{BindKey, EncodeError, NonceGuard};

/// Everything that a frame to be sent holds. Fields that are `None` or empty are left out.
///
/// ```
/// use mibeacon::frame::{AuthMode, Builder, Object, ProductId};
/// use mibeacon::{BindKey, NonceGuard};
///
/// let key: BindKey = "00112233445566778899aabbccddeeff".parse()?;
/// let sender = [0xa4, 0xc1, 0x38, 0x12, 0x34, 0x56].into();
/// let mut guard = NonceGuard::resume_after(0x0001_0202);
///
/// let temperature = [Object { id: 0x1004, data: &215_i16.to_le_bytes() }];
/// let mut builder = Builder::new(ProductId(0x055b), 0x0001_0203);
/// builder.mac = Some(sender);
/// builder.registered = true;
/// builder.objects = &temperature;
///
/// let mut frame = [0; 31];
/// let length = builder.seal(&key, sender, &mut guard, &mut frame)?;
/// let expected = b"\x58\x59\x5b\x05\x03\x56\x34\x12\x38\xc1\xa4\x34\x38\x97\x5a\xc3\x02\x01\x00\xda\xc2\x52\x54";
/// assert_eq!(&frame[..length], expected);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Builder<'a> {
    /// Version of the format: 2 to 5.
    pub version: u8,
    /// How the device logs in.
    pub auth_mode: AuthMode,
    /// The device is bound to an account.
    pub registered: bool,
    /// The device asks the app to bind it.
    pub solicited: bool,
    /// Which product sends it.
    pub product_id: ProductId,
    /// One more than in the last new frame. The upper 24 bits are sent in encrypted frames only.
    pub counter: u32,
    /// The sender's MAC.
    pub mac: Option<MacAddr6>,
    /// What the device can do.
    pub capability: Option<Capability>,
    /// The last two bytes of the Wi-Fi MAC of a combo chip.
    pub wifi_mac_tail: Option<[u8; 2]>,
    /// How the device can take part in pairing.
    pub io_capability: Option<IoCapability>,
    /// What the frame reports; none make an idle frame.
    pub objects: &'a [Object<'a>],
    /// How the device takes part in a mesh.
    pub mesh_info: Option<MeshInfo>,
}

impl<'a> Builder<'a> {
    /// An idle frame of version 5 with standard authentication.
    #[must_use]
    pub const fn new(product_id: ProductId, counter: u32) -> Self {
        Self {
            version: 5,
            auth_mode: AuthMode::Standard,
            registered: false,
            solicited: false,
            product_id,
            counter,
            mac: None,
            capability: None,
            wifi_mac_tail: None,
            io_capability: None,
            objects: &[],
            mesh_info: None,
        }
    }

    /// Writes a plain frame; returns its length.
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let mut writer = Writer::new(out);
        self.write_header(self.control(false), &mut writer)?;
        self.write_objects(&mut writer)?;
        self.write_mesh_info(&mut writer)?;
        Ok(writer.len())
    }

    /// Writes a frame with encrypted objects; returns its length. Without objects there is nothing to encrypt,
    /// and the result is the idle frame of [`encode`](Self::encode).
    pub fn seal(
        &self,
        key: &BindKey,
        sender: MacAddr6,
        guard: &mut NonceGuard,
        out: &mut [u8],
    ) -> Result<usize, EncodeError> {
        if self.objects.is_empty() {
            return self.encode(out);
        }
        self.seal_with(|writer| self.write_objects(writer), key, sender, guard, out)
    }

    /// [`seal`](Self::seal) with a plaintext that need not consist of objects: what a faulty device would send.
    pub fn seal_bytes(
        &self,
        plaintext: &[u8],
        key: &BindKey,
        sender: MacAddr6,
        guard: &mut NonceGuard,
        out: &mut [u8],
    ) -> Result<usize, EncodeError> {
        self.seal_with(|writer| writer.put(plaintext), key, sender, guard, out)
    }

    fn seal_with(
        &self,
        write_plaintext: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
        key: &BindKey,
        sender: MacAddr6,
        guard: &mut NonceGuard,
        out: &mut [u8],
    ) -> Result<usize, EncodeError> {
        let mut writer = Writer::new(out);
        let control = FrameControl(self.control(true).0 | HAS_OBJECTS);
        self.write_header(control, &mut writer)?;
        let start = writer.len();
        write_plaintext(&mut writer)?;
        let end = writer.len();
        // Everything that can fail comes before the counter is spent.
        let [_, extended @ ..] = self.counter.to_le_bytes();
        let mic_length = control.scheme().mic_length();
        writer.put(&extended)?;
        writer.put([0; 4].get(..mic_length).unwrap_or_default())?;
        self.write_mesh_info(&mut writer)?;
        let length = writer.len();
        guard.claim(self.counter)?;

        let cipher = Cipher::new(&control.scheme().expose_aes_key(key));
        let written = writer.written_since(start);
        let (plaintext, tail) = written.split_at_mut(end - start);
        let (_, mic) = tail.split_at_mut(extended.len());
        let tag = match self.header(control).nonce(sender, self.counter) {
            Nonce::Modern(nonce) => cipher.seal::<U12>(&nonce.into(), AAD, plaintext)?,
            Nonce::Legacy(nonce) => {
                let [first, ..] = cipher.seal_legacy(&nonce, AAD, plaintext)?;
                [first, 0, 0, 0]
            }
        };
        for (to, from) in mic.iter_mut().zip(tag).take(mic_length) {
            *to = from;
        }
        Ok(length)
    }

    /// The control word of the frame.
    #[must_use]
    pub fn control(&self, encrypted: bool) -> FrameControl {
        let bit = |set: bool, index: u32| u16::from(set) << index;
        FrameControl(
            u16::from(self.version & 0x0f) << 12
                | u16::from(self.auth_mode.bits()) << 10
                | bit(self.solicited, 9)
                | bit(self.registered, 8)
                | bit(self.mesh_info.is_some(), 7)
                | bit(!self.objects.is_empty(), 6)
                | bit(self.capability.is_some(), 5)
                | bit(self.mac.is_some(), 4)
                | bit(encrypted, 3),
        )
    }

    fn header(&self, control: FrameControl) -> Frame<'a> {
        let [counter, ..] = self.counter.to_le_bytes();
        Frame {
            control,
            product_id: self.product_id,
            counter,
            mac: self.mac,
            capability: self.capability,
            wifi_mac_tail: self.wifi_mac_tail,
            io_capability: self.io_capability,
            body: Body::Idle { trailing: &[] },
            mesh_info: self.mesh_info,
        }
    }

    fn write_header(&self, control: FrameControl, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        let has_io = self.capability.is_some_and(Capability::has_io);
        if has_io != self.io_capability.is_some() {
            return Err(EncodeError::Conflict(
                "the I/O capability goes with bit 5 of the capability",
            ));
        }
        let is_combo = self
            .capability
            .is_some_and(|c| c.bond_ability() == super::BondAbility::Combo);
        if self.wifi_mac_tail.is_some() && !is_combo {
            return Err(EncodeError::Conflict(
                "the Wi-Fi MAC goes with the bond ability of a combo chip",
            ));
        }
        if self.wifi_mac_tail.is_none() && is_combo && control.has_objects() {
            return Err(EncodeError::Conflict(
                "a combo chip with objects must name its Wi-Fi MAC",
            ));
        }
        let [counter, ..] = self.counter.to_le_bytes();
        writer.put(&control.0.to_le_bytes())?;
        writer.put(&self.product_id.0.to_le_bytes())?;
        writer.put(&[counter])?;
        if let Some(mac) = self.mac {
            let mut bytes = mac.into_array();
            bytes.reverse();
            writer.put(&bytes)?;
        }
        if let Some(Capability(capability)) = self.capability {
            writer.put(&[capability])?;
        }
        writer.put(self.wifi_mac_tail.as_ref().map_or(&[], |tail| tail))?;
        writer.put(self.io_capability.as_ref().map_or(&[], |io| &io.0))?;
        Ok(())
    }

    fn write_objects(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        for object in self.objects {
            let found = object.data.len();
            let length = u8::try_from(found).map_err(|_| EncodeError::TooLong { found, limit: 255 })?;
            writer.put(&object.id.to_le_bytes())?;
            writer.put(&[length])?;
            writer.put(object.data)?;
        }
        Ok(())
    }

    fn write_mesh_info(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.put(self.mesh_info.as_ref().map_or(&[], |info| &info.0))
    }
}

/// Bit 6 of the control word.
const HAS_OBJECTS: u16 = 1 << 6;

/// The longest frame that fits into a legacy advertisement beside the flags.
pub const LEGACY_LIMIT_WITH_FLAGS: usize = 24;

/// The longest frame that fits into a legacy advertisement of its own.
pub const LEGACY_LIMIT: usize = 27;
