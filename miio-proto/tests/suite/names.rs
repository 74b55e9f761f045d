//! mDNS names and setup networks.

use miio_proto::discovery::{MdnsName, NameError};
use miio_proto::provision::{SetupNetwork, SetupNetworkError};

use super::Fields;

pub fn check(input: &Fields, expect: &Fields) {
    match input.op() {
        "mdns" => match input.text("name").parse::<MdnsName>() {
            Ok(name) => {
                expect.check("model", name.model);
                expect.check("device_id", name.device_id.map(|id| id.0));
            }
            Err(error) => expect.check(
                "error",
                match error {
                    NameError::NotMiio => "not_miio_name",
                    NameError::BadModel => "bad_model",
                    NameError::BadDeviceId => "bad_device_id",
                    other => panic!("unnamed {other:?}"),
                },
            ),
        },
        "ap_ssid" => match SetupNetwork::parse(input.text("ssid")) {
            Ok(network) => {
                expect.check("model", network.model);
                expect.check("suffix", network.suffix);
            }
            Err(error) => expect.check(
                "error",
                match error {
                    SetupNetworkError::NotSetup => "not_setup_ap",
                    SetupNetworkError::BadModel => "bad_model",
                    SetupNetworkError::BadSuffix => "bad_suffix",
                    other => panic!("unnamed {other:?}"),
                },
            ),
        },
        op => panic!("unknown operation {op}"),
    }
}
