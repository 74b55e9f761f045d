//! Firmware formats.

use openbeken::image::{
    BlockFault, CodeCipher, Rbl, RblError, RblHeader, RblKey, RfPartition, Ug, address_to_offset, crc_blocks,
    crc16, fnv1a, offset_to_address, partition_crc, strip_crc_blocks,
};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Fields, to_hex};

pub fn check(input: &Fields, expect: &Fields) {
    match input.op() {
        "crc16" => expect.check("crc", crc16(&input.hex("data_hex"))),
        "crc16_block" => {
            let block = input.hex("block_hex");
            expect.check("crc", crc16(&block));
            expect.check("encoded_hex", to_hex(&crc_blocks(&block)));
        }
        "add_crc" => expect.check("hex", to_hex(&crc_blocks(&input.hex("data_hex")))),
        "strip_crc" => match strip_crc_blocks(&input.hex("hex")) {
            Ok(data) => expect.check("data_hex", to_hex(&data)),
            Err(error) => {
                expect.check("error", error.name());
                if let BlockFault::CrcMismatch { block, .. } = error.fault {
                    expect.check_if_present("block", block);
                }
            }
        },
        "crypt" => {
            let words: Vec<u32> = input
                .list("key")
                .iter()
                .map(|word| u32::from_str_radix(word.as_str().unwrap(), 16).unwrap())
                .collect();
            let cipher = CodeCipher::new(words.try_into().unwrap());
            let plain = input.hex("plain_hex");
            let mut data = plain.clone();
            cipher.apply(input.number("address"), &mut data);
            expect.check("cipher_hex", to_hex(&data));
            cipher.apply(input.number("address"), &mut data);
            assert_eq!(data, plain);
        }
        "address_to_offset" => expect.check("offset", address_to_offset(input.number("address"))),
        "offset_to_address" => expect.check("address", offset_to_address(input.number("offset"))),
        "fnv1a" => expect.check("hash", fnv1a(&input.hex("data_hex"))),
        "rbl_parse" => rbl_parse(input, expect),
        "ota_container" => ota_container(input, expect),
        "flash_body_crc" => {
            let raw = input.hex("raw_hex");
            assert_eq!(input.number::<usize>("raw_size"), raw.len());
            expect.check("crc32", partition_crc(&raw, input.number("package_size")));
            expect.check("raw_fnv1a", fnv1a(&raw));
        }
        "ug_parse" => match Ug::parse(&input.hex("hex")) {
            Ok(ug) => expect.check_exactly(&json!({
                "version": ug.version(),
                "payload_len": ug.payload.len(),
                "payload_sum": ug.payload_sum,
                "header_sum_ok": true,
                "payload_sum_ok": true,
            })),
            Err(error) => expect.check("error", error.name()),
        },
        "rf_tlv" => match RfPartition::parse(&input.hex("hex")) {
            Ok(partition) => {
                expect.check("length", partition.length);
                expect.check("mac", partition.mac().map(|mac| to_hex(&mac)));
                let tags: Vec<String> = partition
                    .entries
                    .iter()
                    .map(|(tag, _)| format!("{tag:08x}"))
                    .collect();
                expect.check("tags", tags);
            }
            Err(error) => expect.check("error", error.name()),
        },
        op => panic!("unknown operation {op}"),
    }
}

fn rbl_parse(input: &Fields, expect: &Fields) {
    let bytes = input.hex("hex");
    let header = match RblHeader::parse(&bytes) {
        Ok(header) => header,
        Err(error) => return expect.check("error", error.name()),
    };
    expect.check_exactly(&json!({
        "encryption": header.encryption.0,
        "compression": header.compression.0,
        "timestamp": header.timestamp,
        "name": header.name(),
        "version": header.version(),
        "serial": header.serial(),
        "body_crc32": header.body_crc,
        "raw_fnv1a": header.raw_hash,
        "raw_size": header.raw_size,
        "package_size": header.package_size,
        "header_crc32": header.header_crc,
        "header_crc_ok": header.crc_fits(),
    }));
}

fn ota_container(input: &Fields, expect: &Fields) {
    let bytes = input.hex("hex");
    let text = |name: &str| {
        input
            .value(name)
            .map(|text| text.as_str().unwrap().as_bytes().to_vec())
    };
    let key = text("key")
        .zip(text("iv"))
        .map(|(key, iv)| RblKey::new(key.try_into().unwrap(), iv.try_into().unwrap()));
    let unpacked = Rbl::parse(&bytes).and_then(|rbl| rbl.unpack(key.as_ref()));
    let raw = match unpacked {
        Ok(raw) => raw,
        // Without the key all checks up to the package's CRC hold.
        Err(RblError::NoKey) if expect.value("error").is_none() => return expect.check("body_crc_ok", true),
        Err(error) => return expect.check("error", error.name()),
    };
    expect.check("raw_len", raw.len());
    expect.check("raw_sha256", to_hex(&Sha256::digest(&raw)));
    // Both are checked by then.
    expect.check("body_crc_ok", true);
    expect.check("raw_hash_ok", true);
    if let Some(formula) = expect.value("raw_formula") {
        let expected: Vec<u8> = (0..raw.len())
            .map(|i| byte_of(formula.as_str().unwrap(), i))
            .collect();
        assert_eq!(raw.as_ref(), expected);
    }
}

/// Formulas are `(i*a+b)&255`, the summand optional.
pub fn byte_of(formula: &str, i: usize) -> u8 {
    let inner = formula
        .strip_prefix("(i*")
        .and_then(|rest| rest.strip_suffix(")&255"))
        .unwrap();
    let (factor, summand) = inner.split_once('+').unwrap_or((inner, "0"));
    let number = |text: &str| text.parse::<usize>().unwrap();
    ((i * number(factor) + number(summand)) & 255) as u8
}
