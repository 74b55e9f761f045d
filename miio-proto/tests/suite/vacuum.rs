//! Vacuums.

use miio_proto::Value;
use miio_proto::vacuum::{
    self, CleanSummary, CommandError, Consumables, Remote, Status, clean_records, command, map_index, timers,
};
use serde_json::json;

use super::Fields;

pub fn check(input: &Fields, expect: &Fields) {
    let result = || input.get("result").expect("a result");
    match input.op() {
        "status" => status(&Status::from_json(result()), expect),
        "map_index" => expect.check("index", map_index(input.integer("map_status"))),
        "clean_summary" => {
            let summary = CleanSummary::from_json(result());
            expect.check("clean_time_s", summary.clean_time_s);
            expect.check("clean_area_m2", summary.clean_area.map(vacuum::Area::to_m2));
            expect.check("count", summary.count);
            expect.check("records", summary.records);
            expect.check("dust_collections", summary.dust_collections);
        }
        "clean_record" => {
            let record = |record: &vacuum::CleanRecord| {
                json!({"begin": record.begin, "end": record.end, "duration_s": record.duration_s,
                    "area_m2": record.area.to_m2(), "error": record.error, "complete": record.complete})
            };
            expect.check(
                "records",
                clean_records(result()).iter().map(record).collect::<Value>(),
            );
        }
        "consumable" => {
            let items = Consumables::from_json(result()).0.into_iter().map(|(part, wear)| {
                let wear = json!({"used_s": wear.used_s, "left_s": wear.left_s, "left_percent": wear.left_percent});
                (part.key().to_owned(), wear)
            });
            expect.check("items", items.collect::<Value>());
        }
        "timers" => {
            let timer = |timer: &vacuum::Timer| {
                json!({"id": timer.id, "enabled": timer.enabled, "cron": timer.cron, "command": timer.command,
                    "created_ms": timer.created_ms()})
            };
            expect.check("timers", timers(result()).iter().map(timer).collect::<Value>());
        }
        "rc_move" => {
            let velocity = input.value("velocity").and_then(Value::as_f64).expect("velocity");
            let rotation = i16::try_from(input.integer("rotation_deg")).unwrap_or(i16::MAX);
            let duration = input.number("duration_ms");
            match Remote::numbered(rotation, velocity, duration, input.number("seqnum")) {
                Ok(request) => {
                    expect.check("method", request.method);
                    expect.check("params", request.params);
                }
                Err(error) => expect.check(
                    "error",
                    match error {
                        CommandError::Velocity => "bad_velocity",
                        CommandError::Rotation { .. } => "bad_rotation",
                        other => panic!("unnamed {other:?}"),
                    },
                ),
            }
        }
        "error" => {
            let fault = vacuum::fault(input.integer("code"), input.text("model"));
            expect.check("meaning", fault.name);
        }
        // A level beyond 8 bits is as wrong as 31.
        "water_level" => {
            match command::set_water_level(u8::try_from(input.integer("level")).unwrap_or(u8::MAX)) {
                Ok(request) => {
                    expect.check("water_box_mode", request.params["water_box_mode"].clone());
                    expect.check("distance_off", request.params["distance_off"].clone());
                }
                Err(_) => expect.check("error", "bad_level"),
            }
        }
        op => panic!("unknown operation {op}"),
    }
}

fn status(status: &Status, expect: &Fields) {
    expect.check("state", status.state.map(vacuum::State::name));
    expect.check("state_code", status.state_code);
    expect.check("battery", status.battery);
    expect.check("clean_time_s", status.clean_time_s);
    expect.check("clean_area_m2", status.clean_area.map(vacuum::Area::to_m2));
    expect.check("error_code", status.error_code);
    expect.check("map_present", status.map_present);
    expect.check("dnd", status.do_not_disturb);
    expect.check("mode", status.cleaning.map(vacuum::Cleaning::name));
    expect.check("fan_percent", status.fan_percent());
    expect.check("current_map", status.current_map);
}
