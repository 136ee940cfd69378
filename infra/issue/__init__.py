"""An issue of the newsletter, as staff command it."""
