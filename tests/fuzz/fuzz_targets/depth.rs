#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| avroscan_tests::fuzz::depth(data));
