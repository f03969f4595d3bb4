//! What stands in the sends topic: headers of a record, and the values of each kind.
#![no_main]

use cartwheel_core::command::Command;
use cartwheel_core::sends::{Dead, Headers, Leader, Reader, Suppression, Turn};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|records: Vec<(Vec<(&str, &[u8])>, &[u8])>| {
    let mut reader = Reader::at_start();
    for ((headers, value), offset) in records.iter().zip(0..) {
        if let Some(headers) = Headers::read(headers.iter().copied()) {
            let before = reader.clone();
            let first = format!("{:?}", reader.read(offset, headers));
            assert_eq!(first, format!("{:?}", before.clone().read(offset, headers)));
        }
        let _ = serde_json::from_slice::<Leader>(value);
        let _ = serde_json::from_slice::<Turn>(value);
        let _ = serde_json::from_slice::<Command>(value);
        let _ = serde_json::from_slice::<Suppression>(value);
        let _ = serde_json::from_slice::<Dead>(value);
    }
});
