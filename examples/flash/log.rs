//! Brings the log.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use telink_ota::LogDownload;
use telink_ota::command::{LogQuery, LogRecord};
use telink_ota::flow::LogEvent;
use telink_ota::transport::drive;

use super::arguments::LogArguments;
use super::console::Console;
use super::failure::Failure;
use super::host::Host;
use super::keys::connect_to_pvvx;

pub(super) async fn run<H: Host>(
    host: &mut H,
    options: &LogArguments,
    attempts: u32,
    console: &Console,
) -> Result<(), Failure> {
    let last = options
        .last
        .map_or(u16::MAX, |last| options.skip.saturating_add(last));
    let mut query = LogQuery {
        last,
        skip: options.skip,
    };
    let (mut received, mut missing, mut attempt) = (0, 0, 1);
    loop {
        let mut end = None;
        let mut connection = connect_to_pvvx(host).await?;
        let mut download = LogDownload::new(query)?;
        drive(&mut connection, &mut download, |event| match event {
            LogEvent::Record(record) => say(&record, console),
            LogEvent::Finished(progress) => end = Some(Ok(progress)),
            LogEvent::Failed(error) => end = Some(Err(error)),
            _ => {}
        })
        .await;
        drop(connection);
        let progress = download.progress();
        received += u32::from(progress.received);
        missing += u32::from(progress.missing);
        match end {
            Some(Ok(_)) => break,
            Some(Err(error)) => {
                let failure = Failure::from(error);
                if !failure.is_of_the_link || attempt >= attempts {
                    return Err(failure);
                }
                attempt += 1;
                query = download.resume();
                let got = download.progress().received;
                console.note(format_args!(
                    "  {} after {got} records: it goes on from there",
                    failure.cause
                ));
                host.pause(Duration::from_secs(3)).await;
            }
            None => return Err(Failure::new("no_end", "the log ended without a result")),
        }
    }
    let text = match missing {
        0 => format!("{received} records"),
        missing => format!("{received} records; {missing} got lost on the way: ask again for them"),
    };
    console.note(text);
    console.end(&json!({"records": received, "missing": missing}));
    Ok(())
}

fn say(record: &LogRecord, console: &Console) {
    let time = Timestamp::from_second(record.time.into()).map_or_else(
        |_| record.time.to_string(),
        |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    );
    let LogRecord {
        number,
        temperature,
        humidity,
        battery,
        ..
    } = record;
    let text = format!("{number:>5}  {time}  {temperature:>7} °C  {humidity:>6} %  {battery} mV");
    let value = json!({
        "number": number, "time": record.time, "temperature": temperature.to_f64(),
        "humidity": humidity.to_f64(), "battery_mv": battery,
    });
    console.say(text, &value);
}
