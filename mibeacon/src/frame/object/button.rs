//! Object 0x1001: buttons, remote controls, dimmers and a cube, with a table for each product.
//!
//! Three bytes: button (or index, low byte), value (or index, high byte), action.

use super::{ProductId, Sink};
use crate::Event;
use crate::reading::{Button, ButtonAction, ButtonEvent, CubeAction, DimmerAction, DimmerEvent};

pub(super) fn interpret(data: [u8; 3], product: ProductId, out: &mut Sink<'_, '_>) {
    let [button, value, action] = data;
    match product {
        YLAI003 | RTCGQ02LM | JTYJGD03MI | SJWS01LM => {
            let action = (action <= 2).then(|| standard_action(action)).flatten();
            press(out, (button == 0).then_some(Button::Single), action);
        }
        XMMF01JQD => out.event(match (button, action) {
            (0, 0) => Some(Event::Cube(CubeAction::RotateRight)),
            (1, 0) => Some(Event::Cube(CubeAction::RotateLeft)),
            _ => None,
        }),
        YLYK01YL => remote(out, &LIGHT_KEYS, button, action),
        YLYK01YL_FANCL => remote(out, &FAN_KEYS, button, action),
        YLYK01YL_VENFAN => remote(out, &VENTILATOR_KEYS, button, action),
        YLYB01YL_BHFRC => remote(out, &BATH_HEATER_KEYS, button, action),
        YLKG07YL => out.event(dimmer(data).map(Event::Dimmer)),
        K9B_1BTN => press(
            out,
            (button == 0).then_some(Button::Single),
            linptech_action(action),
        ),
        K9B_2BTN => press_together(out, two_buttons(button), linptech_action(action)),
        K9B_3BTN => press_together(out, three_buttons(button), linptech_action(action)),
        _ => {
            let index = u16::from_le_bytes([button, value]);
            let button = if index == 0 {
                Button::Single
            } else {
                Button::Number(index)
            };
            press(out, Some(button), standard_action(action));
        }
    }
}

/// One press of one button.
pub(super) fn press(out: &mut Sink<'_, '_>, button: Option<Button>, action: Option<ButtonAction>) {
    if let (Some(button), Some(action)) = (button, action) {
        out.event(Some(Event::Button(ButtonEvent { button, action })));
    }
}

/// Several buttons pressed at once are an event each.
pub(super) fn press_together(out: &mut Sink<'_, '_>, buttons: &[Button], action: Option<ButtonAction>) {
    for &button in buttons {
        press(out, Some(button), action);
    }
}

fn standard_action(code: u8) -> Option<ButtonAction> {
    Some(match code {
        0 => ButtonAction::Press,
        1 => ButtonAction::DoublePress,
        2 => ButtonAction::LongPress,
        3 => ButtonAction::TriplePress,
        4 => ButtonAction::Release,
        _ => return None,
    })
}

/// K9B counts long and double the other way round.
fn linptech_action(code: u8) -> Option<ButtonAction> {
    Some(match code {
        0 => ButtonAction::Press,
        1 => ButtonAction::LongPress,
        2 => ButtonAction::DoublePress,
        _ => return None,
    })
}

fn two_buttons(code: u8) -> &'static [Button] {
    match code {
        0 => &[Button::Left],
        1 => &[Button::Right],
        2 => &[Button::Left, Button::Right],
        _ => &[],
    }
}

fn three_buttons(code: u8) -> &'static [Button] {
    match code {
        0 => &[Button::Left],
        1 => &[Button::Middle],
        2 => &[Button::Right],
        3 => &[Button::Left, Button::Middle],
        4 => &[Button::Middle, Button::Right],
        5 => &[Button::Left, Button::Right],
        6 => &[Button::Left, Button::Middle, Button::Right],
        _ => &[],
    }
}

fn remote(out: &mut Sink<'_, '_>, keys: &[&'static str], button: u8, action: u8) {
    let action = match action {
        0 | 5 => Some(ButtonAction::Press),
        1 => Some(ButtonAction::DoublePress),
        2 | 6 => Some(ButtonAction::LongPress),
        _ => None,
    };
    press(
        out,
        keys.get(usize::from(button)).copied().map(Button::Named),
        action,
    );
}

fn dimmer(data: [u8; 3]) -> Option<DimmerEvent> {
    let turned = |steps: u8, left, right| {
        let action = if steps > 127 { left } else { right };
        DimmerEvent {
            action,
            amount: steps.cast_signed().unsigned_abs(),
        }
    };
    Some(match data {
        [0, presses, 3] => DimmerEvent {
            action: DimmerAction::Press,
            amount: presses,
        },
        [1, seconds, 3] => DimmerEvent {
            action: DimmerAction::LongPress,
            amount: seconds,
        },
        [0, steps, 4] => turned(steps, DimmerAction::RotateLeft, DimmerAction::RotateRight),
        [steps, _, 4] => turned(
            steps,
            DimmerAction::RotateLeftPressed,
            DimmerAction::RotateRightPressed,
        ),
        _ => return None,
    })
}

const YLAI003: ProductId = ProductId(0x07bf);
const RTCGQ02LM: ProductId = ProductId(0x0a8d);
const JTYJGD03MI: ProductId = ProductId(0x0997);
const SJWS01LM: ProductId = ProductId(0x0863);
const XMMF01JQD: ProductId = ProductId(0x04e1);
const YLYK01YL: ProductId = ProductId(0x0153);
/// Some sources gate this remote by a model name that doesn't exist ("FANRC"); the product id is what counts.
const YLYK01YL_FANCL: ProductId = ProductId(0x068e);
const YLYK01YL_VENFAN: ProductId = ProductId(0x04e6);
const YLYB01YL_BHFRC: ProductId = ProductId(0x03bf);
const YLKG07YL: ProductId = ProductId(0x03b6);
const K9B_1BTN: ProductId = ProductId(0x1568);
const K9B_2BTN: ProductId = ProductId(0x1569);
const K9B_3BTN: ProductId = ProductId(0x0dfd);

const LIGHT_KEYS: [&str; 6] = ["on", "off", "brightness", "plus", "m", "minus"];
const FAN_KEYS: [&str; 6] = [
    "fan", "light", "wind_speed", "color_temperature", "wind_mode", "brightness",
];
const VENTILATOR_KEYS: [&str; 6] = [
    "swing", "power", "timer_60_minutes", "increase_wind_speed", "timer_30_minutes", "decrease_wind_speed",
];
const BATH_HEATER_KEYS: [&str; 9] = [
    "stop", "air_exchange", "fan", "increase_speed", "decrease_speed", "dry", "light", "swing", "heat",
];
