"""The demo world: a catalogue, artwork, people, and guests who keep it alive."""
