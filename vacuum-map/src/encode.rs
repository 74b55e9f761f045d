//! From a map to bytes.

use alloc::vec::Vec;

use crate::Map;
use crate::block::{Block, BlockType, Content};
use crate::bytes::size;
use crate::decode::{PLAIN_HEADER, header_length, sha1};
use crate::header::Header;
use crate::record::Record;

impl Map {
    /// Writes the map, unpacked: what was read without a warning comes out byte by byte.
    ///
    /// Lengths and counts follow from the blocks, the digest from everything before it; it comes last where the map
    /// has no place for it.
    ///
    /// # Errors
    ///
    /// An image without cells, as a damaged file has it, and what exceeds the numbers of the format.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let header = Header::LENGTH + self.extra_header.len();
        let header = u16::try_from(header).map_err(|_| EncodeError::TooLong { block: None })?;
        let mut file = Vec::new();
        file.extend(crate::container::MAGIC);
        file.extend(header.to_le_bytes());
        file.extend([0; 4]);
        file.extend(self.version.0.to_le_bytes());
        file.extend(self.version.1.to_le_bytes());
        file.extend(self.index.to_le_bytes());
        file.extend(self.sequence.to_le_bytes());
        file.extend(&self.extra_header);
        // The digests cover the length, so that it has to be known before the first of them is computed.
        let mut digests = Vec::new();
        for block in &self.blocks {
            block.encode(&mut file)?;
            if block.content == Content::Digest {
                digests.push(file.len());
            }
        }
        if digests.is_empty() {
            Block::from(Content::Digest).encode(&mut file)?;
            digests.push(file.len());
        }
        let length = file.len() - usize::from(header);
        let length = size(length).ok_or(EncodeError::TooLong { block: None })?;
        if let Some(field) = file.get_mut(4..8) {
            field.copy_from_slice(&length.to_le_bytes());
        }
        for end in digests {
            let digest = sha1(file.get(..end - DIGEST_LENGTH).unwrap_or_default());
            if let Some(place) = file.get_mut(end - DIGEST_LENGTH..end) {
                place.copy_from_slice(&digest);
            }
        }
        Ok(file)
    }
}

impl Block {
    fn encode(&self, file: &mut Vec<u8>) -> Result<(), EncodeError> {
        let block = self.block_type();
        let too_long = || EncodeError::TooLong { block: Some(block) };
        let start = file.len();
        file.extend(block.0.to_le_bytes());
        file.extend([0; 6]);
        self.encode_header(file)?;
        let data = file.len();
        self.content.encode_data(file);
        let header = u16::try_from(data - start).map_err(|_| too_long())?;
        let length = size(file.len() - data).ok_or_else(too_long)?;
        if let Some(field) = file.get_mut(start + 2..start + 4) {
            field.copy_from_slice(&header.to_le_bytes());
        }
        if let Some(field) = file.get_mut(start + 4..start + 8) {
            field.copy_from_slice(&length.to_le_bytes());
        }
        Ok(())
    }

    /// The fields after the first 8 bytes.
    fn encode_header(&self, file: &mut Vec<u8>) -> Result<(), EncodeError> {
        let block = self.block_type();
        let counted = |count: usize| size(count).ok_or(EncodeError::TooLong { block: Some(block) });
        match &self.content {
            Content::Image(image) => {
                if image.cells().is_none() {
                    return Err(EncodeError::ImageWithoutCells);
                }
                image.encode_header(&self.extra_header, file);
                return Ok(());
            }
            Content::Raw(raw) => file.extend(&raw.header),
            Content::Path(path) | Content::GotoPath(path) | Content::PredictedPath(path) => {
                path.encode_header(counted(path.points.len())?, file);
            }
            content if header_length(block) > PLAIN_HEADER => {
                file.extend(counted(content.count())?.to_le_bytes());
            }
            _ => {}
        }
        file.extend(&self.extra_header);
        Ok(())
    }
}

impl Content {
    /// How many records it has.
    fn count(&self) -> usize {
        match self {
            Self::Zones(list) => list.len(),
            Self::Walls(list) => list.len(),
            Self::ActiveRooms(list) => list.len(),
            Self::NoGo(list)
            | Self::NoMop(list)
            | Self::NoCarpet(list)
            | Self::CustomCarpets(list)
            | Self::NoVacuum(list)
            | Self::DoorSills(list)
            | Self::Cliffs(list) => list.len(),
            Self::SmartZones(list) => list.len(),
            Self::Enemies(list) | Self::StuckPoints(list) => list.len(),
            Self::ObstaclesV1(list) | Self::IgnoredObstaclesV1(list) => list.len(),
            Self::Obstacles(list) => list.len(),
            Self::IgnoredObstacles(list) => list.len(),
            _ => 0,
        }
    }

    fn encode_data(&self, file: &mut Vec<u8>) {
        match self {
            Self::Charger(position) | Self::Robot(position) => position.encode(file),
            Self::Image(image) => file.extend(image.cells().unwrap_or_default()),
            Self::Path(path) | Self::GotoPath(path) | Self::PredictedPath(path) => all(&path.points, file),
            Self::Zones(list) => all(list, file),
            Self::GotoTarget(point) => point.encode(file),
            Self::Walls(list) => all(list, file),
            Self::NoGo(list)
            | Self::NoMop(list)
            | Self::NoCarpet(list)
            | Self::CustomCarpets(list)
            | Self::NoVacuum(list)
            | Self::DoorSills(list)
            | Self::Cliffs(list) => all(list, file),
            Self::SmartZones(list) => all(list, file),
            Self::Enemies(list) | Self::StuckPoints(list) => all(list, file),
            Self::FloorDirections(list) => all(list, file),
            Self::ObstaclesV1(list) | Self::IgnoredObstaclesV1(list) => file.extend(list.data()),
            Self::Obstacles(list) => file.extend(list.data()),
            Self::IgnoredObstacles(list) => file.extend(list.data()),
            Self::ActiveRooms(bytes)
            | Self::CarpetMap(bytes)
            | Self::PathFlags(bytes)
            | Self::FloorMaterial(bytes) => file.extend(bytes),
            Self::PathType(byte) => file.push(*byte),
            Self::DockType(number) => file.extend(number.to_le_bytes()),
            Self::Date(date) => date.encode(file),
            // Computed when everything before it stands.
            Self::Digest => file.extend([0; DIGEST_LENGTH]),
            Self::Raw(raw) => file.extend(&raw.data),
        }
    }
}

fn all<T: Record>(records: &[T], file: &mut Vec<u8>) {
    for record in records {
        record.encode(file);
    }
}

/// A map that can't be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The image has no cells.
    #[error("the image has no cells, since it was damaged in the file that it comes from")]
    ImageWithoutCells,
    /// A header exceeds 65,535 bytes, or a block or the file 4 GiB.
    #[error("{} is longer than the format's numbers reach", block.map_or_else(|| alloc::string::String::from("the file"), |block| alloc::format!("the {block} block")))]
    TooLong {
        /// Which block; `None` for the file or its header.
        block: Option<BlockType>,
    },
}

impl EncodeError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::ImageWithoutCells => Some("Fetch the map again, or take the image out of its blocks."),
            Self::TooLong { .. } => Some("Take blocks out of the map."),
        }
    }
}

const DIGEST_LENGTH: usize = 20;
