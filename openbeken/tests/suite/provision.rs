//! Passwords: what each way stores, which one is best, and how the device takes a line apart.

use openbeken::command::tokenize;
use openbeken::config::CharKind;
use openbeken::http::WebPassword;
use openbeken::provision::{CfgWifiSet, PasswordRoutes, Route, Stored};
use serde_json::Value;

use super::{Fields, to_hex};

pub fn check(input: &Fields, expect: &Fields) {
    match input.op() {
        "store" => {
            let password = input.hex("password_hex");
            let name = input.text("route");
            let route = Route::ALL.into_iter().find(|route| route.name() == name).unwrap();
            for (kind, word) in [(CharKind::Signed, "signed"), (CharKind::Unsigned, "unsigned")] {
                let stored = route.stores(&password, kind);
                expect.check(&format!("intact_{word}_char"), stored.is(&password));
                let field = format!("stored_{word}_char_hex");
                match stored {
                    Stored::Bytes(bytes) => expect.check(&field, to_hex(bytes.expose())),
                    _ => assert!(expect.get(&field).is_none(), "{field} was not foretold"),
                }
            }
        }
        "plan" => {
            let password = input.hex("password_hex");
            let routes = PasswordRoutes::of(&password);
            expect.check("kind", routes.kind.name());
            let safe: Vec<&str> = routes.safe.iter().map(|route| route.name()).collect();
            expect.check("safe_routes", safe);
            expect.check("recommended", routes.recommended.map(Route::name));
            let target = routes
                .recommended
                .and_then(|route| route.password_target(&password));
            let present = expect.check_if_present("target", target.clone());
            assert_eq!(present, target.is_some());
        }
        "cfg_wifi_set_target" => {
            let web = input
                .value("web_password")
                .map(|text| WebPassword::new(text.as_str().unwrap()).unwrap());
            let (ssid, password) = (input.text("ssid").as_bytes(), input.text("password").as_bytes());
            let page = CfgWifiSet::new(ssid, password, web.as_ref());
            expect.check("target", page.target.expose_text());
            expect.check("clears_web_password", page.clears_web_password);
        }
        "tokenize" => {
            let text = input.text("text").as_bytes();
            let args = tokenize(text, CharKind::Signed, input.flag("allow_quotes"));
            let args: Vec<Value> = args
                .iter()
                .map(|arg| String::from_utf8_lossy(arg).into())
                .collect();
            expect.check("args", args);
        }
        op => panic!("unknown operation {op}"),
    }
}
