"""The AWS of this machine: the emulator, its mail, its servers and its samples."""
