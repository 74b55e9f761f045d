//! Meter chips.

use openbeken::meter::{Derived, bl0937, bl0942, cse7766};
use serde_json::json;

use super::{Fields, to_hex};

pub fn check(input: &Fields, expect: &Fields) {
    match input.op() {
        "bl0942_parse" => {
            let address = input.number("address");
            let bytes = input.hex("hex");
            let reading = bl0942::Reading::parse(&bytes, address).unwrap();
            let calibration = bl0942::Calibration::DEFAULT;
            expect.check_all(&json!({
                "i_rms_raw": reading.current,
                "v_rms_raw": reading.voltage,
                "i_fast_rms_raw": reading.fast_current,
                "watt_raw": reading.power,
                "cf_cnt": reading.pulses,
                "freq_raw": reading.period,
                "status": reading.status,
                "voltage_v": reading.volts(&calibration),
                "current_a": reading.amperes(&calibration),
                "power_w": reading.watts(&calibration),
                "frequency_hz": reading.hertz(),
            }));
            assert_eq!(reading.encode(address)[..18], bytes[..18]);
        }
        "bl0942_error" => {
            let error = bl0942::Reading::parse(&input.hex("hex"), input.number("address")).unwrap_err();
            expect.check("error", error.name());
        }
        "bl0942_energy" => {
            let mut calibration = bl0942::Calibration::DEFAULT;
            calibration.power = input.float("power_cal");
            let (counts, energy) =
                bl0942::energy(input.number("cf_prev"), input.number("cf_now"), &calibration);
            expect.check("counts", counts);
            expect.check("energy_wh", energy);
        }
        "bl0942_write" => {
            let bytes = bl0942::write(
                input.number("address"),
                input.number("register"),
                input.number("value"),
            );
            expect.check("hex", to_hex(&bytes));
        }
        "bl0942_read_request" => expect.check("hex", to_hex(&bl0942::read_request(input.number("address")))),
        "cse7766_parse" => cse7766_parse(input, expect),
        "cse7766_error" => {
            expect.check(
                "error",
                cse7766::Reading::parse(&input.hex("hex")).unwrap_err().name(),
            );
        }
        "cse7766_scale" => {
            let reading = cse7766::Reading::parse(&input.hex("hex")).unwrap();
            let multipliers = cse7766::Multipliers {
                voltage: input.float("voltage_mult"),
                current: input.float("current_mult"),
                power: input.float("power_mult"),
            };
            let values = reading.values(&multipliers).unwrap();
            expect.check_exactly(
                &json!({ "voltage_v": values.volts, "current_a": values.amperes, "power_w": values.watts }),
            );
        }
        "bl0937_scale" => {
            let pulses = ["voltage_pulses", "current_pulses", "power_pulses"].map(|name| input.number(name));
            let calibration = bl0937::Calibration {
                voltage: input.float("voltage_cal"),
                current: input.float("current_cal"),
                power: input.float("power_cal"),
            };
            let [volts, amperes, watts] =
                bl0937::scale(pulses, input.number("interval_ms"), &calibration).unwrap();
            expect.check_exactly(&json!({ "voltage_v": volts, "current_a": amperes, "power_w": watts }));
        }
        "derived" => {
            let derived = Derived::of(
                input.float("voltage_v"),
                input.float("current_a"),
                input.float("power_w"),
            );
            expect.check_exactly(&json!({
                "apparent_va": derived.apparent,
                "reactive_var": derived.reactive,
                "power_factor": derived.factor,
            }));
        }
        op => panic!("unknown operation {op}"),
    }
}

fn cse7766_parse(input: &Fields, expect: &Fields) {
    let bytes = input.hex("hex");
    let reading = cse7766::Reading::parse(&bytes).unwrap();
    assert_eq!(reading.encode().as_slice(), bytes);
    let state = match reading.state {
        cse7766::State::Normal => "normal",
        cse7766::State::Uncalibrated => "uncalibrated",
        cse7766::State::Abnormal(_) => "abnormal",
    };
    let mut found = json!({
        "state": state,
        "voltage_coeff": reading.voltage.0,
        "voltage_cycle": reading.voltage.1,
        "current_coeff": reading.current.0,
        "current_cycle": reading.current.1,
        "power_coeff": reading.power.0,
        "power_cycle": reading.power.1,
        "adj": reading.adjustment,
        "cf_pulses": reading.pulses,
        "voltage_valid": reading.voltage_valid(),
        "current_valid": reading.current_valid(),
        "power_valid": reading.power_valid(),
        "flags": {
            "coeff_error": reading.state.coefficient_error(),
            "power_overrange": reading.state.power_out_of_range(),
            "current_overrange": reading.state.current_out_of_range(),
            "voltage_overrange": reading.state.voltage_out_of_range(),
        },
    });
    if let Some(values) = reading.values(&cse7766::Multipliers::ONE) {
        found["voltage_v"] = values.volts.into();
        found["current_a"] = values.amperes.into();
        found["power_w"] = values.watts.into();
    }
    expect.check_exactly(&found);
}
