//! From bytes to a map.

use alloc::vec::Vec;
use core::ops::Range;

use sha1::{Digest as _, Sha1};

use crate::block::{Block, BlockType, Content, Raw};
use crate::bytes::{array, u16_at, u32_at};
use crate::container::{Container, unpack};
use crate::header::Header;
use crate::image::Image;
use crate::obstacle::{Form, Obstacles};
use crate::path::Path;
use crate::record::{Date, Point, Position, Record};
use crate::{LimitKind, Map, ParseError, Warning};

/// Reads a map file, packed or not: leniently, within the default limits.
///
/// ```
/// // The header, where the robot is, and the digest of both.
/// let file = b"rr\x14\0\x30\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\0\0\x08\0\x08\0\x0c\0\0\0\x00\x64\0\0\x00\x64\0\0\x5a\0\0\0";
/// let decoded = vacuum_map::parse(file)?;
/// assert_eq!(decoded.map.robot().and_then(|robot| robot.angle), Some(90));
/// assert_eq!(decoded.warnings[0].to_string(), "the file has 40 bytes, its header announces 68");
/// # Ok::<(), vacuum_map::ParseError>(())
/// ```
///
/// # Errors
///
/// What can't be unpacked, has no header of a map, or exceeds a limit.
pub fn parse(file: &[u8]) -> Result<Decoded, ParseError> {
    ParseOptions::default().parse(file)
}

/// Reads a map that is already unpacked: [`ParseOptions::parse_unpacked`] with the defaults.
///
/// # Errors
///
/// What has no header of a map, or exceeds a limit.
pub fn parse_unpacked(bytes: &[u8]) -> Result<Decoded, ParseError> {
    ParseOptions::default().parse_unpacked(bytes)
}

/// Reads blocks without a header of the file before them: [`ParseOptions::parse_blocks`] with the defaults.
///
/// # Errors
///
/// What exceeds a limit.
pub fn parse_blocks(bytes: &[u8]) -> Result<Decoded, ParseError> {
    ParseOptions::default().parse_blocks(bytes)
}

/// How to read: leniently, where warnings are listed, or strictly, where the first warning is the error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ParseOptions {
    limits: Limits,
    strict: bool,
}

impl ParseOptions {
    /// Leniently, within the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The first warning becomes the error.
    #[must_use]
    pub const fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Other limits.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Reads a map file, packed or not.
    ///
    /// # Errors
    ///
    /// As [`parse`], and [`ParseError::Strict`].
    pub fn parse(self, file: &[u8]) -> Result<Decoded, ParseError> {
        let unpacked = unpack(file, self.limits.bytes)?;
        self.parse_from(unpacked.container, &unpacked.bytes)
    }

    /// Reads a map that is already unpacked.
    ///
    /// # Errors
    ///
    /// As [`parse_unpacked`], and [`ParseError::Strict`].
    pub fn parse_unpacked(self, bytes: &[u8]) -> Result<Decoded, ParseError> {
        self.parse_from(Container::None, bytes)
    }

    /// Reads blocks without a header of the file before them, as maps of cleaning records may come (unverified). A
    /// digest is kept but can't be checked; that there is none is no warning.
    ///
    /// # Errors
    ///
    /// As [`parse_blocks`], and [`ParseError::Strict`].
    pub fn parse_blocks(self, bytes: &[u8]) -> Result<Decoded, ParseError> {
        let mut reader = Reader::new(self, bytes, false);
        reader.blocks(0)?;
        Ok(reader.finish(Container::None, None, Map::default()))
    }

    fn parse_from(self, container: Container, bytes: &[u8]) -> Result<Decoded, ParseError> {
        let header = Header::parse_from(container, bytes)?;
        let start = usize::from(header.length);
        let need = u64::from(header.length) + u64::from(header.data_length);
        let end = usize::try_from(need).unwrap_or(usize::MAX).min(bytes.len());
        let mut reader = Reader::new(self, bytes.get(..end).unwrap_or(bytes), true);
        if end as u64 != need {
            let have = bytes.len();
            reader.warn(Warning::Truncated { need, have })?;
        } else if end < bytes.len() {
            let extra = bytes.len() - end;
            reader.warn(Warning::TrailingBytes { extra })?;
        }
        reader.blocks(start)?;
        if !reader.saw_digest {
            reader.warn(Warning::DigestMissing)?;
        }
        let map = Map {
            version: (header.major, header.minor),
            index: header.index,
            sequence: header.sequence,
            extra_header: bytes.get(Header::LENGTH..start).unwrap_or_default().to_vec(),
            blocks: Vec::new(),
        };
        Ok(reader.finish(container, Some(header), map))
    }
}

/// What a file may cost. The defaults are far above what robots write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Unpacked bytes: 16 MiB. A real map has up to 230 KB, the largest possible one 2.5 MB.
    pub bytes: usize,
    /// Blocks: 4,096. A real map has up to 27.
    pub blocks: usize,
    /// Cells of the image, more of which are a warning: 16,777,216.
    pub cells: u64,
    /// Points of each path: 262,144.
    pub path_points: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 16 << 20,
            blocks: 4096,
            cells: 1 << 24,
            path_points: 1 << 18,
        }
    }
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The map.
    pub map: Map,
    /// How the file was packed.
    pub container: Container,
    /// The header as it stands in the file; `None` where blocks were read without one.
    pub header: Option<Header>,
    /// The digest that the file has; `None` without a readable one.
    pub digest: Option<Digest>,
    /// What is odd about the file, in the order in which it was found.
    pub warnings: Vec<Warning>,
}

/// The SHA-1 over all bytes before it that a map ends with. It tells damage, and says nothing about who made the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest {
    /// What the file says.
    pub stored: [u8; 20],
    /// What it is.
    pub computed: [u8; 20],
}

impl Digest {
    /// Are the two the same?
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.stored == self.computed
    }
}

/// SHA-1 of some bytes.
pub(crate) fn sha1(bytes: &[u8]) -> [u8; 20] {
    Sha1::digest(bytes).into()
}

struct Reader<'a> {
    options: ParseOptions,
    /// Up to the end that the header announces.
    bytes: &'a [u8],
    /// Does the file start where `bytes` do, so that the digest can be checked?
    whole: bool,
    blocks: Vec<Block>,
    /// Types of the blocks so far, sorted.
    types: Vec<BlockType>,
    warnings: Vec<Warning>,
    digest: Option<Digest>,
    saw_digest: bool,
}

/// A block's place in the file.
struct Frame<'a> {
    offset: usize,
    block: BlockType,
    header: &'a [u8],
    data: &'a [u8],
}

impl<'a> Reader<'a> {
    const fn new(options: ParseOptions, bytes: &'a [u8], whole: bool) -> Self {
        Self {
            options,
            bytes,
            whole,
            blocks: Vec::new(),
            types: Vec::new(),
            warnings: Vec::new(),
            digest: None,
            saw_digest: false,
        }
    }

    fn finish(self, container: Container, header: Option<Header>, map: Map) -> Decoded {
        Decoded {
            map: Map {
                blocks: self.blocks,
                ..map
            },
            container,
            header,
            digest: self.digest,
            warnings: self.warnings,
        }
    }

    fn warn(&mut self, warning: Warning) -> Result<(), ParseError> {
        if self.options.strict {
            return Err(ParseError::Strict(warning));
        }
        self.warnings.push(warning);
        Ok(())
    }

    fn bad_data(&mut self, frame: &Frame<'_>) -> Result<(), ParseError> {
        self.warn(Warning::BadBlockData {
            offset: frame.offset,
            block: frame.block,
            length: frame.data.len(),
        })
    }

    /// Reads block after block; every one moves on by 8 bytes at least.
    fn blocks(&mut self, mut offset: usize) -> Result<(), ParseError> {
        while offset < self.bytes.len() {
            let Some(range) = self.frame(offset)? else {
                return Ok(());
            };
            if self.blocks.len() >= self.options.limits.blocks {
                return Err(ParseError::TooLarge {
                    what: LimitKind::Blocks,
                    limit: self.options.limits.blocks,
                });
            }
            let Some((frame, end)) = self.cut(offset, range) else {
                return Ok(());
            };
            self.block(&frame)?;
            offset = end;
        }
        Ok(())
    }

    /// The data of the block at an offset; `None` if the block isn't whole, after a warning.
    fn frame(&mut self, offset: usize) -> Result<Option<Range<usize>>, ParseError> {
        let rest = self.bytes.get(offset..).unwrap_or_default();
        let Some([kind0, kind1, header0, header1, d0, d1, d2, d3]) = array(rest, 0) else {
            self.warn(Warning::TruncatedBlock { offset, block: None })?;
            return Ok(None);
        };
        let block = BlockType(u16::from_le_bytes([kind0, kind1]));
        let length = u16::from_le_bytes([header0, header1]);
        if usize::from(length) < PLAIN_HEADER {
            self.warn(Warning::BadBlockHeader {
                offset,
                block,
                length,
            })?;
            return Ok(None);
        }
        let data = u32::from_le_bytes([d0, d1, d2, d3]);
        let end = usize::try_from(u64::from(length) + u64::from(data));
        let end = end.ok().filter(|end| *end <= rest.len());
        let Some(end) = end else {
            let block = Some(block);
            self.warn(Warning::TruncatedBlock { offset, block })?;
            return Ok(None);
        };
        Ok(Some(offset + usize::from(length)..offset + end))
    }

    fn cut(&self, offset: usize, data: Range<usize>) -> Option<(Frame<'a>, usize)> {
        let header = self.bytes.get(offset..data.start)?;
        let frame = Frame {
            offset,
            block: BlockType(u16_at(header, 0)?),
            header,
            data: self.bytes.get(data.clone())?,
        };
        Some((frame, data.end))
    }

    fn block(&mut self, frame: &Frame<'_>) -> Result<(), ParseError> {
        match self.types.binary_search(&frame.block) {
            Ok(_) => self.warn(Warning::DuplicateBlock {
                offset: frame.offset,
                block: frame.block,
            })?,
            Err(place) => self.types.insert(place, frame.block),
        }
        let block = match self.decode(frame)? {
            Some((content, extra_header)) => Block {
                content,
                extra_header,
            },
            None => Block::from(Content::Raw(Raw {
                block_type: frame.block,
                header: frame.header.get(PLAIN_HEADER..).unwrap_or_default().to_vec(),
                data: frame.data.to_vec(),
            })),
        };
        self.blocks.push(block);
        Ok(())
    }

    /// The content and what the header has besides; `None` for what stays as it is.
    fn decode(&mut self, frame: &Frame<'_>) -> Result<Option<(Content, Vec<u8>)>, ParseError> {
        let least = header_length(frame.block);
        if frame.header.len() < least {
            self.warn(Warning::BadBlockHeader {
                offset: frame.offset,
                block: frame.block,
                length: u16::try_from(frame.header.len()).unwrap_or(u16::MAX),
            })?;
            return Ok(None);
        }
        if frame.block == BlockType::IMAGE {
            return self.image(frame);
        }
        let content = match frame.block.0 {
            1 => self.position(frame)?.map(Content::Charger),
            3 => Some(Content::Path(self.path(frame)?)),
            4 => Some(Content::GotoPath(self.path(frame)?)),
            5 => Some(Content::PredictedPath(self.path(frame)?)),
            6 => Some(Content::Zones(self.records(frame)?)),
            7 => self.sized(frame, &[4], Point::parse)?.map(Content::GotoTarget),
            8 => self.position(frame)?.map(Content::Robot),
            9 => Some(Content::NoGo(self.records(frame)?)),
            10 => Some(Content::Walls(self.records(frame)?)),
            11 => Some(Content::ActiveRooms(self.records(frame)?)),
            12 => Some(Content::NoMop(self.records(frame)?)),
            13 => Some(Content::ObstaclesV1(self.obstacles(frame)?)),
            14 => Some(Content::IgnoredObstaclesV1(self.obstacles(frame)?)),
            15 => Some(Content::Obstacles(self.obstacles(frame)?)),
            16 => Some(Content::IgnoredObstacles(self.obstacles(frame)?)),
            17 => Some(Content::CarpetMap(frame.data.to_vec())),
            18 => Some(Content::PathFlags(frame.data.to_vec())),
            19 => Some(Content::NoCarpet(self.records(frame)?)),
            20 => self.sized(frame, &[1], u8::parse)?.map(Content::PathType),
            21 => Some(Content::SmartZones(self.records(frame)?)),
            22 => Some(Content::CustomCarpets(self.records(frame)?)),
            23 => Some(Content::NoVacuum(self.records(frame)?)),
            24 => Some(Content::FloorMaterial(frame.data.to_vec())),
            26 => self
                .sized(frame, &[4], |data| u32_at(data, 0))?
                .map(Content::DockType),
            27 => Some(Content::Enemies(self.records(frame)?)),
            28 => Some(Content::DoorSills(self.records(frame)?)),
            29 => Some(Content::StuckPoints(self.records(frame)?)),
            30 => Some(Content::Cliffs(self.records(frame)?)),
            32 => Some(Content::FloorDirections(self.uncounted(frame)?)),
            33 => self.sized(frame, &[4, 8], Date::parse)?.map(Content::Date),
            1024 => self.digest(frame)?,
            _ => None,
        };
        let extra = frame.header.get(least..).unwrap_or_default();
        Ok(content.map(|content| (content, extra.to_vec())))
    }

    fn image(&mut self, frame: &Frame<'_>) -> Result<Option<(Content, Vec<u8>)>, ParseError> {
        let Some((mut image, between)) = Image::parse_header(frame.header) else {
            return Ok(None);
        };
        let (grid, offset) = (image.grid(), frame.offset);
        match grid.cells().filter(|cells| *cells <= self.options.limits.cells) {
            None => self.warn(Warning::BadImageDimensions {
                offset,
                width: grid.width,
                height: grid.height,
            })?,
            Some(expected) => {
                let found = frame.data.len();
                if !image.take_cells(frame.data) || expected != found as u64 {
                    self.warn(Warning::ImageSizeMismatch {
                        offset,
                        expected,
                        found,
                    })?;
                }
            }
        }
        Ok(Some((Content::Image(image), between)))
    }

    /// Something of one of these sizes; what is longer than it must be is read as far as it is known.
    fn sized<T>(
        &mut self,
        frame: &Frame<'_>,
        sizes: &[usize],
        parse: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, ParseError> {
        if !sizes.contains(&frame.data.len()) {
            self.bad_data(frame)?;
        }
        Ok(parse(frame.data))
    }

    fn position(&mut self, frame: &Frame<'_>) -> Result<Option<Position>, ParseError> {
        self.sized(frame, &[8, 12], Position::parse)
    }

    fn path(&mut self, frame: &Frame<'_>) -> Result<Path, ParseError> {
        let limit = self.options.limits.path_points;
        if frame.data.len() / Point::LENGTH > limit {
            return Err(ParseError::TooLarge {
                what: LimitKind::PathPoints,
                limit,
            });
        }
        let path = Path::parse(frame.header, frame.data).unwrap_or_default();
        if path.announced.is_some() || !frame.data.len().is_multiple_of(Point::LENGTH) {
            self.bad_data(frame)?;
        }
        Ok(path)
    }

    fn records<T: Record>(&mut self, frame: &Frame<'_>) -> Result<Vec<T>, ParseError> {
        let count = count(frame);
        if u64::from(count) * T::LENGTH as u64 != frame.data.len() as u64 {
            self.bad_data(frame)?;
        }
        let announced = usize::try_from(count)
            .unwrap_or(usize::MAX)
            .saturating_mul(T::LENGTH);
        Ok(T::parse_all(frame.data.get(..announced).unwrap_or(frame.data)))
    }

    fn obstacles<F: Form>(&mut self, frame: &Frame<'_>) -> Result<Obstacles<F>, ParseError> {
        match Obstacles::parse(count(frame), frame.data) {
            Some(obstacles) => Ok(obstacles),
            None => {
                self.bad_data(frame)?;
                Ok(Obstacles::new(&[]))
            }
        }
    }

    /// Records up to the end of the data.
    fn uncounted<T: Record>(&mut self, frame: &Frame<'_>) -> Result<Vec<T>, ParseError> {
        if !frame.data.len().is_multiple_of(T::LENGTH) {
            self.bad_data(frame)?;
        }
        Ok(T::parse_all(frame.data))
    }

    fn digest(&mut self, frame: &Frame<'_>) -> Result<Option<Content>, ParseError> {
        self.saw_digest = true;
        let Some(stored) = array(frame.data, 0).filter(|_| frame.data.len() == DIGEST_LENGTH) else {
            self.bad_data(frame)?;
            return Ok(None);
        };
        if self.whole {
            let before = self.bytes.get(..frame.offset + frame.header.len());
            let computed = sha1(before.unwrap_or_default());
            self.digest = Some(Digest { stored, computed });
            if stored != computed {
                self.warn(Warning::DigestMismatch { offset: frame.offset })?;
            }
        }
        Ok(Some(Content::Digest))
    }
}

/// The count of a block whose header is long enough to have one.
fn count(frame: &Frame<'_>) -> u32 {
    u32_at(frame.header, PLAIN_HEADER).unwrap_or_default()
}

/// The header that a type has at least.
pub(crate) const fn header_length(block: BlockType) -> usize {
    match block.0 {
        2 => Image::OLD_HEADER,
        3..=5 => Path::HEADER,
        6 | 9..=16 | 19 | 21..=23 | 27..=30 => PLAIN_HEADER + 4,
        _ => PLAIN_HEADER,
    }
}

pub(crate) const PLAIN_HEADER: usize = 8;
const DIGEST_LENGTH: usize = 20;
