//! The few fields of an X.509 certificate that a chain needs: what is signed, by what, and the key.

use der::{AnyRef, Decode, Reader, SliceReader, Tag, Tagged, asn1::BitStringRef};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};

/// A certificate with an ECDSA signature and a P-256 key.
pub(super) struct Certificate<'a> {
    /// What is signed, as it stands in the file.
    signed: &'a [u8],
    signature: &'a [u8],
    /// The key as an uncompressed point.
    point: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Reads a PEM certificate; `der` takes its bytes.
    pub(super) fn from_pem(pem: &[u8], der: &'a mut [u8]) -> Option<Self> {
        let (label, bytes) = pem_rfc7468::decode(pem.trim_ascii_end(), der).ok()?;
        if label != "CERTIFICATE" {
            return None;
        }
        Self::from_der(bytes).ok().flatten()
    }

    fn from_der(bytes: &'a [u8]) -> der::Result<Option<Self>> {
        let mut outer = content(AnyRef::from_der(bytes)?)?;
        let signed = outer.tlv_bytes()?;
        let _algorithm: AnyRef<'_> = outer.decode()?;
        let signature: BitStringRef<'_> = outer.decode()?;
        let point = public_key(signed)?;
        Ok(signature.as_bytes().zip(point).map(|(signature, point)| Self {
            signed,
            signature,
            point,
        }))
    }

    /// The certificate's own key.
    pub(super) fn key(&self) -> Option<VerifyingKey> {
        VerifyingKey::from_sec1_bytes(self.point).ok()
    }

    /// Whether that key signed this certificate.
    pub(super) fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        let signature = Signature::from_der(self.signature);
        signature.is_ok_and(|signature| key.verify(self.signed, &signature).is_ok())
    }
}

/// The key of what is signed: `[0] version, serial, algorithm, issuer, validity, subject, key, …`.
fn public_key(signed: &[u8]) -> der::Result<Option<&[u8]>> {
    let mut fields = content(AnyRef::from_der(signed)?)?;
    let mut field: AnyRef<'_> = fields.decode()?;
    if field.tag().is_context_specific() {
        field = fields.decode()?;
    }
    for _ in 0..4 {
        field = fields.decode()?;
    }
    let _subject = field;
    let mut key = content(fields.decode()?)?;
    let _algorithm: AnyRef<'_> = key.decode()?;
    let point: BitStringRef<'_> = key.decode()?;
    Ok(point.as_bytes())
}

/// A reader of what is inside a SEQUENCE.
fn content(any: AnyRef<'_>) -> der::Result<SliceReader<'_>> {
    any.tag().assert_eq(Tag::Sequence)?;
    SliceReader::new(any.value())
}
