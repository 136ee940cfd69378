"""The check of the content, a build step: what staff may edit is sound, or nothing is packaged."""
