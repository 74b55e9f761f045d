//! Images, wrappers and containers.

use std::path::PathBuf;

use sha2::{Digest, Sha256};
use telink_ota::gatt::WriteMode;
use telink_ota::image::container::{ContainerError, RootKey, verify};
use telink_ota::image::{self, Container, Genuine, inspect_with_root, zigbee as zigbee_file};
use telink_ota::ota::Options;
use telink_ota::pdu::encode_end;

use super::{Fields, packets, to_hex};

pub(crate) fn inspect(input: &Fields, expect: &Fields) {
    assert_eq!(input.text("op"), "inspect_image");
    match image::inspect(input.hex("image").as_slice()) {
        Ok(image) => {
            expect.check("ok", true);
            expect.check("size", image.header.size);
            expect.check("crc32", format!("{:08x}", image.crc32));
            expect.check("check_flag", to_hex(&image.header.check_flag));
            expect.check_if_present("crc_required", image.header.crc_required());
            expect.check("file_version", format!("{:08x}", image.header.file_version));
            expect.check("manufacturer", format!("{:04x}", image.header.manufacturer));
            expect.check("image_type", format!("{:04x}", image.header.image_type));
            expect.check("chunks16", image.chunks());
            expect.check("trailer", image.trailer.name());
            expect.check("trailer_len", image.trailer.length());
        }
        Err(error) => {
            expect.check("error", error.name());
            if let image::ImageError::BadCrc { required, .. } = error {
                expect.check_if_present("crc_required", required);
            }
        }
    }
}

pub(crate) fn zigbee(input: &Fields, expect: &Fields) {
    assert_eq!(input.text("op"), "unwrap_zigbee");
    let file = input.hex("file");
    match zigbee_file::parse(&mut file.as_slice()) {
        Ok(wrapper) => {
            expect.check("manufacturer", format!("{:04x}", wrapper.manufacturer));
            expect.check("image_type", format!("{:04x}", wrapper.image_type));
            expect.check("file_version", format!("{:08x}", wrapper.file_version));
            expect.check("stack_version", wrapper.stack_version);
            expect.check("header_string", wrapper.name.as_str());
            expect.check("payload_len", wrapper.payload_length);
            let start = zigbee_file::PAYLOAD as usize;
            let payload = &file[start..start + wrapper.payload_length as usize];
            expect.check("payload_sha256", to_hex(&Sha256::digest(payload)));
        }
        Err(error) => expect.check("error", error.name()),
    }
}

pub(crate) fn container(input: &Fields, expect: &Fields) {
    assert_eq!(input.text("op"), "parse_mifota");
    let file = input.hex("image");
    let root = RootKey(input.hex("root_public_key").try_into().expect("64 bytes"));
    match read_container(&file, &root) {
        Ok(container) => check_container(&container, expect),
        Err(error) => expect.check("error", error.name()),
    }
}

fn read_container(file: &[u8], root: &RootKey) -> Result<Container, ContainerError> {
    let size = u32::from_le_bytes(file[0x18..0x1c].try_into().unwrap());
    let alone = verify(&mut &file[..], size, root);
    // The whole inspection says the same.
    let image = inspect_with_root(file, root).unwrap();
    assert_eq!(image.container.unwrap_or(Err(ContainerError::None)), alone);
    alone
}

fn check_container(container: &Container, expect: &Fields) {
    expect.check("header_len", container.header_length);
    expect.check("product_id", format!("{:04x}", container.product_id));
    expect.check("firmware_len", container.firmware_length);
    expect.check("cert_len", container.certificate_length);
    expect.check("model", container.model.as_deref());
    expect.check("version", container.version.map(|version| version.to_string()));
    expect.check("header_crc_ok", container.header_crc_ok);
    expect.check("chain_ok", container.chain_ok);
    expect.check("signature_ok", container.signature_ok);
}

/// Real images aren't in the repository. With `REAL_IMAGES` naming a folder that has them as
/// `repository/path`, everything is checked; without, what follows from the listed length.
pub(crate) fn real(input: &Fields, expect: &Fields) {
    assert_eq!(input.text("op"), "real_image");
    let (repository, path) = (input.text("repository"), input.text("path"));
    let digest = input.text("file_sha256");
    let folder = std::env::var_os("REAL_IMAGES").map(PathBuf::from);
    let file = folder.and_then(|folder| std::fs::read(folder.join(repository).join(path)).ok());
    let Some(file) = file.filter(|file| to_hex(&Sha256::digest(file)) == digest) else {
        check_listed_length(expect);
        return;
    };
    let image = image::inspect(file.as_slice()).unwrap();
    // The exploit wears the mark of a container in which nothing is right.
    let genuine = image.trailer.name() == "mifota" && !path.contains("Exploit");
    assert_eq!(image.genuine() == Genuine::Yes, genuine, "{:?}", image.container);
    let payload = match &image.wrapper {
        Some(_) => &file[zigbee_file::PAYLOAD as usize..][..image.payload_length as usize],
        None => &file[..],
    };
    let crc = format!("{:08x}", image.crc32);
    expect.check("file_len", file.len());
    expect.check("wrapper", if image.wrapper.is_some() { "zigbee" } else { "none" });
    expect.check("payload_len", image.payload_length);
    expect.check("magic", to_hex(&payload[8..12]));
    expect.check("size_field", image.header.size);
    expect.check("crc32_stored", crc.as_str());
    expect.check("crc32_computed", crc.as_str());
    expect.check("check_flag", to_hex(&image.header.check_flag));
    expect.check("file_version", format!("{:08x}", image.header.file_version));
    expect.check("manufacturer", format!("{:04x}", image.header.manufacturer));
    expect.check("image_type", format!("{:04x}", image.header.image_type));
    expect.check("trailer", image.trailer.name());
    expect.check("trailer_len", image.trailer.length());
    expect.check("chunks16", image.chunks());
    let (packets, _) = packets::transfer(payload, Options::custom(WriteMode::WithoutResponse));
    let crc_of = |packet: &[u8]| to_hex(&packet[packet.len() - 2..]);
    let data = &packets[2..packets.len() - 1];
    expect.check("crc16_chunk0", crc_of(&data[0]));
    expect.check("crc16_chunk_mid", crc_of(&data[data.len() / 2]));
    expect.check("crc16_chunk_last", crc_of(&data[data.len() - 1]));
    expect.check("end_packet", to_hex(&packets[packets.len() - 1]));
    expect.check("sha256_stream", to_hex(&Sha256::digest(packets.concat())));
}

fn check_listed_length(expect: &Fields) {
    let length = u32::try_from(expect.integer("payload_len")).unwrap();
    let chunks = length.div_ceil(16);
    expect.check("chunks16", chunks);
    let last_index = u16::try_from(chunks - 1).unwrap();
    expect.check("end_packet", to_hex(&encode_end(last_index)));
    expect.check("trailer_len", i64::from(length) - expect.integer("size_field"));
    let wrapped = expect.text("wrapper") == "zigbee";
    expect.check(
        "file_len",
        length + if wrapped { zigbee_file::PAYLOAD } else { 0 },
    );
    expect.check("magic", "4b4e4c54");
    expect.check("check_flag", "5d02");
    expect.check("crc32_computed", expect.text("crc32_stored"));
    for only_in_the_file in [
        "file_version", "manufacturer", "image_type", "trailer", "crc16_chunk0", "crc16_chunk_mid",
        "crc16_chunk_last", "sha256_stream",
    ] {
        assert!(!expect.text(only_in_the_file).is_empty());
    }
}
