//! Vacuums of the Roborock family.

use miio_proto::CallError;
use miio_proto::transport::Handle;
use miio_proto::vacuum::{self, State, Status, command, fan};
use serde_json::json;

use super::{SourceError, order};
use crate::home::{Action, Entity, Kind, Says, VacuumAction, Value};

/// Asks a vacuum, and drives it.
pub(super) struct Driver {
    model: String,
    speeds: &'static [(u8, &'static str)],
    names: Vec<String>,
}

impl Driver {
    pub(super) fn new(model: &str) -> Self {
        let speeds = match model {
            "rockrobo.vacuum.v1" => fan::V1,
            "roborock.vacuum.e2" => fan::E2,
            _ => fan::PRESETS,
        };
        Self {
            model: model.to_owned(),
            speeds,
            names: speeds.iter().map(|(_, name)| (*name).to_owned()).collect(),
        }
    }

    pub(super) async fn poll(&self, handle: &Handle) -> Result<Vec<Says>, CallError> {
        let answer = handle.call(command::status()).await?;
        Ok(self.says(&Status::from_json(&answer.result)))
    }

    pub(super) async fn command(&self, handle: &Handle, action: &Action) -> Result<(), SourceError> {
        let request = match action {
            Action::Vacuum(VacuumAction::Start) => command::start(),
            Action::Vacuum(VacuumAction::Pause) => command::pause(),
            Action::Vacuum(VacuumAction::Stop) => command::stop(),
            Action::Vacuum(VacuumAction::Locate) => command::find_me(),
            Action::Vacuum(VacuumAction::CleanSpot) => command::spot(),
            Action::Vacuum(VacuumAction::ReturnToBase) => {
                if self.model == "rockrobo.vacuum.v1" {
                    order(handle, command::pause()).await?;
                }
                command::charge()
            }
            Action::Suction(name) => {
                let speed = self.speeds.iter().find(|(_, known)| known == name);
                let (speed, _) = speed.ok_or_else(|| SourceError::new("no such suction", None))?;
                command::set_fan_power(*speed)
            }
            _ => return Err(SourceError::new("a vacuum can't do that", None)),
        };
        order(handle, request).await.map(drop)
    }

    fn says(&self, status: &Status) -> Vec<Says> {
        let mut says = Vec::new();
        let mut say = |entity, value| {
            says.push(Says {
                entity,
                value: Some(value),
            });
        };
        let speed = status.fan_power.and_then(|power| {
            let mut speeds = self.speeds.iter();
            speeds.find(|(known, _)| i64::from(*known) == power)
        });
        let mut state = json!({"state": home_assistant(status)});
        if let Some((_, name)) = speed {
            crate::json::set(&mut state, "fan_speed", *name);
        }
        let speeds = self.names.clone();
        say(
            Entity::new("vacuum", Kind::Vacuum { speeds }),
            Value::Object(state),
        );
        if let Some(state) = status.state {
            say(
                Entity::new("status", Kind::Text),
                Value::Text(state.name().into()),
            );
        }
        if let Some(battery) = status.battery {
            let entity = Entity::sensor("battery", Some("battery"), "%").diagnostic();
            say(entity, Value::Number(battery.to_string()));
        }
        if let Some(area) = status.clean_area {
            // mm², told in hundredths of a square metre.
            let hundredths = area.0 / 10_000;
            let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
            say(Entity::sensor("cleaned_area", None, "m²"), Value::Number(text));
        }
        if let Some(seconds) = status.clean_time_s {
            let entity = Entity::sensor("cleaning_time", Some("duration"), "s");
            say(entity, Value::Number(seconds.to_string()));
        }
        if let Some(code) = status.error_code {
            let entity = Entity::binary("problem", Some("problem")).diagnostic();
            say(entity, Value::On(code != 0));
            let name = match code {
                0 => "none",
                code => vacuum::fault(code, &self.model).name,
            };
            say(
                Entity::new("error", Kind::Text).diagnostic(),
                Value::Text(name.into()),
            );
        }
        says
    }
}

/// The six states that Home Assistant knows.
fn home_assistant(status: &Status) -> &'static str {
    match status.state {
        _ if status.error_code.is_some_and(|code| code != 0) => "error",
        Some(State::Error | State::ChargingError | State::Offline) => "error",
        Some(
            State::Cleaning
            | State::SpotCleaning
            | State::ZoneCleaning
            | State::SegmentCleaning
            | State::RemoteControl
            | State::Manual
            | State::GoingToTarget,
        ) => "cleaning",
        Some(State::Returning | State::Docking | State::GoingToWashMop) => "returning",
        Some(State::Charging | State::Full | State::EmptyingBin | State::WashingMop | State::Updating) => {
            "docked"
        }
        Some(State::Paused) => "paused",
        _ => "idle",
    }
}
