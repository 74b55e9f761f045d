//! From a message to bytes: compact, members in the order of the table in [`message`](super), values as given.

use alloc::format;
use alloc::vec::Vec;

use super::{Generation, Kind, Message};
use crate::PresentedKey;
use crate::json::Writer;

impl Message<'_> {
    /// The datagram. What [`parse`](Self::parse) read comes out the same, quirks of its form aside.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.object(|writer| self.write_members(writer));
        writer.finish().into_bytes()
    }

    fn write_members(&self, writer: &mut Writer) {
        writer.text_member("cmd", &self.cmd);
        if let Some(model) = &self.model {
            writer.text_member("model", model);
        }
        if let Some(sid) = self.sid {
            writer.text_member("sid", &format!("{sid}"));
        }
        if let Some(short_id) = self.short_id {
            writer.name("short_id");
            writer.plain(format_args!("{short_id}"));
        }
        if let Some(token) = &self.token {
            writer.text_member("token", token);
        }
        match &self.kind {
            Kind::Iam { ip, port } => {
                if let Some(ip) = ip {
                    writer.text_member("ip", &format!("{ip}"));
                }
                if let Some(port) = port {
                    writer.text_member("port", &format!("{port}"));
                }
                if let Some(version) = &self.proto_version {
                    writer.text_member("proto_version", version);
                }
            }
            Kind::Whois | Kind::ListRequest | Kind::ReadRequest => {}
            Kind::ListReply { .. } if !self.fields.is_empty() => self.write_body(writer, None),
            Kind::ListReply { .. } => self.write_list(writer),
            Kind::WriteRequest { key } => self.write_body(writer, key.as_ref()),
            Kind::ReadReply | Kind::WriteReply | Kind::Report | Kind::Heartbeat | Kind::Other => {
                self.write_body(writer, None);
            }
        }
    }

    /// `data`, or `key` and `params`.
    fn write_body(&self, writer: &mut Writer, key: Option<&PresentedKey<'_>>) {
        match self.generation {
            Some(Generation::One) => {
                let mut data = Writer::default();
                data.object(|data| {
                    for (name, value) in self.fields.iter() {
                        data.member(name, value);
                    }
                    if let Some(key) = key {
                        data.text_member("key", key.expose());
                    }
                });
                writer.text_member("data", &data.finish());
            }
            Some(Generation::Two) => {
                if let Some(key) = key {
                    writer.text_member("key", key.expose());
                }
                writer.name("params");
                writer.array(|writer| {
                    for (name, value) in self.fields.iter() {
                        writer.object(|writer| writer.member(name, value));
                    }
                });
            }
            None => {}
        }
    }

    fn write_list(&self, writer: &mut Writer) {
        let Kind::ListReply { devices } = &self.kind else {
            return;
        };
        if self.generation == Some(Generation::Two) {
            writer.name("dev_list");
            writer.array(|writer| {
                for device in devices {
                    writer.object(|writer| {
                        writer.text_member("sid", &format!("{}", device.sid));
                        if let Some(model) = &device.model {
                            writer.text_member("model", model);
                        }
                    });
                }
            });
        } else {
            let mut data = Writer::default();
            data.array(|data| {
                for device in devices {
                    data.string(&format!("{}", device.sid));
                }
            });
            writer.text_member("data", &data.finish());
        }
    }
}
