//! The UART protocol of Beken's ROM.

use openbeken::flash::{BlockSize, Command, Payload, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::firmware::byte_of;
use super::{Fields, to_hex};

pub fn check(input: &Fields, expect: &Fields) {
    match input.op() {
        "encode" => {
            let bytes = command(input).encode();
            if expect.check_if_present("hex", to_hex(&bytes)) {
                return;
            }
            expect.check("prefix_hex", to_hex(&bytes[..16]));
            expect.check("total_len", bytes.len());
            expect.check("sha256", to_hex(&Sha256::digest(&bytes)));
        }
        "decode" => {
            let bytes = input.hex("hex");
            let (response, skipped, _) = Response::parse(&bytes).unwrap();
            expect.check("form", if response.long { "long" } else { "short" });
            expect.check("code", response.code);
            let payload = Fields::new(expect.get("payload").unwrap());
            payload.check_all(&describe(&response.payload));
            payload.assert_all_read();
            if !expect.check_if_present("skipped", skipped) {
                assert_eq!(skipped, 0);
            }
            assert_eq!(Response::parse(&response.encode()).unwrap().0, response);
        }
        "decode_error" => expect.check("error", Response::parse(&input.hex("hex")).unwrap_err().name()),
        op => panic!("unknown operation {op}"),
    }
}

fn command(input: &Fields) -> Command {
    let address = || input.number("address");
    match input.text("command") {
        "link_check" => Command::LinkCheck,
        "write_reg" => Command::WriteRegister {
            address: address(),
            value: input.number("value"),
        },
        "read_reg" => Command::ReadRegister { address: address() },
        "reboot" => Command::Reboot,
        "set_baud" => Command::SetBaud {
            baud: input.number("baud"),
            delay_ms: input.number("delay_ms"),
        },
        "check_crc" => Command::CheckCrc {
            start: input.number("start"),
            end: input.number("end"),
        },
        "boot_version" => Command::BootVersion,
        "flash_write" => Command::Write {
            address: address(),
            data: data(input),
        },
        "flash_write_4k" => Command::Write4k {
            address: address(),
            data: data(input),
        },
        "flash_read_4k" => Command::Read4k { address: address() },
        "flash_erase_4k" => Command::Erase4k { address: address() },
        "flash_erase_all" => Command::EraseAll,
        "flash_erase" => {
            let size = match input.text("size") {
                "4k" => BlockSize::K4,
                "64k" => BlockSize::K64,
                size => panic!("unknown size {size}"),
            };
            Command::Erase {
                size,
                address: address(),
            }
        }
        "flash_mid" => Command::FlashId {
            command: input.number("cmd"),
        },
        "flash_read_sr" => Command::ReadStatus {
            register: input.number("reg"),
        },
        "flash_write_sr" => Command::WriteStatus {
            register: input.number("reg"),
            value: input.number("value"),
            width: input.number("width"),
        },
        command => panic!("unknown command {command}"),
    }
}

fn data(input: &Fields) -> Vec<u8> {
    if input.value("data_hex").is_some() {
        return input.hex("data_hex");
    }
    let data = input.value("data").unwrap();
    let formula = data["formula"].as_str().unwrap();
    (0..data["len"].as_u64().unwrap())
        .map(|i| byte_of(formula, usize::try_from(i).unwrap()))
        .collect()
}

fn describe(payload: &Payload) -> Value {
    match payload {
        Payload::Link { value } => json!({ "value": value }),
        Payload::Register { address, value } => json!({ "address": address, "value": value }),
        Payload::Baud { baud, delay_ms } => json!({ "baud": baud, "delay_ms": delay_ms }),
        Payload::Crc { raw } => json!({ "raw_crc": raw, "crc32": !raw }),
        Payload::Version { text } => json!({ "version": text }),
        Payload::Written {
            status,
            address,
            count,
        } => json!({ "status": status, "address": address, "written": count }),
        Payload::Done { status, address } => json!({ "status": status, "address": address }),
        Payload::Data {
            status,
            address,
            data,
        } => {
            json!({
                "status": status,
                "address": address,
                "data_hex": to_hex(data),
                "data_len": data.len(),
                "data_sha256": to_hex(&Sha256::digest(data)),
                "len": data.len(),
                "sha256": to_hex(&Sha256::digest(data)),
            })
        }
        Payload::FlashStatus {
            status,
            register,
            value,
        } => json!({ "status": status, "reg": register, "value": value }),
        Payload::FlashId { status, id } => json!({
            "status": status,
            "id_hex": to_hex(id),
            "jedec_id": to_hex(id),
            "manufacturer": id[0],
            "maker": id[0],
            "type": id[1],
            "size_code": id[2],
            "size": 1_u64 << (id[2] & 31),
        }),
        Payload::Erased {
            status,
            size_code,
            address,
        } => {
            json!({ "status": status, "size_code": size_code, "address": address })
        }
        Payload::Other { bytes } => {
            json!({ "hex": to_hex(bytes), "raw_hex": to_hex(bytes), "version": null })
        }
        other => panic!("{other:?}"),
    }
}
