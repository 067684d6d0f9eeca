//! What goes in comes out, on both sides of the limit.

use super::*;

#[test]
fn texts_of_every_length_come_out_as_they_went_in() {
    for len in 0..3 * ROOM {
        let text: String = "aß€".chars().cycle().take(len).collect();
        let short = ShortText::from(&*text);
        assert_eq!((&*short, short.to_string(), short.clone()), (&*text, text.clone(), short.clone()));
        assert_eq!(*ShortBytes::from(text.as_bytes()), *text.as_bytes());
    }
}

#[test]
fn a_place_is_no_larger_than_an_owned_text() {
    assert!(size_of::<Option<ShortText>>() <= size_of::<String>());
}
