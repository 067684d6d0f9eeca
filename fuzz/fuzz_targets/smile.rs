//! SMILE: what is read is written back, and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use snaprepo_codec::{smile, value::Value};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = smile::from_slice::<Value>(bytes) {
        let written = smile::to_vec(&value);
        // Floats that are no numbers differ from themselves: the second writing is compared, not the value.
        if let Ok(again) = smile::from_slice::<Value>(&written) {
            assert_eq!(smile::to_vec(&again), written);
        }
    }
});
