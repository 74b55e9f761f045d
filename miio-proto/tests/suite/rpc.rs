//! JSON, requests and answers, command texts.

use miio_proto::command::{self, CommandError};
use miio_proto::rpc::{Message, Outcome, is_acknowledged};
use miio_proto::{Value, json, legacy};

use super::Fields;

pub fn json_repair(input: &Fields, expect: &Fields) {
    let (result, repairs) = match json::decode(&input.hex("plaintext")) {
        Ok(decoded) => (Ok(decoded.value), decoded.repairs),
        Err(error) => (Err("bad_json"), error.repairs),
    };
    let repairs: Vec<_> = repairs.iter().map(|repair| repair.name()).collect();
    match result {
        Ok(json) => {
            expect.check("json", json);
            expect.check("repairs", repairs);
        }
        Err(error) => {
            expect.check("error", error);
            expect.check_if_present("repairs", repairs);
        }
    }
}

pub fn check(input: &Fields, expect: &Fields) {
    match input.op() {
        "response" => response(input, expect),
        "batch" => {
            let names: Vec<&str> = input
                .list("properties")
                .iter()
                .map(|name| name.as_str().unwrap())
                .collect();
            let max = input
                .value("max")
                .map(|max| usize::try_from(max.as_u64().unwrap()).unwrap());
            let batches: Vec<Value> = legacy::batches(&names, max)
                .into_iter()
                .map(|batch| batch.to_vec().into())
                .collect();
            expect.check("batches", batches);
        }
        "zip" => {
            let names: Vec<&str> = input
                .list("properties")
                .iter()
                .map(|name| name.as_str().unwrap())
                .collect();
            match legacy::zip(&names, input.list("values")) {
                Ok(values) => expect.check("values", values.into_iter().collect::<Value>()),
                Err(error) => {
                    expect.check("error", "count_mismatch");
                    expect.check("expected", error.expected);
                    expect.check("got", error.found);
                }
            }
        }
        op => panic!("unknown operation {op}"),
    }
}

fn response(input: &Fields, expect: &Fields) {
    match Message::from_json(input.get("json").expect("json").clone()) {
        Message::Request(request) => {
            expect.check("outcome", "request");
            expect.check("method", request.method);
            expect.check("params", request.params);
            expect.check_if_present("id", request.id);
        }
        Message::Answer(answer) => match answer.outcome {
            Outcome::Result(result) => {
                expect.check("outcome", "ok");
                expect.check("acknowledged", is_acknowledged(&result));
                expect.check("result", result);
            }
            Outcome::Error(error) => {
                expect.check("outcome", "error");
                expect.check("code", error.code);
                expect.check("kind", error.kind().name());
                expect.check("retry", error.kind().is_worth_a_retry());
                expect.check("message", error.message);
            }
        },
    }
}

pub fn command_text(input: &Fields, expect: &Fields) {
    let text = input.text("text");
    if input.op() == "substitute" {
        let variables = input.value("variables").expect("variables");
        return expect.check("text", command::substitute(text, |name| variables.get(name)));
    }
    match command::parse(text) {
        Ok(request) => {
            expect.check("method", request.method);
            expect.check("params", request.params);
            expect.check("extra", request.extra);
        }
        Err(CommandError::BadJson { .. }) => expect.check("error", "bad_json"),
        Err(CommandError::NoMethod) => expect.check("error", "no_method"),
        Err(other) => panic!("unnamed {other:?}"),
    }
}
