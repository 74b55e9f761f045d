//! Reports as JSON objects, one a line.

use std::io::{self, Write};

use macaddr::MacAddr6;
use mibeacon::Report;
use serde::{Serialize, Serializer};

use crate::adverts::capture::Advert;
use crate::adverts::summary::Closing;
use crate::adverts::time;

/// Prints a report.
pub(super) fn report(
    out: &mut impl Write,
    advert: &Advert<'_>,
    address: Option<MacAddr6>,
    report: &Report<'_>,
) -> io::Result<()> {
    let line = Line {
        time: advert.time.map(time::to_seconds),
        address: address.filter(|_| report.address.is_none()),
        rssi: advert.rssi,
        product: report.product().map(|product| product.name),
        report,
    };
    serde_json::to_writer(&mut *out, &line)?;
    out.write_all(b"\n")
}

/// Prints the summary as the last line.
pub(super) fn summary(out: &mut impl Write, closing: &Closing) -> io::Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        summary: &'a Closing,
    }
    serde_json::to_writer(&mut *out, &Line { summary: closing })?;
    out.write_all(b"\n")
}

/// A report with what the capture knows of it.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<f64>,
    /// The address that the radio saw, where the report has none: a private one.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shown")]
    address: Option<MacAddr6>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rssi: Option<i8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<&'static str>,
    #[serde(flatten)]
    report: &'a Report<'a>,
}

fn shown<S: Serializer>(address: &Option<MacAddr6>, serializer: S) -> Result<S::Ok, S::Error> {
    match address {
        Some(address) => serializer.collect_str(address),
        None => serializer.serialize_none(),
    }
}
