use alloc::vec::Vec;

/// Unpacks a gzip member of exactly `size` bytes, its checksum looked at. Never holds more than that.
pub(super) fn unpack(packed: &[u8], size: usize) -> Option<Vec<u8>> {
    let (head, mut rest) = packed.split_first_chunk::<10>()?;
    let [0x1f, 0x8b, 8, flags, ..] = *head else {
        return None;
    };
    if flags & 4 != 0 {
        let (length, after) = rest.split_first_chunk()?;
        rest = after.get(usize::from(u16::from_le_bytes(*length))..)?;
    }
    // A name and a comment, each with a closing zero.
    for bit in [8, 16] {
        if flags & bit != 0 {
            rest = rest.get(memchr::memchr(0, rest)? + 1..)?;
        }
    }
    if flags & 2 != 0 {
        rest = rest.get(2..)?;
    }
    let (deflated, tail) = rest.split_last_chunk::<8>()?;
    let data = miniz_oxide::inflate::decompress_to_vec_with_limit(deflated, size).ok()?;
    let mut trailer = [0; 8];
    trailer.copy_from_slice(tail);
    let (crc, length) = trailer.split_at_checked(4)?;
    let fits = crc == crc32fast::hash(&data).to_le_bytes()
        && length == u32::try_from(data.len()).ok()?.to_le_bytes();
    (fits && data.len() == size).then_some(data)
}

/// Packs data as a gzip member.
pub(super) fn pack(data: &[u8]) -> Vec<u8> {
    let mut packed = Vec::from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
    packed.extend(miniz_oxide::deflate::compress_to_vec(data, 9));
    packed.extend(crc32fast::hash(data).to_le_bytes());
    packed.extend((data.len() as u32).to_le_bytes());
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_to_its_size_alone() {
        let data = b"openbeken".repeat(100);
        let packed = pack(&data);
        assert_eq!(unpack(&packed, 900).as_ref(), Some(&data));
        assert_eq!(unpack(&packed, 899), None);
        assert_eq!(unpack(&packed, 901), None);
        for end in 0..packed.len() {
            assert_eq!(unpack(&packed[..end], 900), None);
        }
    }
}
