//! Encoding and decoding allocate the buffer that they return, and nothing else.

use allocation_counter::measure;
use miio_proto::{Cipher, DeviceId, Frame, PlaintextEnd, Token};

#[test]
fn a_frame_costs_one_allocation_each_way() {
    let cipher = Cipher::new(&Token::new([7; 16]));
    let text = [b'x'; 200];
    let mut datagram = Vec::new();

    let encoding = measure(|| {
        datagram = cipher
            .seal(DeviceId(1), 2, &text, PlaintextEnd::Nul)
            .expect("it fits");
    });
    assert_eq!((encoding.count_total, encoding.bytes_total), (1, 240));

    let decoding = measure(|| {
        let frame = Frame::parse(&datagram).expect("a frame");
        assert_eq!(cipher.open(&frame).expect("it opens").len(), 201);
    });
    assert_eq!((decoding.count_total, decoding.bytes_total), (1, 208));
}

#[test]
fn refused_frames_cost_nothing() {
    let cipher = Cipher::new(&Token::new([7; 16]));
    let datagram = cipher
        .seal(DeviceId(1), 2, b"{}", PlaintextEnd::Nul)
        .expect("it fits");
    let other = Cipher::new(&Token::new([8; 16]));
    let refusals = measure(|| {
        assert!(other.open(&Frame::parse(&datagram).expect("a frame")).is_err());
        assert!(Frame::parse(&datagram[..40]).is_err());
        assert!(Frame::parse(&[0; 65_535]).is_err());
    });
    assert_eq!(refusals.count_total, 0);
}
