"""An issue from its source to its archive page."""
