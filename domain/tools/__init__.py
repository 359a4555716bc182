"""Tools of a turn: what is offered under which name, in which order calls run and until when, what they hand back."""
